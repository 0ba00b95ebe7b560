import type { Graph, Node } from "./graph.ts";
import type { Op, Value } from "./op.ts";
import type { OpAttributes, OpName } from "./ops.ts";
import { ops } from "./ops.ts";
import { sameShape } from "./tensor.ts";

/**
 * Adds to the graph the gradients of a scalar `loss` with respect to each of `targets` (reverse-mode differentiation).
 *
 * The tape is walked once, backwards, from the loss; only values that depend on a target are visited. Gradients that
 * reach a value along several paths are summed; those that broadcasting made larger than the value are summed back.
 * Throws where a target has no influence on the loss.
 */
export function gradients(graph: Graph, loss: Value, targets: readonly Value[]): Value[] {
  if (loss.shape.length !== 0) throw new RangeError(`the loss must be a scalar, got shape [${loss.shape}]`);
  const entries = [...graph.tape];
  const depends = new Set(targets.map(({ name }) => name));
  for (const { x, y } of entries) if (x.some(({ name }) => depends.has(name))) depends.add(y.name);

  const arrived = new Map<string, Value[]>([[loss.name, [graph.scalar(1, loss.dtype)]]]);
  for (const entry of entries.reverse()) {
    const parts = arrived.get(entry.y.name);
    if (!parts || !depends.has(entry.y.name)) continue;
    const dy = total(graph, parts);
    const wanted = entry.x.map(({ name }) => depends.has(name));
    const dxs = "op" in entry ? nodeGradients(graph, entry, dy, wanted) : entry.gradient(dy);
    entry.x.forEach((x, index) => {
      const dx = dxs[index];
      if (!wanted[index] || !dx) return;
      const list = arrived.get(x.name) ?? [];
      arrived.set(x.name, list);
      list.push(summedTo(graph, dx, x.shape));
    });
  }
  return targets.map(({ name }) => {
    const parts = arrived.get(name);
    if (!parts) throw new RangeError(`the loss does not depend on ${name}`);
    return total(graph, parts);
  });
}

function nodeGradients<Name extends OpName>(
  graph: Graph,
  { op, x, y, attributes }: Node<Name>,
  dy: Value,
  wanted: readonly boolean[],
): (Value | undefined)[] {
  const { gradient }: Op<OpAttributes[Name]> = ops[op];
  return x.map((_, index) => {
    if (!wanted[index]) return undefined;
    const rule = typeof gradient === "function" ? gradient(index) : gradient[index];
    return rule({ graph, x, y, dy, attributes });
  });
}

function total(graph: Graph, parts: readonly Value[]): Value {
  return parts.length === 1 ? parts[0] : graph.op("Sum", parts);
}

/** Sums a gradient over the axes along which its value was broadcast. */
function summedTo(graph: Graph, gradient: Value, shape: readonly number[]): Value {
  if (sameShape(gradient.shape, shape)) return gradient;
  const extra = gradient.shape.length - shape.length;
  const axes = [...gradient.shape.keys()].filter(
    (axis) => axis < extra || (shape[axis - extra] === 1 && gradient.shape[axis] !== 1),
  );
  const sum = axes.length > 0 ? graph.op("ReduceSum", [gradient], { axes }) : gradient;
  return graph.expand(
    graph.reshape(
      sum,
      shape.map((size, axis) => Math.min(size, sum.shape[axis + extra])),
    ),
    shape,
  );
}
