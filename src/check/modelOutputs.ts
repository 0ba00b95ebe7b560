import { InputError, unknownName } from "../errors.ts";
import { arrayTypes, elementCount, type Tensor } from "../graph/tensor.ts";
import { decodeFloats, encodeFloats } from "../models/floats.ts";
import type { Session, ValueInfo } from "../runtime/runtime.ts";
import type { ValueRange } from "./checkInput.ts";

/** Rows of numbers, read on request. */
export interface InputRows {
  readonly rows: number;
  /** Shape of one row. */
  readonly shape: readonly number[];
  /** The numbers of rows `start` to `end` (not included), row-major. */
  read(start: number, end: number): ArrayLike<number> | Promise<ArrayLike<number>>;
}

export interface ModelOutputs {
  /** Name of the output that was read. */
  readonly name: string;
  readonly rows: number;
  /** Shape of one row. */
  readonly shape: readonly number[];
  /** Row after row. */
  readonly values: Float64Array;
  /** Range of the numbers that were fed to the model; undefined if all its inputs are indices. */
  readonly fed?: ValueRange;
}

export interface ModelOutputOptions {
  /** Name of the output. Default: the first. */
  readonly output?: string;
  readonly onRows?: (done: number, rows: number) => void;
}

/** Rows per batch if the model accepts any number. */
const defaultBatchSize = 64;

/** Most numbers kept in memory: rows beyond them are not run. */
const maxNumbers = 2 ** 25;

/**
 * The outputs of a model for rows of data, run batch by batch. A model with a fixed batch size gets batches of that size;
 * the last one is filled up with copies of its last row, whose outputs are dropped. Wide networks run fewer rows: at most
 * 2^25 numbers in all, but at least 2 rows.
 *
 * @param inputs rows for each of the model's inputs, by name; the same number for each
 * @throws InputError if they do not fit the model
 */
export async function modelOutputs(
  session: Session,
  inputs: Readonly<Record<string, InputRows>>,
  { output = session.outputs[0].name, onRows }: ModelOutputOptions = {},
): Promise<ModelOutputs> {
  if (!session.outputs.some(({ name }) => name === output)) {
    throw unknownName(
      "output",
      output,
      session.outputs.map(({ name }) => name),
    );
  }
  const feeds = session.inputs.map((input) => feedOf(input, inputs[input.name]));
  const available = feeds[0].data.rows;
  const batchSize = batchSizeOf(session.inputs);
  const counter = rangeCounter();
  let [rows, width] = [available, 0];
  let values = new Float64Array(0);
  let shape: readonly number[] = [];
  for (let start = 0; start < rows; start += batchSize) {
    const count = Math.min(batchSize, available - start);
    const fed: Record<string, Tensor> = {};
    for (const { input, data, shape } of feeds) {
      const read = await data.read(start, start + count);
      if (!isIndex(input)) counter.add(read);
      fed[input.name] = feedTensor(input, [batchSize, ...shape], read, count);
    }
    const result = (await session.run(fed))[output];
    const numbers = numbersOf(result);
    if (start === 0) {
      [, ...shape] = shapeOf(output, result, batchSize);
      width = elementCount(shape);
      rows = Math.min(available, Math.max(2, Math.floor(maxNumbers / width)));
      values = new Float64Array(rows * width);
    }
    const kept = Math.min(count, rows - start);
    values.set(numbers.subarray(0, kept * width), start * width);
    onRows?.(start + kept, rows);
  }
  return { name: output, rows, shape, values, fed: counter.range() };
}

/** The model's input. Throws an InputError if it has none, or several. */
export function onlyInput(inputs: readonly ValueInfo[]): ValueInfo {
  if (inputs.length === 1) return inputs[0];
  throw new InputError(
    `the model has ${inputs.length} inputs (${inputs.map(({ name }) => name).join(", ")}); give --data as an .npz file with an array for each`,
  );
}

interface Feed {
  readonly input: ValueInfo;
  readonly data: InputRows;
  /** Shape in which the model takes a row. */
  readonly shape: readonly number[];
}

function feedOf(input: ValueInfo, data: InputRows | undefined): Feed {
  if (data === undefined) throw new InputError(`no data for the model's input ${input.name}`);
  if (!(input.dtype in feedTypes)) {
    throw new InputError(
      `the model's input ${input.name} takes ${input.dtype}; allowed here: ${Object.keys(feedTypes).join(", ")}; or give the model's outputs with --outputs`,
    );
  }
  return { input, data, shape: rowShape(input, data.shape) };
}

/** The shape in which the model takes a row: as the data has it, or with as many elements. */
function rowShape({ name, shape }: ValueInfo, given: readonly number[]): number[] {
  const wanted = shape.slice(1);
  if (
    wanted.length === given.length &&
    wanted.every((length, i) => length === undefined || length === given[i])
  ) {
    return [...given];
  }
  const size = elementCount(given);
  const open = wanted.filter((length) => length === undefined).length;
  const known = wanted.reduce((a: number, b) => a * (b ?? 1), 1);
  if (open > 1 || (open === 0 && known !== size) || !Number.isInteger(size / known)) {
    const text = wanted.map((length) => length ?? "?").join(" x ");
    throw new InputError(
      `rows of ${given.join(" x ")} do not fit the model's input ${name}, which takes ${text}`,
    );
  }
  return wanted.map((length) => length ?? size / known);
}

/** Rows that are run at once: as many as the model is made for. */
function batchSizeOf(inputs: readonly ValueInfo[]): number {
  return inputs.map(({ shape: [rows] }) => rows).find((rows) => rows !== undefined) ?? defaultBatchSize;
}

/** Arrays that the runtime takes for each element type; float16 as its bits. */
const feedTypes = {
  ...arrayTypes,
  int8: Int8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  float16: Uint16Array,
} as const;

/** Whether an input takes real numbers rather than integers. */
export const takesFloats = ({ dtype }: ValueInfo) => dtype.startsWith("float");

/** Token ids and the like: numbers whose size says nothing. */
const isIndex = (input: ValueInfo) => !(takesFloats(input) || input.dtype === "uint8");

function feedTensor(
  input: ValueInfo,
  shape: readonly number[],
  read: ArrayLike<number>,
  rows: number,
): Tensor {
  const { name, dtype } = input;
  const length = elementCount(shape);
  const width = length / shape[0];
  const at = (i: number) => read[i < rows * width ? i : (rows - 1) * width + (i % width)];
  const data =
    dtype === "float16"
      ? new Uint16Array(
          encodeFloats(
            "float16",
            Float64Array.from({ length }, (_, i) => at(i)),
          ).buffer,
        )
      : new feedTypes[dtype as keyof typeof feedTypes](length);
  for (let i = 0; i < length && dtype !== "float16"; i++) {
    const value = at(i);
    if (!(Number.isInteger(value) || takesFloats(input))) {
      throw new InputError(`the model's input ${name} takes ${dtype}, but its data holds ${value}`);
    }
    data[i] = data instanceof BigInt64Array ? BigInt(value) : value;
  }
  return { dtype, shape, data } as Tensor;
}

/** What a runtime gives, whatever its element type. */
function numbersOf({ dtype, data }: Tensor): Float64Array {
  if ((dtype as string) === "float16" && (data as unknown) instanceof Uint16Array) {
    return decodeFloats("float16", new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return Float64Array.from(data as ArrayLike<number>, Number);
}

function shapeOf(name: string, { shape, data }: Tensor, rows: number): readonly number[] {
  if (shape[0] === rows) return shape;
  if (data.length % rows === 0) return [rows, data.length / rows];
  throw new InputError(
    `output ${name} has ${data.length} numbers for ${rows} rows, so rows differ in length; each row needs as many numbers`,
  );
}

function rangeCounter() {
  let [low, high, squares, count] = [Infinity, -Infinity, 0, 0];
  return {
    add(numbers: ArrayLike<number>): void {
      for (let i = 0; i < numbers.length; i++) {
        low = Math.min(low, numbers[i]);
        high = Math.max(high, numbers[i]);
        squares += numbers[i] ** 2;
      }
      count += numbers.length;
    },
    range: (): ValueRange | undefined =>
      count > 0 ? { low, high, size: Math.sqrt(squares / count) } : undefined,
  };
}
