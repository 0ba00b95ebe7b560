import type { Value } from "../../op.ts";
import type { AxisRange } from "../../opAttributes.ts";
import { elementCount, normalizeAxis, tensor } from "../../tensor.ts";
import type { Converter, NodeContext } from "../nodeContext.ts";

/** Rows `places` of an axis, by a Gather on the first axis. */
export function take(c: NodeContext, x: Value, axis: number, places: readonly number[]): Value {
  const order = [axis, ...[...x.shape.keys()].filter((other) => other !== axis)];
  const rows = c.graph.op("Gather", [c.graph.transpose(x, order), c.int64(places)]);
  return c.graph.transpose(
    rows,
    order.map((_, i) => order.indexOf(i)),
  );
}

/** Where elements are taken from along each axis; a negative step reads backwards. */
const slice: Converter = (c) => {
  const starts = c.numbers(1)!;
  const ends = c.numbers(2)!;
  const axes = c.numbers(3) ?? [...starts.keys()];
  const steps = c.numbers(4) ?? starts.map(() => 1);
  const ranges: AxisRange[] = [];
  let x = c.x;
  starts.forEach((from, i) => {
    const axis = normalizeAxis(axes[i], x.shape.length);
    const size = x.shape[axis];
    // All rows of the file's batch stand for all rows.
    const all = c.fileSize(0, axis);
    const end = all !== undefined && from === 0 && ends[i] >= all ? size : ends[i];
    const clamp = (at: number, low: number, high: number) =>
      Math.min(Math.max(at < 0 ? at + size : at, low), high);
    if (steps[i] > 0) {
      ranges.push({ axis, start: clamp(from, 0, size), end: clamp(end, 0, size), step: steps[i] });
    } else {
      const [start, end] = [clamp(from, -1, size - 1), clamp(ends[i], -1, size - 1)];
      const count = Math.ceil((start - end) / -steps[i]);
      x = take(
        c,
        x,
        axis,
        Array.from({ length: count }, (_, k) => start + k * steps[i]),
      );
    }
  });
  // An empty slice, of a shape: no node computes it.
  if (ranges.some(({ start, end }) => start >= end)) {
    const shape = [...x.shape];
    for (const { axis, start, end, step = 1 } of ranges)
      shape[axis] = Math.max(Math.ceil((end - start) / step), 0);
    return c.constant(tensor(x.dtype, shape, []));
  }
  return c.graph.slice(x, ranges);
};

/** Gather along any axis: along the first, between two transposes; at one known place, a slice. */
const gather: Converter = (c) => {
  const { x, graph } = c;
  const indices = c.input(1);
  const axis = c.axis(0);
  if (c.isKnown(1) && indices.shape.length === 0) {
    const at = normalizeAxis(c.numbers(1)![0], x.shape[axis]);
    return graph.reshape(graph.slice(x, [{ axis, start: at, end: at + 1 }]), x.shape.toSpliced(axis, 1));
  }
  if (axis === 0) return graph.op("Gather", [x, indices]);
  const rank = indices.shape.length;
  const rest = [...x.shape.keys()].filter((other) => other !== axis);
  const rows = graph.op("Gather", [graph.transpose(x, [axis, ...rest]), indices]);
  // The axes of the indices come first, then the rest: the indices' go where the axis was.
  const own = Array.from({ length: rank }, (_, i) => i);
  const others = rest.map((_, i) => rank + i);
  return graph.transpose(rows, [...others.slice(0, axis), ...own, ...others.slice(axis)]);
};

/** data[..., indices[...], ...]: as a Gather of the flat data at the offsets of the elements. */
const gatherElements: Converter = (c) => {
  const { x, graph } = c;
  const axis = c.axis(0);
  const { shape } = c.input(1);
  const indices = graph.cast(c.input(1), "int64");
  const size = x.shape[axis];
  const negative = graph.op("Less", [indices, c.scalar(0, "int64")]);
  const positive = graph.op("Where", [negative, graph.add(indices, size), indices]);
  const steps = x.shape.map((_, i) => elementCount(x.shape.slice(i + 1)));
  const count = elementCount(shape);
  const base = Array.from({ length: count }, (_, flat) =>
    shape.reduce((offset, extent, i) => {
      const at = Math.floor(flat / elementCount(shape.slice(i + 1))) % extent;
      return i === axis ? offset : offset + at * steps[i];
    }, 0),
  );
  const offsets = graph.add(graph.mul(positive, steps[axis]), c.int64(base, shape));
  return graph.op("Gather", [graph.reshape(x, [elementCount(x.shape)]), offsets]);
};

/** data with updates in place of its elements at the indices, or added to them: those replaced are multiplied by 0. */
const scatterND: Converter = (c) => {
  const { x, graph } = c;
  const [indices, updates] = [c.input(1), c.input(2)];
  const reduction = c.text("reduction", "none");
  if (reduction === "add") return graph.op("ScatterND", [x, indices, updates]);
  if (reduction !== "none") throw c.refuse(`reduction ${reduction}; allowed: none or add`);
  const depth = indices.shape.at(-1)!;
  const places = c.numbers(1)!;
  const size = elementCount(x.shape.slice(depth));
  const kept = new Float64Array(elementCount(x.shape)).fill(1);
  for (let i = 0; i < places.length; i += depth) {
    const start = places
      .slice(i, i + depth)
      .reduce((offset, at, axis) => offset * x.shape[axis] + (at < 0 ? at + x.shape[axis] : at), 0);
    if (kept[start * size] === 0) throw c.refuse("indices that occur more than once");
    kept.fill(0, start * size, (start + 1) * size);
  }
  const mask = c.constant(tensor(x.dtype, x.shape, kept));
  return graph.op("ScatterND", [graph.mul(x, mask), indices, updates]);
};

export const indexing: Record<string, Converter> = {
  Gather: gather,
  GatherElements: gatherElements,
  ScatterND: scatterND,
  Slice: slice,
};
