import { InputError } from "../errors.ts";
import { type ByteSource, checkRange } from "../files/byteSource.ts";
import type { Patch } from "../files/patch.ts";
import { decodeFloats, encodeFloats, type FloatType, floatBytes } from "./floats.ts";
import type { StoredTensor } from "./model.ts";

/** Where a tensor's bytes stand, in C order and little-endian unless said. */
export interface TensorPlace {
  /** The source that holds the bytes, and the name that patches give to the file. */
  readonly source: ByteSource;
  readonly file: string;
  /** Of the first byte, in `source`. */
  readonly offset: number;
  /** Of the source's first byte in the file: more than 0 where `source` is an uncompressed part of a zip file. */
  readonly base?: number;
  readonly bigEndian?: boolean;
}

/** Number of elements of a tensor of this shape. */
export function elements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** A tensor whose numbers stand side by side in the file. Throws an InputError if they don't lie within the source. */
export function tensorAt(
  name: string,
  type: FloatType,
  shape: readonly number[],
  place: TensorPlace,
): StoredTensor {
  const length = elements(shape) * floatBytes[type];
  checkRange(place.source, place.offset, length);
  return {
    name,
    type,
    shape,
    read: () => decodeFloats(type, place.source.read(place.offset, length), !place.bigEndian),
    patch(values) {
      checkLength(name, shape, values);
      const bytes = encodeFloats(type, values, !place.bigEndian);
      const patch: Patch = {
        file: place.file,
        offset: (place.base ?? 0) + place.offset,
        remove: length,
        bytes,
      };
      return [patch];
    },
  };
}

/** Throws unless there are as many values as the tensor has elements. */
export function checkLength(name: string, shape: readonly number[], values: Float64Array): void {
  if (values.length !== elements(shape)) {
    throw new InputError(
      `tensor ${name} has ${elements(shape)} values (shape [${shape}]), not ${values.length}`,
    );
  }
}
