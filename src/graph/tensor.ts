/** Element types a value can have, by their ONNX names. */
export type DType = "float32" | "float64" | "uint8" | "int32" | "int64" | "bool";

/** How elements of each type lie in memory: a bool is one byte, an int64 a BigInt. */
export const arrayTypes = {
  float32: Float32Array,
  float64: Float64Array,
  uint8: Uint8Array,
  int32: Int32Array,
  int64: BigInt64Array,
  bool: Uint8Array,
} as const;

export type TensorData = Float32Array | Float64Array | Uint8Array | Int32Array | BigInt64Array;

/** Numbers of many rows that are not in memory: each row is read when it is needed. */
export interface StoredValues {
  readonly dtype: DType;
  /** Elements of all rows. */
  readonly length: number;
  readonly BYTES_PER_ELEMENT: number;
  /** Copies the elements of a row to where `at` says. */
  copyRow(row: number, to: TensorData, at: number): void;
}

/** Numbers of many rows, row-major. */
export type RowValues = TensorData | StoredValues;

/** Numbers with a type and a shape, row-major; what a runtime takes and returns. */
export interface Tensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/** A tensor of the given type from plain numbers; throws where their count does not fit the shape. */
export function tensor(dtype: DType, shape: readonly number[], numbers: ArrayLike<number>): Tensor {
  if (numbers.length !== elementCount(shape)) {
    throw new RangeError(
      `tensor: shape [${shape}] holds ${elementCount(shape)} elements, got ${numbers.length}`,
    );
  }
  const data = dtype === "int64" ? BigInt64Array.from(numbers, BigInt) : arrayTypes[dtype].from(numbers);
  return { dtype, shape, data };
}

/** The elements as float64 numbers (exact for all types but int64 beyond 2^53). */
export function numbers({ data }: Tensor): Float64Array {
  return data instanceof BigInt64Array ? Float64Array.from(data, Number) : Float64Array.from(data);
}

/** Product of the dimensions. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Row-major strides, in elements. */
export function strides(shape: readonly number[]): number[] {
  const result = new Array<number>(shape.length);
  for (let axis = shape.length - 1, stride = 1; axis >= 0; stride *= shape[axis--]) result[axis] = stride;
  return result;
}

/** The shape two shapes broadcast to (numpy's rule); throws, naming both, where they do not fit. */
export function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const sizeA = a[i - rank + a.length] ?? 1;
    const sizeB = b[i - rank + b.length] ?? 1;
    if (sizeA !== sizeB && sizeA !== 1 && sizeB !== 1) {
      throw new RangeError(`shapes [${a}] and [${b}] do not broadcast: ${sizeA} against ${sizeB}`);
    }
    return sizeA === 1 ? sizeB : sizeA;
  });
}

/** Whether two shapes are equal. */
export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/** An axis counted from the end where negative; throws where the rank has no such axis. */
export function normalizeAxis(axis: number, rank: number): number {
  const positive = axis < 0 ? axis + rank : axis;
  if (!(positive >= 0 && positive < rank)) throw new RangeError(`axis ${axis} of a value of rank ${rank}`);
  return positive;
}
