import type { Graph } from "./graph.ts";
import type { Value } from "./op.ts";

/** An optimizer as a piece of graph: one step of one parameter, with what it remembers of that parameter in slots. */
export interface Optimizer {
  /** One state of the parameter's shape each, zero at the start. */
  readonly slots: readonly string[];
  /**
   * @param step number of this step, from 1: a float32 scalar
   * @returns the new parameter and the new slots, in order
   */
  update(
    graph: Graph,
    parameter: Value,
    gradient: Value,
    slots: readonly Value[],
    step: Value,
  ): [Value, ...Value[]];
}

export interface SgdOptions {
  readonly learningRate?: number;
  readonly momentum?: number;
}

/** Gradient descent with momentum, as in Keras: v = momentum v - learningRate g; w += v. */
export function sgd({ learningRate = 0.01, momentum = 0 }: SgdOptions = {}): Optimizer {
  return {
    slots: ["velocity"],
    update(graph, parameter, gradient, [velocity]) {
      const next = graph.sub(graph.mul(velocity, momentum), graph.mul(gradient, learningRate));
      return [graph.add(parameter, next), next];
    },
  };
}

export interface RmspropOptions {
  readonly learningRate?: number;
  readonly rho?: number;
  readonly epsilon?: number;
}

/**
 * RMSprop as Keras defines it, epsilon inside the root (PyTorch has it outside):
 * v = rho v + (1 - rho) g^2; w -= learningRate g / sqrt(v + epsilon).
 */
export function rmsprop({ learningRate = 1e-3, rho = 0.9, epsilon = 1e-7 }: RmspropOptions = {}): Optimizer {
  return {
    slots: ["meanSquare"],
    update(graph, parameter, gradient, [meanSquare]) {
      const squared = graph.mul(graph.mul(gradient, gradient), 1 - rho);
      const next = graph.add(graph.mul(meanSquare, rho), squared);
      const root = graph.op("Sqrt", [graph.add(next, epsilon)]);
      return [graph.sub(parameter, graph.div(graph.mul(gradient, learningRate), root)), next];
    },
  };
}

export interface AdamOptions {
  readonly learningRate?: number;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
}

/**
 * Adam (Kingma and Ba 2015) in Keras's form, the one before section 2.1 of the paper's end: the bias corrections are
 * folded into the rate, and epsilon is added to the uncorrected root.
 */
export function adam(options: AdamOptions = {}): Optimizer {
  const { learningRate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7 } = options;
  return {
    slots: ["mean", "meanSquare"],
    update(graph, parameter, gradient, [mean, meanSquare], step) {
      const nextMean = graph.add(mean, graph.mul(graph.sub(gradient, mean), 1 - beta1));
      const squared = graph.mul(gradient, gradient);
      const nextSquare = graph.add(meanSquare, graph.mul(graph.sub(squared, meanSquare), 1 - beta2));
      const correction = (beta: number) =>
        graph.sub(1, graph.op("Pow", [graph.scalar(beta, step.dtype), step]));
      const rate = graph.mul(
        graph.div(graph.op("Sqrt", [correction(beta2)]), correction(beta1)),
        learningRate,
      );
      const change = graph.div(graph.mul(nextMean, rate), graph.add(graph.op("Sqrt", [nextSquare]), epsilon));
      return [graph.sub(parameter, change), nextMean, nextSquare];
    },
  };
}
