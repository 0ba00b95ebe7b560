import { readFile } from "node:fs/promises";
import type { PlaceArray } from "../check/placesAsRows.ts";
import { InputError } from "../errors.ts";
import { openNpyArray } from "../files/npy.ts";
import { openByteSource } from "../files/openByteSource.ts";
import { elementCount } from "../graph/tensor.ts";

/**
 * Numbers of a .npy file, or of nested lists in a .json file, of any shape.
 *
 * @param picked which rows, of so many; all where left out
 */
export async function readNumberArray(
  path: string,
  picked?: readonly number[],
  available?: number,
): Promise<PlaceArray> {
  if (path.endsWith(".json")) {
    const { shape, values } = await readJson(path);
    checkRows(path, shape, available);
    if (picked === undefined) return { shape, values };
    const width = elementCount(shape.slice(1));
    const kept = picked.flatMap((row) => values.slice(row * width, (row + 1) * width));
    return { shape: [picked.length, ...shape.slice(1)], values: kept };
  }
  if (!path.endsWith(".npy")) throw new InputError(`${path}: give a .npy or .json file`);
  const { source, close } = openByteSource(path);
  try {
    const { shape, read } = openNpyArray(source);
    if (shape.length === 0) throw new InputError(`${path} is a single number; rows are wanted`);
    checkRows(path, shape, available);
    const rows = picked ?? Array.from({ length: shape[0] }, (_, i) => i);
    return { shape: [rows.length, ...shape.slice(1)], values: read(rows) };
  } finally {
    close();
  }
}

function checkRows(path: string, [rows]: readonly number[], available = rows): void {
  if (rows !== available) throw new InputError(`${path} has ${rows} rows, the data ${available}`);
}

async function readJson(path: string): Promise<{ shape: number[]; values: number[] }> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new InputError(
      `cannot read ${path}: ${error.code === "ENOENT" ? "there is no such file" : error.message}`,
    );
  });
  let rows: unknown;
  try {
    rows = JSON.parse(text);
  } catch (error) {
    throw new InputError(`${path} is not JSON: ${(error as Error).message}`);
  }
  if (!Array.isArray(rows) || rows.length === 0) throw new InputError(`${path} is no list of rows`);
  const shape: number[] = [];
  for (let inner: unknown = rows; Array.isArray(inner); [inner] = inner) shape.push(inner.length);
  return { shape, values: flatten(path, rows, shape) };
}

/** The numbers of nested lists, all of which have the shape of the first. JSON has no NaN: JavaScript writes null for it. */
function flatten(path: string, value: unknown, shape: readonly number[]): number[] {
  if (shape.length === 0) {
    if (value === null) return [Number.NaN];
    if (typeof value !== "number") {
      throw new InputError(`${path} holds ${JSON.stringify(value)}, which is no number`);
    }
    return [value];
  }
  const [length, ...inner] = shape;
  if (!Array.isArray(value) || value.length !== length) {
    throw new InputError(
      `${path} has ${JSON.stringify(value)?.slice(0, 40)} where a list of ${length} is wanted, as before it`,
    );
  }
  return value.flatMap((entry) => flatten(path, entry, inner));
}
