import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { Dataset } from "./dataset.ts";

/** A place from which the archive of a dataset can be downloaded. */
export interface Mirror {
  /** Its name in messages. */
  readonly label: string;
  readonly bytes: number;
  readonly hash: Hash;
  /** Downloads the archive into an empty folder and returns its path; the archive is not verified yet. */
  fetch(folder: string, options: FetchOptions): Promise<string>;
  /** Fills a dataset from the archive. */
  decode(archive: string, dataset: Dataset): Promise<void>;
}

export interface Hash {
  readonly algorithm: "md5" | "sha512";
  readonly encoding: "hex" | "base64";
  readonly value: string;
}

export interface FetchOptions {
  /** Called from time to time with the number of bytes received. */
  readonly onBytes: (bytes: number) => void;
  readonly signal?: AbortSignal;
}

/** The hash of a file, by the algorithm and in the encoding of `expected`. */
export async function fileHash(path: string, expected: Hash, signal?: AbortSignal): Promise<string> {
  const hash = createHash(expected.algorithm);
  await pipeline(createReadStream(path, { highWaterMark: 2 ** 20 }), hash, { signal });
  return hash.digest(expected.encoding);
}

/**
 * Downloads the tarball of a package with `npm pack`, which uses the user's npm configuration (registry, proxy,
 * certificates, login), and neither runs the package's scripts nor installs its dependencies.
 */
export async function fetchPackage(
  spec: string,
  folder: string,
  { onBytes, signal }: FetchOptions,
): Promise<string> {
  const [cache, destination] = [join(folder, "npm-cache"), join(folder, "package")];
  await mkdir(destination);
  const args = [
    "pack",
    spec,
    "--ignore-scripts",
    "--loglevel=error",
    // npm's own 2 retries wait 70 seconds where there is no network
    "--fetch-retry-mintimeout=500",
    "--fetch-retry-maxtimeout=2000",
    `--cache=${cache}`,
    `--pack-destination=${destination}`,
  ];
  // npm reports no progress, but its private cache grows as the bytes arrive.
  const watch = setInterval(() => void folderBytes(cache).then(onBytes), 250);
  try {
    await execute("npm", args, signal);
  } finally {
    clearInterval(watch);
    await rm(cache, { recursive: true, force: true, maxRetries: 3 });
  }
  return join(destination, (await readdir(destination))[0]);
}

/** Runs a command without input or output; fails with the reason that it writes to stderr. */
function execute(command: string, args: readonly string[], signal?: AbortSignal): Promise<void> {
  // On Windows npm is a .cmd file, which only a shell can start.
  const windows = process.platform === "win32";
  const child = spawn(command, windows ? args.map((arg) => `"${arg}"`) : args, {
    stdio: ["ignore", "ignore", "pipe"],
    shell: windows,
    signal,
  });
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaint += text;
  });
  let failure: Error | undefined;
  child.on("error", (error: NodeJS.ErrnoException) => {
    failure = error.code === "ENOENT" ? new Error(`${command} is not installed`, { cause: error }) : error;
  });
  // A child that was told to stop is awaited too, since it may be writing until then.
  return new Promise((resolve, reject) => {
    child.on("close", (status, by) => {
      if (status === 0) resolve();
      else reject(failure ?? npmError(complaint) ?? new Error(`${command} ended with ${by ?? status}`));
    });
  });
}

/** The reason in what npm writes: lines as `npm error code E404` and `npm error 404 Not Found - GET ...`. */
function npmError(text: string): Error | undefined {
  const lines = text.split("\n").map((line) => line.replace(/^npm (error|ERR!)\s*/, "").trim());
  const reason = lines.find(
    (line) => line !== "" && !/^(code|errno|syscall|path|dest|npm warn)\b/i.test(line),
  );
  if (reason === undefined) return undefined;
  const code = lines.find((line) => line.startsWith("code "))?.slice("code ".length);
  return Object.assign(new Error(reason.replace(/^(network|notarget|nospc)\s+/, "")), { code });
}

async function folderBytes(folder: string): Promise<number> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    const sizes = await Promise.all(
      files.map(async (file) => (await stat(join(file.parentPath, file.name))).size),
    );
    return sizes.reduce((sum, size) => sum + size, 0);
  } catch {
    return 0; // npm has not created it yet, or has moved a file since it was listed
  }
}

/** Downloads an address over HTTP. */
export async function fetchAddress(
  address: string,
  folder: string,
  { onBytes, signal }: FetchOptions,
): Promise<string> {
  const path = join(folder, "download");
  try {
    const { ok, status, statusText, body } = await fetch(address, { signal });
    if (!ok || body === null) throw new Error(`the server answered ${status} ${statusText}`.trim());
    await pipeline(counted(body, onBytes), createWriteStream(path), { signal });
  } catch (error) {
    // fetch() says "fetch failed" or "terminated"; the reason is its cause.
    throw error instanceof TypeError && error.cause instanceof Error ? error.cause : error;
  }
  return path;
}

async function* counted(chunks: AsyncIterable<Uint8Array>, onBytes: (bytes: number) => void) {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    onBytes(bytes);
    yield chunk;
  }
}
