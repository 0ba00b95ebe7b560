import { gradientsOverRounds } from "./gradient.ts";
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
  /** Rows that are computed together; a batch is worked off in rounds of that many, so that activations stay in cache. */
  readonly roundSize: number;
}

/** The input that holds the value of `slot` of a parameter. */
export const slotName = (parameter: string, slot: string): string => `${parameter}:${slot}`;

/** The output that holds the next value of an input. */
export const nextName = (input: string): string => `next ${input}`;

/**
 * One training step as one graph: forward, backward and the optimizer's update.
 *
 * Inputs: each parameter and slot; `step`; and the batch, in `count` rounds: `images` (rounds, roundSize, ...input),
 * `labels` (rounds, roundSize, or one axis more where a label has several numbers) and `weights` (rounds, roundSize),
 * which the losses of the rows are multiplied by before they are added: 0 for padding.
 * Outputs: `next ...` of each parameter and slot, `loss` (the weighted sum) and, where the labels tell, `correct` (the
 * number of rows of weight above 0 that are predicted right).
 */
export function trainStep(options: TrainStepOptions): Graph {
  const { model, loss, optimizer, types, batchSize, roundSize } = options;
  const graph = new Graph();
  const parameters = new Map(
    model.parameters.map(({ name, shape }) => [name, graph.input(name, "float32", shape)]),
  );
  const slots = model.parameters.map(({ name, shape }) =>
    optimizer.slots.map((slot) => graph.input(slotName(name, slot), "float32", shape)),
  );
  const step = graph.input("step", "float32", []);
  const rounds = Math.ceil(batchSize / roundSize);
  const images = graph.input("images", types.images, [rounds, roundSize, ...model.input]);
  const labelShape = loss.labelSize === 1 ? [] : [loss.labelSize];
  const labels = graph.input("labels", types.labels, [rounds, roundSize, ...labelShape]);
  const weights = graph.input("weights", "float32", [rounds, roundSize]);
  const count = graph.input("count", "int64", []);

  const { sums, gradients } = gradientsOverRounds(graph, count, [...parameters.values()], (inner, round) => {
    const ofRound = (batch: Value) => inner.op("Gather", [batch, round]);
    const label = loss.readLabels(inner, ofRound(labels));
    const weight = ofRound(weights);
    const output = model.apply(inner, ofRound(images), parameters);
    const losses = loss.rowLosses(inner, output, label);
    const total = inner.op("ReduceSum", [inner.mul(losses, weight)], { keepDims: false });
    const hits = loss.hits(inner, output, label);
    return hits ? [total, correctCount(inner, hits, weight)] : [total];
  });

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
  readonly roundSize: number;
}

/** The network alone: parameters and `images` (roundSize, ...input) in, `output` (roundSize, K) out. */
export function forward({ model, types, roundSize }: ForwardOptions): Graph {
  const graph = new Graph();
  const parameters = new Map(
    model.parameters.map(({ name, shape }) => [name, graph.input(name, "float32", shape)]),
  );
  const images = graph.input("images", types.images, [roundSize, ...model.input]);
  graph.output("output", model.apply(graph, images, parameters));
  return graph;
}

/** The network with given weights inside, for others to run: `images` in, `output` (before the link) out. */
export function forwardWith({ model, types, roundSize }: ForwardOptions, weights: Weights): Graph {
  const graph = new Graph();
  const parameters = new Map(
    Object.entries(weights).map(([name, content]) => [name, graph.namedConstant(name, content)]),
  );
  const images = graph.input("images", types.images, [roundSize, ...model.input]);
  graph.output("output", model.apply(graph, images, parameters));
  return graph;
}
