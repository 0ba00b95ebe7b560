import type { Graph, GraphNode, SumLoop } from "./graph.ts";
import type { NumberArray, Op } from "./op.ts";
import type { OpAttributes, OpName } from "./opAttributes.ts";
import { ops } from "./ops.ts";
import { elementCount, numbers } from "./tensor.ts";

/**
 * Computes a graph node by node in float64 from each op's definition. It is slow and obvious: fast runtimes are tested
 * against it. `feeds` holds one array per input, by name; the result holds one per output.
 */
export function evaluateGraph(graph: Graph, feeds: Record<string, NumberArray>): Record<string, NumberArray> {
  const values = new Map<string, NumberArray>();
  for (const [name, content] of graph.constants)
    values.set(name, { shape: content.shape, data: numbers(content) });
  for (const { name } of graph.inputs) values.set(name, feeds[name]);
  evaluateNodes(graph, values);
  return Object.fromEntries([...graph.outputs].map(([name, value]) => [name, values.get(value.name)!]));
}

function evaluateNodes(graph: Graph, values: Map<string, NumberArray>): void {
  for (const node of graph.nodes) {
    if ("op" in node)
      values.set(
        node.y.name,
        evaluateNode(
          node,
          node.x.map(({ name }) => values.get(name)!),
        ),
      );
    else evaluateLoop(node, values);
  }
}

function evaluateLoop(
  { count, iteration, inner, terms, y }: SumLoop,
  values: Map<string, NumberArray>,
): void {
  for (const { name, shape } of y) values.set(name, { shape, data: new Float64Array(elementCount(shape)) });
  for (let i = 0; i < values.get(count.name)!.data[0]; i++) {
    values.set(iteration.name, { shape: [], data: Float64Array.of(i) });
    evaluateNodes(inner, values);
    y.forEach(({ name }, j) => {
      const sum = values.get(name)!.data;
      values.get(terms[j].name)!.data.forEach((part, k) => {
        sum[k] += part;
      });
    });
  }
}

function evaluateNode<Name extends OpName>(node: GraphNode<Name>, x: NumberArray[]): NumberArray {
  const { evaluate }: Op<OpAttributes[Name]> = ops[node.op];
  const y = { shape: node.y.shape, data: new Float64Array(elementCount(node.y.shape)) };
  evaluate(x, y, node.attributes);
  // Integers divide towards zero.
  return node.y.dtype.startsWith("float") ? y : { ...y, data: y.data.map(Math.trunc) };
}
