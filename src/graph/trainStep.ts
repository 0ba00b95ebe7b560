import { gradientsOverIterations } from "./gradient.ts";
import { Graph } from "./graph.ts";
import type { GraphLoss } from "./headLoss.ts";
import type { Weights } from "./model.ts";
import type { NamedShape, Network } from "./network.ts";
import type { Value } from "./op.ts";
import type { Optimizer } from "./optimizers.ts";
import type { DType } from "./tensor.ts";

/** Element types of what a graph is fed. */
export interface ExampleTypes {
  /** By the names of the network's inputs. */
  readonly inputs: Readonly<Record<string, DType>>;
  readonly labels: DType;
}

export interface TrainStepOptions {
  readonly model: Network;
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
 * Inputs: each parameter, fixed tensor and slot; the noise; `step`; and the batch as `count` micro-batches: each input of
 * the network (microBatches, microBatchSize, ...shape), `labels` (microBatches, microBatchSize x places, and one more axis
 * if a label has several numbers) and `weights` (microBatches, microBatchSize x places), by which the losses are multiplied
 * before they are summed: 0 for padding.
 * Outputs: `next ...` of each parameter, slot and running statistic, `loss` (the weighted sum) and, for labels that allow
 * it, `correct` (the number of labels with positive weight that are predicted correctly).
 */
export function trainStep(options: TrainStepOptions): Graph {
  const { model, loss, optimizer, types, batchSize, microBatchSize } = options;
  const graph = new Graph();
  const parameters = declared(graph, model.parameters);
  const weights = new Map([...parameters, ...declared(graph, model.fixed)]);
  const slots = model.parameters.map(({ name, shape }) =>
    optimizer.slots.map((slot) => graph.input(slotName(name, slot), "float32", shape)),
  );
  const noise = declared(graph, model.noise(microBatchSize));
  const step = graph.input("step", "float32", []);
  const microBatches = Math.ceil(batchSize / microBatchSize);
  const fed = model.inputs.map(({ name, shape }) =>
    graph.input(name, types.inputs[name], [microBatches, microBatchSize, ...shape]),
  );
  const labelShape = loss.labelSize === 1 ? [] : [loss.labelSize];
  const places = microBatchSize * model.places;
  const labels = graph.input("labels", types.labels, [microBatches, places, ...labelShape]);
  const rowWeights = graph.input("weights", "float32", [microBatches, places]);
  const count = graph.input("count", "int64", []);

  let stateNames: string[] = [];
  const { sums, gradients } = gradientsOverIterations(
    graph,
    count,
    [...parameters.values()],
    (inner, iteration) => {
      const ofIteration = (batch: Value) => inner.op("Gather", [batch, iteration]);
      const label = loss.readLabels(inner, ofIteration(labels));
      const weight = ofIteration(rowWeights);
      const inputs = new Map(fed.map((value) => [value.name, ofIteration(value)]));
      const { output, nextState } = model.apply(inner, inputs, weights, { training: true, noise });
      const losses = loss.rowLosses(inner, output, label);
      const total = inner.op("ReduceSum", [inner.mul(losses, weight)], { keepDims: false });
      const hits = loss.hits(inner, output, label);
      stateNames = [...nextState.keys()];
      return [total, ...nextState.values(), ...(hits ? [correctCount(inner, hits, weight)] : [])];
    },
  );

  graph.output("loss", sums[0]);
  // Networks with running statistics compute a batch whole, so that their sum over iterations is the statistic itself.
  stateNames.forEach((name, i) => {
    graph.output(nextName(name), sums[1 + i]);
  });
  if (sums.length > 1 + stateNames.length) graph.output("correct", sums[1 + stateNames.length]);
  [...parameters].forEach(([name, parameter], i) => {
    const [next, ...nextSlots] = optimizer.update(graph, parameter, gradients[i], slots[i], step);
    graph.output(nextName(name), next);
    optimizer.slots.forEach((slot, j) => {
      graph.output(nextName(slotName(name, slot)), nextSlots[j]);
    });
  });
  return graph;
}

const declared = (graph: Graph, tensors: readonly NamedShape[]) =>
  new Map(tensors.map(({ name, shape }) => [name, graph.input(name, "float32", shape)]));

/** Hits among the rows of the batch, which have a weight above 0. */
function correctCount(graph: Graph, hits: Value, weight: Value): Value {
  const real = graph.op("Sign", [weight]);
  return graph.op("ReduceSum", [graph.mul(hits, real)], { keepDims: false });
}

export interface ForwardOptions {
  readonly model: Network;
  readonly types: Pick<ExampleTypes, "inputs">;
  /** Rows that are computed together. */
  readonly microBatchSize: number;
  /** Whether batch normalisation and dropout behave as in training; false unless given. */
  readonly training?: boolean;
}

/**
 * The network alone: its tensors, its noise in training mode, and its inputs (microBatchSize, ...shape) in, `output`
 * (microBatchSize x places, K) out.
 */
export function forward(options: ForwardOptions): Graph {
  const { model } = options;
  const graph = new Graph();
  return withOutput(graph, options, declared(graph, [...model.parameters, ...model.fixed]));
}

/** The network with given weights inside, for others to run: its inputs in, `output` (before the link) out. */
export function forwardWith(options: ForwardOptions, weights: Weights): Graph {
  const graph = new Graph();
  const constants = Object.entries(weights).map(
    ([name, content]) => [name, graph.namedConstant(name, content)] as const,
  );
  return withOutput(graph, options, new Map(constants));
}

function withOutput(
  graph: Graph,
  { model, types, microBatchSize, training = false }: ForwardOptions,
  weights: ReadonlyMap<string, Value>,
): Graph {
  const noise = training ? declared(graph, model.noise(microBatchSize)) : undefined;
  const inputs = model.inputs.map(
    ({ name, shape }) => [name, graph.input(name, types.inputs[name], [microBatchSize, ...shape])] as const,
  );
  graph.output("output", model.apply(graph, new Map(inputs), weights, { training, noise }).output);
  return graph;
}
