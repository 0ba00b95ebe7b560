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

const overlap = ({ kernel, strides }: PoolAttributes) => kernel.join() !== strides.join();

/**
 * Where windows overlap, gradients are computed with images innermost, (H, W, N, C): zeros between and around rows and
 * columns are then whole blocks of memory (ten times as fast).
 */
const inside = (graph: GraphBuilder, x: Value) => graph.transpose(x, [2, 3, 0, 1]);

/** As `kernelTaps`, of images innermost. */
const tapsInside = ({ kernel, strides }: PoolAttributes, size: readonly number[]) =>
  kernelTaps(kernel, size, strides).map((tap) => tap.map((range) => ({ ...range, axis: range.axis - 2 })));

/** Puts values back to where windows that overlap read them, and adds them: both with images innermost. */
function toOverlapping(
  graph: GraphBuilder,
  parts: readonly Value[],
  [n, c, height, width]: readonly number[],
  attributes: PoolAttributes,
): Value {
  const taps = tapsInside(attributes, parts[0].shape.slice(0, 2));
  const spread = taps.map((tap, i) => unslice(graph, parts[i], tap, [height, width, n, c]));
  return graph.transpose(graph.op("Sum", spread), [2, 3, 0, 1]);
}

/**
 * Puts values back to where windows side by side read them: `parts` holds, for each place of a window, row by row, one
 * element per window.
 */
function toWindows(
  graph: GraphBuilder,
  parts: readonly Value[],
  shape: readonly number[],
  { kernel }: PoolAttributes,
): Value {
  const [n, c, rows, columns] = parts[0].shape;
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
    ({ graph, x: [x], y, dy, attributes }) => {
      const size = y.shape.slice(2);
      const share = (x: Value, y: Value, dy: Value, taps: ReturnType<typeof kernelTaps>) => {
        let left = dy;
        return taps.map((tap) => {
          const isMax = graph.cast(graph.op("GreaterOrEqual", [graph.slice(x, tap), y]), dy.dtype);
          const part = graph.mul(left, isMax);
          left = graph.sub(left, part);
          return part;
        });
      };
      if (!overlap(attributes)) {
        const parts = share(x, y, dy, kernelTaps(attributes.kernel, size, attributes.strides));
        return toWindows(graph, parts, x.shape, attributes);
      }
      const [xInside, yInside, dyInside] = [x, y, dy].map((value) => inside(graph, value));
      const parts = share(xInside, yInside, dyInside, tapsInside(attributes, size));
      return toOverlapping(graph, parts, x.shape, attributes);
    },
  ],
  evaluate: evaluateWindows((elements) => Math.max(...elements)),
  lower,
};

export const AveragePool: Op<PoolAttributes> = {
  type: poolType,
  gradient: [
    ({ graph, x: [x], dy, attributes }) => {
      const places = attributes.kernel[0] * attributes.kernel[1];
      const share = graph.mul(dy, 1 / places);
      const parts = (part: Value) => Array.from({ length: places }, () => part);
      return overlap(attributes)
        ? toOverlapping(graph, parts(inside(graph, share)), x.shape, attributes)
        : toWindows(graph, parts(share), x.shape, attributes);
    },
  ],
  evaluate: evaluateWindows((elements) => elements.reduce((sum, value) => sum + value) / elements.length),
  lower,
};
