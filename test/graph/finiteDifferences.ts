import { evaluateGraph } from "../../src/graph/evaluateGraph.ts";
import type { Graph } from "../../src/graph/graph.ts";
import type { NumberArray } from "../../src/graph/op.ts";

const step = 1e-4;

/** The gradient of a graph's output `loss` with respect to an input, by fourth-order central differences. */
export function finiteDifferences(
  graph: Graph,
  feeds: Readonly<Record<string, NumberArray>>,
  name: string,
): Float64Array {
  const { shape, data } = feeds[name];
  return Float64Array.from(data, (value, i) => {
    const lossAt = (moved: number) =>
      evaluateGraph(graph, { ...feeds, [name]: { shape, data: data.with(i, moved) } }).loss.data[0];
    const near = lossAt(value + step) - lossAt(value - step);
    const far = lossAt(value + 2 * step) - lossAt(value - 2 * step);
    return (8 * near - far) / (12 * step);
  });
}
