import { mkdtemp, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { basename, join } from "node:path";
import { InputError } from "../errors.ts";
import { makeFolder } from "../files/makeFolder.ts";
import { cacheFolder } from "./cacheFolder.ts";
import type { Dataset } from "./dataset.ts";
import {
  contentHash,
  DamagedFileError,
  type DatasetBytes,
  type DatasetLayout,
  datasetFileLength,
  emptyDataset,
  type RowChoice,
  readDatasetFile,
  writeDatasetFile,
} from "./datasetFile.ts";
import { fileHash, type Mirror } from "./mirror.ts";

/** How far the download of a dataset has come. */
export interface FetchProgress {
  readonly stage: "download" | "decode";
  /** Of the mirror. */
  readonly label: string;
  /** Bytes downloaded so far, and in total. */
  readonly bytes: number;
  readonly totalBytes: number;
}

export interface LoadOptions {
  /** Folder of the cache; by default the user's (`cacheFolder()`). */
  readonly cacheFolder?: string;
  readonly onProgress?: (progress: FetchProgress) => void;
  /** Called with one line for each problem that was overcome; by default written to stderr. */
  readonly onWarning?: (line: string) => void;
  /** The training images that will be read; others may be left out of memory, so that rows are counted without them. */
  readonly rowsToKeep?: RowChoice;
  /** Stops a download; nothing is left behind. */
  readonly signal?: AbortSignal;
}

/** Path of a dataset's cache file. The number in it is that of the file format. */
export function cacheFile({ name }: DatasetLayout, folder = cacheFolder()): string {
  return join(folder, `${name}.v1.images`);
}

/**
 * Reads a dataset from its cache file and verifies every byte. A missing or damaged file is first created, from the first
 * mirror that works.
 *
 * Two processes may do so at the same time: each works in a temporary folder of its own and renames the finished file
 * into place.
 *
 * @throws InputError if no mirror works, or the cache folder can't be used
 */
export async function loadCachedDataset(
  layout: DatasetLayout,
  mirrors: readonly Mirror[],
  options: LoadOptions = {},
): Promise<Dataset> {
  const { cacheFolder: folder = cacheFolder(), onWarning = console.warn, onProgress, signal } = options;
  const path = cacheFile(layout, folder);
  await removeLeftovers(folder, path).catch(() => {}); // there may be no such folder yet, or it is read-only
  try {
    return await readDatasetFile(path, layout, options.rowsToKeep).catch((error) => {
      if (error instanceof DamagedFileError) {
        onWarning(`damaged cache file ${path}: ${error.message}; fetching ${layout.name} again`);
      } else if (!hasCode(error, "ENOENT")) {
        throw error;
      }
      return makeCacheFile({ layout, mirrors, folder, path, onWarning, onProgress, signal });
    });
  } catch (error) {
    signal?.throwIfAborted();
    if (isFull(error)) throw fullDisk(error, folder, layout, mirrors);
    if (!isFileError(error)) throw error;
    throw new InputError(
      `cannot use the cache folder ${folder} (${error.message}); set BASERATE_CACHE to another folder`,
      { cause: error },
    );
  }
}

/** A cache file to be created. */
interface CacheTask extends LoadOptions {
  readonly layout: DatasetLayout;
  readonly mirrors: readonly Mirror[];
  readonly folder: string;
  readonly path: string;
  readonly onWarning: (line: string) => void;
}

async function makeCacheFile(task: CacheTask): Promise<Dataset> {
  const { layout, folder, path, signal } = task;
  signal?.throwIfAborted();
  await rm(path, { force: true });
  await makeFolder(folder);
  const work = await mkdtemp(`${path}.`);
  const alive = setInterval(() => void utimes(work, new Date(), new Date()).catch(() => {}), 5000);
  try {
    const made = emptyDataset(layout);
    await fill(made, work, task);
    const finished = join(work, "finished");
    await writeDatasetFile(finished, made, signal);
    await rename(finished, path);
    return made.dataset;
  } finally {
    clearInterval(alive);
    await removeFolder(work);
  }
}

/** Fills the dataset from the first mirror whose content is right. */
async function fill(made: DatasetBytes, work: string, task: CacheTask): Promise<void> {
  const { layout, mirrors, folder, onWarning, signal } = task;
  const failures: string[] = [];
  for (const mirror of mirrors) {
    const download = await mkdtemp(join(work, "mirror-"));
    try {
      return await fillFrom(mirror, made, download, task);
    } catch (error) {
      signal?.throwIfAborted();
      if (isFull(error)) throw error;
      failures.push(`${mirror.label} (${error instanceof Error ? error.message : error})`);
      if (failures.length < mirrors.length)
        onWarning(`cannot use ${failures.at(-1)}; trying ${mirrors[failures.length].label}`);
    } finally {
      await removeFolder(download);
    }
  }
  throw new InputError(
    `cannot fetch ${layout.name}, and it is not in the cache; tried ${failures.join(" and ")}. Check the network and npm's settings, or copy ${basename(task.path)} from another machine's cache into ${folder}`,
  );
}

async function fillFrom(
  mirror: Mirror,
  { bytes, dataset }: DatasetBytes,
  download: string,
  { layout, onProgress, signal }: CacheTask,
): Promise<void> {
  const { label, hash, bytes: totalBytes } = mirror;
  const report = (stage: FetchProgress["stage"], bytes: number) =>
    onProgress?.({ stage, label, bytes: Math.min(bytes, totalBytes), totalBytes });

  report("download", 0);
  const archive = await mirror.fetch(download, { onBytes: (bytes) => report("download", bytes), signal });
  report("decode", totalBytes);
  const found = await fileHash(archive, hash, signal);
  if (found !== hash.value) {
    throw new Error(`wrong hash: its ${hash.algorithm} is ${found}, not ${hash.value}`);
  }
  await mirror.decode(archive, dataset);
  signal?.throwIfAborted();
  const content = contentHash(bytes);
  if (content !== layout.sha256) {
    throw new Error(
      `wrong content: the SHA-256 of its images and labels is ${content}, not ${layout.sha256}`,
    );
  }
}

/** Removes the folders of killed processes; a running process touches its folder every five seconds. */
async function removeLeftovers(folder: string, path: string): Promise<void> {
  const tenMinutes = 600_000;
  const names = (await readdir(folder)).filter((name) => name.startsWith(`${basename(path)}.`));
  for (const other of names.map((name) => join(folder, name))) {
    const { mtimeMs } = await stat(other).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > tenMinutes) await removeFolder(other);
  }
}

/** The retries are for Windows, where a virus scanner may hold a file for a moment. */
function removeFolder(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true, maxRetries: 3 });
}

const isFileError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && "code" in error && "syscall" in error;

const hasCode = (error: unknown, ...codes: string[]): boolean =>
  error instanceof Error && codes.includes((error as NodeJS.ErrnoException).code ?? "");

const isFull = (error: unknown): boolean => hasCode(error, "ENOSPC", "EDQUOT");

function fullDisk(
  cause: unknown,
  folder: string,
  layout: DatasetLayout,
  mirrors: readonly Mirror[],
): InputError {
  const megabytes = (bytes: number) => `${Math.ceil(bytes / 1e6)} MB`;
  const file = datasetFileLength(layout);
  // npm keeps a copy of what it packs until it is done; the cache file is written when the download is gone.
  const peak = Math.max(file, ...mirrors.map(({ bytes }) => 2 * bytes));
  return new InputError(
    `no space left in ${folder}: fetching ${layout.name} needs up to ${megabytes(peak)}, keeping it ${megabytes(file)}; free some or set BASERATE_CACHE to another folder`,
    { cause },
  );
}
