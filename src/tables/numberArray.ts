import { InputError } from "../errors.ts";
import type { ByteSource } from "../files/byteSource.ts";
import { openNpyArray } from "../files/npy.ts";
import { parseJson } from "./jsonTable.ts";
import { flattened, shapeOf } from "./nestedLists.ts";
import { shownValue } from "./shownValue.ts";

/** An array of numbers, row-major. */
export interface ShapedNumbers {
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
}

/** All numbers of a .npy file, or of nested lists in a .json file; NaN for JSON's null, which is what JavaScript writes for it. */
export async function numberArray(source: ByteSource): Promise<ShapedNumbers> {
  const { name } = source;
  if (!/\.(npy|json)$/.test(name)) throw new InputError(`${name}: give a .npy or .json file`);
  if (name.endsWith(".npy")) {
    const { shape, read } = openNpyArray(source);
    if (shape.length === 0) throw new InputError(`${name} is a single number; rows are needed`);
    return { shape, values: read(Array.from({ length: shape[0] }, (_, i) => i)) };
  }
  const rows = await parseJson(name, [source.read(0, source.size)]);
  if (!Array.isArray(rows) || rows.length === 0) {
    throw new InputError(`${name} does not hold a list of rows; give lists of numbers, one per row`);
  }
  const shape = shapeOf(name, rows);
  return { shape, values: flattened(name, rows, shape, (value) => number(name, value)) };
}

function number(path: string, value: unknown): number {
  if (value === null) return Number.NaN;
  if (typeof value === "number") return value;
  throw new InputError(`${path} holds ${shownValue(value)}, which is not a number`);
}
