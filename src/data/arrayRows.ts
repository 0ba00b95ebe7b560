import { InputError } from "../errors.ts";
import type { ByteSource } from "../files/byteSource.ts";
import { openNpyArray, readNpyHeader } from "../files/npy.ts";
import { openByteSource } from "../files/openByteSource.ts";
import { readZip } from "../files/zip.ts";
import { elementCount } from "../graph/tensor.ts";
import { type InputArray, plainSource, type RowSource, sharedArray } from "./rowSource.ts";

/**
 * The rows of a NumPy array (.npy), or of an archive with an array for each input of the network by name (.npz).
 *
 * @throws InputError on other files, arrays of different lengths, and numbers that are NaN or infinite
 */
export async function readArrayRows(path: string): Promise<RowSource> {
  const { source, close } = openByteSource(path);
  try {
    const inputs = path.endsWith(".npz")
      ? await archiveInputs(source, path)
      : [readInput(source, path, "data")];
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

/** Bytes stay bytes, other integers become int32, and floats float32. */
function readInput(source: ByteSource, place: string, name: string): InputArray {
  const { type } = readNpyHeader(source);
  const array = openNpyArray(source);
  const [count, ...shape] = array.shape;
  if (!(count > 0)) throw new InputError(`${place} has no rows`);
  const width = elementCount(shape);
  const kind = /u1$|b1$/.test(type) ? "uint8" : /[iu]\d$/.test(type) ? "int32" : "float32";
  const data = sharedArray(kind, count * width);
  const step = Math.max(1, Math.floor(2 ** 20 / Math.max(width, 1)));
  for (let start = 0; start < count; start += step) {
    const rows = Array.from({ length: Math.min(step, count - start) }, (_, i) => start + i);
    const values = array.read(rows);
    requireFinite(values, width, start, place);
    data.set(values as never, start * width);
  }
  return { name, shape, data };
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
