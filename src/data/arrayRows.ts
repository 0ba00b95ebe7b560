import { totalmem } from "node:os";
import { InputError } from "../errors.ts";
import type { ByteSource } from "../files/byteSource.ts";
import { openNpyArray } from "../files/npy.ts";
import { openByteSource } from "../files/openByteSource.ts";
import { readZip } from "../files/zip.ts";
import { elementCount } from "../graph/tensor.ts";
import { type InputArray, plainSource, type RowSource, sharedArray } from "./rowSource.ts";
import { fedType, StoredArray } from "./storedArray.ts";

/**
 * The rows of a NumPy array (.npy), or of an archive with an array for each input of the network by name (.npz).
 *
 * @param mostInMemory bytes of the largest array file that is read into memory; a larger .npy stays in its file
 * @throws InputError on other files, arrays of different lengths, and numbers that are NaN or infinite
 */
export async function readArrayRows(path: string, mostInMemory = totalmem() / 4): Promise<RowSource> {
  const { source, close } = openByteSource(path);
  try {
    const isArchive = path.endsWith(".npz");
    if (!isArchive && source.size > mostInMemory) return storedRows(source, path);
    const inputs = isArchive ? await archiveInputs(source, path) : [readInput(source, path, "data")];
    const counts = inputs.map(({ data, shape }) => data.length / elementCount(shape));
    const odd = counts.findIndex((count) => count !== counts[0]);
    if (odd >= 0) {
      throw new InputError(
        `${path}: ${inputs[odd].name} has ${counts[odd]} rows and ${inputs[0].name} has ${counts[0]}; all arrays need the same number`,
      );
    }
    return plainSource({ count: counts[0], unit: "row" }, inputs);
  } finally {
    close();
  }
}

async function archiveInputs(source: ByteSource, path: string): Promise<InputArray[]> {
  const zip = readZip(source, path);
  const names = [...zip.entries.keys()].filter((name) => name.endsWith(".npy"));
  if (names.length === 0) throw new InputError(`${path} has no arrays`);
  return Promise.all(
    names.map(async (name) =>
      readInput(await zip.open(name), `${path}, ${name}`, name.slice(0, -".npy".length)),
    ),
  );
}

/** Rows that are checked once, and then read from the file whenever a batch needs them. */
function storedRows(source: ByteSource, path: string): RowSource {
  const { count, shape } = eachBlock(source, path, () => {});
  const note = `${path} (${(source.size / 1e9).toFixed(1)} GB) stays on disk: each batch is read from the file.`;
  const data = new StoredArray(path);
  return plainSource({ count, unit: "row" }, [{ name: "data", shape, data }], [note]);
}

function readInput(source: ByteSource, place: string, name: string): InputArray {
  const all = elementCount(openNpyArray(source).shape);
  const data = sharedArray(fedType(source), all);
  const { shape } = eachBlock(source, place, (values, start) => data.set(values as never, start));
  return { name, shape, data };
}

/**
 * Reads an array in blocks of rows, and checks that its numbers are finite.
 *
 * @param visit gets the numbers of a block and the place of its first one among those of all rows
 */
function eachBlock(
  source: ByteSource,
  place: string,
  visit: (values: ArrayLike<number>, start: number) => void,
): { count: number; shape: number[] } {
  const array = openNpyArray(source);
  const [count, ...shape] = array.shape;
  if (!(count > 0)) throw new InputError(`${place} has no rows`);
  const width = elementCount(shape);
  const step = Math.max(1, Math.floor(2 ** 20 / Math.max(width, 1)));
  for (let start = 0; start < count; start += step) {
    const rows = Array.from({ length: Math.min(step, count - start) }, (_, i) => start + i);
    const values = array.read(rows);
    requireFinite(values, width, start, place);
    visit(values, start * width);
  }
  return { count, shape };
}

/** @throws InputError that names the row of the first number that is NaN or infinite */
function requireFinite(values: ArrayLike<number>, width: number, firstRow: number, place: string): void {
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) continue;
    throw new InputError(
      `${place}: row ${firstRow + Math.floor(i / width) + 1} holds ${values[i]}; allowed: finite numbers`,
    );
  }
}
