import { createHash } from "node:crypto";
import { open, writeFile } from "node:fs/promises";
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
const chunkLength = 8 * 2 ** 20;

/**
 * Reads a file and verifies every byte.
 *
 * @throws DamagedFileError if it is not the complete file of the layout
 */
export async function readDatasetFile(path: string, layout: DatasetLayout): Promise<Dataset> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const { bytes, dataset } = emptyDataset(layout);
    if (size !== bytes.length) throw new DamagedFileError(`it has ${size} bytes instead of ${bytes.length}`);

    const readChunk = async (offset: number) =>
      (await file.read(bytes, offset, Math.min(chunkLength, size - offset), offset)).bytesRead;
    const hash = createHash("sha256");
    let offset = 0;
    for (let next = readChunk(0); offset < size; ) {
      const length = await next;
      if (length === 0) throw new DamagedFileError(`it ends after ${offset} of ${size} bytes`);
      const [start, end] = [Math.max(offset, headerLength), offset + length];
      offset = end;
      if (offset < size) next = readChunk(offset);
      if (end > start) hash.update(bytes.subarray(start, end));
    }
    if (!header(layout).equals(bytes.subarray(0, headerLength)))
      throw new DamagedFileError(`its header is not that of ${layout.name}`);
    const sha256 = hash.digest("hex");
    if (sha256 !== layout.sha256) {
      throw new DamagedFileError(`its SHA-256 is ${sha256} instead of ${layout.sha256}`);
    }
    return dataset;
  } finally {
    await file.close();
  }
}
