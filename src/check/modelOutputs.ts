import { InputError, unknownName } from "../errors.ts";
import { arrayTypes, type DType, type TensorData } from "../graph/tensor.ts";
import type { Session, ValueInfo } from "../runtime/runtime.ts";

/** Inputs of a network, row after row. */
export interface InputRows {
  readonly rows: number;
  /** Shape of one row. */
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
  /** How the numbers were made from what is on disk, for people, where that was a choice. */
  readonly madeAs?: string;
}

export interface ModelOutputs {
  /** N × K */
  readonly outputs: Float64Array;
  /** Name of the output that was read. */
  readonly name: string;
}

/** Rows a piece where the model leaves that open. */
const pieceRows = 64;

/**
 * What a model of one input gives for rows of data, run piece by piece. A model for batches of a fixed size is fed with
 * that many; the last piece is filled up with copies of its last row, whose outputs are dropped.
 *
 * @param output name of the output; the first where left out
 * @throws InputError if the data does not fit the model's input
 */
export async function modelOutputs(
  session: Session,
  data: InputRows,
  output?: string,
  onRows?: (done: number, rows: number) => void,
): Promise<ModelOutputs> {
  const input = onlyInput(session);
  const name = output ?? session.outputs[0].name;
  if (!session.outputs.some((value) => value.name === name)) {
    throw unknownName(
      "output",
      name,
      session.outputs.map((value) => value.name),
    );
  }
  const shape = rowShape(input, data.shape);
  const size = shape.reduce((a, b) => a * b, 1);
  const piece = input.shape[0] ?? pieceRows;
  const feed = emptyFeed(input.dtype, piece * size);
  let outputs = new Float64Array(0);
  for (let start = 0; start < data.rows; start += piece) {
    const count = Math.min(piece, data.rows - start);
    for (let i = 0; i < piece * size; i++) {
      const row = start + Math.min(Math.floor(i / size), count - 1);
      const value = data.values[row * size + (i % size)];
      feed[i] = feed instanceof BigInt64Array ? BigInt(value) : value;
    }
    const result = await session.run({
      [input.name]: { dtype: input.dtype as DType, shape: [piece, ...shape], data: feed },
    });
    const found = Float64Array.from(result[name].data as ArrayLike<number>, Number);
    const width = found.length / piece;
    if (!Number.isInteger(width)) {
      throw new InputError(
        `output ${name} has ${found.length} numbers for ${piece} rows: not as many for each`,
      );
    }
    if (start === 0) outputs = new Float64Array(data.rows * width);
    outputs.set(found.subarray(0, count * width), start * width);
    onRows?.(start + count, data.rows);
  }
  return { outputs, name };
}

/** The model's input. Throws an InputError if it has none, or several. */
export function onlyInput({ inputs }: Session): ValueInfo {
  if (inputs.length === 1) return inputs[0];
  throw new InputError(
    `the model has ${inputs.length} inputs (${inputs.map(({ name }) => name).join(", ")}); give its outputs with --outputs`,
  );
}

/** The shape in which the model takes a row: as the data has it, or with as many elements. */
function rowShape(input: ValueInfo, given: readonly number[]): number[] {
  const wanted = input.shape.slice(1);
  if (
    wanted.length === given.length &&
    wanted.every((length, i) => length === undefined || length === given[i])
  ) {
    return [...given];
  }
  const size = given.reduce((a, b) => a * b, 1);
  const open = wanted.filter((length) => length === undefined).length;
  const known = wanted.reduce((a: number, b) => a * (b ?? 1), 1);
  if (open > 1 || (open === 0 && known !== size) || !Number.isInteger(size / known)) {
    const text = wanted.map((length) => length ?? "?").join(" x ");
    throw new InputError(
      `rows of ${given.join(" x ")} do not fit the model's input ${input.name}, which takes ${text}`,
    );
  }
  return wanted.map((length) => length ?? size / known);
}

function emptyFeed(dtype: string, length: number): TensorData {
  if (!(dtype in arrayTypes)) {
    throw new InputError(
      `the model takes ${dtype}; allowed here: ${Object.keys(arrayTypes).join(", ")}; or give its outputs with --outputs`,
    );
  }
  return new arrayTypes[dtype as DType](length);
}
