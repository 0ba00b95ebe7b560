import type { Graph } from "./graph.ts";
import type { NoiseKind } from "./noise.ts";
import type { Value } from "./op.ts";

/**
 * How a parameter is initialised: all zeros or ones; uniform in ±limit; normal with mean 0; uniform in
 * ±sqrt(6 / (fanIn + fanOut)) (Glorot and Bengio 2010, eq. 16); or a matrix with orthonormal rows or columns (Saxe et al.
 * 2014), which only matrices can be.
 */
export type Initializer =
  | { readonly kind: "zeros" | "ones" | "orthogonal" }
  | { readonly kind: "uniform"; readonly limit: number }
  | { readonly kind: "normal"; readonly standardDeviation: number }
  | { readonly kind: "glorotUniform"; readonly fanIn: number; readonly fanOut: number };

/** A parameter of a layer; its name is the part after the dot in `conv2d_1.kernel`. */
export interface LayerParameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly initializer: Initializer;
}

/**
 * What a layer or a network may use beside its input, its parameters and its state. Names are the layer's own; those of a
 * network have the layer's name before them.
 */
export interface LayerContext {
  /** Whether the network is being trained; batch normalisation and dropout depend on it. */
  readonly training: boolean;
  /** Random numbers that are drawn anew for each training step. */
  noise(name: string, kind: NoiseKind, shape: readonly number[]): Value;
  /** Says what a training step makes of a state. */
  setState(name: string, next: Value): void;
}

/** A network as it is used after training. */
export const inference: LayerContext = {
  training: false,
  noise: (name) => {
    throw new RangeError(`${name}: noise is for training only`);
  },
  setState: () => {},
};

/**
 * A layer with the semantics of Keras: images are (N, height, width, channels), kernels (height, width, channels in,
 * channels out). Shapes here omit the batch axis.
 */
export interface Layer {
  readonly kind: string;
  parameters(input: readonly number[]): readonly LayerParameter[];
  /** What training updates without a gradient, such as a running mean. */
  state?(input: readonly number[]): readonly LayerParameter[];
  /** Whether outputs in training depend on the other rows of the batch, or on noise. */
  readonly batchDependent?: boolean;
  output(input: readonly number[]): readonly number[];
  /** Adds the layer to a graph; `values` are those of `parameters(input)`, then of `state(input)`, in order. */
  apply(graph: Graph, x: Value, values: readonly Value[], context: LayerContext): Value;
  /** For a layer that takes the maximum of non-overlapping windows: their size. */
  readonly windows?: readonly [number, number];
  /** This layer fused with a maximum over such windows of its output, if that is faster. */
  pooled?(windows: readonly [number, number]): PooledLayer | undefined;
}

/** A layer fused with the pooling that follows it. */
export interface PooledLayer {
  /** How many of the first rows and columns of an input the output depends on; the others may be missing. */
  reads(input: readonly number[]): readonly [number, number];
  /** As `apply` of a layer, but only for the first rows and columns of the output. */
  apply(graph: Graph, x: Value, parameters: readonly Value[], size: readonly [number, number]): Value;
}

/** A layer without parameters. */
export function stateless(
  kind: string,
  output: Layer["output"],
  apply: (graph: Graph, x: Value, context: LayerContext) => Value,
): Layer {
  return {
    kind,
    parameters: () => [],
    output,
    apply: (graph, x, _, context) => apply(graph, x, context),
  };
}

/** Glorot's initialiser of a kernel whose last two axes are channels in and out, over the area of the others. */
export function glorotUniform(shape: readonly number[]): Initializer {
  const [fanIn, fanOut] = shape.slice(-2);
  const area = shape.slice(0, -2).reduce((product, extent) => product * extent, 1);
  return { kind: "glorotUniform", fanIn: area * fanIn, fanOut: area * fanOut };
}
