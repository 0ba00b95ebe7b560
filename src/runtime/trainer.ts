import type { GraphLoss } from "../graph/losses.ts";
import type { Model, Weights } from "../graph/model.ts";
import type { Optimizer } from "../graph/optimizers.ts";
import type { Tensor, TensorData } from "../graph/tensor.ts";
import { elementCount, tensor } from "../graph/tensor.ts";
import { toOnnx } from "../graph/toOnnx.ts";
import { forward, nextName, slotName, trainStep } from "../graph/trainStep.ts";
import type { Runtime, RuntimeOptions } from "./runtime.ts";

/** Rows to learn from: examples one after another, and a label each. Neither is copied. */
export interface Examples {
  readonly images: TensorData;
  readonly labels: TensorData;
}

export interface TrainerOptions extends RuntimeOptions {
  readonly model: Model;
  readonly loss: GraphLoss;
  readonly optimizer: Optimizer;
  readonly examples: Examples;
  /** Weights to start from; they are not changed. */
  readonly weights: Weights;
  /** Largest batch. */
  readonly batchSize: number;
  /** See `TrainStepOptions`. */
  readonly roundSize?: number;
}

export interface StepResult {
  /** Mean loss of the batch, before the step. */
  readonly loss: number;
  /** Rows whose largest output was at their label. */
  readonly correct: number;
}

/** A network in training: weights and the optimizer's state, moved on one step at a time. */
export interface Trainer {
  /** One step on the given rows, at most `batchSize`. */
  step(rows: ArrayLike<number>): Promise<StepResult>;
  weights(): Weights;
  dispose(): Promise<void>;
}

/** Measured best for small images, where activations of 32 rows stay in a core's cache (docs/performance.md). */
const defaultRoundSize = 32;

export async function createTrainer(runtime: Runtime, options: TrainerOptions): Promise<Trainer> {
  const { model, optimizer, examples, batchSize } = options;
  const roundSize = Math.min(options.roundSize ?? defaultRoundSize, batchSize);
  const rounds = Math.ceil(batchSize / roundSize);
  const data = dataTensors(model, examples);
  const shape = { rows: data.labels.shape[0], imageType: data.images.dtype, labelType: data.labels.dtype };
  const session = await runtime.load(toOnnx(trainStep({ ...options, data: shape, roundSize })), options);

  let state: Record<string, Tensor> = { ...options.weights };
  for (const { name, shape } of model.parameters) {
    for (const slot of optimizer.slots) {
      state[slotName(name, slot)] = tensor("float32", shape, new Float32Array(elementCount(shape)));
    }
  }
  let steps = 0;

  return {
    async step(rows) {
      if (!(rows.length >= 1 && rows.length <= batchSize)) {
        throw new RangeError(`a batch of ${rows.length} rows; allowed: 1 to ${batchSize}`);
      }
      const indices = new Int32Array(rounds * roundSize);
      indices.set(rows);
      const weights = new Float32Array(rounds * roundSize).fill(1 / rows.length, 0, rows.length);
      steps += 1;
      const { loss, correct, ...next } = await session.run({
        ...state,
        ...data,
        step: tensor("float32", [], [steps]),
        indices: { dtype: "int32", shape: [rounds, roundSize], data: indices },
        weights: { dtype: "float32", shape: [rounds, roundSize], data: weights },
        count: tensor("int64", [], [Math.ceil(rows.length / roundSize)]),
      });
      state = Object.fromEntries(Object.keys(state).map((name) => [name, next[nextName(name)]]));
      return { loss: Number(loss.data[0]), correct: Number(correct.data[0]) };
    },
    weights: () => Object.fromEntries(model.parameters.map(({ name }) => [name, state[name]])),
    dispose: () => session.dispose(),
  };
}

export interface PredictorOptions extends RuntimeOptions {
  readonly model: Model;
  readonly examples: Examples;
  readonly roundSize?: number;
}

/** A network at given weights, without training. */
export interface Predictor {
  /** Outputs before the link, (rows.length, K) row-major. `onRows` hears how many rows are done. */
  outputs(weights: Weights, rows: ArrayLike<number>, onRows?: (done: number) => void): Promise<Float32Array>;
  dispose(): Promise<void>;
}

export async function createPredictor(runtime: Runtime, options: PredictorOptions): Promise<Predictor> {
  const { model, examples, roundSize = defaultRoundSize } = options;
  const { images, labels } = dataTensors(model, examples);
  const shape = { rows: labels.shape[0], imageType: images.dtype, labelType: labels.dtype };
  const session = await runtime.load(toOnnx(forward({ model, data: shape, roundSize })), options);
  const width = elementCount(model.output);
  return {
    async outputs(weights, rows, onRows) {
      const result = new Float32Array(rows.length * width);
      for (let start = 0; start < rows.length; start += roundSize) {
        const count = Math.min(roundSize, rows.length - start);
        const indices = Int32Array.from(
          { length: roundSize },
          (_, i) => rows[start + Math.min(i, count - 1)],
        );
        const { output } = await session.run({
          ...weights,
          images,
          indices: { dtype: "int32", shape: [roundSize], data: indices },
        });
        result.set((output.data as Float32Array).subarray(0, count * width), start * width);
        onRows?.(start + count);
      }
      return result;
    },
    dispose: () => session.dispose(),
  };
}

function dataTensors({ input }: Model, { images, labels }: Examples): { images: Tensor; labels: Tensor } {
  const rows = labels.length;
  if (images.length !== rows * elementCount(input)) {
    throw new RangeError(
      `${images.length} image elements for ${rows} labels; needed: ${elementCount(input)} each`,
    );
  }
  return {
    images: { dtype: dtypeOf(images), shape: [rows, ...input], data: images },
    labels: { dtype: dtypeOf(labels), shape: [rows], data: labels },
  };
}

function dtypeOf(data: TensorData): Tensor["dtype"] {
  if (data instanceof Float32Array) return "float32";
  if (data instanceof Float64Array) return "float64";
  if (data instanceof Uint8Array) return "uint8";
  if (data instanceof Int32Array) return "int32";
  return "int64";
}
