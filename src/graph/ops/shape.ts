import type { GraphBuilder, Lowered, NumberArray, Op, Value } from "../op.ts";
import { zero } from "../op.ts";
import type {
  AxisRange,
  ConcatAttributes,
  NoAttributes,
  PadAttributes,
  ShapeAttributes,
  SliceAttributes,
  TransposeAttributes,
} from "../opAttributes.ts";
import { broadcastShape, elementCount, sameShape, strides } from "../tensor.ts";
import { broadcastOffsets } from "./elementwise.ts";

function int64(...lists: (readonly number[])[]): Lowered {
  return { inputs: lists.map((data) => ({ dtype: "int64", shape: [data.length], data })) };
}

/** The index along each axis of the element at `offset`. */
function indexAt(offset: number, shape: readonly number[], step: readonly number[]): number[] {
  return shape.map((size, axis) => Math.floor(offset / step[axis]) % size);
}

/** Sets each element of y to the element of x that `source` names by its index, or leaves it 0 for undefined. */
function fill(x: NumberArray, y: NumberArray, source: (index: number[]) => number[] | undefined): void {
  const [stepX, stepY] = [strides(x.shape), strides(y.shape)];
  for (let i = 0; i < y.data.length; i++) {
    const from = source(indexAt(i, y.shape, stepY));
    if (from) y.data[i] = x.data[from.reduce((offset, index, axis) => offset + index * stepX[axis], 0)];
  }
}

export const Reshape: Op<ShapeAttributes> = {
  type: ([x], { shape }) => {
    if (elementCount(shape) !== elementCount(x.shape)) {
      throw new RangeError(`can't reshape [${x.shape}] (${elementCount(x.shape)} elements) into [${shape}]`);
    }
    return { dtype: x.dtype, shape };
  },
  gradient: [({ graph, x, dy }) => graph.reshape(dy, x[0].shape)],
  evaluate: ([x], y) => y.data.set(x.data),
  lower: ({ shape }) => int64(shape),
};

export const Expand: Op<ShapeAttributes> = {
  type: ([x], { shape }) => {
    if (!sameShape(broadcastShape(x.shape, shape), shape)) {
      throw new RangeError(`can't expand [${x.shape}] to [${shape}]`);
    }
    return { dtype: x.dtype, shape };
  },
  gradient: [({ dy }) => dy],
  evaluate: ([x], y) => {
    const offsets = broadcastOffsets(x.shape, y.shape);
    for (let i = 0; i < y.data.length; i++) y.data[i] = x.data[offsets[i]];
  },
  lower: ({ shape }) => int64(shape),
};

export const Transpose: Op<TransposeAttributes> = {
  type: ([x], { permutation }) => {
    if (
      !sameShape(
        [...permutation].sort((a, b) => a - b),
        [...x.shape.keys()],
      )
    ) {
      throw new RangeError(
        `[${permutation}] is not a permutation of the ${x.shape.length} axes of [${x.shape}]`,
      );
    }
    return { dtype: x.dtype, shape: permutation.map((axis) => x.shape[axis]) };
  },
  gradient: [
    ({ graph, dy, attributes: { permutation } }) =>
      graph.transpose(
        dy,
        permutation.map((_, axis) => permutation.indexOf(axis)),
      ),
  ],
  evaluate: ([x], y, { permutation }) =>
    fill(x, y, (index) => permutation.map((_, axis) => index[permutation.indexOf(axis)])),
  lower: ({ permutation }) => ({ attributes: { perm: permutation } }),
};

export const Concat: Op<ConcatAttributes> = {
  type: (x, { axis }) => {
    const [first] = x;
    for (const { shape } of x) {
      if (!sameShape(shape.toSpliced(axis, 1), first.shape.toSpliced(axis, 1))) {
        throw new RangeError(`shapes [${first.shape}] and [${shape}] differ on an axis other than ${axis}`);
      }
    }
    return {
      dtype: first.dtype,
      shape: first.shape.with(
        axis,
        x.reduce((size, { shape }) => size + shape[axis], 0),
      ),
    };
  },
  gradient:
    (index) =>
    ({ graph, x, dy, attributes: { axis } }) => {
      const start = x.slice(0, index).reduce((size, { shape }) => size + shape[axis], 0);
      return graph.slice(dy, [{ axis, start, end: start + x[index].shape[axis] }]);
    },
  evaluate: (x, y, { axis }) => {
    let start = 0;
    for (const part of x) {
      const [step, stepY] = [strides(part.shape), strides(y.shape)];
      for (let i = 0; i < part.data.length; i++) {
        const index = indexAt(i, part.shape, step);
        const to = index.reduce((offset, at, k) => offset + (k === axis ? at + start : at) * stepY[k], 0);
        y.data[to] = part.data[i];
      }
      start += part.shape[axis];
    }
  },
};

const rangeCount = ({ start, end, step = 1 }: AxisRange) => Math.ceil((end - start) / step);

/**
 * What slicing forgets: `x` at the places of `ranges` in zeros of the given shape. Between two elements of a range with
 * a step lie step - 1 zeros, appended on an axis of their own; the margins are padding.
 */
export function unslice(
  graph: GraphBuilder,
  x: Value,
  ranges: readonly AxisRange[],
  shape: readonly number[],
): Value {
  const before = shape.map(() => 0);
  const after = shape.map(() => 0);
  let spread = x;
  for (const range of ranges) {
    const { axis, start, step = 1 } = range;
    const count = rangeCount(range);
    if (step > 1) {
      const split = graph.reshape(spread, spread.shape.toSpliced(axis + 1, 0, 1));
      const zeros = split.shape.map((_, i) => (i === axis + 1 ? step - 1 : 0));
      const spaced = graph.pad(
        split,
        zeros.map(() => 0),
        zeros,
      );
      spread = graph.reshape(spaced, spread.shape.with(axis, count * step));
    }
    before[axis] = start;
    after[axis] = shape[axis] - start - count * step;
  }
  // After the last element the spacing may reach beyond the end: that part is cut off.
  const kept = spread.shape.map((size, axis) => ({
    axis,
    start: 0,
    end: Math.min(size, size + after[axis]),
  }));
  return graph.pad(
    graph.slice(spread, kept),
    before,
    after.map((zeros) => Math.max(zeros, 0)),
  );
}

/** Forward slices along some axes; starts and ends count from the front and lie within the axis. */
export const Slice: Op<SliceAttributes> = {
  type: ([x], { ranges }) => {
    const shape = [...x.shape];
    for (const range of ranges) {
      const { axis, start, end, step = 1 } = range;
      if (!(start >= 0 && start < end && end <= x.shape[axis] && step >= 1)) {
        throw new RangeError(
          `slice ${start}:${end}:${step} of axis ${axis} of [${x.shape}] is empty or out of range`,
        );
      }
      shape[axis] = rangeCount(range);
    }
    return { dtype: x.dtype, shape };
  },
  gradient: [({ graph, x: [x], dy, attributes: { ranges } }) => unslice(graph, dy, ranges, x.shape)],
  evaluate: ([x], y, { ranges }) =>
    fill(x, y, (index) => {
      const from = [...index];
      for (const { axis, start, step = 1 } of ranges) from[axis] = start + index[axis] * step;
      return from;
    }),
  lower: ({ ranges }) =>
    int64(
      ranges.map(({ start }) => start),
      ranges.map(({ end }) => end),
      ranges.map(({ axis }) => axis),
      ranges.map(({ step = 1 }) => step),
    ),
};

/** Pads with zeros. */
export const Pad: Op<PadAttributes> = {
  type: ([x], { before, after }) => {
    if (before.length !== x.shape.length || after.length !== x.shape.length) {
      throw new RangeError(
        `pads [${before}] and [${after}] must each have ${x.shape.length} entries for [${x.shape}]`,
      );
    }
    return { dtype: x.dtype, shape: x.shape.map((size, axis) => before[axis] + size + after[axis]) };
  },
  gradient: [
    ({ graph, x: [x], dy, attributes: { before } }) =>
      graph.slice(
        dy,
        x.shape.map((size, axis) => ({ axis, start: before[axis], end: before[axis] + size })),
      ),
  ],
  evaluate: ([x], y, { before }) =>
    fill(x, y, (index) => {
      const from = index.map((at, axis) => at - before[axis]);
      return from.every((at, axis) => at >= 0 && at < x.shape[axis]) ? from : undefined;
    }),
  lower: ({ before, after }) => int64([...before, ...after]),
};

/** Up to so many rows, a product with a one-hot matrix carries the gradient of Gather; above, a scatter. */
const maxOneHotRows = 256;

/** Rows data[index] for each index; negative indices count from the end. */
export const Gather: Op<NoAttributes> = {
  type: ([data, indices]) => ({ dtype: data.dtype, shape: [...indices.shape, ...data.shape.slice(1)] }),
  // Rows that are gathered more than once add up: oneHot(indices)^T dy, or one by one where that matrix would be large.
  gradient: [
    ({ graph, x: [data, indices], dy }) => {
      const count = elementCount(indices.shape);
      if (data.shape[0] > maxOneHotRows) {
        const zeros = graph.expand(graph.scalar(0, dy.dtype), data.shape);
        return graph.op("ScatterND", [zeros, graph.reshape(indices, [...indices.shape, 1]), dy]);
      }
      // Rows of the identity matrix: ONNX Runtime compares integers one by one.
      const oneHot = graph.op("Gather", [
        graph.identity(data.shape[0], dy.dtype),
        graph.reshape(indices, [count]),
      ]);
      const rows = graph.reshape(dy, [count, elementCount(data.shape.slice(1))]);
      return graph.reshape(graph.op("Gemm", [oneHot, rows], { transA: true }), data.shape);
    },
    zero,
  ],
  evaluate: ([data, indices], y) => {
    const row = elementCount(data.shape.slice(1));
    indices.data.forEach((index, i) => {
      const from = (index < 0 ? index + data.shape[0] : index) * row;
      y.data.set(data.data.subarray(from, from + row), i * row);
    });
  },
};
