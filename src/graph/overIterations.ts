import type { Graph } from "./graph.ts";
import type { Value } from "./op.ts";

/** Builds the terms of an iteration; `index` is its number or, where iterations have groups, the group's number and its own. */
export type BuildTerms = (inner: Graph, index: readonly Value[]) => readonly Value[];

/**
 * Sums the values that `build` returns over `count` iterations (see `Graph.loop`). With several counts, one for each group of
 * iterations, each group is summed by itself, and then the sums of the groups.
 *
 * @param count an int64 scalar, or (groups)
 */
export function sumOverIterations(graph: Graph, count: Value, build: BuildTerms): Value[] {
  const { last } = graph.loop(repeats(graph, count), (inner, iteration, carry) => {
    const next = iterationOrGroup(inner, count, iteration, build).map((term) => {
      const zeros = graph.expand(graph.scalar(0, term.dtype), term.shape);
      return inner.add(carry(zeros), term);
    });
    return { next };
  });
  return last;
}

/** Stacks the values that `build` returns in each iteration or, with several counts, the sums of each group. */
export function stackOverIterations(
  graph: Graph,
  count: Value,
  build: BuildTerms,
  maxCount: number,
): Value[] {
  const stack = (inner: Graph, iteration: Value) => ({
    next: [],
    stacked: iterationOrGroup(inner, count, iteration, build),
  });
  return graph.loop(repeats(graph, count), stack, maxCount).stacked;
}

/** How often a loop over iterations or over groups of them is repeated. */
function repeats(graph: Graph, count: Value): Value {
  const [groups] = count.shape;
  return groups === undefined ? count : graph.scalar(groups, "int64");
}

function iterationOrGroup(graph: Graph, count: Value, iteration: Value, build: BuildTerms): readonly Value[] {
  if (count.shape.length === 0) return build(graph, [iteration]);
  const ownCount = graph.op("Gather", [count, iteration]);
  return sumOverIterations(graph, ownCount, (inner, index) => build(inner, [iteration, ...index]));
}
