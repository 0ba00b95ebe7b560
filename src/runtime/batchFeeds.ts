import type { Network } from "../graph/network.ts";
import type { Value } from "../graph/op.ts";
import { elementCount, type Tensor } from "../graph/tensor.ts";
import { copyInputs, copyRows, drawNoise, type Examples, emptyTensor, placesOf } from "./examples.ts";
import type { BatchLoss } from "./trainingLoss.ts";

export interface BatchFeedsOptions {
  readonly model: Network;
  readonly examples: Examples;
  readonly microBatchSize: number;
  /** As in `TrainStepOptions`: of the rows that a feed holds for each step of a run. */
  readonly microBatches: readonly number[];
  readonly seed?: number;
}

/** The tensors through which a graph is fed its batches. */
export interface BatchFeeds {
  readonly feeds: Readonly<Record<string, Tensor>>;
  /** Takes the last batches out. */
  clear(): void;
  /**
   * Copies rows to where step `i` of a run reads them.
   *
   * @param weights of the rows' losses, one per place
   * @param step number of the step, from 1: it has noise of its own
   */
  copy(rows: ArrayLike<number>, weights: ArrayLike<number>, i: number, step: number): void;
}

/** Makes the feeds of a graph, empty. */
export function batchFeeds(
  inputs: readonly Value[],
  loss: BatchLoss,
  options: BatchFeedsOptions,
): BatchFeeds {
  const { model, examples, microBatchSize, microBatches, seed = 0 } = options;
  const size = microBatchSize * elementCount(microBatches);
  const noise = model.noise(microBatchSize);
  const fed = new Set(
    [...model.inputs, ...noise].map(({ name }) => name).concat("labels", "weights", "count"),
  );
  const feeds = Object.fromEntries(
    inputs
      .filter(({ name }) => fed.has(name))
      .map(({ name, dtype, shape }) => [name, emptyTensor(dtype, shape)]),
  );
  const labelSize = loss.graph.labelSize * model.places;
  return {
    feeds,
    clear() {
      feeds.weights.data.fill(0 as never);
    },
    copy(rows, weights, i, step) {
      copyInputs(model, examples, rows, feeds, i * size);
      copyRows(examples.labels, rows, feeds.labels.data, labelSize, i * size * labelSize);
      (feeds.weights.data as Float32Array).set(weights, i * size * model.places);
      if ("count" in feeds) {
        const counts = countsOf(Math.ceil(rows.length / microBatchSize), microBatches);
        (feeds.count.data as BigInt64Array).set(counts, i * counts.length);
      }
      for (const one of noise) {
        const { data } = drawNoise(one, seed, step);
        (feeds[one.name].data as Float32Array).set(data as Float32Array, i * data.length);
      }
    },
  };
}

/** How many of `filled` micro-batches are in each group; without groups, their number. */
function countsOf(filled: number, microBatches: readonly number[]): bigint[] {
  const [groups, groupSize] = microBatches.length > 1 ? microBatches : [1, microBatches[0]];
  return Array.from({ length: groups }, (_, group) =>
    BigInt(Math.max(0, Math.min(filled - group * groupSize, groupSize))),
  );
}

/** Weights of the losses of a batch's rows, one per place, and the number of labels that count. */
export function batchWeights(model: Network, loss: BatchLoss, rows: ArrayLike<number>) {
  const weights = new Float32Array(loss.weightsOf(placesOf(model, rows)));
  return { weights, labels: weights.reduce((count, weight) => count + Number(weight > 0), 0) };
}
