import type { Network } from "../graph/network.ts";
import type { Optimizer } from "../graph/optimizers.ts";
import { elementCount, type Tensor, tensor } from "../graph/tensor.ts";
import { toOnnx } from "../graph/toOnnx.ts";
import { nextName, trainStep } from "../graph/trainStep.ts";
import {
  copyInputs,
  copyRows,
  drawNoise,
  type Examples,
  emptyTensor,
  exampleTypes,
  placesOf,
} from "./examples.ts";
import type { Runtime, RuntimeOptions } from "./runtime.ts";
import type { TrainingLoss } from "./trainingLoss.ts";

export interface StepResult {
  /** Loss of the batch before the step, reduced according to the loss's options (default: the mean). */
  readonly loss: number;
  /**
   * Rows that were predicted correctly: the largest output is that of the label or, for binary labels, all signs are
   * right. NaN for other labels.
   */
  readonly correct: number;
  /** Labels that count: those of the batch without the ones that are left out. */
  readonly labels: number;
}

export interface StepRunnerOptions extends RuntimeOptions {
  readonly model: Network;
  readonly optimizer: Optimizer;
  readonly examples: Examples;
  readonly batchSize: number;
  readonly microBatchSize?: number;
  readonly seed?: number;
}

/** Training steps, one or more in a run. */
export interface StepRunner {
  /** The most steps of one run. */
  readonly most: number;
  /**
   * @param variables parameters, state and slots, by name
   * @param batches rows of each step
   * @param done steps before these
   */
  run(
    variables: Readonly<Record<string, Tensor>>,
    batches: readonly ArrayLike<number>[],
    done: number,
  ): Promise<{ results: StepResult[]; next: Record<string, Tensor> }>;
  dispose(): Promise<void>;
}

/**
 * The fastest size measured for small images, so many of which fit into a core's cache (docs/performance.md). For rows of
 * a few numbers, what a micro-batch costs beside its products counts for more.
 */
const defaultMicroBatchSize = (rowSize: number) => (rowSize > 256 ? 16 : 128);

/** Batches of so many bytes together are fed to one run; a larger batch is fed alone. */
const bytesPerRun = 2 ** 20;

/** The most steps of one run: by then, what a run costs beside its steps no longer shows. */
const maxSteps = 512;

/** Creates a session that makes training steps of up to `batchSize` rows. */
export async function loadSteps(
  runtime: Runtime,
  options: StepRunnerOptions,
  loss: TrainingLoss,
): Promise<StepRunner> {
  const { model, examples, batchSize, seed = 0 } = options;
  const microBatchSize = microBatchSizeOf(options);
  const padded = Math.ceil(batchSize / microBatchSize) * microBatchSize;
  const most = maxStepsPerRun(options, loss, padded);
  const steps = most > 1 ? most : undefined;
  const types = exampleTypes(examples);
  const graph = trainStep({ ...options, loss: loss.graph, types, microBatchSize, steps });
  const session = await runtime.load(toOnnx(graph), options);
  const noise = model.noise(microBatchSize);
  const fed = new Set(
    [...model.inputs, ...noise].map(({ name }) => name).concat("labels", "weights", "count"),
  );
  const feeds = Object.fromEntries(
    graph.inputs
      .filter(({ name }) => fed.has(name))
      .map(({ name, dtype, shape }) => [name, emptyTensor(dtype, shape)]),
  );
  const labelSize = loss.graph.labelSize * model.places;
  const weights = feeds.weights.data as Float32Array;

  /** Copies a batch to where step `i` of the run reads it. */
  const copyBatch = (rows: ArrayLike<number>, i: number, step: number) => {
    copyInputs(model, examples, rows, feeds, i * padded);
    copyRows(examples.labels, rows, feeds.labels.data, labelSize, i * padded * labelSize);
    weights.set(loss.weightsOf(placesOf(model, rows)), i * padded * model.places);
    if ("count" in feeds) feeds.count.data[i] = BigInt(Math.ceil(rows.length / microBatchSize));
    for (const one of noise) {
      const { data } = drawNoise(one, seed, step);
      (feeds[one.name].data as Float32Array).set(data as Float32Array, i * data.length);
    }
  };
  /** Labels of step `i` that count in its loss. */
  const labelsIn = (i: number) => {
    const own = weights.subarray(i * padded * model.places, (i + 1) * padded * model.places);
    return own.reduce((count, weight) => count + Number(weight > 0), 0);
  };
  return {
    most,
    async run(variables, batches, done) {
      weights.fill(0);
      batches.forEach((rows, i) => {
        copyBatch(rows, i, done + i + 1);
      });
      const { loss, correct, ...next } = await session.run({
        ...variables,
        ...feeds,
        step: tensor("float32", [], [done + 1]),
        ...(steps && { steps: tensor("int64", [], [batches.length]) }),
      });
      return {
        results: batches.map((_, i) => ({
          loss: Number(loss.data[i]),
          correct: Number(correct?.data[i]),
          labels: labelsIn(i),
        })),
        next: Object.fromEntries(
          Object.entries(variables).map(([name, before]) => [name, next[nextName(name)] ?? before]),
        ),
      };
    },
    dispose: () => session.dispose(),
  };
}

/** A batch whose rows depend on each other is one micro-batch. */
function microBatchSizeOf({ model, batchSize, microBatchSize }: StepRunnerOptions): number {
  if (model.batchDependent) return batchSize;
  return Math.min(microBatchSize ?? defaultMicroBatchSize(rowSize(model)), batchSize);
}

/** Numbers of one row of the network's inputs. */
const rowSize = ({ inputs }: Network) => inputs.reduce((size, { shape }) => size + elementCount(shape), 0);

/** How many steps a run may have, by the size of what they are fed. */
function maxStepsPerRun({ model, examples }: StepRunnerOptions, loss: TrainingLoss, rows: number): number {
  const inputs = model.inputs.map(
    ({ name, shape }) => elementCount(shape) * examples.inputs[name].BYTES_PER_ELEMENT,
  );
  const label = loss.graph.labelSize * examples.labels.BYTES_PER_ELEMENT + Float32Array.BYTES_PER_ELEMENT;
  const row = inputs.reduce((sum, bytes) => sum + bytes, model.places * label);
  return Math.max(1, Math.min(Math.floor(bytesPerRun / (rows * row)), maxSteps));
}
