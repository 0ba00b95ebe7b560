import type { Value } from "../../op.ts";
import type { ReduceAttributes } from "../../opAttributes.ts";
import type { Converter, NodeContext } from "../nodeContext.ts";

/** Axes stand in an attribute up to opset 17 (ReduceSum: 12), then in an input; none means all, or none at all. */
function attributesOf(c: NodeContext): ReduceAttributes | undefined {
  const keepDims = c.int("keepdims", 1) === 1;
  const axes = c.ints("axes") ?? c.numbers(1);
  if (axes && axes.length > 0) return { axes, keepDims };
  return c.int("noop_with_empty_axes", 0) === 1 ? undefined : { keepDims };
}

type Reduce = (c: NodeContext, x: Value, attributes: ReduceAttributes) => Value;

const reduction =
  (reduce: Reduce): Converter =>
  (c) => {
    const attributes = attributesOf(c);
    return attributes ? reduce(c, c.x, attributes) : c.x;
  };

const op =
  (name: "ReduceSum" | "ReduceMean" | "ReduceMax"): Reduce =>
  ({ graph }, x, attributes) =>
    graph.op(name, [x], attributes);

const sum = op("ReduceSum");
const squared: Reduce = (c, x, attributes) => sum(c, c.graph.mul(x, x), attributes);

/** log sum e^x, with the maximum taken out, which has no gradient of its own here. */
const logSumExp: Reduce = (c, x, { axes, keepDims }) => {
  const { graph } = c;
  const max = graph.op("ReduceMax", [x], { axes, keepDims: true });
  const total = sum(c, graph.op("Exp", [graph.sub(x, max)]), { axes, keepDims: true });
  const y = graph.add(graph.op("Log", [total]), max);
  return keepDims === false ? graph.op("ReduceSum", [y], { axes, keepDims }) : y;
};

/** The index of the extreme element, the first of equals. */
const arg =
  (sign: 1 | -1): Converter =>
  (c) => {
    if (c.int("select_last_index", 0) === 1) throw c.refuse("select_last_index=1");
    const axis = c.axis(0);
    const y = c.graph.op("ArgMax", [sign === 1 ? c.x : c.graph.neg(c.x)], { axis });
    return c.int("keepdims", 1) === 1 ? c.graph.reshape(y, c.x.shape.with(axis, 1)) : y;
  };

export const reduce: Record<string, Converter> = {
  ArgMax: arg(1),
  ArgMin: arg(-1),
  LogSoftmax: (c) => c.graph.op("LogSoftmax", [c.x], { axis: c.axis(-1) }),
  ReduceL1: reduction((c, x, attributes) => sum(c, c.graph.op("Abs", [x]), attributes)),
  ReduceL2: reduction((c, x, attributes) => c.graph.op("Sqrt", [squared(c, x, attributes)])),
  ReduceLogSum: reduction((c, x, attributes) => c.graph.op("Log", [sum(c, x, attributes)])),
  ReduceLogSumExp: reduction(logSumExp),
  ReduceMax: reduction(op("ReduceMax")),
  ReduceMean: reduction(op("ReduceMean")),
  ReduceMin: reduction((c, x, attributes) =>
    c.graph.neg(c.graph.op("ReduceMax", [c.graph.neg(x)], attributes)),
  ),
  ReduceSum: reduction(sum),
  ReduceSumSquare: reduction(squared),
  Softmax: (c) => c.graph.op("Softmax", [c.x], { axis: c.axis(-1) }),
};
