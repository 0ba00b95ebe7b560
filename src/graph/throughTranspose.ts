import type { Graph } from "./graph.ts";
import type { Value } from "./op.ts";
import type { OpAttributes, OpName } from "./opAttributes.ts";
import { elementCount, sameShape } from "./tensor.ts";

/**
 * Adds an elementwise op. Where an input is a transpose, the op is computed on what was transposed, and its result is
 * transposed: f(x') = f(x)'. Transposes of one layer and the next (`fastConv`) then cancel.
 */
export function throughTranspose<Name extends OpName>(
  graph: Graph,
  name: Name,
  inputs: readonly Value[],
  attributes = {} as OpAttributes[Name],
): Value {
  const first = inputs.map((x) => graph.transposeOf(x)).find((found) => found !== undefined);
  if (first === undefined) return graph.op(name, inputs, attributes);
  const below = inputs.map((x) => belowTranspose(graph, x, first.order, first.from));
  if (!below.every((x) => x !== undefined)) return graph.op(name, inputs, attributes);
  return graph.transpose(graph.op(name, below, attributes), first.order);
}

/** The same for an elementwise function of one value. */
export function applyThroughTranspose(graph: Graph, x: Value, apply: (x: Value) => Value): Value {
  const transposed = graph.transposeOf(x);
  return transposed ? graph.transpose(apply(transposed.from), transposed.order) : apply(x);
}

/** Concatenates along an axis: where all inputs are the same transpose, below it. */
export function concatThroughTranspose(graph: Graph, inputs: readonly Value[], axis: number): Value {
  const order = graph.transposeOf(inputs[0])?.order;
  const below = inputs.map((x) => graph.transposeOf(x));
  const isShared = order && below.every((one) => one?.order.join() === order.join());
  if (!isShared) return graph.op("Concat", inputs, { axis });
  const joined = graph.op(
    "Concat",
    below.map((one) => one!.from),
    { axis: order[axis] },
  );
  return graph.transpose(joined, order);
}

/** An input of the op on the values below the transposes; undefined where it has none without moving its elements. */
function belowTranspose(graph: Graph, x: Value, order: readonly number[], from: Value): Value | undefined {
  const own = graph.transposeOf(x);
  if (own) {
    return own.order.join() === order.join() && sameShape(own.from.shape, from.shape) ? own.from : undefined;
  }
  const rank = order.length;
  if (x.shape.length > rank) return undefined;
  const shape = [...Array(rank - x.shape.length).fill(1), ...x.shape];
  if (Math.max(...shape) !== elementCount(shape)) return undefined;
  // One axis that is longer than 1 at most: no element moves.
  const moved = Array<number>(rank).fill(1);
  for (const [axis, at] of order.entries()) moved[at] = shape[axis];
  return graph.reshape(x, moved);
}
