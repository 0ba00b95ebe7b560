import { readFile } from "node:fs/promises";
import { InputError } from "../../errors.ts";
import { npyHeader } from "./npyHeader.ts";
import { numpyType } from "./numpyType.ts";

/** A NumPy array of numbers, whole, row-major. */
export interface NumberArray {
  readonly shape: readonly number[];
  readonly values:
    | Float64Array
    | Uint8Array
    | Int8Array
    | Uint16Array
    | Int16Array
    | Uint32Array
    | Int32Array;
}

/**
 * Reads a .npy file of any number of dimensions into memory.
 *
 * @throws InputError if it cannot be read, is cut short, in Fortran order or holds texts
 */
export async function readNpyArray(path: string): Promise<NumberArray> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new InputError(
      `cannot read ${path}: ${error.code === "ENOENT" ? "there is no such file" : error.message}`,
    );
  });
  const { type, fortran, shape, offset } = npyHeader(path, bytes.subarray(0, 2 ** 16));
  const { bytes: width, decode } = numpyType(path, type);
  const count = shape.reduce((a, b) => a * b, 1);
  if (bytes.length < offset + count * width) {
    throw new InputError(
      `${path} is cut short: ${shape.join(" x ")} of ${type} need more than its ${bytes.length} bytes`,
    );
  }
  if (fortran && shape.length > 1) {
    throw new InputError(`${path} is in Fortran order; save it with np.save(path, np.ascontiguousarray(x))`);
  }
  // a copy, whose start is aligned
  const values = decode(Buffer.from(Uint8Array.from(bytes.subarray(offset, offset + count * width)).buffer));
  if (Array.isArray(values)) throw new InputError(`${path} holds texts; numbers are wanted`);
  return { shape, values: values as NumberArray["values"] };
}
