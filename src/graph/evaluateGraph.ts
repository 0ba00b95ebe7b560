import type { Graph, GraphNode, Loop } from "./graph.ts";
import type { NumberArray, Op, Value } from "./op.ts";
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
  { count, iteration, inner, carried, stacked }: Loop,
  values: Map<string, NumberArray>,
): void {
  const get = ({ name }: Value) => values.get(name)!;
  for (const { y } of stacked)
    values.set(y.name, { shape: y.shape, data: new Float64Array(elementCount(y.shape)) });
  let state = carried.map(({ first }) => get(first));
  for (let i = 0; i < get(count).data[0]; i++) {
    values.set(iteration.name, { shape: [], data: Float64Array.of(i) });
    carried.forEach(({ now }, j) => {
      values.set(now.name, state[j]);
    });
    evaluateNodes(inner, values);
    state = carried.map(({ next }) => get(next));
    for (const { each, y } of stacked) get(y).data.set(get(each).data, i * elementCount(each.shape));
  }
  carried.forEach(({ last }, j) => {
    values.set(last.name, state[j]);
  });
}

function evaluateNode<Name extends OpName>(node: GraphNode<Name>, x: NumberArray[]): NumberArray {
  const { evaluate }: Op<OpAttributes[Name]> = ops[node.op];
  const y = { shape: node.y.shape, data: new Float64Array(elementCount(node.y.shape)) };
  evaluate(x, y, node.attributes);
  // Integers divide towards zero.
  return node.y.dtype.startsWith("float") ? y : { ...y, data: y.data.map(Math.trunc) };
}
