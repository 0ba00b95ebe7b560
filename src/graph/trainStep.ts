import { gradientsOfWeightedSum } from "./gradient.ts";
import { Graph } from "./graph.ts";
import type { GraphLoss } from "./headLoss.ts";
import type { Weights } from "./initialWeights.ts";
import type { NamedShape, Network } from "./network.ts";
import type { Value } from "./op.ts";
import type { Optimizer, StepSchedule } from "./optimizers.ts";
import { type BuildTerms, sumOverIterations } from "./overIterations.ts";
import { type DType, tensor } from "./tensor.ts";

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
  /** Rows that are computed together: a batch is processed in micro-batches of this size, so that activations stay in cache. */
  readonly microBatchSize: number;
  /**
   * Micro-batches of the largest batch: their number or, where the terms of each group of them are summed before the sums of
   * the groups are added, the number of groups and that of the micro-batches in each. Empty where one holds the whole batch.
   */
  readonly microBatches: readonly number[];
  /** Maximum number of steps of one run of the graph, where there may be several. */
  readonly steps?: number;
}

/** The input that holds the value of `slot` of a parameter. */
export const slotName = (parameter: string, slot: string): string => `${parameter}:${slot}`;

/** The output that holds the next value of an input. */
export const nextName = (input: string): string => `next ${input}`;

/**
 * One training step as one graph: forward, backward and the optimizer's update.
 *
 * Inputs: each parameter, fixed tensor and slot; `step`, the number of this step; the noise; and the batch as `count`
 * micro-batches: each input of the network (...microBatches, microBatchSize, ...shape), `labels` (...microBatches,
 * microBatchSize x places, and one more axis if a label has several numbers) and `weights` (...microBatches, microBatchSize x
 * places), by which the losses are multiplied before they are summed: 0 for padding. Where micro-batches have groups, `count`
 * has one number for each group; where one micro-batch holds the whole batch, there is none.
 * Outputs: `next ...` of each parameter, slot and running statistic, `loss` (the weighted sum) and, for labels that allow
 * it, `correct` (the number of labels with positive weight that are predicted correctly).
 *
 * With `steps`, one run makes up to so many steps, as many as the input `steps` says: noise and batch have a first axis
 * more, for the steps; `step` is the number of the first one; and `loss` and `correct` have one entry per step.
 */
export function trainStep(options: TrainStepOptions): Graph {
  const { model, optimizer, steps } = options;
  const graph = new Graph();
  const { variables, step } = updateInputs(graph, model, optimizer);
  if (steps !== undefined) declareOutputs(graph, addSteps(graph, { ...options, steps }, variables, step));
  else {
    const given = { variables, schedule: optimizer.schedule(graph, step), feed: feedOf(graph) };
    declareOutputs(graph, addStep(graph, options, given));
  }
  return graph;
}

/** Declares the inputs that an update reads: parameters, fixed tensors and slots, and the number of the first step. */
export function updateInputs(graph: Graph, model: Network, optimizer: Optimizer) {
  const slots = model.parameters.flatMap(({ name, shape }) =>
    optimizer.slots.map((slot) => ({ name: slotName(name, slot), shape })),
  );
  return {
    variables: declared(graph, [...model.parameters, ...model.fixed, ...slots]),
    step: graph.input("step", "float32", []),
  };
}

/** Declares the outputs of a step. */
export function declareOutputs(graph: Graph, { loss, correct, next }: StepOutputs): void {
  graph.output("loss", loss);
  if (correct) graph.output("correct", correct);
  for (const [name, value] of next) graph.output(nextName(name), value);
}

/** What a step is computed from. */
export interface StepInputs {
  /** Parameters, fixed tensors and slots, by the names of their inputs. */
  readonly variables: ReadonlyMap<string, Value>;
  /** The optimizer's schedule for this step. */
  readonly schedule: StepSchedule;
  readonly feed: Feed;
}

/**
 * Declares a further input of a graph, and returns what it holds for one step, after `read`, which is applied to all that the
 * input holds at once.
 */
export type Feed = (
  name: string,
  dtype: DType,
  shape: readonly number[],
  read?: (graph: Graph, fed: Value) => Value,
) => Value;

/** Inputs that hold one step. */
export const feedOf =
  (graph: Graph): Feed =>
  (name, dtype, shape, read = (_, fed) => fed) =>
    read(graph, graph.input(name, dtype, shape));

export interface StepOutputs {
  readonly loss: Value;
  readonly correct: Value | undefined;
  /** What the step makes of the variables that it changes. */
  readonly next: ReadonlyMap<string, Value>;
}

/** Several steps, one after another: a loop that hands on the variables. */
function addSteps(
  graph: Graph,
  { steps: maxSteps, ...options }: TrainStepOptions & { readonly steps: number },
  given: ReadonlyMap<string, Value>,
  firstStep: Value,
): StepOutputs {
  const names = [...given.keys()];
  const count = graph.input("steps", "int64", []);
  const later = tensor("float32", [maxSteps], [...Array(maxSteps).keys()]);
  const schedules = options.optimizer.schedule(graph, graph.add(firstStep, graph.constant(later)));
  const { last, stacked } = graph.loop(
    count,
    (inner, iteration, carry) => {
      const variables = new Map(names.map((name) => [name, carry(given.get(name)!)]));
      const own = (values: Value) => inner.op("Gather", [values, iteration]);
      const schedule = Object.entries(schedules).map(
        ([name, values]) => [name, typeof values === "number" ? values : own(values)] as const,
      );
      const { loss, correct, next } = addStep(inner, options, {
        variables,
        schedule: Object.fromEntries(schedule),
        feed: (name, dtype, shape, read) => own(feedOf(graph)(name, dtype, [maxSteps, ...shape], read)),
      });
      return {
        next: names.map((name) => next.get(name) ?? variables.get(name)!),
        stacked: correct ? [loss, correct] : [loss],
      };
    },
    maxSteps,
  );
  return { loss: stacked[0], correct: stacked.at(1), next: new Map(names.map((name, i) => [name, last[i]])) };
}

/** One step: the gradients of the batch, and the optimizer's update. */
function addStep(graph: Graph, options: TrainStepOptions, given: StepInputs): StepOutputs {
  const { microBatches } = options;
  const { build, stateNames } = batchTerms(options, given);
  const terms =
    microBatches.length === 0
      ? build(graph, [])
      : sumOverIterations(graph, given.feed("count", "int64", microBatches.slice(0, -1)), build);
  return addUpdate(graph, options, given, { terms, stateNames: stateNames() });
}

/** The optimizer's update. @param terms their sums over the batch, see `batchTerms` */
export function addUpdate(
  graph: Graph,
  { model, optimizer }: Pick<TrainStepOptions, "model" | "optimizer">,
  { variables, schedule }: Pick<StepInputs, "variables" | "schedule">,
  { terms, stateNames }: { readonly terms: readonly Value[]; readonly stateNames: readonly string[] },
): StepOutputs {
  const parameters = model.parameters.map(({ name }) => variables.get(name)!);
  const slots = model.parameters.map(({ name }) =>
    optimizer.slots.map((slot) => variables.get(slotName(name, slot))!),
  );
  // Networks with running statistics compute a batch whole: their sum over iterations would not be the statistic.
  const [loss, ...others] = terms.slice(0, terms.length - parameters.length);
  const next = new Map(stateNames.map((name, i) => [name, others[i]]));
  const updated = optimizer.update(graph, {
    parameters,
    gradients: terms.slice(terms.length - parameters.length),
    slots,
    schedule,
  });
  model.parameters.forEach(({ name }, i) => {
    const [parameter, ...nextSlots] = updated[i];
    next.set(name, parameter);
    optimizer.slots.forEach((slot, j) => {
      next.set(slotName(name, slot), nextSlots[j]);
    });
  });
  return { loss, correct: others.at(stateNames.length), next };
}

/**
 * What is summed over the micro-batches of a batch: the loss, the next running statistics, for labels that allow it the
 * number of correct predictions, and the gradient of each parameter. The inputs that the batch is fed by are declared at once.
 */
export function batchTerms(
  { model, loss, types, microBatchSize, microBatches }: Omit<TrainStepOptions, "optimizer">,
  { variables, feed }: Pick<StepInputs, "variables" | "feed">,
) {
  const noise = new Map(
    model.noise(microBatchSize).map(({ name, shape }) => [name, feed(name, "float32", shape)]),
  );
  const fed = model.inputs.map(
    ({ name, shape }) =>
      [name, feed(name, types.inputs[name], [...microBatches, microBatchSize, ...shape])] as const,
  );
  const labelShape = loss.labelSize === 1 ? [] : [loss.labelSize];
  const places = microBatchSize * model.places;
  const labels = feed("labels", types.labels, [...microBatches, places, ...labelShape], loss.readLabels);
  const weights = feed("weights", "float32", [...microBatches, places]);

  const targets = model.parameters.map(({ name }) => variables.get(name)!);
  let names: string[] = [];
  const build: BuildTerms = (inner, index) => {
    const part = (value: Value) => index.reduce((rest, i) => inner.op("Gather", [rest, i]), value);
    const label = part(labels);
    const weight = part(weights);
    const inputs = new Map(fed.map(([name, value]) => [name, part(value)]));
    const { output, nextState } = model.apply(inner, inputs, variables, { training: true, noise });
    const losses = loss.rowLosses(inner, output, label);
    const total = inner.op("ReduceSum", [inner.mul(losses, weight)], { keepDims: false });
    const hits = loss.hits(inner, output, label);
    names = [...nextState.keys()];
    const counted = hits ? [correctCount(inner, hits, weight)] : [];
    const gradients = gradientsOfWeightedSum(inner, losses, weight, targets);
    return [total, ...nextState.values(), ...counted, ...gradients];
  };
  return { build, stateNames: () => names };
}

export const declared = (graph: Graph, tensors: readonly NamedShape[]) =>
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
