import { type Activation, activations } from "./activations.ts";
import type { Graph } from "./graph.ts";
import { glorotUniform, type Layer, stateless } from "./layer.ts";
import type { Value } from "./op.ts";
import { pooledConv } from "./pooledConv.ts";
import { elementCount } from "./tensor.ts";
import { applyThroughTranspose, throughTranspose } from "./throughTranspose.ts";
import { bestTileSide, fewestChannels, winogradConv } from "./winograd.ts";

/** Activations that never decrease, so that a maximum may be taken before them. */
const nondecreasing: ReadonlySet<Activation> = new Set([
  ...(["linear", "relu", "tanh", "sigmoid", "elu", "selu", "leakyRelu", "softplus", "softsign"] as const),
]);

/** Multiplies by a constant, after a cast to float32: `rescaling(1 / 255)` maps bytes to [0, 1]. */
export function rescaling(scale: number): Layer {
  return stateless(
    "rescaling",
    (input) => input,
    (graph, x) => graph.mul(graph.cast(x, "float32"), scale),
  );
}

/** A fully connected layer on vectors: activation(x kernel + bias). */
export function dense(units: number, activation: Activation = "linear"): Layer {
  return {
    kind: "dense",
    parameters: ([features]) => [
      { name: "kernel", shape: [features, units], initializer: glorotUniform([features, units]) },
      { name: "bias", shape: [units], initializer: { kind: "zeros" } },
    ],
    output: (input) => {
      if (input.length !== 1)
        throw new RangeError(`dense takes vectors, got shape [${input}]; put flatten() before it`);
      return [units];
    },
    apply: (graph, x, [kernel, bias]) => activations[activation](graph, graph.op("Gemm", [x, kernel, bias])),
  };
}

export interface Conv2dOptions {
  readonly activation?: Activation;
  readonly strides?: readonly [number, number];
  /** `valid`: no padding; `same`: zeros around, so that with stride 1 the size stays. */
  readonly padding?: "valid" | "same";
}

/**
 * Zeros above, left of, below and right of an image for TensorFlow's `same` padding: there are ceil(size / stride)
 * outputs, and an odd zero goes below or to the right.
 */
function samePads(
  size: readonly number[],
  kernel: readonly number[],
  strides: readonly number[],
): [top: number, left: number, bottom: number, right: number] {
  const total = kernel.map((extent, axis) =>
    Math.max((Math.ceil(size[axis] / strides[axis]) - 1) * strides[axis] + extent - size[axis], 0),
  );
  const before = total.map((zeros) => Math.floor(zeros / 2));
  return [before[0], before[1], total[0] - before[0], total[1] - before[1]];
}

const noPads = [0, 0, 0, 0] as const;

/** A two-dimensional convolution with one bias per channel. */
export function conv2d(
  filters: number,
  kernel: readonly [number, number],
  options: Conv2dOptions = {},
): Layer {
  const { activation = "linear", strides = [1, 1], padding = "valid" } = options;
  const pads = (size: readonly number[]) => (padding === "same" ? samePads(size, kernel, strides) : noPads);
  // Faster forms with fewer multiplications, made of ops that the reverse walk can differentiate.
  const minimal = kernel.every((extent) => extent === 3) && strides.every((stride) => stride === 1);
  const finish = (graph: Graph, y: Value, bias: Value) => {
    const z = throughTranspose(graph, "Add", [y, bias]);
    const activated = applyThroughTranspose(graph, z, (x) => activations[activation](graph, x));
    return graph.transpose(activated, [2, 0, 1, 3]);
  };
  return {
    kind: "conv2d",
    parameters: ([, , channels]) => {
      const shape = [...kernel, channels, filters];
      return [
        { name: "kernel", shape, initializer: glorotUniform(shape) },
        { name: "bias", shape: [filters], initializer: { kind: "zeros" } },
      ];
    },
    output: (input) => {
      if (input.length !== 3)
        throw new RangeError(`conv2d takes images (height, width, channels), got shape [${input}]`);
      const zeros = pads(input);
      const size = kernel.map((extent, axis) => {
        const room = input[axis] + zeros[axis] + zeros[axis + 2] - extent;
        if (room < 0) throw new RangeError(`a ${kernel.join("x")} kernel does not fit images of [${input}]`);
        return Math.floor(room / strides[axis]) + 1;
      });
      return [...size, filters];
    },
    apply: (graph, x, [weights, bias]) => {
      if (minimal && x.shape[3] >= fewestChannels) {
        const [top, left, bottom, right] = pads(x.shape.slice(1));
        const size = [x.shape[1] + top + bottom - 2, x.shape[2] + left + right - 2] as const;
        const options = { m: bestTileSide(size), size, before: [top, left] } as const;
        return finish(graph, winogradConv(graph, graph.transpose(x, [1, 2, 0, 3]), weights, options), bias);
      }
      const attributes = { strides, pads: pads(x.shape.slice(1)) };
      const channelsFirst = graph.transpose(x, [0, 3, 1, 2]);
      const y = graph.op("Conv", [channelsFirst, graph.transpose(weights, [3, 2, 0, 1]), bias], attributes);
      return activations[activation](graph, graph.transpose(y, [0, 2, 3, 1]));
    },
    pooled: (windows) =>
      minimal && windows.every((extent) => extent === 2) && nondecreasing.has(activation)
        ? {
            reads: ([height, width]) =>
              padding === "same" ? [height, width] : [height - (height % 2), width - (width % 2)],
            // The maximum of activation(z + bias) is activation(max z + bias).
            apply: (graph, x, [weights, bias], size) => {
              const [top, left] = pads(x.shape.slice(1));
              const inside = graph.transpose(x, [1, 2, 0, 3]);
              return finish(graph, pooledConv(graph, inside, weights, size, [top, left]), bias);
            },
          }
        : undefined,
  };
}

/** A pooling layer; strides default to the window's size. A remainder at the border is ignored. */
function pool2d(op: "MaxPool" | "AveragePool", kind: string) {
  return (kernel: readonly [number, number], strides: readonly [number, number] = kernel): Layer => ({
    ...stateless(
      kind,
      ([height, width, channels]) => [
        Math.floor((height - kernel[0]) / strides[0]) + 1,
        Math.floor((width - kernel[1]) / strides[1]) + 1,
        channels,
      ],
      (graph, x) =>
        graph.transpose(graph.op(op, [graph.transpose(x, [0, 3, 1, 2])], { kernel, strides }), [0, 2, 3, 1]),
    ),
    ...(op === "MaxPool" && kernel.join() === strides.join() && { windows: kernel }),
  });
}

export const maxPool2d = pool2d("MaxPool", "maxPool2d");
export const averagePool2d = pool2d("AveragePool", "averagePool2d");

/** The mean of each channel over an image (height, width, channels), or over a sequence (length, channels). */
export function globalAveragePool(): Layer {
  return stateless(
    "globalAveragePool",
    (input) => {
      if (input.length < 2)
        throw new RangeError(`globalAveragePool takes images or sequences, got shape [${input}]`);
      return input.slice(-1);
    },
    (graph, x) => {
      const axes = [...x.shape.keys()].slice(1, -1);
      return graph.op("ReduceMean", [x], { axes, keepDims: false });
    },
  );
}

/** An activation on its own, as after a batch normalisation. */
export function activation(name: Activation): Layer {
  return stateless(name, (input) => input, activations[name]);
}

/** Flattens an image, or any other shape, into one vector, row-major. */
export function flatten(): Layer {
  return stateless(
    "flatten",
    (input) => [elementCount(input)],
    (graph, x) => graph.reshape(x, [x.shape[0], elementCount(x.shape.slice(1))]),
  );
}
