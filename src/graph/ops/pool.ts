import type { GraphBuilder, NumberArray, Op, Value, ValueType } from "../op.ts";
import type { PoolAttributes } from "../opAttributes.ts";
import { unslice } from "./shape.ts";
import { kernelTaps } from "./window.ts";

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

/**
 * Puts values back to where windows read them: `parts` holds, for each place of a window, row by row, one element per
 * window. Where windows overlap, the values are added.
 */
function toWindows(
  graph: GraphBuilder,
  parts: readonly Value[],
  shape: readonly number[],
  { kernel, strides }: PoolAttributes,
): Value {
  const [n, c, rows, columns] = parts[0].shape;
  if (kernel.join() !== strides.join()) {
    const taps = kernelTaps(kernel, [rows, columns], strides);
    return graph.op(
      "Sum",
      taps.map((tap, i) => unslice(graph, parts[i], tap, shape)),
    );
  }
  // Windows side by side: the places of a row of a window, then its rows, go next to each other (twenty times as fast).
  const windowRows = Array.from({ length: kernel[0] }, (_, row) => {
    const places = parts.slice(row * kernel[1], (row + 1) * kernel[1]);
    const apart = places.map((place) => graph.reshape(place, [n, c, rows, columns, 1]));
    return graph.reshape(graph.op("Concat", apart, { axis: 4 }), [n, c, rows, 1, columns * kernel[1]]);
  });
  const size = [rows * kernel[0], columns * kernel[1]];
  const covered = graph.reshape(graph.op("Concat", windowRows, { axis: 3 }), [n, c, ...size]);
  return graph.pad(covered, [0, 0, 0, 0], [0, 0, shape[2] - size[0], shape[3] - size[1]]);
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
        return part;
      });
      return toWindows(graph, parts, x.shape, { kernel, strides });
    },
  ],
  evaluate: evaluateWindows((elements) => Math.max(...elements)),
  lower,
};

export const AveragePool: Op<PoolAttributes> = {
  type: poolType,
  gradient: [
    ({ graph, x: [x], dy, attributes: { kernel, strides } }) => {
      const share = graph.mul(dy, 1 / (kernel[0] * kernel[1]));
      const parts = Array.from({ length: kernel[0] * kernel[1] }, () => share);
      return toWindows(graph, parts, x.shape, { kernel, strides });
    },
  ],
  evaluate: evaluateWindows((elements) => elements.reduce((sum, value) => sum + value) / elements.length),
  lower,
};
