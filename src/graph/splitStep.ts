import { Graph } from "./graph.ts";
import type { Value } from "./op.ts";
import { type BuildTerms, stackOverIterations, sumOverIterations } from "./overIterations.ts";
import {
  addUpdate,
  batchTerms,
  declared,
  declareOutputs,
  feedOf,
  type TrainStepOptions,
  updateInputs,
} from "./trainStep.ts";

/** A training step as three graphs, so that several sessions can share its micro-batches. */
export interface SplitStep {
  /** Sums over the first micro-batches: outputs `term 0`, `term 1` and so on. */
  readonly sums: Graph;
  /** The same terms of each of some later micro-batches or groups, stacked, to be added to the sums in the order of the batch. */
  readonly terms: Graph;
  /** From the sums over the whole batch to the outputs of `trainStep`. */
  readonly update: Graph;
}

/** The name of a term of a step, as an output of `sums` and `terms` and an input of `update`. */
export const termName = (index: number): string => `term ${index}`;

/**
 * Splits `trainStep`, which describes the inputs. Adding the terms to the sums one after another gives bit for bit what
 * `trainStep` gives, however many sessions share the work.
 *
 * @param options without `steps`; `microBatches` are the share of one session, at least one number
 */
export function splitStep(options: TrainStepOptions): SplitStep {
  const sums = termsGraph(options, sumOverIterations);
  return {
    sums,
    terms: termsGraph(options, (graph, count, build) =>
      stackOverIterations(graph, count, build, options.microBatches[0]),
    ),
    update: updateGraph(options, [...sums.outputs.values()]),
  };
}

/** The terms of micro-batches, as `repeat` puts them together. */
function termsGraph(
  options: TrainStepOptions,
  repeat: (graph: Graph, count: Value, build: BuildTerms) => Value[],
): Graph {
  const graph = new Graph();
  const variables = declared(graph, [...options.model.parameters, ...options.model.fixed]);
  const { build } = batchTerms(options, { variables, feed: feedOf(graph) });
  const count = graph.input("count", "int64", options.microBatches.slice(0, -1));
  repeat(graph, count, build).forEach((term, i) => {
    graph.output(termName(i), term);
  });
  return graph;
}

function updateGraph(options: TrainStepOptions, sums: readonly Value[]): Graph {
  const graph = new Graph();
  const { variables, step } = updateInputs(graph, options.model, options.optimizer);
  const given = { variables, schedule: options.optimizer.schedule(graph, step) };
  const terms = sums.map(({ dtype, shape }, i) => graph.input(termName(i), dtype, shape));
  declareOutputs(graph, addUpdate(graph, options, given, { terms, stateNames: [] }));
  return graph;
}
