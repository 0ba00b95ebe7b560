import type { GradientContext, NumberArray, Op, Value, ValueType } from "../op.ts";
import { zero } from "../op.ts";
import type { ArgMaxAttributes, ReduceAttributes } from "../opAttributes.ts";
import { elementCount, normalizeAxis, strides } from "../tensor.ts";

/** For each axis, whether it is reduced. */
function reduced(rank: number, { axes }: ReduceAttributes): boolean[] {
  const wanted = axes?.map((axis) => normalizeAxis(axis, rank));
  return Array.from({ length: rank }, (_, axis) => wanted?.includes(axis) ?? true);
}

function reducedType(x: ValueType, attributes: ReduceAttributes): ValueType {
  const gone = reduced(x.shape.length, attributes);
  const kept = x.shape.map((size, axis) => (gone[axis] ? 1 : size));
  const shape = attributes.keepDims === false ? kept.filter((_, axis) => !gone[axis]) : kept;
  return { dtype: x.dtype, shape };
}

/** Calls `visit` with the offset in x and the offset in the reduced output of each element. */
function forEachReduced(
  x: NumberArray,
  attributes: ReduceAttributes,
  visit: (from: number, to: number) => void,
): void {
  const gone = reduced(x.shape.length, attributes);
  const step = strides(x.shape);
  const stepOut = strides(x.shape.map((size, axis) => (gone[axis] ? 1 : size)));
  for (let i = 0; i < x.data.length; i++) {
    let to = 0;
    for (let axis = 0; axis < step.length; axis++) {
      if (!gone[axis]) to += (Math.floor(i / step[axis]) % x.shape[axis]) * stepOut[axis];
    }
    visit(i, to);
  }
}

/** `value`, of the reduced shape, with its reduced axes back as size 1, so that it broadcasts against x. */
function withKeptAxes({ graph, x: [x], attributes }: GradientContext<ReduceAttributes>, value: Value): Value {
  return graph.reshape(value, reducedType(x, { ...attributes, keepDims: true }).shape);
}

function lower({ axes, keepDims }: ReduceAttributes) {
  return {
    attributes: { keepdims: keepDims === false ? 0 : 1 },
    inputs: axes ? [{ dtype: "int64" as const, shape: [axes.length], data: axes }] : [],
  };
}

export const ReduceSum: Op<ReduceAttributes> = {
  type: ([x], attributes) => reducedType(x, attributes),
  gradient: [(context) => context.graph.expand(withKeptAxes(context, context.dy), context.x[0].shape)],
  evaluate: ([x], y, attributes) => forEachReduced(x, attributes, (from, to) => (y.data[to] += x.data[from])),
  lower,
};

export const ReduceMean: Op<ReduceAttributes> = {
  type: ([x], attributes) => reducedType(x, attributes),
  gradient: [
    (context) => {
      const { graph, x, y, dy } = context;
      const share = elementCount(y.shape) / elementCount(x[0].shape);
      return graph.expand(withKeptAxes(context, graph.mul(dy, share)), x[0].shape);
    },
  ],
  evaluate: ([x], y, attributes) => {
    forEachReduced(x, attributes, (from, to) => (y.data[to] += x.data[from]));
    for (let i = 0; i < y.data.length; i++) y.data[i] *= y.data.length / x.data.length;
  },
  lower,
};

/** Ties share the gradient evenly, as subgradients may: no element is favoured by its place. */
export const ReduceMax: Op<ReduceAttributes> = {
  type: ([x], attributes) => reducedType(x, attributes),
  gradient: [
    (context) => {
      const { graph, x, y, dy, attributes } = context;
      const isMax = graph.cast(graph.op("Equal", [x[0], withKeptAxes(context, y)]), dy.dtype);
      const count = graph.op("ReduceSum", [isMax], { ...attributes, keepDims: true });
      return graph.mul(isMax, graph.div(withKeptAxes(context, dy), count));
    },
  ],
  evaluate: ([x], y, attributes) => {
    y.data.fill(Number.NEGATIVE_INFINITY);
    forEachReduced(x, attributes, (from, to) => {
      y.data[to] = Math.max(y.data[to], x.data[from]);
    });
  },
  lower,
};

/** Index of the largest element along an axis, the first of equals; the axis is gone from the output. */
export const ArgMax: Op<ArgMaxAttributes> = {
  type: ([x], { axis }) => ({ ...reducedType(x, { axes: [axis], keepDims: false }), dtype: "int64" }),
  gradient: [zero],
  evaluate: ([x], y, { axis }) => {
    const at = normalizeAxis(axis, x.shape.length);
    const step = strides(x.shape)[at];
    const best = new Float64Array(y.data.length).fill(Number.NEGATIVE_INFINITY);
    forEachReduced(x, { axes: [axis] }, (from, to) => {
      if (x.data[from] > best[to]) {
        best[to] = x.data[from];
        y.data[to] = Math.floor(from / step) % x.shape[at];
      }
    });
  },
  lower: ({ axis }) => ({ attributes: { axis, keepdims: 0 } }),
};
