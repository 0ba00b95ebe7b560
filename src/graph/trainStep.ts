import { gradientsOverIterations } from "./gradient.ts";
import { Graph } from "./graph.ts";
import type { GraphLoss } from "./headLoss.ts";
import type { Model, Weights } from "./model.ts";
import type { Value } from "./op.ts";
import type { Optimizer } from "./optimizers.ts";
import type { DType } from "./tensor.ts";

/** Element types of what a graph is fed. */
export interface ExampleTypes {
  readonly images: DType;
  readonly labels: DType;
}

export interface TrainStepOptions {
  readonly model: Model;
  readonly loss: GraphLoss;
  readonly optimizer: Optimizer;
  readonly types: ExampleTypes;
  /** Largest batch. */
  readonly batchSize: number;
  /** Rows that are computed together: a batch is processed in micro-batches of this size, so that activations stay in cache. */
  readonly microBatchSize: number;
}

/** The input that holds the value of `slot` of a parameter. */
export const slotName = (parameter: string, slot: string): string => `${parameter}:${slot}`;

/** The output that holds the next value of an input. */
export const nextName = (input: string): string => `next ${input}`;

/**
 * One training step as one graph: forward, backward and the optimizer's update.
 *
 * Inputs: each parameter and slot; `step`; and the batch as `count` micro-batches: `images` (microBatches, microBatchSize,
 * ...input), `labels` (microBatches, microBatchSize, and one more axis if a label has several numbers) and `weights`
 * (microBatches, microBatchSize), by which the losses of the rows are multiplied before they are summed: 0 for padding.
 * Outputs: `next ...` of each parameter and slot, `loss` (the weighted sum) and, for labels that allow it, `correct` (the
 * number of rows with positive weight that are predicted correctly).
 */
export function trainStep(options: TrainStepOptions): Graph {
  const { model, loss, optimizer, types, batchSize, microBatchSize } = options;
  const graph = new Graph();
  const parameters = new Map(
    model.parameters.map(({ name, shape }) => [name, graph.input(name, "float32", shape)]),
  );
  const slots = model.parameters.map(({ name, shape }) =>
    optimizer.slots.map((slot) => graph.input(slotName(name, slot), "float32", shape)),
  );
  const step = graph.input("step", "float32", []);
  const microBatches = Math.ceil(batchSize / microBatchSize);
  const images = graph.input("images", types.images, [microBatches, microBatchSize, ...model.input]);
  const labelShape = loss.labelSize === 1 ? [] : [loss.labelSize];
  const labels = graph.input("labels", types.labels, [microBatches, microBatchSize, ...labelShape]);
  const weights = graph.input("weights", "float32", [microBatches, microBatchSize]);
  const count = graph.input("count", "int64", []);

  const { sums, gradients } = gradientsOverIterations(
    graph,
    count,
    [...parameters.values()],
    (inner, iteration) => {
      const ofIteration = (batch: Value) => inner.op("Gather", [batch, iteration]);
      const label = loss.readLabels(inner, ofIteration(labels));
      const weight = ofIteration(weights);
      const output = model.apply(inner, ofIteration(images), parameters);
      const losses = loss.rowLosses(inner, output, label);
      const total = inner.op("ReduceSum", [inner.mul(losses, weight)], { keepDims: false });
      const hits = loss.hits(inner, output, label);
      return hits ? [total, correctCount(inner, hits, weight)] : [total];
    },
  );

  graph.output("loss", sums[0]);
  if (sums.length > 1) graph.output("correct", sums[1]);
  [...parameters].forEach(([name, parameter], i) => {
    const [next, ...nextSlots] = optimizer.update(graph, parameter, gradients[i], slots[i], step);
    graph.output(nextName(name), next);
    optimizer.slots.forEach((slot, j) => {
      graph.output(nextName(slotName(name, slot)), nextSlots[j]);
    });
  });
  return graph;
}

/** Hits among the rows of the batch, which have a weight above 0. */
function correctCount(graph: Graph, hits: Value, weight: Value): Value {
  const real = graph.op("Sign", [weight]);
  return graph.op("ReduceSum", [graph.mul(hits, real)], { keepDims: false });
}

export interface ForwardOptions {
  readonly model: Model;
  readonly types: Pick<ExampleTypes, "images">;
  /** Rows that are computed together. */
  readonly microBatchSize: number;
}

/** The network alone: parameters and `images` (microBatchSize, ...input) in, `output` (microBatchSize, K) out. */
export function forward({ model, types, microBatchSize }: ForwardOptions): Graph {
  const graph = new Graph();
  const parameters = new Map(
    model.parameters.map(({ name, shape }) => [name, graph.input(name, "float32", shape)]),
  );
  const images = graph.input("images", types.images, [microBatchSize, ...model.input]);
  graph.output("output", model.apply(graph, images, parameters));
  return graph;
}

/** The network with given weights inside, for others to run: `images` in, `output` (before the link) out. */
export function forwardWith({ model, types, microBatchSize }: ForwardOptions, weights: Weights): Graph {
  const graph = new Graph();
  const parameters = new Map(
    Object.entries(weights).map(([name, content]) => [name, graph.namedConstant(name, content)]),
  );
  const images = graph.input("images", types.images, [microBatchSize, ...model.input]);
  graph.output("output", model.apply(graph, images, parameters));
  return graph;
}
