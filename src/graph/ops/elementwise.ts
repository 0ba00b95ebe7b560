import type { GradientContext, NumberArray, Op, ValueType } from "../op.ts";
import { zero } from "../op.ts";
import type { CastAttributes, HardSigmoidAttributes, NoAttributes } from "../opAttributes.ts";
import type { DType } from "../tensor.ts";
import { broadcastShape, elementCount, strides } from "../tensor.ts";

type Context = GradientContext<NoAttributes>;

/** For each element of `shape` in order, the offset of the element of `x` that broadcasts to it. */
export function broadcastOffsets(x: readonly number[], shape: readonly number[]): Int32Array {
  const offsets = new Int32Array(elementCount(shape));
  const step = strides(shape);
  const stepX = strides(x);
  for (let i = 0; i < offsets.length; i++) {
    for (let axis = 0; axis < x.length; axis++) {
      const axisOfShape = axis + shape.length - x.length;
      const index = Math.floor(i / step[axisOfShape]) % shape[axisOfShape];
      if (x[axis] !== 1) offsets[i] += index * stepX[axis];
    }
  }
  return offsets;
}

export function evaluateEach(f: (...x: number[]) => number) {
  return (x: readonly NumberArray[], y: NumberArray): void => {
    const offsets = x.map(({ shape }) => broadcastOffsets(shape, y.shape));
    for (let i = 0; i < y.data.length; i++) y.data[i] = f(...x.map(({ data }, j) => data[offsets[j][i]]));
  };
}

function broadcastType(x: readonly ValueType[], dtype: DType = x[0].dtype): ValueType {
  if (x.some((value) => value.dtype !== x[0].dtype)) {
    throw new RangeError(
      `inputs must have one element type, got ${x.map((value) => value.dtype).join(", ")}`,
    );
  }
  return { dtype, shape: x.map((value) => value.shape).reduce(broadcastShape) };
}

/** An elementwise op of one input; `derivative` is dy * f'(x), given also y = f(x). */
export function unary(
  f: (x: number) => number,
  derivative: (context: Context) => ReturnType<typeof zero> | Context["dy"],
): Op<NoAttributes> {
  return {
    type: ([x]) => ({ dtype: x.dtype, shape: x.shape }),
    gradient: [derivative],
    evaluate: evaluateEach(f),
  };
}

export function binary(
  f: (a: number, b: number) => number,
  gradient: Op<NoAttributes>["gradient"],
): Op<NoAttributes> {
  return { type: (x) => broadcastType(x), gradient, evaluate: evaluateEach(f) };
}

/** A comparison: its output is a bool, and it carries no gradient. */
function comparison(f: (a: number, b: number) => boolean): Op<NoAttributes> {
  return {
    type: (x) => broadcastType(x, "bool"),
    gradient: [zero, zero],
    evaluate: evaluateEach((a, b) => Number(f(a, b))),
  };
}

export const Add = binary((a, b) => a + b, [({ dy }) => dy, ({ dy }) => dy]);
export const Sub = binary((a, b) => a - b, [({ dy }) => dy, ({ graph, dy }) => graph.neg(dy)]);
export const Mul = binary(
  (a, b) => a * b,
  [({ graph, x, dy }) => graph.mul(dy, x[1]), ({ graph, x, dy }) => graph.mul(dy, x[0])],
);
export const Div = binary(
  (a, b) => a / b,
  [
    ({ graph, x, dy }) => graph.div(dy, x[1]),
    ({ graph, x, y, dy }) => graph.neg(graph.div(graph.mul(dy, y), x[1])),
  ],
);
/** d(a^b) = b a^(b-1) da + a^b ln(a) db; the second only for a > 0, as in all frameworks. */
export const Pow = binary(Math.pow, [
  ({ graph, x, dy }) => graph.mul(dy, graph.mul(x[1], graph.op("Pow", [x[0], graph.sub(x[1], 1)]))),
  ({ graph, x, y, dy }) => graph.mul(dy, graph.mul(y, graph.op("Log", [x[0]]))),
]);
/** Where both are equal, the whole gradient goes to the first, so that it is neither lost nor counted twice. */
export const Max = binary(Math.max, [
  ({ graph, x: [a, b], dy }) => graph.sub(dy, graph.mul(dy, graph.step(graph.sub(b, a)))),
  ({ graph, x: [a, b], dy }) => graph.mul(dy, graph.step(graph.sub(b, a))),
]);
export const Min = binary(Math.min, [
  ({ graph, x: [a, b], dy }) => graph.sub(dy, graph.mul(dy, graph.step(graph.sub(a, b)))),
  ({ graph, x: [a, b], dy }) => graph.mul(dy, graph.step(graph.sub(a, b))),
]);
/** The sum of any number of values. */
export const Sum: Op<NoAttributes> = {
  type: (x) => broadcastType(x),
  gradient:
    () =>
    ({ dy }) =>
      dy,
  evaluate: evaluateEach((...x) => x.reduce((sum, value) => sum + value)),
};

export const Equal = comparison((a, b) => a === b);
export const Greater = comparison((a, b) => a > b);
export const GreaterOrEqual = comparison((a, b) => a >= b);
export const Less = comparison((a, b) => a < b);
export const LessOrEqual = comparison((a, b) => a <= b);

/** condition ? a : b */
export const Where: Op<NoAttributes> = {
  type: ([condition, ...x]) => {
    if (condition.dtype !== "bool") throw new RangeError(`condition must be bool, got ${condition.dtype}`);
    const { dtype, shape } = broadcastType(x);
    return { dtype, shape: broadcastShape(condition.shape, shape) };
  },
  gradient: [
    zero,
    ({ graph, x, dy }) => graph.op("Where", [x[0], dy, graph.scalar(0, dy.dtype)]),
    ({ graph, x, dy }) => graph.op("Where", [x[0], graph.scalar(0, dy.dtype), dy]),
  ],
  evaluate: evaluateEach((condition, a, b) => (condition ? a : b)),
};

export const Neg = unary(
  (x) => -x,
  ({ graph, dy }) => graph.neg(dy),
);
export const Abs = unary(Math.abs, ({ graph, x, dy }) => graph.mul(dy, graph.op("Sign", x)));
export const Sign = unary(Math.sign, zero);
export const Exp = unary(Math.exp, ({ graph, y, dy }) => graph.mul(dy, y));
export const Log = unary(Math.log, ({ graph, x, dy }) => graph.div(dy, x[0]));
/** d sqrt(x) = 1 / (2 sqrt(x)) */
export const Sqrt = unary(Math.sqrt, ({ graph, y, dy }) => graph.div(dy, graph.mul(y, 2)));
/** d(1/x) = -1/x^2 */
export const Reciprocal = unary(
  (x) => 1 / x,
  ({ graph, y, dy }) => graph.neg(graph.mul(dy, graph.mul(y, y))),
);
/** The derivative at 0 is taken as 0; y > 0 just where x > 0. */
export const Relu = unary(
  (x) => Math.max(x, 0),
  ({ graph, y, dy }) => graph.mul(dy, graph.step(y)),
);
/** alpha x + beta, held between 0 and 1. */
export const HardSigmoid: Op<HardSigmoidAttributes> = {
  type: ([x]) => ({ dtype: x.dtype, shape: x.shape }),
  gradient: [
    ({ graph, y, dy, attributes: { alpha } }) => {
      const inside = graph.mul(graph.step(y), graph.step(graph.sub(1, y)));
      return graph.mul(dy, graph.mul(inside, alpha));
    },
  ],
  evaluate: ([x], y, { alpha, beta }) => {
    x.data.forEach((value, i) => {
      y.data[i] = Math.min(Math.max(alpha * value + beta, 0), 1);
    });
  },
  lower: ({ alpha, beta }) => ({ attributes: { alpha: { float: alpha }, beta: { float: beta } } }),
};

/** d sigmoid(x) = y (1 - y) */
export const Sigmoid = unary(
  (x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x))),
  ({ graph, y, dy }) => graph.mul(dy, graph.mul(y, graph.sub(1, y))),
);
/** d tanh(x) = 1 - y^2 */
export const Tanh = unary(Math.tanh, ({ graph, y, dy }) => graph.mul(dy, graph.sub(1, graph.mul(y, y))));
/** d artanh(x) = 1 / (1 - x^2) */
export const Atanh = unary(Math.atanh, ({ graph, x: [x], dy }) =>
  graph.div(dy, graph.sub(1, graph.mul(x, x))),
);
/** softplus(x) = log(1 + e^x), its derivative is the sigmoid. */
export const Softplus = unary(
  (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  ({ graph, x, dy }) => graph.mul(dy, graph.op("Sigmoid", x)),
);
/** d erf(x) = 2/sqrt(pi) e^(-x^2), with the factor in the exponent. */
export const Erf = unary(erf, ({ graph, x, dy }) =>
  graph.mul(dy, graph.op("Exp", [graph.sub(Math.log(2 / Math.sqrt(Math.PI)), graph.mul(x[0], x[0]))])),
);
/** gelu(x) = x Phi(x), with the exact normal distribution function; its derivative is Phi(x) + x phi(x). */
export const Gelu = unary(
  (x) => (x / 2) * (1 + erf(x / Math.SQRT2)),
  ({ graph, x: [x], dy }) => {
    const scaled = graph.mul(x, Math.SQRT1_2);
    // (1 + erf) / 2, which lies between 0 and 1, as one operator
    const distribution = graph.op("HardSigmoid", [graph.op("Erf", [scaled])], { alpha: 0.5, beta: 0.5 });
    const density = graph.op("Exp", [
      graph.sub(-Math.log(Math.sqrt(2 * Math.PI)), graph.mul(scaled, scaled)),
    ]);
    return graph.mul(dy, graph.add(distribution, graph.mul(x, density)));
  },
);
export const Not: Op<NoAttributes> = {
  type: ([x]) => ({ dtype: "bool", shape: x.shape }),
  gradient: [zero],
  evaluate: evaluateEach((x) => Number(!x)),
};

/** Numbers of the protobuf enum TensorProto.DataType. */
export const dataTypes: Record<DType, number> = {
  float32: 1,
  uint8: 2,
  int32: 6,
  int64: 7,
  bool: 9,
  float64: 11,
};

const isFloat = (dtype: DType) => dtype === "float32" || dtype === "float64";

export const Cast: Op<CastAttributes> = {
  type: ([x], { to }) => ({ dtype: to, shape: x.shape }),
  gradient: [({ graph, x, dy }) => (isFloat(x[0].dtype) ? graph.cast(dy, x[0].dtype) : undefined)],
  evaluate: ([x], y, { to }) => {
    const whole = to === "bool" ? (value: number) => Number(value !== 0) : Math.trunc;
    y.data.set(isFloat(to) ? x.data : x.data.map(whole));
  },
  lower: ({ to }) => ({ attributes: { to: dataTypes[to] } }),
};

/**
 * The error function to about 1e-15: its Taylor series near 0, else the continued fraction of erfc, both evaluated
 * until they stand still (Abramowitz & Stegun 7.1.6 and 7.1.14).
 */
function erf(x: number): number {
  const a = Math.abs(x);
  if (a < 2.5) {
    let term = a;
    let sum = a;
    for (let n = 1; Math.abs(term) > 1e-17 * sum; n++) sum += term = (term * 2 * a * a) / (2 * n + 1);
    return (Math.sign(x) * 2 * Math.exp(-a * a) * sum) / Math.sqrt(Math.PI);
  }
  let fraction = a;
  for (let n = 60; n >= 1; n--) fraction = a + n / 2 / fraction;
  return Math.sign(x) * (1 - Math.exp(-a * a) / (fraction * Math.sqrt(Math.PI)));
}
