import type { NumberArray, Op, ValueType } from "../op.ts";
import { unslice } from "./shape.ts";
import { kernelTaps } from "./window.ts";

/** Windows over the last two axes of (N, C, H, W), without padding. */
export interface PoolAttributes {
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
}

function poolType([x]: readonly ValueType[], { kernel, strides }: PoolAttributes): ValueType {
  const [n, c, ...size] = x.shape;
  if (x.shape.length !== 4 || size[0] < kernel[0] || size[1] < kernel[1]) {
    throw new RangeError(
      `a ${kernel.join("x")} window needs (N, C, H, W) with H and W at least as large, got [${x.shape}]`,
    );
  }
  return {
    dtype: x.dtype,
    shape: [n, c, ...size.map((extent, axis) => Math.floor((extent - kernel[axis]) / strides[axis]) + 1)],
  };
}

/** Sets each output to `summary` of the elements of its window. */
function evaluateWindows(summary: (elements: number[]) => number) {
  return ([x]: readonly NumberArray[], y: NumberArray, { kernel, strides }: PoolAttributes): void => {
    const [height, width] = x.shape.slice(2);
    const [rows, columns] = y.shape.slice(2);
    for (let to = 0; to < y.data.length; to++) {
      const plane = Math.floor(to / (rows * columns));
      const top = (Math.floor(to / columns) % rows) * strides[0];
      const left = (to % columns) * strides[1];
      const elements = [];
      for (let i = 0; i < kernel[0]; i++) {
        for (let j = 0; j < kernel[1]; j++)
          elements.push(x.data[(plane * height + top + i) * width + left + j]);
      }
      y.data[to] = summary(elements);
    }
  };
}

function lower({ kernel, strides }: PoolAttributes) {
  return { attributes: { kernel_shape: kernel, strides } };
}

export const MaxPool: Op<PoolAttributes> = {
  type: poolType,
  // Of the elements of a window, the first that equals the maximum takes the whole gradient: ties are real where an
  // image is constant.
  gradient: [
    ({ graph, x: [x], y, dy, attributes: { kernel, strides } }) => {
      let left = dy;
      const parts = kernelTaps(kernel, y.shape.slice(2), strides).map((tap) => {
        const isMax = graph.cast(graph.op("GreaterOrEqual", [graph.slice(x, tap), y]), dy.dtype);
        const part = graph.mul(left, isMax);
        left = graph.sub(left, part);
        return unslice(graph, part, tap, x.shape);
      });
      return graph.op("Sum", parts);
    },
  ],
  evaluate: evaluateWindows((elements) => Math.max(...elements)),
  lower,
};

export const AveragePool: Op<PoolAttributes> = {
  type: poolType,
  gradient: [
    ({ graph, x: [x], y, dy, attributes: { kernel, strides } }) => {
      const share = graph.mul(dy, 1 / (kernel[0] * kernel[1]));
      const taps = kernelTaps(kernel, y.shape.slice(2), strides);
      return graph.op(
        "Sum",
        taps.map((tap) => unslice(graph, share, tap, x.shape)),
      );
    },
  ],
  evaluate: evaluateWindows((elements) => elements.reduce((sum, value) => sum + value) / elements.length),
  lower,
};
