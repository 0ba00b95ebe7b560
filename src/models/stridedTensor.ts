import { InputError } from "../errors.ts";
import type { ByteSource } from "../files/byteSource.ts";
import type { Patch } from "../files/patch.ts";
import { decodeFloats, encodeFloats, type FloatType, floatBytes } from "./floats.ts";
import type { StoredTensor } from "./model.ts";
import { checkLength, elements } from "./tensorAt.ts";

/** A tensor as the pickle describes it: elements of a storage, from `offset` on, `stride` elements apart in each dimension. */
export interface StridedView {
  readonly key: string;
  /** Undefined where the elements are no floats that a bias can have. */
  readonly type: FloatType | undefined;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly stride: readonly number[];
}

/** Index in the storage of the last element of a tensor that has any. */
export function lastElement({ offset, shape, stride }: StridedView): number {
  return shape.reduce((last, size, i) => last + (size - 1) * stride[i], offset);
}

/** Where a tensor's storage is: its bytes, and the zip entry that patches name. */
export interface StoragePlace {
  readonly storage: ByteSource;
  readonly entry: string;
  readonly bigEndian: boolean;
}

/** The view as a tensor. Throws an InputError if it reaches beyond its storage. */
export function stridedTensor(
  name: string,
  view: StridedView,
  type: FloatType,
  { storage, entry, bigEndian }: StoragePlace,
): StoredTensor {
  const { shape, stride, offset } = view;
  const width = floatBytes[type];
  const count = elements(shape);
  if (count > 0 && (lastElement(view) + 1) * width > storage.size) {
    throw new InputError(
      `${storage.name}: broken or truncated: tensor ${name} ends at byte ${(lastElement(view) + 1) * width} of ${storage.size}`,
    );
  }
  if (shape.some((size, i) => size > 1 && stride[i] === 0)) return expandedTensor(name, type, shape);
  const runs = contiguousRuns(shape, stride);
  /** Calls `use` for each run with its first byte in the storage and the index of its first element. */
  const forRuns = (use: (from: number, done: number) => void) => {
    let done = 0;
    for (const start of runs.starts()) {
      use((offset + start) * width, done);
      done += runs.length;
    }
  };
  return {
    name,
    type,
    shape,
    read() {
      const values = new Float64Array(count);
      forRuns((from, done) => {
        values.set(decodeFloats(type, storage.read(from, runs.length * width), !bigEndian), done);
      });
      return values;
    },
    patch(values) {
      checkLength(name, shape, values);
      const bytes = encodeFloats(type, values, !bigEndian);
      const patches: Patch[] = [];
      forRuns((from, done) => {
        const run = bytes.subarray(done * width, (done + runs.length) * width);
        patches.push({ file: entry, offset: from, remove: run.length, bytes: run });
      });
      return patches;
    },
  };
}

/** A tensor of which several elements share one number (stride 0), as `torch.Tensor.expand` makes: it can't be set. */
function expandedTensor(name: string, type: FloatType, shape: readonly number[]): StoredTensor {
  const fixed = `tensor ${name} is expanded: several of its elements share one number in the file`;
  const refuse = () => {
    throw new InputError(fixed);
  };
  return { name, type, shape, fixed, read: refuse, patch: refuse };
}

/** A view in C order as runs of contiguous elements: their length, and where each begins, counted from the offset. */
function contiguousRuns(shape: readonly number[], stride: readonly number[]) {
  let axes = shape.length;
  let length = 1;
  while (axes > 0 && (shape[axes - 1] === 1 || stride[axes - 1] === length)) length *= shape[--axes];
  function* starts(axis = 0, start = 0): Generator<number> {
    if (length === 0) return;
    if (axis === axes) yield start;
    else for (let i = 0; i < shape[axis]; i++) yield* starts(axis + 1, start + i * stride[axis]);
  }
  return { length, starts };
}
