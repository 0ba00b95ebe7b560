import type { Model, Weights } from "../graph/model.ts";
import type { Optimizer } from "../graph/optimizers.ts";
import type { DType, Tensor, TensorData } from "../graph/tensor.ts";
import { arrayTypes, elementCount, tensor } from "../graph/tensor.ts";
import { toOnnx } from "../graph/toOnnx.ts";
import { type ExampleTypes, forward, nextName, slotName, trainStep } from "../graph/trainStep.ts";
import type { Runtime, RuntimeOptions } from "./runtime.ts";
import { type LossChoice, trainingLoss } from "./trainingLoss.ts";

/** Rows to train on: examples, row-major, and one label per example. Only the rows of a batch are copied. */
export interface Examples {
  readonly images: TensorData;
  /** One number per row, or as many as the loss needs: see `trainingLoss`. */
  readonly labels: TensorData;
}

export interface TrainerOptions extends RuntimeOptions, LossChoice {
  readonly model: Model;
  readonly optimizer: Optimizer;
  readonly examples: Examples;
  /** Initial weights; they are not modified. */
  readonly weights: Weights;
  /** Largest batch. */
  readonly batchSize: number;
  /** See `TrainStepOptions`. */
  readonly microBatchSize?: number;
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
  const { model, optimizer, examples, batchSize } = options;
  const microBatchSize = Math.min(options.microBatchSize ?? defaultMicroBatchSize.training, batchSize);
  const microBatches = Math.ceil(batchSize / microBatchSize);
  const types = exampleTypes(examples);
  const { graph: graphLoss, weightsOf } = trainingLoss(
    options,
    examples.labels,
    rowCount(model, examples),
    elementCount(model.output),
  );
  const step = trainStep({ model, loss: graphLoss, optimizer, types, batchSize, microBatchSize });
  const session = await runtime.load(toOnnx(step), options);
  const images = emptyTensor(types.images, [microBatches, microBatchSize, ...model.input]);
  const { labelSize } = graphLoss;
  const labelShape = labelSize === 1 ? [] : [labelSize];
  const labels = emptyTensor(types.labels, [microBatches, microBatchSize, ...labelShape]);

  let state: Record<string, Tensor> = { ...options.weights };
  for (const { name, shape } of model.parameters) {
    for (const slot of optimizer.slots) state[slotName(name, slot)] = emptyTensor("float32", shape);
  }
  let steps = 0;

  return {
    async step(rows) {
      if (!(rows.length >= 1 && rows.length <= batchSize)) {
        throw new RangeError(`a batch of ${rows.length} rows; allowed: 1 to ${batchSize}`);
      }
      copyRows(examples.images, rows, images.data, elementCount(model.input));
      copyRows(examples.labels, rows, labels.data, labelSize);
      const weights = new Float32Array(microBatches * microBatchSize);
      weights.set(weightsOf(rows));
      steps += 1;
      const { loss, correct, ...next } = await session.run({
        ...state,
        images,
        labels,
        weights: { dtype: "float32", shape: [microBatches, microBatchSize], data: weights },
        count: tensor("int64", [], [Math.ceil(rows.length / microBatchSize)]),
        step: tensor("float32", [], [steps]),
      });
      state = Object.fromEntries(Object.keys(state).map((name) => [name, next[nextName(name)]]));
      return { loss: Number(loss.data[0]), correct: Number(correct?.data[0]) };
    },
    weights: () => Object.fromEntries(model.parameters.map(({ name }) => [name, state[name]])),
    dispose: () => session.dispose(),
  };
}

export interface PredictorOptions extends RuntimeOptions {
  readonly model: Model;
  readonly examples: Examples;
  readonly microBatchSize?: number;
}

/** A network at given weights, without training. */
export interface Predictor {
  /** Outputs before the link, (rows.length, K) row-major. `onRows` hears how many rows are done. */
  outputs(weights: Weights, rows: ArrayLike<number>, onRows?: (done: number) => void): Promise<Float32Array>;
  dispose(): Promise<void>;
}

/** Creates a predictor: the network without training. */
export async function createPredictor(runtime: Runtime, options: PredictorOptions): Promise<Predictor> {
  const { model, examples, microBatchSize = defaultMicroBatchSize.prediction } = options;
  rowCount(model, examples);
  const types = exampleTypes(examples);
  const session = await runtime.load(toOnnx(forward({ model, types, microBatchSize })), options);
  const images = emptyTensor(types.images, [microBatchSize, ...model.input]);
  const width = elementCount(model.output);
  return {
    async outputs(weights, rows, onRows) {
      const result = new Float32Array(rows.length * width);
      for (let start = 0; start < rows.length; start += microBatchSize) {
        const iteration = Array.prototype.slice.call(rows, start, start + microBatchSize);
        copyRows(examples.images, iteration, images.data, elementCount(model.input));
        const { output } = await session.run({ ...weights, images });
        result.set((output.data as Float32Array).subarray(0, iteration.length * width), start * width);
        onRows?.(start + iteration.length);
      }
      return result;
    },
    dispose: () => session.dispose(),
  };
}

const exampleTypes = ({ images, labels }: Examples): ExampleTypes => ({
  images: dtypeOf(images),
  labels: dtypeOf(labels),
});

/** The number of examples; throws if images and labels disagree. */
function rowCount({ input }: Model, { images, labels }: Examples): number {
  const size = elementCount(input);
  const rows = images.length / size;
  if (!(Number.isInteger(rows) && rows > 0 && Number.isInteger(labels.length / rows))) {
    throw new RangeError(
      `${images.length} image elements for ${labels.length} labels; needed: ${size} elements per image, and as many numbers per label for each`,
    );
  }
  return rows;
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
