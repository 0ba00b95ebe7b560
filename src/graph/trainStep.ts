import { gradientsOverRounds } from "./gradient.ts";
import { Graph } from "./graph.ts";
import type { GraphLoss } from "./losses.ts";
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
 * `labels` and `weights` (rounds, roundSize), where a weight is 1 / batch size for a row of the batch and 0 for padding.
 * Outputs: `next ...` of each parameter and slot, `loss` (the batch's mean) and `correct` (rows whose largest output is
 * the label's).
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
  const labels = graph.input("labels", types.labels, [rounds, roundSize]);
  const weights = graph.input("weights", "float32", [rounds, roundSize]);
  const count = graph.input("count", "int64", []);

  const { sums, gradients } = gradientsOverRounds(graph, count, [...parameters.values()], (inner, round) => {
    const ofRound = (batch: Value) => inner.op("Gather", [batch, round]);
    const label = inner.cast(ofRound(labels), "int64");
    const weight = ofRound(weights);
    const output = model.apply(inner, ofRound(images), parameters);
    const total = inner.op("ReduceSum", [inner.mul(loss(inner, output, label), weight)], { keepDims: false });
    return [total, correctCount(inner, output, label, weight)];
  });

  graph.output("loss", sums[0]);
  graph.output("correct", sums[1]);
  [...parameters].forEach(([name, parameter], i) => {
    const [next, ...nextSlots] = optimizer.update(graph, parameter, gradients[i], slots[i], step);
    graph.output(nextName(name), next);
    optimizer.slots.forEach((slot, j) => {
      graph.output(nextName(slotName(name, slot)), nextSlots[j]);
    });
  });
  return graph;
}

/** Rows of the batch (those with a weight) whose largest output is at the label. */
function correctCount(graph: Graph, output: Value, label: Value, weight: Value): Value {
  const hit = graph.op("Equal", [graph.op("ArgMax", [output], { axis: 1 }), label]);
  const real = graph.op("Sign", [weight]);
  return graph.op("ReduceSum", [graph.mul(graph.cast(hit, "float32"), real)], { keepDims: false });
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
