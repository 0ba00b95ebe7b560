import type { Weights } from "../graph/model.ts";
import type { Network } from "../graph/network.ts";
import type { Optimizer } from "../graph/optimizers.ts";
import type { DType, Tensor, TensorData } from "../graph/tensor.ts";
import { arrayTypes, elementCount, tensor } from "../graph/tensor.ts";
import { toOnnx } from "../graph/toOnnx.ts";
import { type ExampleTypes, forward, nextName, slotName, trainStep } from "../graph/trainStep.ts";
import { seededRandom } from "../math/seededRandom.ts";
import type { Runtime, RuntimeOptions } from "./runtime.ts";
import { type LossChoice, type TrainingLoss, trainingLoss } from "./trainingLoss.ts";

/** Rows to train on, row-major. Only the rows of a batch are copied. */
export interface Examples {
  /** One array per input of the network, by name. */
  readonly inputs: Readonly<Record<string, TensorData>>;
  /** One number per row, or as many as the loss needs: see `trainingLoss`; the same for each place of a row. */
  readonly labels: TensorData;
}

export interface TrainerOptions extends RuntimeOptions, LossChoice {
  readonly model: Network;
  readonly optimizer: Optimizer;
  readonly examples: Examples;
  /** Initial values of the parameters and the fixed tensors; they are not modified. */
  readonly weights: Weights;
  /** Largest batch. */
  readonly batchSize: number;
  /** See `TrainStepOptions`. Networks that depend on the whole batch are computed whole. */
  readonly microBatchSize?: number;
  /** Seed of the noise of dropout layers; 0 unless given. */
  readonly seed?: number;
}

export interface StepResult {
  /** Loss of the batch before the step, reduced according to the loss's options (default: the mean). */
  readonly loss: number;
  /**
   * Rows that were predicted correctly: the largest output is that of the label or, for binary labels, all signs are
   * right. NaN for other labels.
   */
  readonly correct: number;
}

/** A network in training: its weights and the optimizer's state, updated one step at a time. */
export interface Trainer {
  /** One step on the given rows, at most `batchSize`. */
  step(rows: ArrayLike<number>): Promise<StepResult>;
  weights(): Weights;
  dispose(): Promise<void>;
}

/** The fastest sizes measured for small images, so many of which fit into a core's cache (docs/performance.md). */
const defaultMicroBatchSize = { training: 16, prediction: 64 };

/** Creates the training step for a runtime, and the state that it updates. */
export async function createTrainer(runtime: Runtime, options: TrainerOptions): Promise<Trainer> {
  const { model, optimizer, examples, batchSize, seed = 0 } = options;
  const count = rowCount(model, examples);
  const loss = trainingLoss(options, examples.labels, count * model.places, elementCount(model.output));
  const steps = new Map([[batchSize, await loadStep(runtime, options, loss, batchSize)]]);
  const stepFor = async (rows: number) => {
    const size = model.batchDependent ? rows : batchSize;
    const step = steps.get(size) ?? (await loadStep(runtime, options, loss, size));
    steps.set(size, step);
    return step;
  };

  let state: Record<string, Tensor> = { ...options.weights };
  for (const { name, shape } of model.parameters) {
    for (const slot of optimizer.slots) state[slotName(name, slot)] = emptyTensor("float32", shape);
  }
  let stepCount = 0;

  return {
    async step(rows) {
      if (!(rows.length >= 1 && rows.length <= batchSize)) {
        throw new RangeError(`a batch of ${rows.length} rows; allowed: 1 to ${batchSize}`);
      }
      const step = await stepFor(rows.length);
      stepCount += 1;
      const { loss, correct, ...next } = await step.run({
        ...state,
        ...step.batch(rows),
        ...noiseOf(model, rows.length, seed, stepCount),
        step: tensor("float32", [], [stepCount]),
      });
      state = Object.fromEntries(
        Object.entries(state).map(([name, before]) => [name, next[nextName(name)] ?? before]),
      );
      return { loss: Number(loss.data[0]), correct: Number(correct?.data[0]) };
    },
    weights: () =>
      Object.fromEntries([...model.parameters, ...model.fixed].map(({ name }) => [name, state[name]])),
    async dispose() {
      for (const { dispose } of steps.values()) await dispose();
    },
  };
}

/** The training step for one size of batch, and the arrays that a batch is copied into. */
async function loadStep(
  runtime: Runtime,
  options: TrainerOptions,
  { graph: loss, weightsOf }: TrainingLoss,
  batchSize: number,
) {
  const { model, optimizer, examples } = options;
  const wished = model.batchDependent
    ? batchSize
    : (options.microBatchSize ?? defaultMicroBatchSize.training);
  const microBatchSize = Math.min(wished, batchSize);
  const microBatches = Math.ceil(batchSize / microBatchSize);
  const types = exampleTypes(examples);
  const session = await runtime.load(
    toOnnx(trainStep({ model, loss, optimizer, types, batchSize, microBatchSize })),
    options,
  );
  const inputs = emptyInputs(model, types, [microBatches, microBatchSize]);
  const { labelSize } = loss;
  const places = microBatchSize * model.places;
  const labelShape = labelSize === 1 ? [] : [labelSize];
  const labels = emptyTensor(types.labels, [microBatches, places, ...labelShape]);
  return {
    run: session.run,
    dispose: session.dispose,
    batch(rows: ArrayLike<number>): Record<string, Tensor> {
      copyInputs(model, examples, rows, inputs);
      copyRows(examples.labels, rows, labels.data, labelSize * model.places);
      const weights = new Float32Array(microBatches * places);
      weights.set(weightsOf(placesOf(model, rows)));
      return {
        ...inputs,
        labels,
        weights: { dtype: "float32", shape: [microBatches, places], data: weights },
        count: tensor("int64", [], [Math.ceil(rows.length / microBatchSize)]),
      };
    },
  };
}

/** Positions of the rows' labels among those of all rows. */
function placesOf({ places }: Network, rows: ArrayLike<number>): ArrayLike<number> {
  if (places === 1) return rows;
  return Uint32Array.from(
    { length: rows.length * places },
    (_, i) => rows[Math.floor(i / places)] * places + (i % places),
  );
}

/** The noise of one step: the same for every network with this seed, such as the arms of an experiment. */
function noiseOf(model: Network, batchSize: number, seed: number, step: number): Record<string, Tensor> {
  return Object.fromEntries(
    model.noise(batchSize).map(({ name, draw }) => [name, draw(seededRandom(seed, `noise/${name}/${step}`))]),
  );
}

export interface PredictorOptions extends RuntimeOptions {
  readonly model: Network;
  readonly examples: Examples;
  /** Rows that are computed together. */
  readonly microBatchSize?: number;
  /** Whether batch normalisation and dropout behave as in training; false unless given. */
  readonly training?: boolean;
  /** Seed of the noise of dropout layers in training mode; 0 unless given. */
  readonly seed?: number;
}

/** A network at given weights, without training. */
export interface Predictor {
  /** Outputs before the link, (rows x places, K) row-major. `onRows` hears how many rows are done. */
  outputs(weights: Weights, rows: ArrayLike<number>, onRows?: (done: number) => void): Promise<Float32Array>;
  dispose(): Promise<void>;
}

/** Creates a predictor: the network without training. */
export async function createPredictor(runtime: Runtime, options: PredictorOptions): Promise<Predictor> {
  const { model, examples, microBatchSize = defaultMicroBatchSize.prediction, training, seed = 0 } = options;
  rowCount(model, examples);
  const types = exampleTypes(examples);
  const whole = training === true && model.batchDependent;
  const load = async (size: number) => ({
    session: await runtime.load(toOnnx(forward({ model, types, microBatchSize: size, training })), options),
    inputs: emptyInputs(model, types, [size]),
  });
  const sessions = new Map([[microBatchSize, await load(microBatchSize)]]);
  const width = elementCount(model.output) * model.places;
  return {
    async outputs(weights, rows, onRows) {
      const result = new Float32Array(rows.length * width);
      for (let start = 0; start < rows.length; start += microBatchSize) {
        const iteration = Array.prototype.slice.call(rows, start, start + microBatchSize);
        const size = whole ? iteration.length : microBatchSize;
        const { session, inputs } = sessions.get(size) ?? (await load(size));
        if (!sessions.has(size)) sessions.set(size, { session, inputs });
        copyInputs(model, examples, iteration, inputs);
        const noise = whole ? noiseOf(model, size, seed, start / microBatchSize) : {};
        const { output } = await session.run({ ...weights, ...inputs, ...noise });
        result.set((output.data as Float32Array).subarray(0, iteration.length * width), start * width);
        onRows?.(start + iteration.length);
      }
      return result;
    },
    async dispose() {
      for (const { session } of sessions.values()) await session.dispose();
    },
  };
}

const exampleTypes = ({ inputs, labels }: Examples): ExampleTypes => ({
  inputs: Object.fromEntries(Object.entries(inputs).map(([name, data]) => [name, dtypeOf(data)])),
  labels: dtypeOf(labels),
});

/** The number of examples; throws if inputs and labels disagree. */
function rowCount({ inputs, places }: Network, examples: Examples): number {
  const [rows] = inputs.map(({ name, shape }) => examples.inputs[name].length / elementCount(shape));
  for (const { name, shape } of inputs) {
    const [size, elements] = [elementCount(shape), examples.inputs[name].length];
    const perPlace = examples.labels.length / (rows * places);
    if (!(Number.isInteger(rows) && rows > 0 && elements === rows * size && Number.isInteger(perPlace))) {
      throw new RangeError(
        `${elements} elements of ${name} for ${examples.labels.length} labels; needed: ${size} elements per row, and as many numbers per label for each`,
      );
    }
  }
  return rows;
}

const emptyInputs = (model: Network, types: ExampleTypes, batch: readonly number[]) =>
  Object.fromEntries(
    model.inputs.map(({ name, shape }) => [name, emptyTensor(types.inputs[name], [...batch, ...shape])]),
  );

function copyInputs(
  model: Network,
  examples: Examples,
  rows: ArrayLike<number>,
  to: Readonly<Record<string, Tensor>>,
): void {
  for (const { name, shape } of model.inputs)
    copyRows(examples.inputs[name], rows, to[name].data, elementCount(shape));
}

/** Copies rows of `size` elements to the front of a feed. A runtime may refuse shared memory, and a batch is small. */
function copyRows(from: TensorData, rows: ArrayLike<number>, to: TensorData, size: number): void {
  for (let i = 0; i < rows.length; i++) {
    to.set(from.subarray(rows[i] * size, (rows[i] + 1) * size) as never, i * size);
  }
}

function emptyTensor(dtype: DType, shape: readonly number[]): Tensor {
  return { dtype, shape, data: new arrayTypes[dtype](elementCount(shape)) };
}

function dtypeOf(data: TensorData): DType {
  if (data instanceof Float32Array) return "float32";
  if (data instanceof Float64Array) return "float64";
  if (data instanceof Uint8Array) return "uint8";
  if (data instanceof Int32Array) return "int32";
  return "int64";
}
