import type { Algebra } from "../heads/algebra.ts";
import type { Graph } from "./graph.ts";
import type { Value } from "./op.ts";
import type { OpName } from "./opAttributes.ts";
import { type DType, elementCount, tensor } from "./tensor.ts";

/**
 * Losses as ONNX nodes, for all rows of a batch at once. A number per row is a value of shape `batch`, a vector per row
 * one of shape (...batch, width); where the two meet, the number is given a last axis of size 1, so that it broadcasts.
 * Values of other element types (labels as they are fed) are cast to `dtype` where they are computed with.
 */
export function graphAlgebra(
  graph: Graph,
  batch: readonly number[],
  dtype: "float32" | "float64",
): Algebra<Value, Value> {
  const lift = lifting(graph, dtype);
  const m: Algebra<Value, Value> = {
    ...elementwise(graph, batch.length, lift, () => m),
    ...vectors(graph, batch, dtype),
  };
  return m;
}

/** What is done to each number by itself. */
function elementwise(graph: Graph, rank: number, lift: Lift, whole: () => Algebra<Value, Value>) {
  /** The operands in one element type, each with a last axis if any of them is a vector. */
  const aligned = (operands: readonly (Value | number)[]): Value[] => {
    const values = operands.map(lift);
    if (!values.some(({ shape }) => shape.length > rank)) return values;
    return values.map((value) =>
      value.shape.length === rank && rank > 0 ? graph.reshape(value, [...value.shape, 1]) : value,
    );
  };
  const node =
    (name: OpName) =>
    (...operands: (Value | number)[]) =>
      graph.op(name, aligned(operands));
  const [multiplied, divided] = [node("Mul"), node("Div")];
  return {
    add: node("Add"),
    sub: node("Sub"),
    mul: (a, b) => (b === 1 ? lift(a) : multiplied(a, b)),
    div: (a, b) => (b === 1 ? lift(a) : divided(a, b)),
    neg: (a) => graph.neg(lift(a)),
    abs: (a) => graph.op("Abs", [lift(a)]),
    max: node("Max"),
    min: node("Min"),
    ifLess: (a, b, then, otherwise) => {
      const [x, y, ...results] = aligned([a, b, then, otherwise]);
      return graph.op("Where", [graph.op("Less", [x, y]), ...results]);
    },
    exp: (a) => graph.op("Exp", [lift(a)]),
    expm1: (a) => expm1(graph, lift(a)),
    log: (a) => graph.op("Log", [lift(a)]),
    log1p: (a) => log1p(graph, whole(), lift(a)),
    sqrt: (a) => graph.op("Sqrt", [lift(a)]),
    tanh: (a) => graph.op("Tanh", [lift(a)]),
    sigmoid: (a) => graph.op("Sigmoid", [lift(a)]),
    log1pExp: (a) => graph.op("Softplus", [lift(a)]),
    logSoftplus: (a) => logSoftplus(graph, whole(), lift(a)),
    logGamma: (a) => logGamma(whole(), lift(a)),
    logRisingRatio: (r, n) => logRisingRatio(whole(), lift(r), lift(n)),
    normalCentral: (a) => graph.op("Erf", [graph.mul(lift(a), Math.SQRT1_2)]),
    // float32 reaches down to 1e-38, of which quotients by it need a part
    tiny: 1e-30,
  } satisfies Partial<Algebra<Value, Value>>;
}

/** What is done to the vector of each row: `width` numbers on the last axis. */
function vectors(graph: Graph, batch: readonly number[], dtype: "float32" | "float64") {
  const rank = batch.length;
  const constants = (values: readonly number[]) =>
    graph.constant(tensor(dtype, [...batch.map(() => 1), values.length], values));
  const width = ({ shape }: Value) => shape[rank];
  const slice = (v: Value, start: number, end: number) => graph.slice(v, [{ axis: rank, start, end }]);
  const sum = (v: Value) => graph.op("ReduceSum", [v], { axes: [rank], keepDims: false });
  const oneHots = new Set<string>();
  const oneHot = (index: Value, classes: number) => {
    const rows = graph.oneHot(graph.cast(index, "int64"), classes, dtype);
    oneHots.add(rows.name);
    return rows;
  };
  /** What log-softmaxes were made from. */
  const logits = new Map<string, Value>();
  const dot = (v: Value, w: Value): Value => {
    const product = () => sum(graph.mul(v, w));
    const z = logits.get(v.name);
    return z && oneHots.has(w.name) ? logProbability(graph, z, v, w, product) : product();
  };
  return {
    width,
    entry: (v, k) => graph.reshape(slice(v, k, k + 1), batch),
    slice,
    concat: (parts) => {
      const values = parts.map((part) =>
        typeof part === "number" ? graph.expand(constants([part]), [...batch, 1]) : part,
      );
      return graph.op("Concat", values, { axis: rank });
    },
    constants,
    indices: (size) => constants([...Array(size).keys()]),
    map: (v, f) => f(v),
    zip: (v, w, f) => f(v, w),
    sum,
    dot,
    largest: (v) => graph.op("ReduceMax", [v], { axes: [rank], keepDims: false }),
    logSumExp: (v) => logSumExp(graph, v, rank),
    softmax: (v) => graph.op("Softmax", [v], { axis: -1 }),
    logSoftmax(v) {
      const y = graph.op("LogSoftmax", [v], { axis: -1 });
      logits.set(y.name, v);
      return y;
    },
    cumulativeSum: (v) => graph.matmul(v, upperTriangle(graph, width(v), dtype)),
    oneHot,
    pick: (v, index) => dot(v, oneHot(index, width(v))),
    isVector: (label): label is Value => label.shape.length > rank,
  } satisfies Partial<Algebra<Value, Value>>;
}

type Lift = (operand: Value | number) => Value;

/** Numbers as constants, and values in the element type of the outputs; each value is cast once. */
function lifting(graph: Graph, dtype: DType): Lift {
  const casts = new Map<string, Value>();
  return (operand) => {
    if (typeof operand === "number") return graph.scalar(operand, dtype);
    if (operand.dtype === dtype) return operand;
    const cast = casts.get(operand.name) ?? graph.cast(operand, dtype);
    casts.set(operand.name, cast);
    return cast;
  };
}

/** eˣ − 1 = tanh(x/2) (eˣ + 1). */
const expm1 = (graph: Graph, x: Value) =>
  graph.customGradient(
    [x],
    () => graph.mul(graph.op("Tanh", [graph.mul(x, 0.5)]), graph.add(graph.op("Exp", [x]), 1)),
    (dy) => [graph.mul(dy, graph.op("Exp", [x]))],
  );

/** log(1 + x) = 2 artanh(x / (2 + x)) near 0, where 1 + x would lose the digits of x. */
const log1p = (graph: Graph, m: Algebra<Value, Value>, x: Value) =>
  graph.customGradient(
    [x],
    () => {
      const near = m.max(-0.5, m.min(x, 0.5));
      const small = graph.mul(graph.op("Atanh", [graph.div(near, graph.add(near, 2))]), 2);
      return m.ifLess(m.abs(x), 0.5, small, graph.op("Log", [graph.add(x, 1)]));
    },
    (dy) => [graph.div(dy, graph.add(x, 1))],
  );

/** Below −37 the softplus is eᶻ to the last digit of float64, and its logarithm z. */
const logSoftplus = (graph: Graph, m: Algebra<Value, Value>, z: Value) =>
  graph.customGradient(
    [z],
    () => {
      const low = m.log(m.log1p(m.exp(m.max(-37, m.min(z, 0)))));
      const high = m.log(m.log1pExp(m.max(z, 0)));
      return m.ifLess(z, -37, z, m.ifLess(z, 0, low, high));
    },
    // sigmoid / softplus, the latter as the power of its logarithm: both keep their digits far below 0
    (dy) => {
      const inside = m.max(z, -37);
      return [graph.mul(dy, m.div(m.sigmoid(inside), m.exp(m.logSoftplus(inside))))];
    },
  );

/** The maximum is taken out before the exponential, and the gradient is the softmax. */
const logSumExp = (graph: Graph, v: Value, axis: number) =>
  graph.customGradient(
    [v],
    () => {
      const most = graph.op("ReduceMax", [v], { axes: [axis] });
      const total = graph.op("ReduceSum", [graph.op("Exp", [graph.sub(v, most)])], { axes: [axis] });
      return graph.reshape(graph.add(graph.op("Log", [total]), most), v.shape.slice(0, axis));
    },
    (dy) => [graph.mul(graph.reshape(dy, [...dy.shape, 1]), graph.op("Softmax", [v], { axis: -1 }))],
  );

/**
 * The log-probability of the class of each row; its gradient is the row's label, as a row of the identity matrix, minus the
 * softmax.
 */
const logProbability = (graph: Graph, z: Value, logSoftmax: Value, label: Value, product: () => Value) =>
  graph.customGradient([z], product, (dy) => [
    graph.mul(graph.sub(label, graph.op("Exp", [logSoftmax])), graph.reshape(dy, [...dy.shape, 1])),
  ]);

function upperTriangle(graph: Graph, size: number, dtype: DType): Value {
  const shape = [size, size];
  const entries = Array.from({ length: elementCount(shape) }, (_, i) => +(Math.floor(i / size) <= i % size));
  return graph.constant(tensor(dtype, shape, entries));
}

/** How far the argument is moved up before Stirling's series is taken (see math/gamma.ts). */
const far = 16;

/** log Γ(x) − ((x − ½) log x − x + ½ log 2π) for x ≥ 16. Source: Abramowitz and Stegun 6.1.41. */
function stirlingRest(m: Algebra<Value, Value>, x: Value): Value {
  const s = m.div(1, m.mul(x, x));
  const inner = m.add(m.mul(s, -691 / 360360), 1 / 1188);
  const terms = [-1 / 1680, 1 / 1260, -1 / 360, 1 / 12];
  return m.div(
    terms.reduce((total, term) => m.add(m.mul(s, total), term), inner),
    x,
  );
}

function logGamma(m: Algebra<Value, Value>, x: Value): Value {
  const shift = m.sum(m.map(m.indices(far), (k) => m.log(m.add(x, k))));
  const moved = m.add(x, far);
  const main = m.sub(m.mul(m.sub(moved, 0.5), m.log(moved)), moved);
  return m.sub(m.add(m.add(main, 0.5 * Math.log(2 * Math.PI)), stirlingRest(m, moved)), shift);
}

/** As in math/gamma.ts, with the argument moved up by the same number of steps wherever it lies. */
function logRisingRatio(m: Algebra<Value, Value>, r: Value, n: Value): Value {
  const steps = m.sum(m.map(m.indices(far), (k) => m.log1p(m.div(n, m.add(r, k)))));
  const x = m.add(r, far);
  const growth = m.log1p(m.div(n, x));
  const main = m.sub(m.mul(m.add(m.sub(x, 0.5), n), growth), n);
  const rest = m.sub(stirlingRest(m, m.add(x, n)), stirlingRest(m, x));
  return m.sub(m.add(m.add(main, rest), m.mul(n, m.log1p(m.div(far, r)))), steps);
}
