import { InputError } from "../../errors.ts";
import { type NpySource, readNpyHeader } from "./npyHeader.ts";
import { numpyType } from "./numpyType.ts";

/** A NumPy array of numbers, of any number of dimensions, whose rows are read when they are asked for. */
export interface NpyArray {
  readonly shape: readonly number[];
  /** The numbers of the given rows (entries of the first axis), row-major, in this order. */
  read(rows: readonly number[]): Float64Array | Uint8Array;
}

/** @throws InputError if it is no NumPy array, is cut short, in Fortran order or holds texts */
export function npyArray(source: NpySource): NpyArray {
  const { name, size } = source;
  const { type, fortran, shape, offset } = readNpyHeader(source);
  const { bytes, decode } = numpyType(name, type);
  const [rows = 1, ...rowShape] = shape;
  const width = rowShape.reduce((a, b) => a * b, 1);
  if (size < offset + rows * width * bytes) {
    throw new InputError(
      `${name} is cut short: ${shape.join(" x ")} of ${type} need more than its ${size} bytes`,
    );
  }
  if (fortran && shape.length > 1) {
    throw new InputError(`${name} is in Fortran order; save it with np.save(path, np.ascontiguousarray(x))`);
  }
  return {
    shape,
    read(wanted) {
      const values = new (type.endsWith("u1") ? Uint8Array : Float64Array)(wanted.length * width);
      for (let i = 0; i < wanted.length; ) {
        const start = i;
        while (++i < wanted.length && wanted[i] === wanted[i - 1] + 1);
        const at = offset + wanted[start] * width * bytes;
        // a copy, whose start is aligned
        const found = decode(Buffer.from(source.read(at, (i - start) * width * bytes).slice().buffer));
        if (isTexts(found)) throw new InputError(`${name} holds texts; numbers are wanted`);
        values.set(found as ArrayLike<number>, start * width);
      }
      return values;
    },
  };
}

const isTexts = (cells: ArrayLike<unknown>) => typeof cells[0] === "string";
