import { InputError } from "../errors.ts";
import { openNpyArray } from "../files/npy.ts";
import { openByteSource } from "../files/openByteSource.ts";
import { parseJson } from "./jsonTable.ts";
import { flattened, shapeOf } from "./nestedLists.ts";
import { shownValue } from "./shownValue.ts";

/** All numbers, row-major, of a .npy file, or of nested lists in a .json file; NaN for JSON's null, which is what JavaScript writes for it. */
export async function readNumberArray(
  path: string,
): Promise<{ readonly shape: readonly number[]; readonly values: ArrayLike<number> }> {
  if (!/\.(npy|json)$/.test(path)) throw new InputError(`${path}: give a .npy or .json file`);
  const { source, close } = openByteSource(path);
  try {
    if (path.endsWith(".npy")) {
      const { shape, read } = openNpyArray(source);
      if (shape.length === 0) throw new InputError(`${path} is a single number; rows are needed`);
      return { shape, values: read(Array.from({ length: shape[0] }, (_, i) => i)) };
    }
    const rows = await parseJson(path, [source.read(0, source.size)]);
    if (!Array.isArray(rows) || rows.length === 0) {
      throw new InputError(`${path} does not hold a list of rows; give lists of numbers, one per row`);
    }
    const shape = shapeOf(path, rows);
    return { shape, values: flattened(path, rows, shape, (value) => number(path, value)) };
  } finally {
    close();
  }
}

function number(path: string, value: unknown): number {
  if (value === null) return Number.NaN;
  if (typeof value === "number") return value;
  throw new InputError(`${path} holds ${shownValue(value)}, which is not a number`);
}
