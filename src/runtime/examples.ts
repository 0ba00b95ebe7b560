import type { Network } from "../graph/network.ts";
import type { NetworkNoise } from "../graph/noise.ts";
import type { DType, RowValues, Tensor, TensorData } from "../graph/tensor.ts";
import { arrayTypes, elementCount } from "../graph/tensor.ts";
import type { ExampleTypes } from "../graph/trainStep.ts";
import { seededRandom } from "../math/seededRandom.ts";

/** Rows for a network, row-major. Only the rows of the current batch are copied. */
export interface ExampleInputs {
  /** One array per input of the network, by name. */
  readonly inputs: Readonly<Record<string, RowValues>>;
}

/** Rows to train on. */
export interface Examples extends ExampleInputs {
  /** One number per row, or as many as the loss needs: see `trainingLoss`; the same for each place of a row. */
  readonly labels: TensorData;
}

/** Element types of the inputs. */
export const inputTypes = ({ inputs }: ExampleInputs): ExampleTypes["inputs"] =>
  Object.fromEntries(Object.entries(inputs).map(([name, data]) => [name, dtypeOf(data)]));

export const exampleTypes = (examples: Examples): ExampleTypes => ({
  inputs: inputTypes(examples),
  labels: dtypeOf(examples.labels),
});

/** The number of rows; throws if the inputs disagree. */
export function inputCount({ inputs }: Pick<Network, "inputs">, examples: ExampleInputs): number {
  const [rows] = inputs.map(({ name, shape }) => examples.inputs[name].length / elementCount(shape));
  for (const { name, shape } of inputs) {
    const [size, elements] = [elementCount(shape), examples.inputs[name].length];
    if (Number.isInteger(rows) && rows > 0 && elements === rows * size) continue;
    throw new RangeError(`${elements} elements of ${name}; needed: ${size} for each of ${rows} rows`);
  }
  return rows;
}

/** The number of examples; throws if inputs and labels disagree. */
export function rowCount(model: Network, examples: Examples): number {
  const rows = inputCount(model, examples);
  if (Number.isInteger(examples.labels.length / (rows * model.places))) return rows;
  throw new RangeError(
    `${examples.labels.length} labels for ${rows} rows of ${model.places} places; needed: as many numbers per label for each`,
  );
}

/** Positions of the rows' labels among those of all rows. */
export function placesOf({ places }: Pick<Network, "places">, rows: ArrayLike<number>): ArrayLike<number> {
  if (places === 1) return rows;
  return Uint32Array.from(
    { length: rows.length * places },
    (_, i) => rows[Math.floor(i / places)] * places + (i % places),
  );
}

/** The noise of one step: the same for every network with this seed, such as the arms of an experiment. */
export function drawNoise({ name, draw }: NetworkNoise, seed: number, step: number): Tensor {
  return draw(seededRandom(seed, `noise/${name}/${step}`));
}

export const emptyInputs = (model: Network, types: Pick<ExampleTypes, "inputs">, batch: readonly number[]) =>
  Object.fromEntries(
    model.inputs.map(({ name, shape }) => [name, emptyTensor(types.inputs[name], [...batch, ...shape])]),
  );

/** @param start row of the feed that the first is copied to */
export function copyInputs(
  model: Network,
  examples: ExampleInputs,
  rows: ArrayLike<number>,
  to: Readonly<Record<string, Tensor>>,
  start = 0,
): void {
  for (const { name, shape } of model.inputs) {
    const [values, { data }, size] = [examples.inputs[name], to[name], elementCount(shape)];
    if (!("copyRow" in values)) copyRows(values, rows, data, size, start * size);
    else for (let i = 0; i < rows.length; i++) values.copyRow(rows[i], data, (start + i) * size);
  }
}

/** Up to so many elements, a loop is faster than `set` of a view, which is an object to make. */
const fewElements = 32;

/**
 * Copies rows of `size` elements into a feed, from element `start` on. A runtime may refuse shared memory, and a batch is
 * small.
 */
export function copyRows(
  from: TensorData,
  rows: ArrayLike<number>,
  to: TensorData,
  size: number,
  start = 0,
): void {
  for (let i = 0; i < rows.length; i++) {
    const [source, target] = [rows[i] * size, start + i * size];
    if (size > fewElements) to.set(from.subarray(source, source + size) as never, target);
    else for (let k = 0; k < size; k++) to[target + k] = from[source + k];
  }
}

export function emptyTensor(dtype: DType, shape: readonly number[]): Tensor {
  return { dtype, shape, data: new arrayTypes[dtype](elementCount(shape)) };
}

function dtypeOf(data: RowValues): DType {
  if ("dtype" in data) return data.dtype;
  if (data instanceof Float32Array) return "float32";
  if (data instanceof Float64Array) return "float64";
  if (data instanceof Uint8Array) return "uint8";
  if (data instanceof Int32Array) return "int32";
  return "int64";
}
