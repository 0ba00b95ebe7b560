import { type BuildTerms, gradientsOfSums, iterationTerms } from "./gradient.ts";
import { Graph } from "./graph.ts";
import type { Value } from "./op.ts";
import type { DType } from "./tensor.ts";
import {
  addUpdate,
  batchTerms,
  declared,
  declareOutputs,
  type TrainStepOptions,
  updateInputs,
} from "./trainStep.ts";

/** A training step as three graphs, so that several sessions can share its micro-batches. */
export interface SplitStep {
  /** Sums over the first micro-batches: outputs `term 0`, `term 1` and so on. */
  readonly sums: Graph;
  /** The same terms of each of some later micro-batches, stacked, to be added to the sums in the order of the batch. */
  readonly terms: Graph;
  /** From the sums over the whole batch to the outputs of `trainStep`. */
  readonly update: Graph;
}

/** The name of a term of a step, as an output of `sums` and `terms` and an input of `update`. */
export const termName = (index: number): string => `term ${index}`;

/**
 * Splits `trainStep`, which describes the inputs. Adding the terms to the sums one micro-batch after another gives bit for
 * bit what `trainStep` gives, however many sessions share the work.
 *
 * @param options without `steps`; `batchSize` rows are the share of one session, a multiple of `microBatchSize`
 */
export function splitStep(options: TrainStepOptions): SplitStep {
  const maxMicroBatches = options.batchSize / options.microBatchSize;
  return {
    sums: termsGraph(options, (graph, count, build) => graph.sumOverIterations(count, build)),
    terms: termsGraph(options, (graph, count, build) => {
      const stack = (inner: Graph, iteration: Value) => ({ next: [], stacked: build(inner, iteration) });
      return graph.loop(count, stack, maxMicroBatches).stacked;
    }),
    update: updateGraph(options),
  };
}

/** The terms of micro-batches, as `repeat` puts them together. */
function termsGraph(
  options: TrainStepOptions,
  repeat: (graph: Graph, count: Value, build: BuildTerms) => Value[],
): Graph {
  const graph = new Graph();
  const variables = declared(graph, [...options.model.parameters, ...options.model.fixed]);
  const { build, targets } = microBatchTerms(options, variables, graph.input.bind(graph));
  const count = graph.input("count", "int64", []);
  repeat(
    graph,
    count,
    (inner, iteration) => iterationTerms(graph, inner, iteration, targets, build).terms,
  ).forEach((term, i) => {
    graph.output(termName(i), term);
  });
  return graph;
}

function updateGraph(options: TrainStepOptions): Graph {
  const graph = new Graph();
  const given = updateInputs(graph, options.model, options.optimizer);
  // The iteration is built once more for what it takes from outside, and for the gradients there. The batch is not fed,
  // since nothing of the iteration itself is computed.
  const unfed = (name: string, dtype: DType, shape: readonly number[]) => ({ name, dtype, shape });
  const { build, stateNames, targets } = microBatchTerms(options, given.variables, unfed);
  const inner = new Graph(graph);
  const iteration = inner.input("iteration", "int64", []);
  const { terms, taken } = iterationTerms(graph, inner, iteration, targets, build);
  const sums = terms.map(({ dtype, shape }, i) => graph.input(termName(i), dtype, shape));
  const made = gradientsOfSums(graph, sums, taken, targets);
  declareOutputs(graph, addUpdate(graph, options, given, { ...made, stateNames: stateNames() }));
  return graph;
}

function microBatchTerms(
  options: TrainStepOptions,
  variables: ReadonlyMap<string, Value>,
  feed: (name: string, dtype: DType, shape: readonly number[]) => Value,
) {
  const { build, stateNames } = batchTerms(options, { variables, feed }, [
    options.batchSize / options.microBatchSize,
  ]);
  return {
    build: (inner: Graph, iteration: Value) =>
      build(inner, (value) => inner.op("Gather", [value, iteration])),
    stateNames,
    targets: options.model.parameters.map(({ name }) => variables.get(name)!),
  };
}
