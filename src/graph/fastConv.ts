import { depthwiseTiles } from "./depthwiseTiles.ts";
import type { Graph } from "./graph.ts";
import type { Value } from "./op.ts";
import type { ConvAttributes } from "./opAttributes.ts";
import { ops } from "./ops.ts";
import { paddedTo } from "./paddedTo.ts";
import { tensor } from "./tensor.ts";
import { fewestChannels, winogradConv } from "./winograd.ts";

type Resolved = Required<ConvAttributes>;

/** A form computes (rows, columns, N, K) from x of (H, W, N, C) and the kernel of a Conv, (K, C / groups, h, w). */
type Form = (
  graph: Graph,
  x: Value,
  kernel: Value,
  size: readonly [number, number],
  attributes: Resolved,
) => Value;

/**
 * A Conv of ONNX, in the form that is fastest to train with: ONNX Runtime computes the forward pass of a Conv well, but
 * its gradients, a ConvTranspose and a product of slices, take several times as long as products of whole matrices.
 * Images lie innermost but for the channels meanwhile, so that slices and zeros around are whole blocks of memory.
 *
 * @param inputs x of (N, C, H, W), a kernel of (K, C / groups, h, w), and optionally a bias of (K)
 */
export function fastConv(graph: Graph, inputs: readonly Value[], attributes: ConvAttributes): Value {
  const [x, kernel, bias] = inputs;
  const { shape } = ops.Conv.type([x, kernel], attributes);
  const { strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1 } = attributes;
  const resolved = { strides, pads, dilations, groups };
  const form = formOf(x.shape, kernel.shape, shape, resolved);
  if (form === undefined) return graph.op("Conv", inputs, attributes);
  const y = form(graph, graph.transpose(x, [2, 3, 0, 1]), kernel, [shape[2], shape[3]], resolved);
  return graph.transpose(bias ? graph.add(y, bias) : y, [2, 3, 0, 1]);
}

/** The fastest form there is; undefined where that is the Conv itself. */
function formOf(
  [, c, height, width]: readonly number[],
  [k, , ...kernel]: readonly number[],
  [, , rows, columns]: readonly number[],
  { strides, pads, dilations, groups }: Resolved,
): Form | undefined {
  const isUndilated = dilations.every((dilation) => dilation === 1);
  const isPadded = pads.some((zeros) => zeros > 0);
  if (groups === 1) {
    if (kernel.every((extent) => extent === 1) && !isPadded) return pointwise;
    if (height * width * rows * columns === 1) return ofOnePixel;
    if (!isUndilated) return undefined;
    if (kernel.every((extent, axis) => extent === strides[axis]) && !isPadded) return ofPatches;
    const isDense = strides.every((stride) => stride === 1);
    if (isDense && kernel.every((extent) => extent === 3) && c >= fewestChannelsOf9Taps)
      return c >= fewestChannels ? byTiles : byTaps;
    return c >= fewestChannelsOfTaps ? byTaps : undefined;
  }
  if (groups !== c || k !== c || !isUndilated) return undefined;
  const taps = kernel[0] * kernel[1];
  if (taps <= maxTaps) return depthwise;
  return taps <= maxTapsOfTiles && strides.every((stride) => stride === 1) ? depthwiseByTiles : undefined;
}

/** Fewer channels are copied too slowly, a few numbers at a time; for 3 x 3 kernels, the three of colours are enough. */
const [fewestChannelsOfTaps, fewestChannelsOf9Taps] = [16, 3];

/** By taps, a depthwise convolution reads and writes all images once per tap; by tiles, it multiplies by a matrix of all taps. */
const [maxTaps, maxTapsOfTiles] = [25, 121];

/** 1 x 1: a product of matrices, one row for each pixel. */
const pointwise: Form = (graph, x, kernel, size, { strides }) => {
  const read = size.map((count, axis) => {
    const step = strides[axis];
    return { axis, start: 0, end: (count - 1) * step + 1, step };
  });
  return ofRows(graph, graph.slice(x, read), kernel, size);
};

/** Images of one pixel, of which only one tap of the kernel reads anything. */
const ofOnePixel: Form = (graph, x, kernel, size, { pads }) => {
  const [k, c, height, width] = kernel.shape;
  const taps = height * width;
  const tap = pads[0] * width + pads[1];
  const choice = tensor(
    x.dtype,
    [taps, 1],
    Array.from({ length: taps }, (_, i) => Number(i === tap)),
  );
  // As a product, whose gradient is one too, faster than slices of single numbers.
  const chosen = graph.matmul(graph.reshape(kernel, [k * c, taps]), graph.constant(choice));
  return ofRows(graph, x, chosen, size);
};

/** Windows that neither overlap nor leave gaps: each is one row of a matrix. */
const ofPatches: Form = (graph, x, kernel, [rows, columns], { strides }) => {
  const [, , n, c] = x.shape;
  const [height, width] = strides;
  const used = graph.slice(x, [
    { axis: 0, start: 0, end: rows * height },
    { axis: 1, start: 0, end: columns * width },
  ]);
  const windows = graph.reshape(used, [rows, height, columns, width, n, c]);
  const patches = graph.transpose(windows, [0, 2, 4, 5, 1, 3]);
  return ofRows(graph, patches, kernel, [rows, columns]);
};

/**
 * 3 x 3 with stride 1: Winograd's tiles, of 2 x 2. Tiles of 4 x 4 need fewer products, but in a deep network their
 * float32 gradients are three times as far from float64 as PyTorch's own (docs/performance.md).
 */
const byTiles: Form = (graph, x, kernel, size, { pads }) =>
  winogradConv(graph, x, kernel, {
    m: 2,
    size,
    before: [pads[0], pads[1]],
    kernelOrder: "OIHW",
  });

/** Any other: what each tap reads side by side, as one row of a matrix for each pixel. */
const byTaps: Form = (graph, x, kernel, size, attributes) => {
  const [k, c, height, width] = kernel.shape;
  const taps = tapsOf(graph, x, [height, width], size, attributes);
  const patches = graph.op("Concat", taps, { axis: 3 });
  const byTap = graph.transpose(graph.reshape(kernel, [k, c, height * width]), [0, 2, 1]);
  return ofRows(graph, patches, byTap, size);
};

/** One kernel per channel: the sum over taps of what the tap reads times its weight. */
const depthwise: Form = (graph, x, kernel, size, attributes) => {
  const [c, , height, width] = kernel.shape;
  const taps = tapsOf(graph, x, [height, width], size, attributes);
  const weights = graph.transpose(graph.reshape(kernel, [c, height * width]), [1, 0]);
  const products = taps.map((tap, i) => {
    const weight = graph.reshape(graph.slice(weights, [{ axis: 0, start: i, end: i + 1 }]), [c]);
    return graph.mul(tap, weight);
  });
  return products.length === 1 ? products[0] : graph.op("Sum", products);
};

const depthwiseByTiles: Form = (graph, x, kernel, size, { pads }) =>
  depthwiseTiles(graph, x, kernel, size, pads);

/** x as a matrix of one row for each pixel, times the kernel as one of K rows. */
function ofRows(graph: Graph, x: Value, kernel: Value, [rows, columns]: readonly [number, number]): Value {
  const [k] = kernel.shape.length === 2 ? [kernel.shape[0] / x.shape[3]] : kernel.shape;
  const n = x.shape[2];
  const pixels = rows * columns * n;
  const width = x.shape.reduce((product, extent) => product * extent, 1) / pixels;
  const y = graph.op("Gemm", [graph.reshape(x, [pixels, width]), graph.reshape(kernel, [k, width])], {
    transB: true,
  });
  return graph.reshape(y, [rows, columns, n, k]);
}

/**
 * What each tap of a kernel reads, (rows, columns, N, C), tap by tap. With strides, the pixels are sorted by their
 * position between two strides first: then what a tap reads lies together.
 */
function tapsOf(
  graph: Graph,
  x: Value,
  kernel: readonly [number, number],
  size: readonly [number, number],
  { strides, pads }: Resolved,
): Value[] {
  const [, , n, c] = x.shape;
  const blocks = size.map((count, axis) => count + Math.ceil(kernel[axis] / strides[axis]) - 1);
  const padded = paddedTo(
    graph,
    x,
    blocks.map((count, axis) => ({ axis, before: pads[axis], length: count * strides[axis] })),
  );
  const sorted = graph.reshape(padded, [blocks[0], strides[0], blocks[1], strides[1], n, c]);
  const places = Array.from({ length: kernel[0] * kernel[1] }, (_, i) => [
    Math.floor(i / kernel[1]),
    i % kernel[1],
  ]);
  return places.map((place) => {
    const ranges = place.flatMap((at, axis) => {
      const [block, within] = [Math.floor(at / strides[axis]), at % strides[axis]];
      return [
        { axis: 2 * axis, start: block, end: block + size[axis] },
        { axis: 2 * axis + 1, start: within, end: within + 1 },
      ];
    });
    return graph.reshape(graph.slice(sorted, ranges), [...size, n, c]);
  });
}
