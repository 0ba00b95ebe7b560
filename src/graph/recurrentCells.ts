import type { Graph } from "./graph.ts";
import type { Value } from "./op.ts";

/**
 * c' = f c + i g; h' = o tanh(c') (Hochreiter and Schmidhuber 1997), from the values of the gates, of which g is the candidate.
 * Gates that lie side by side are best activated together: an operator of a few thousand numbers costs as much to start as to run.
 */
export function lstmStep(
  graph: Graph,
  { i, f, g, o }: Readonly<Record<"i" | "f" | "g" | "o", Value>>,
  cell: Value,
): { h: Value; cell: Value } {
  const next = graph.add(graph.mul(f, cell), graph.mul(i, g));
  return { h: graph.mul(o, graph.op("Tanh", [next])), cell: next };
}

/** h' = (1 - z) n + z h (Cho et al. 2014), from the update gate z and the candidate n. */
export function gruStep(graph: Graph, z: Value, candidate: Value, h: Value): Value {
  return graph.add(graph.mul(graph.sub(1, z), candidate), graph.mul(z, h));
}

/** Columns `index` of gates that lie side by side, each of `size` columns. */
export function gate(graph: Graph, x: Value, index: number, size: number): Value {
  return graph.slice(x, [{ axis: x.shape.length - 1, start: index * size, end: (index + 1) * size }]);
}
