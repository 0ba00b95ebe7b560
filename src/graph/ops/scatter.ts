import type { NumberArray, Op, ValueType } from "../op.ts";
import { zero } from "../op.ts";
import type { CumSumAttributes, NoAttributes } from "../opAttributes.ts";
import { elementCount, normalizeAxis, sameShape, strides } from "../tensor.ts";

/** Shape of what GatherND takes from `data`: a slice for each index tuple, the tuples being the last axis of `indices`. */
function slicesShape(data: readonly number[], indices: readonly number[]): number[] {
  const depth = indices.at(-1) ?? 0;
  if (!(depth >= 1 && depth <= data.length)) {
    throw new RangeError(`indices of shape [${indices}] for data of shape [${data}]`);
  }
  return [...indices.slice(0, -1), ...data.slice(depth)];
}

/** Calls `visit` with the offset in data and the offset in the slices of each element; negative indices count from the end. */
function forEachElement(
  data: readonly number[],
  indices: NumberArray,
  visit: (inData: number, inSlices: number) => void,
): void {
  const depth = indices.shape[indices.shape.length - 1];
  const step = strides(data);
  const size = elementCount(data.slice(depth));
  for (let slice = 0; slice < indices.data.length / depth; slice++) {
    let start = 0;
    for (let axis = 0; axis < depth; axis++) {
      const index = indices.data[slice * depth + axis];
      start += (index < 0 ? index + data[axis] : index) * step[axis];
    }
    for (let i = 0; i < size; i++) visit(start + i, slice * size + i);
  }
}

/** Slices data[i, j, ...] for each index tuple (i, j, ...). */
export const GatherND: Op<NoAttributes> = {
  type: ([data, indices]) => ({ dtype: data.dtype, shape: slicesShape(data.shape, indices.shape) }),
  gradient: [
    ({ graph, x: [data, indices], dy }) =>
      graph.op("ScatterND", [graph.expand(graph.scalar(0, dy.dtype), data.shape), indices, dy]),
    zero,
  ],
  evaluate: ([data, indices], y) =>
    forEachElement(data.shape, indices, (from, to) => {
      y.data[to] = data.data[from];
    }),
};

/** data with `updates` added at the places that GatherND reads; places that occur more than once add up. */
export const ScatterND: Op<NoAttributes> = {
  type: ([data, indices, updates]: readonly ValueType[]) => {
    if (!sameShape(updates.shape, slicesShape(data.shape, indices.shape))) {
      throw new RangeError(
        `updates of shape [${updates.shape}] for indices of shape [${indices.shape}] and data of shape [${data.shape}]`,
      );
    }
    return { dtype: data.dtype, shape: data.shape };
  },
  gradient: [({ dy }) => dy, zero, ({ graph, x, dy }) => graph.op("GatherND", [dy, x[1]])],
  evaluate: ([data, indices, updates], y) => {
    y.data.set(data.data);
    forEachElement(data.shape, indices, (to, from) => {
      y.data[to] += updates.data[from];
    });
  },
  lower: () => ({ attributes: { reduction: "add" } }),
};

/** Sums along an axis up to each element, or from it on (`reverse`); without the element itself if `exclusive`. */
export const CumSum: Op<CumSumAttributes> = {
  type: ([x]) => ({ dtype: x.dtype, shape: x.shape }),
  gradient: [
    ({ graph, dy, attributes }) =>
      graph.op("CumSum", [dy], { ...attributes, reverse: !(attributes.reverse ?? false) }),
  ],
  evaluate: ([x], y, { axis, reverse, exclusive }) => {
    const at = normalizeAxis(axis, x.shape.length);
    const step = strides(x.shape)[at];
    for (let i = 0; i < x.data.length; i++) {
      const place = Math.floor(i / step) % x.shape[at];
      const first = reverse ? place : 0;
      const last = reverse ? x.shape[at] - 1 : place;
      for (let j = first; j <= last; j++) {
        if (!(exclusive && j === place)) y.data[i] += x.data[i + (j - place) * step];
      }
    }
  },
  lower: ({ axis, reverse, exclusive }) => ({
    attributes: { reverse: Number(reverse ?? false), exclusive: Number(exclusive ?? false) },
    inputs: [{ dtype: "int64", shape: [], data: [axis] }],
  }),
};
