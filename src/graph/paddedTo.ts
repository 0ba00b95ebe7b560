import type { Graph } from "./graph.ts";
import type { Value } from "./op.ts";

/** How an axis is read: behind `before` zeros, and cut or filled up with zeros to `length` places in all. */
export interface PaddedAxis {
  readonly axis: number;
  readonly before: number;
  readonly length: number;
}

/** x with some of its axes behind zeros and of another length; what lies beyond it is left out. */
export function paddedTo(graph: Graph, x: Value, axes: readonly PaddedAxis[]): Value {
  const kept = graph.slice(
    x,
    axes.map(({ axis, before, length }) => ({
      axis,
      start: 0,
      end: Math.min(x.shape[axis], length - before),
    })),
  );
  const [front, back] = [x.shape.map(() => 0), x.shape.map(() => 0)];
  for (const { axis, before, length } of axes) {
    front[axis] = before;
    back[axis] = length - before - kept.shape[axis];
  }
  return graph.pad(kept, front, back);
}
