import type { NumberArray, Op } from "../op.ts";
import type { SoftmaxAttributes } from "../opAttributes.ts";
import { normalizeAxis, strides } from "../tensor.ts";

/** Calls `visit` with the offsets of the elements of each run along the axis. */
function forEachRun({ shape, data }: NumberArray, axis: number, visit: (offsets: number[]) => void): void {
  const at = normalizeAxis(axis, shape.length);
  const step = strides(shape)[at];
  for (let i = 0; i < data.length; i++) {
    if (Math.floor(i / step) % shape[at] === 0)
      visit(Array.from({ length: shape[at] }, (_, j) => i + j * step));
  }
}

/** log softmax(x) = x - max - log sum e^(x - max), along the axis. */
function logSoftmax(x: NumberArray, y: NumberArray, { axis }: SoftmaxAttributes): void {
  forEachRun(x, axis, (offsets) => {
    const max = Math.max(...offsets.map((i) => x.data[i]));
    const logSum = max + Math.log(offsets.reduce((sum, i) => sum + Math.exp(x.data[i] - max), 0));
    for (const i of offsets) y.data[i] = x.data[i] - logSum;
  });
}

export const LogSoftmax: Op<SoftmaxAttributes> = {
  type: ([x]) => ({ dtype: x.dtype, shape: x.shape }),
  // dx = dy - softmax(x) * sum(dy)
  gradient: [
    ({ graph, y, dy, attributes: { axis } }) => {
      const total = graph.op("ReduceSum", [dy], { axes: [axis] });
      return graph.sub(dy, graph.mul(graph.op("Exp", [y]), total));
    },
  ],
  evaluate: ([x], y, attributes) => logSoftmax(x, y, attributes),
};

export const Softmax: Op<SoftmaxAttributes> = {
  type: ([x]) => ({ dtype: x.dtype, shape: x.shape }),
  // dx = y * (dy - sum(dy * y))
  gradient: [
    ({ graph, y, dy, attributes: { axis } }) => {
      const total = graph.op("ReduceSum", [graph.mul(dy, y)], { axes: [axis] });
      return graph.mul(y, graph.sub(dy, total));
    },
  ],
  evaluate: ([x], y, attributes) => {
    logSoftmax(x, y, attributes);
    y.data.forEach((value, i) => {
      y.data[i] = Math.exp(value);
    });
  },
};
