import { type Activation, activations } from "./activations.ts";
import { glorotUniform, type Layer } from "./layer.ts";

/**
 * A vector for each whole number from 0 to `count` - 1: (...shape) becomes (...shape, size). The numbers may be of any
 * integer type. Initialised as in Keras, uniformly in ±0.05.
 */
export function embedding(count: number, size: number): Layer {
  return {
    kind: "embedding",
    parameters: () => [
      { name: "embeddings", shape: [count, size], initializer: { kind: "uniform", limit: 0.05 } },
    ],
    output: (input) => [...input, size],
    apply: (graph, x, [embeddings]) => graph.op("Gather", [embeddings, graph.cast(x, "int64")]),
  };
}

export interface Conv1dOptions {
  readonly activation?: Activation;
  readonly stride?: number;
  /** `valid`: no padding; `same`: zeros around, so that with stride 1 the length stays. */
  readonly padding?: "valid" | "same";
}

/** A convolution along sequences (N, length, channels), with a kernel of (extent, channels in, channels out). */
export function conv1d(filters: number, extent: number, options: Conv1dOptions = {}): Layer {
  const { activation = "linear", stride = 1, padding = "valid" } = options;
  // TensorFlow's `same`: ceil(length / stride) outputs, with an odd zero at the end.
  const pads = (length: number): [before: number, after: number] => {
    if (padding === "valid") return [0, 0];
    const total = Math.max((Math.ceil(length / stride) - 1) * stride + extent - length, 0);
    return [Math.floor(total / 2), total - Math.floor(total / 2)];
  };
  return {
    kind: "conv1d",
    parameters: ([, channels]) => {
      const shape = [extent, channels, filters];
      return [
        { name: "kernel", shape, initializer: glorotUniform(shape) },
        { name: "bias", shape: [filters], initializer: { kind: "zeros" } },
      ];
    },
    output: (input) => {
      if (input.length !== 2)
        throw new RangeError(`conv1d takes sequences (length, channels), got shape [${input}]`);
      const [before, after] = pads(input[0]);
      const room = input[0] + before + after - extent;
      if (room < 0) throw new RangeError(`a kernel of ${extent} does not fit sequences of [${input}]`);
      return [Math.floor(room / stride) + 1, filters];
    },
    apply: (graph, x, [kernel, bias]) => {
      const [n, length, channels] = x.shape;
      const [before, after] = pads(length);
      // As a convolution of images that are one row high.
      const rows = graph.reshape(graph.transpose(x, [0, 2, 1]), [n, channels, 1, length]);
      const weights = graph.reshape(graph.transpose(kernel, [2, 1, 0]), [filters, channels, 1, extent]);
      const y = graph.op("Conv", [rows, weights, bias], {
        strides: [1, stride],
        pads: [0, before, 0, after],
      });
      const sequences = graph.reshape(y, [n, filters, y.shape[3]]);
      return activations[activation](graph, graph.transpose(sequences, [0, 2, 1]));
    },
  };
}
