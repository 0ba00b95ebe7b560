import { fastConv } from "../../fastConv.ts";
import { fastConvTranspose } from "../../fastConvTranspose.ts";
import { fastMaxPool } from "../../fastMaxPool.ts";
import type { Value } from "../../op.ts";
import { tensor } from "../../tensor.ts";
import type { Converter, NodeContext } from "../nodeContext.ts";
import { border } from "./padding.ts";
import { volumeConv, volumeMaxPool } from "./volumes.ts";

/** What windows share, for two axes; a node with one spatial axis gets a second one of size 1 in front. */
interface Windows {
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  readonly pads: readonly [number, number, number, number];
}

const pair = (values: readonly number[], otherwise: number) =>
  (values.length === 1 ? [otherwise, values[0]] : values) as unknown as [number, number];

/** (N, C, W) as (N, C, 1, W); refuses three and more spatial axes. */
function flat(c: NodeContext, x: Value): Value {
  const rank = x.shape.length;
  if (rank !== 3 && rank !== 4) throw c.refuse(`${rank - 2} spatial axes; allowed: 1 or 2`);
  return rank === 4 ? x : c.graph.reshape(x, [x.shape[0], x.shape[1], 1, x.shape[2]]);
}

const isVolume = (c: NodeContext) => c.x.shape.length === 5;

/** Undoes `flat`. */
function restored(c: NodeContext, y: Value): Value {
  return c.x.shape.length === 4 ? y : c.graph.reshape(y, y.shape.toSpliced(2, 1));
}

/** Strides, dilations and padding of a node with any number of spatial axes. */
function windowsOfAxes(c: NodeContext, kernelShape: readonly number[]) {
  const rank = c.x.shape.length - 2;
  const strides = c.ints("strides") ?? Array(rank).fill(1);
  const dilations = c.ints("dilations") ?? Array(rank).fill(1);
  const auto = c.text("auto_pad", "NOTSET");
  let pads = c.ints("pads") ?? Array(2 * rank).fill(0);
  if (auto === "VALID") pads = pads.map(() => 0);
  if (auto.startsWith("SAME")) {
    const total = kernelShape.map((extent, axis) => {
      const size = c.x.shape[axis + 2];
      const reach =
        (Math.ceil(size / strides[axis]) - 1) * strides[axis] + (extent - 1) * dilations[axis] + 1;
      return Math.max(reach - size, 0);
    });
    const smaller = total.map((zeros) => Math.floor(zeros / 2));
    const larger = total.map((zeros, axis) => zeros - smaller[axis]);
    pads = auto === "SAME_UPPER" ? [...smaller, ...larger] : [...larger, ...smaller];
  }
  return { strides, dilations, pads };
}

function windowsOf(c: NodeContext, kernelShape: readonly number[]): Windows {
  const { strides, dilations, pads } = windowsOfAxes(c, kernelShape);
  return {
    kernel: pair(kernelShape, 1),
    strides: pair(strides, 1),
    dilations: pair(dilations, 1),
    pads: (pads.length === 2 ? [0, pads[0], 0, pads[1]] : pads) as [number, number, number, number],
  };
}

const conv: Converter = (c) => {
  const kernel = c.input(1);
  if (isVolume(c)) return volumeConv(c, kernel, windowsOfAxes(c, kernel.shape.slice(2)), c.int("group", 1));
  const { strides, dilations, pads } = windowsOf(c, kernel.shape.slice(2));
  const inputs = [flat(c, c.x), flat(c, kernel), ...(c.inputs[2] ? [c.inputs[2]] : [])];
  return restored(c, fastConv(c.graph, inputs, { strides, dilations, pads, groups: c.int("group", 1) }));
};

const convTranspose: Converter = (c) => {
  if (c.has("output_shape") || c.text("auto_pad", "NOTSET").startsWith("SAME")) {
    throw c.refuse("output_shape or auto_pad; allowed: pads");
  }
  const kernel = c.input(1);
  const { strides, dilations, pads } = windowsOf(c, kernel.shape.slice(2));
  const outputPadding = pair(c.ints("output_padding") ?? [0, 0], 0);
  const attributes = { strides, dilations, pads, groups: c.int("group", 1), outputPadding };
  const inputs = [flat(c, c.x), flat(c, kernel), ...(c.inputs[2] ? [c.inputs[2]] : [])];
  return restored(c, fastConvTranspose(c.graph, inputs, attributes));
};

/** Rows and columns that ceil_mode adds below and to the right, so that the last window begins inside the padded input. */
function ceilPads(c: NodeContext, x: Value, { kernel, strides, pads }: Windows): number[] {
  if (c.int("ceil_mode", 0) === 0) return [0, 0];
  return [0, 1].map((axis) => {
    const size = x.shape[axis + 2];
    const room = size + pads[axis] + pads[axis + 2] - kernel[axis];
    let count = Math.ceil(room / strides[axis]) + 1;
    if ((count - 1) * strides[axis] >= size + pads[axis]) count -= 1;
    return Math.max((count - 1) * strides[axis] - room, 0);
  });
}

/** The input with its padding, of which `fill` stands on the border. */
function padded(c: NodeContext, x: Value, pads: readonly number[], fill: number): Value {
  const before = [0, 0, pads[0], pads[1]];
  const after = [0, 0, pads[2], pads[3]];
  const y = c.graph.pad(x, before, after);
  return y === x || fill === 0 ? y : c.graph.add(y, border(c, y, before, after, fill));
}

/** The input of a pooling operator, its windows, and all padding, that of ceil_mode included. */
function pooledInput(c: NodeContext): { x: Value; spec: Windows; all: number[] } {
  const spec = windowsOf(c, c.ints("kernel_shape")!);
  if (spec.dilations.some((dilation) => dilation !== 1)) throw c.refuse("dilations other than 1");
  const { pads } = spec;
  const x = flat(c, c.x);
  const [below, right] = ceilPads(c, x, spec);
  return { x, spec, all: [pads[0], pads[1], pads[2] + below, pads[3] + right] };
}

/** Less than any number a network computes, but finite, so that sums with it are no NaN. */
const lowest = -3e38;

const maxPool: Converter = (c) => {
  if (c.node.output.filter((name) => name !== "").length > 1) throw c.refuse("its output of indices is used");
  if (isVolume(c)) {
    const kernel = c.ints("kernel_shape")!;
    const windows = windowsOfAxes(c, kernel);
    if (c.int("ceil_mode", 0) !== 0) throw c.refuse("ceil_mode with 3 spatial axes");
    if (windows.dilations.some((dilation) => dilation !== 1)) throw c.refuse("dilations other than 1");
    return volumeMaxPool(c, kernel, windows, (x, pads) => padded(c, x, pads, lowest));
  }
  const { x, spec, all } = pooledInput(c);
  const { kernel, strides } = spec;
  return restored(c, fastMaxPool(c.graph, padded(c, x, all, lowest), { kernel, strides }));
};

const averagePool: Converter = (c) => {
  const { x, spec, all } = pooledInput(c);
  const { kernel, strides, pads } = spec;
  const y = c.graph.op("AveragePool", [padded(c, x, all, 0)], { kernel, strides });
  const counted = c.int("count_include_pad", 0) === 1 ? pads : [0, 0, 0, 0];
  return restored(c, scaledToCount(c, x, y, spec, counted));
};

/** Divides by the number of elements that count in each window in place of its whole area. */
function scaledToCount(
  c: NodeContext,
  x: Value,
  y: Value,
  { kernel, strides, pads }: Windows,
  counted: readonly number[],
): Value {
  const share = [0, 1].map((axis) =>
    Array.from({ length: y.shape[axis + 2] }, (_, i) => {
      const start = i * strides[axis] - pads[axis];
      const first = Math.max(start, -counted[axis]);
      const last = Math.min(start + kernel[axis], x.shape[axis + 2] + counted[axis + 2]);
      return kernel[axis] / (last - first);
    }),
  );
  const factors = share[0].flatMap((row) => share[1].map((column) => row * column));
  if (factors.every((factor) => factor === 1)) return y;
  return c.graph.mul(y, c.constant(tensor(y.dtype, [share[0].length, share[1].length], factors)));
}

/** The mean or maximum of all positions of each channel. */
const global =
  (name: "ReduceMean" | "ReduceMax"): Converter =>
  (c) =>
    c.graph.op(name, [c.x], { axes: [...c.x.shape.keys()].slice(2) });

export const windows: Record<string, Converter> = {
  AveragePool: averagePool,
  Conv: conv,
  ConvTranspose: convTranspose,
  GlobalAveragePool: global("ReduceMean"),
  GlobalMaxPool: global("ReduceMax"),
  MaxPool: maxPool,
};
