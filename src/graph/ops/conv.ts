import type { GraphBuilder, NumberArray, Op, Value, ValueType } from "../op.ts";
import type { ConvAttributes, ConvTransposeAttributes } from "../opAttributes.ts";
import { kernelTaps } from "./window.ts";

function resolved({ strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1 }: ConvAttributes) {
  return { strides, pads, dilations, groups };
}

function convType([x, w, bias]: readonly ValueType[], attributes: ConvAttributes): ValueType {
  const { strides, pads, dilations, groups } = resolved(attributes);
  const [n, c, ...size] = x.shape;
  const [k, cOfGroup, ...kernel] = w.shape;
  if (x.shape.length !== 4 || w.shape.length !== 4) {
    throw new RangeError(`input and kernel must have rank 4, got shapes [${x.shape}] and [${w.shape}]`);
  }
  if (c !== cOfGroup * groups)
    throw new RangeError(`input channels ${c} must match kernel channels ${cOfGroup} x groups ${groups}`);
  if (k % groups !== 0) throw new RangeError(`output channels ${k} must be a multiple of groups ${groups}`);
  if (bias && bias.shape.join() !== `${k}`)
    throw new RangeError(`bias must have shape [${k}], got [${bias.shape}]`);
  const out = size.map((extent, axis) => {
    const room = extent + pads[axis] + pads[axis + 2] - (dilations[axis] * (kernel[axis] - 1) + 1);
    if (room < 0) throw new RangeError(`kernel [${kernel}] is larger than the padded input [${size}]`);
    return Math.floor(room / strides[axis]) + 1;
  });
  return { dtype: x.dtype, shape: [n, k, ...out] };
}

/** Calls `visit` with the offsets (in x, w and y) of each product that a convolution sums. */
function forEachProduct(
  x: readonly number[],
  w: readonly number[],
  y: readonly number[],
  attributes: ConvAttributes,
  visit: (x: number, w: number, y: number) => void,
): void {
  const { strides, pads, dilations, groups } = resolved(attributes);
  const [k, cOfGroup, kernelHeight, kernelWidth] = w;
  const [height, width] = x.slice(2);
  const [rows, columns] = y.slice(2);
  let to = 0;
  for (let n = 0; n < x[0]; n++)
    for (let out = 0; out < k; out++)
      for (let row = 0; row < rows; row++)
        for (let column = 0; column < columns; column++, to++)
          for (let c = 0; c < cOfGroup; c++)
            for (let i = 0; i < kernelHeight; i++)
              for (let j = 0; j < kernelWidth; j++) {
                const h = row * strides[0] + i * dilations[0] - pads[0];
                const v = column * strides[1] + j * dilations[1] - pads[1];
                if (h < 0 || h >= height || v < 0 || v >= width) continue;
                const channel = Math.floor(out / (k / groups)) * cOfGroup + c;
                const from = ((n * x[1] + channel) * height + h) * width + v;
                visit(from, ((out * cOfGroup + c) * kernelHeight + i) * kernelWidth + j, to);
              }
}

/**
 * Gradient of a convolution's kernel: for each tap of the kernel, the products of the output's gradient with the
 * slice of the input that the tap reads, summed over samples and positions; all taps in one matrix product.
 */
function kernelGradient(
  graph: GraphBuilder,
  x: Value,
  dy: Value,
  w: Value,
  attributes: ConvAttributes,
): Value {
  const { strides, pads, dilations, groups } = resolved(attributes);
  const [k, cOfGroup, ...kernel] = w.shape;
  const [n, , ...size] = dy.shape;
  const positions = n * size[0] * size[1];
  const channelsFirst = graph.pad(
    graph.transpose(x, [1, 0, 2, 3]),
    [0, 0, pads[0], pads[1]],
    [0, 0, pads[2], pads[3]],
  );
  const columns = kernelTaps(kernel, size, strides, dilations).map((tap) =>
    graph.reshape(graph.slice(channelsFirst, tap), [groups, cOfGroup, positions]),
  );
  const gradient = graph.reshape(graph.transpose(dy, [1, 0, 2, 3]), [groups, k / groups, positions]);
  const products = graph.matmul(
    gradient,
    graph.transpose(graph.op("Concat", columns, { axis: 1 }), [0, 2, 1]),
  );
  const byTap = graph.reshape(products, [k, kernel[0] * kernel[1], cOfGroup]);
  return graph.reshape(graph.transpose(byTap, [0, 2, 1]), w.shape);
}

function lower(attributes: ConvTransposeAttributes) {
  const { strides, pads, dilations, groups } = resolved(attributes);
  const { outputPadding } = attributes;
  return {
    attributes: {
      strides,
      pads,
      dilations,
      group: groups,
      ...(outputPadding && { output_padding: outputPadding }),
    },
  };
}

/** y = x * w + bias (a cross-correlation, as usual in deep learning); the bias is optional. */
export const Conv: Op<ConvAttributes> = {
  type: convType,
  gradient: [
    ({ graph, x: [x, w], dy, attributes }) => {
      const { strides, pads, dilations } = resolved(attributes);
      const outputPadding = [0, 1].map((axis) => {
        const reach =
          (dy.shape[axis + 2] - 1) * strides[axis] + dilations[axis] * (w.shape[axis + 2] - 1) + 1;
        return x.shape[axis + 2] + pads[axis] + pads[axis + 2] - reach;
      });
      return graph.op("ConvTranspose", [dy, w], {
        ...attributes,
        outputPadding: [outputPadding[0], outputPadding[1]],
      });
    },
    ({ graph, x: [x, w], dy, attributes }) => kernelGradient(graph, x, dy, w, attributes),
    ({ graph, dy }) => graph.op("ReduceSum", [dy], { axes: [0, 2, 3], keepDims: false }),
  ],
  evaluate: ([x, w, bias]: readonly NumberArray[], y, attributes) => {
    const [, k, rows, columns] = y.shape;
    for (let i = 0; bias && i < y.data.length; i++)
      y.data[i] = bias.data[Math.floor(i / (rows * columns)) % k];
    forEachProduct(
      x.shape,
      w.shape,
      y.shape,
      attributes,
      (i, j, to) => (y.data[to] += x.data[i] * w.data[j]),
    );
  },
  lower,
};

/** The transpose of Conv as a linear map: what carries a convolution's gradient back to its input. */
export const ConvTranspose: Op<ConvTransposeAttributes> = {
  type: ([x, w], attributes) => {
    const { strides, pads, dilations, groups } = resolved(attributes);
    const outputPadding = attributes.outputPadding ?? [0, 0];
    if (x.shape[1] !== w.shape[0])
      throw new RangeError(`input channels ${x.shape[1]} must match kernel channels ${w.shape[0]}`);
    const size = [0, 1].map(
      (axis) =>
        (x.shape[axis + 2] - 1) * strides[axis] +
        dilations[axis] * (w.shape[axis + 2] - 1) +
        1 -
        pads[axis] -
        pads[axis + 2] +
        outputPadding[axis],
    );
    return { dtype: x.dtype, shape: [x.shape[0], w.shape[1] * groups, ...size] };
  },
  gradient: [
    ({ graph, x: [, w], dy, attributes: { outputPadding: _, ...attributes } }) =>
      graph.op("Conv", [dy, w], attributes),
    ({ graph, x: [x, w], dy, attributes }) => kernelGradient(graph, dy, x, w, attributes),
  ],
  evaluate: ([x, w], y, attributes) =>
    forEachProduct(
      y.shape,
      w.shape,
      x.shape,
      attributes,
      (to, j, i) => (y.data[to] += x.data[i] * w.data[j]),
    ),
  lower,
};
