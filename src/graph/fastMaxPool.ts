import type { Graph } from "./graph.ts";
import type { Value } from "./op.ts";
import type { PoolAttributes } from "./opAttributes.ts";

/**
 * A MaxPool of ONNX, of x of (N, C, H, W). Where windows lie side by side, the maximum is computed with images innermost, as
 * convolutions are (`fastConv`): elementwise, with a gradient of whole blocks of memory.
 *
 * Of equal elements of a window the first one, row by row, takes the gradient, as with MaxPool itself.
 */
export function fastMaxPool(graph: Graph, x: Value, attributes: PoolAttributes): Value {
  const { kernel, strides } = attributes;
  if (kernel.join() !== strides.join()) return graph.op("MaxPool", [x], attributes);
  const inside = graph.transpose(x, [2, 3, 0, 1]);
  const [rows, columns] = inside.shape.map((extent, axis) => Math.floor(extent / kernel[axis]));
  const used = graph.slice(inside, [
    { axis: 0, start: 0, end: rows * kernel[0] },
    { axis: 1, start: 0, end: columns * kernel[1] },
  ]);
  const [, , n, c] = inside.shape;
  const inRows = maxOver(graph, graph.reshape(used, [rows * kernel[0], columns, kernel[1], n, c]), 2);
  const y = maxOver(graph, graph.reshape(inRows, [rows, kernel[0], columns, n, c]), 1);
  return graph.transpose(graph.reshape(y, [rows, columns, n, c]), [2, 3, 0, 1]);
}

/** The maximum over a short axis, whose size becomes 1. */
function maxOver(graph: Graph, x: Value, axis: number): Value {
  const parts = Array.from({ length: x.shape[axis] }, (_, i) =>
    graph.slice(x, [{ axis, start: i, end: i + 1 }]),
  );
  return parts.reduce((a, b) => graph.op("Max", [a, b]));
}
