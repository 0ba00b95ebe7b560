import type { NoiseKind } from "../../noise.ts";
import type { DType } from "../../tensor.ts";
import type { Converter, NodeContext } from "../nodeContext.ts";
import { dtypeOf } from "../protoTensor.ts";

/** Numbers that the file draws at random become inputs, drawn from the seed for each step. */
const drawn =
  (kindOf: (c: NodeContext) => NoiseKind, shapeOf: (c: NodeContext) => readonly number[]): Converter =>
  (c) => {
    const dtype: DType | undefined = c.has("dtype") ? dtypeOf(c.int("dtype", 1)) : c.inputs[0]?.dtype;
    const noise = c.network.noise(c.node, kindOf(c), shapeOf(c));
    return c.graph.cast(noise, dtype ?? "float32");
  };

const uniform = (c: NodeContext): NoiseKind => ({
  kind: "uniform",
  low: c.float("low", 0),
  high: c.float("high", 1),
});
const normal = (c: NodeContext): NoiseKind => ({
  kind: "normal",
  mean: c.float("mean", 0),
  standardDeviation: c.float("scale", 1),
});
const given = (c: NodeContext) => c.ints("shape") ?? [];
const like = (c: NodeContext) => c.x.shape;

/** 1 with the probability that each element gives: where uniform noise is below it. */
const bernoulli: Converter = (c) => {
  const noise = c.network.noise(c.node, { kind: "uniform", low: 0, high: 1 }, c.x.shape);
  const dtype = c.has("dtype") ? dtypeOf(c.int("dtype", 1)) : c.x.dtype;
  return c.graph.cast(c.graph.op("Less", [c.graph.cast(noise, c.x.dtype), c.x]), dtype ?? "float32");
};

export const noise: Record<string, Converter> = {
  Bernoulli: bernoulli,
  RandomNormal: drawn(normal, given),
  RandomNormalLike: drawn(normal, like),
  RandomUniform: drawn(uniform, given),
  RandomUniformLike: drawn(uniform, like),
};
