import { createHash } from "node:crypto";
import { type FileHandle, open, writeFile } from "node:fs/promises";
import { type Dataset, type ImageSet, imageBytes } from "./dataset.ts";

/** What a dataset's cache file must contain. All of it is known in advance, so any other file is damaged. */
export interface DatasetLayout {
  readonly name: string;
  readonly classNames: readonly string[];
  readonly shape: ImageSet["shape"];
  readonly trainCount: number;
  readonly testCount: number;
  /** SHA-256 in hex of the training images, training labels, test images and test labels, one after the other. */
  readonly sha256: string;
}

/** A dataset in memory as in its file: a header of fixed length, then the arrays that `sha256` covers. */
export interface DatasetBytes {
  readonly bytes: Uint8Array;
  /** Views of `bytes`. The memory is shared, so that worker threads read it without a copy. */
  readonly dataset: Dataset;
}

/** A cache file that can't be used; the message says why. */
export class DamagedFileError extends Error {
  override readonly name: string = "DamagedFileError";
}

/** In bytes, a multiple of the page size; what the text leaves over is blank. */
const headerLength = 4096;

/** One line that says what the file is (and its format's version), and one of JSON. */
function header(layout: DatasetLayout): Buffer {
  return Buffer.from(`baserate dataset 1\n${JSON.stringify(layout)}\n`.padEnd(headerLength));
}

/** Length of a dataset's file in bytes. */
export function datasetFileLength({ shape, trainCount, testCount }: DatasetLayout): number {
  return headerLength + (trainCount + testCount) * (imageBytes(shape) + 1);
}

/** A dataset of the given layout, filled with zeros. */
export function emptyDataset(layout: DatasetLayout): DatasetBytes {
  const { name, classNames, shape, trainCount, testCount } = layout;
  const bytes = new Uint8Array(new SharedArrayBuffer(datasetFileLength(layout)));
  bytes.set(header(layout));

  let offset = headerLength;
  const take = (size: number) => {
    offset += size;
    return bytes.subarray(offset - size, offset);
  };
  const set = (count: number): ImageSet => ({
    images: take(count * imageBytes(shape)),
    labels: take(count),
    shape,
    count,
  });
  return { bytes, dataset: { name, classNames, train: set(trainCount), test: set(testCount) } };
}

/** SHA-256 in hex of what follows the header. */
export function contentHash(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes.subarray(headerLength)).digest("hex");
}

/** Writes the file. It need not be flushed to disk: a file that a power cut leaves incomplete fails its hash. */
export async function writeDatasetFile(
  path: string,
  { bytes }: DatasetBytes,
  signal?: AbortSignal,
): Promise<void> {
  await writeFile(path, bytes, { signal });
}

/** Bytes read at a time, so that one chunk is hashed while the next is read. */
const chunkLength = 4 * 2 ** 20;

/** Chooses training images by their labels: the rows to keep, increasing. */
export type RowChoice = (labels: Uint8Array) => Uint32Array;

/**
 * Reads a file and verifies every byte.
 *
 * @param rowsToKeep the training images to keep in memory (default: all). The first touch of memory costs several times
 *   as much as reading and hashing what is not kept.
 * @throws DamagedFileError if it is not the complete file of the layout
 */
export async function readDatasetFile(
  path: string,
  layout: DatasetLayout,
  rowsToKeep?: RowChoice,
): Promise<Dataset> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const length = datasetFileLength(layout);
    if (size !== length) throw new DamagedFileError(`it has ${size} bytes instead of ${length}`);
    const rows = rowsToKeep?.(await readTrainLabels(file, layout));
    const { bytes, dataset } = emptyDataset(rows ? { ...layout, trainCount: rows.length } : layout);
    const sha256 = await readAndHash(file, size, stretches(layout, rows), bytes);
    if (!header(layout).equals(bytes.subarray(0, headerLength)))
      throw new DamagedFileError(`its header is not that of ${layout.name}`);
    if (sha256 !== layout.sha256) {
      throw new DamagedFileError(`its SHA-256 is ${sha256} instead of ${layout.sha256}`);
    }
    return dataset;
  } finally {
    await file.close();
  }
}

async function readTrainLabels(file: FileHandle, { shape, trainCount }: DatasetLayout): Promise<Uint8Array> {
  const labels = new Uint8Array(trainCount);
  await file.read(labels, 0, trainCount, headerLength + trainCount * imageBytes(shape));
  return labels;
}

/** Bytes of the file that are kept; in memory they lie one stretch after another. */
interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** What is kept of a file: all of it, or of the training set only some rows. */
function stretches(layout: DatasetLayout, rows: Uint32Array | undefined): Stretch[] {
  const fileEnd = datasetFileLength(layout);
  if (rows === undefined) return [{ start: 0, end: fileEnd }];
  const { shape, trainCount } = layout;
  const size = imageBytes(shape);
  const labels = headerLength + trainCount * size;
  const items = (start: number, size: number) =>
    Array.from(rows, (row): Stretch => ({ start: start + row * size, end: start + (row + 1) * size }));
  return [
    { start: 0, end: headerLength },
    ...items(headerLength, size),
    ...items(labels, 1),
    { start: labels + trainCount, end: fileEnd },
  ];
}

/** Reads a file in chunks, copies the stretches to the front of `bytes`, and returns the SHA-256 of what follows the header. */
async function readAndHash(
  file: FileHandle,
  size: number,
  kept: readonly Stretch[],
  bytes: Uint8Array,
): Promise<string> {
  const chunks = [0, 1].map(() => new Uint8Array(chunkLength));
  const readChunk = async (offset: number, into: Uint8Array) =>
    (await file.read(into, 0, Math.min(chunkLength, size - offset), offset)).bytesRead;
  const hash = createHash("sha256");
  let [offset, copied, stretch] = [0, 0, 0];
  for (let next = readChunk(0, chunks[0]), i = 0; offset < size; i++) {
    const chunk = chunks[i % 2].subarray(0, await next);
    if (chunk.length === 0) throw new DamagedFileError(`it ends after ${offset} of ${size} bytes`);
    const start = offset;
    offset += chunk.length;
    if (offset < size) next = readChunk(offset, chunks[(i + 1) % 2]);
    hash.update(chunk.subarray(Math.min(Math.max(headerLength - start, 0), chunk.length)));
    for (; stretch < kept.length && kept[stretch].start < offset; stretch++) {
      const { start: from, end } = kept[stretch];
      const part = chunk.subarray(Math.max(from - start, 0), end - start);
      bytes.set(part, copied);
      copied += part.length;
      if (end > offset) break; // the rest of it is in the next chunk
    }
  }
  return hash.digest("hex");
}
