import type { Network } from "../graph/network.ts";
import type { Optimizer } from "../graph/optimizers.ts";
import { elementCount, tensor } from "../graph/tensor.ts";
import { toFastOnnx } from "../graph/toOnnx.ts";
import { trainStep } from "../graph/trainStep.ts";
import { batchFeeds, batchWeights } from "./batchFeeds.ts";
import { type Examples, exampleTypes } from "./examples.ts";
import type { Runtime, RuntimeOptions } from "./runtime.ts";
import { loadSplitSteps } from "./splitSteps.ts";
import { nextVariables, type StepRunner, stepResult } from "./stepRunner.ts";
import type { BatchLoss } from "./trainingLoss.ts";

export interface StepRunnerOptions extends RuntimeOptions {
  readonly model: Network;
  readonly optimizer: Optimizer;
  readonly examples: Examples;
  readonly batchSize: number;
  readonly microBatchSize?: number;
  readonly seed?: number;
  readonly workers?: number;
}

/**
 * The fastest size measured for small images, so many of which fit into a core's cache (docs/performance.md). Larger images
 * are as fast in half the size, which halves the memory of their activations. For rows of a few numbers, what a micro-batch
 * costs beside its products counts for more.
 */
function defaultMicroBatchSize(rowSize: number): number {
  if (rowSize <= 256) return 128;
  return rowSize <= 2 ** 15 ? 16 : 8;
}

/**
 * The terms of a batch are added up in at most so many groups, so that threads that share a batch have few of them to hand
 * over; no more threads than groups can share it. The order of the sums, and so every bit of the result, is the same for any
 * number of threads.
 */
const maxGroups = 8;

/** See `TrainStepOptions`. */
function groupsOf(microBatches: number): number[] {
  if (microBatches === 1) return [];
  const groupSize = Math.ceil(microBatches / maxGroups);
  return groupSize === 1 ? [microBatches] : [Math.ceil(microBatches / groupSize), groupSize];
}

/** Batches of so many bytes together are fed to one run; a larger batch is fed alone. */
const bytesPerRun = 2 ** 20;

/** Maximum number of steps of one run: beyond it, the cost of a run beside its steps no longer matters. */
const maxSteps = 512;

/**
 * Creates what makes training steps of up to `batchSize` rows: one session or, with `workers`, several that share the
 * micro-batches of a step, where it is large enough to fill a run.
 */
export async function loadSteps(
  runtime: Runtime,
  options: StepRunnerOptions,
  loss: BatchLoss,
): Promise<StepRunner> {
  const { model, examples, batchSize, seed, workers = 1 } = options;
  const microBatchSize = microBatchSizeOf(options);
  const microBatches = groupsOf(Math.ceil(batchSize / microBatchSize));
  const rows = microBatchSize * elementCount(microBatches);
  const stepsPerRun = maxStepsPerRun(options, loss, rows);
  const steps = stepsPerRun > 1 ? stepsPerRun : undefined;
  const types = exampleTypes(examples);
  const graphOptions = { ...options, loss: loss.graph, types, microBatchSize, microBatches };
  if (workers > 1 && microBatches.length > 0 && stepsPerRun === 1)
    return loadSplitSteps(runtime, { ...graphOptions, examples, workers, seed }, loss);
  const graph = trainStep({ ...graphOptions, steps });
  const session = await runtime.load(toFastOnnx(graph), options);
  const feeds = batchFeeds(graph.inputs, loss, { model, examples, microBatchSize, microBatches, seed });
  return {
    maxSteps: stepsPerRun,
    async run(variables, batches, done) {
      feeds.clear();
      const labels = batches.map((rows, i) => {
        const { weights, labels } = batchWeights(model, loss, rows);
        feeds.copy(rows, weights, i, done + i + 1);
        return labels;
      });
      const outputs = await session.run({
        ...variables,
        ...feeds.feeds,
        step: tensor("float32", [], [done + 1]),
        ...(steps && { steps: tensor("int64", [], [batches.length]) }),
      });
      return {
        results: labels.map((labels, i) => stepResult(outputs, labels, i)),
        next: nextVariables(variables, outputs),
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
function maxStepsPerRun({ model, examples }: StepRunnerOptions, loss: BatchLoss, rows: number): number {
  const inputs = model.inputs.map(
    ({ name, shape }) => elementCount(shape) * examples.inputs[name].BYTES_PER_ELEMENT,
  );
  const label = loss.graph.labelSize * examples.labels.BYTES_PER_ELEMENT + Float32Array.BYTES_PER_ELEMENT;
  const row = inputs.reduce((sum, bytes) => sum + bytes, model.places * label);
  return Math.max(1, Math.min(Math.floor(bytesPerRun / (rows * row)), maxSteps));
}
