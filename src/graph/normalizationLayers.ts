import { type Layer, stateless } from "./layer.ts";
import { dropped, normalized, requireValues, runningAverage } from "./normalized.ts";
import { elementCount } from "./tensor.ts";

export interface BatchNormOptions {
  /** The factor of a running average's old value in each step: Keras's momentum, which is 1 minus PyTorch's. */
  readonly momentum?: number;
  readonly epsilon?: number;
}

/**
 * Batch normalisation over the last axis (Ioffe and Szegedy 2015), as Keras defines it: in training with mean and variance
 * of the batch, of which running averages are kept (of the variance without Bessel's correction); otherwise with those.
 */
export function batchNorm({ momentum = 0.99, epsilon = 1e-3 }: BatchNormOptions = {}): Layer {
  return {
    kind: "batchNorm",
    batchDependent: true,
    parameters: (input) => scaleAndOffset(input),
    state: (input) => [
      { name: "mean", shape: input.slice(-1), initializer: { kind: "zeros" } },
      { name: "variance", shape: input.slice(-1), initializer: { kind: "ones" } },
    ],
    output: (input) => input,
    apply: (graph, x, [scale, offset, mean, variance], { training, setState }) => {
      const affine = (y: typeof x) => graph.add(graph.mul(y, scale), offset);
      if (!training) {
        const deviation = graph.op("Sqrt", [graph.add(variance, epsilon)]);
        return affine(graph.div(graph.sub(x, mean), deviation));
      }
      requireValues(elementCount(x.shape.slice(0, -1)));
      const batch = normalized(graph, x, [...x.shape.keys()].slice(0, -1), epsilon);
      setState("mean", runningAverage(graph, mean, batch.mean, momentum));
      setState("variance", runningAverage(graph, variance, batch.variance, momentum));
      return affine(batch.y);
    },
  };
}

/** Layer normalisation over the last axis (Ba et al. 2016), as Keras defines it. */
export function layerNorm({ epsilon = 1e-3 }: { readonly epsilon?: number } = {}): Layer {
  return {
    kind: "layerNorm",
    parameters: (input) => scaleAndOffset(input),
    output: (input) => input,
    apply: (graph, x, [scale, offset]) => {
      const { y } = normalized(graph, x, [x.shape.length - 1], epsilon);
      return graph.add(graph.mul(y, scale), offset);
    },
  };
}

const scaleAndOffset = (input: readonly number[]) =>
  [
    { name: "scale", shape: input.slice(-1), initializer: { kind: "ones" } },
    { name: "offset", shape: input.slice(-1), initializer: { kind: "zeros" } },
  ] as const;

/**
 * In training, sets each element to zero with probability `rate` and divides the rest by 1 - rate. The mask depends only
 * on the trainer's seed and the step.
 */
export function dropout(rate: number): Layer {
  if (!(rate >= 0 && rate < 1))
    throw new RangeError(`invalid dropout rate: ${rate}; expected a number from 0 to below 1`);
  const keep = 1 - rate;
  return {
    ...stateless(
      "dropout",
      (input) => input,
      (graph, x, { training, noise }) =>
        training && rate > 0 ? dropped(graph, x, noise("mask", { kind: "mask", keep }, x.shape), keep) : x,
    ),
    batchDependent: rate > 0,
  };
}
