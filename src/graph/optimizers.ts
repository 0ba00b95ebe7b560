import type { Graph } from "./graph.ts";
import { type LearningRate, learningRateAt } from "./learningRate.ts";
import type { Operand, Value } from "./op.ts";

/** What an optimizer works on, one entry per parameter. */
export interface OptimizerStep {
  readonly parameters: readonly Value[];
  readonly gradients: readonly Value[];
  /** The slots of each parameter, in the order of `Optimizer.slots`. */
  readonly slots: readonly (readonly Value[])[];
  /** What `Optimizer.schedule` made for this step. */
  readonly schedule: StepSchedule;
}

/** What depends on the number of a step alone, such as its learning rate. */
export type StepSchedule = Readonly<Record<string, Operand>>;

/** An optimizer as a piece of graph: one step of all parameters, with what it remembers of each of them in slots. */
export interface Optimizer {
  /** One state of a parameter's shape each, zero at the start. */
  readonly slots: readonly string[];
  /**
   * @param step number of a step, from 1: a float32 scalar, or a vector to make the schedule of several steps at once
   * @returns values of the shape of `step`, and numbers
   */
  schedule(graph: Graph, step: Value): StepSchedule;
  /** Returns for each parameter the new one and its new slots, in order. */
  update(graph: Graph, step: OptimizerStep): (readonly [Value, ...Value[]])[];
}

export interface OptimizerOptions {
  /** A number, or a schedule over the steps. */
  readonly learningRate?: LearningRate;
  /** The multiple of each parameter that is added to its gradient (an L2 penalty of half this factor), as PyTorch's `weight_decay`. */
  readonly weightDecay?: number;
  /** If the Euclidean norm of all gradients together is above this, they are scaled down to it. */
  readonly clipNorm?: number;
}

/** The framework whose defaults and whose position of epsilon an optimizer uses. */
export interface FrameworkOptions {
  readonly framework?: "keras" | "pytorch";
  readonly epsilon?: number;
}

/** The rule of one parameter. */
type Rule<Schedule> = (
  graph: Graph,
  parameter: Value,
  gradient: Value,
  slots: readonly Value[],
  schedule: Schedule,
) => readonly [Value, ...Value[]];

/** An optimizer from its schedule and the rule of one parameter. */
function optimizer<Schedule extends StepSchedule>(
  slots: readonly string[],
  { weightDecay = 0, clipNorm }: OptimizerOptions,
  schedule: (graph: Graph, step: Value) => Schedule,
  rule: Rule<Schedule>,
): Optimizer {
  return {
    slots,
    schedule,
    update(graph, { parameters, gradients, slots, schedule }) {
      const clipped = clipNorm === undefined ? gradients : clippedByNorm(graph, gradients, clipNorm);
      return parameters.map((parameter, i) => {
        const gradient =
          weightDecay === 0 ? clipped[i] : graph.add(clipped[i], graph.mul(parameter, weightDecay));
        return rule(graph, parameter, gradient, slots[i], schedule as Schedule);
      });
    },
  };
}

const rateAlone = (rate: LearningRate) => (graph: Graph, step: Value) => ({
  rate: learningRateAt(graph, rate, step),
});

/** Gradients times limit / max(norm, limit), the norm over all of them (Pascanu et al. 2013). */
function clippedByNorm(graph: Graph, gradients: readonly Value[], limit: number): Value[] {
  const squares = gradients.map((gradient) =>
    graph.op("ReduceSum", [graph.mul(gradient, gradient)], { keepDims: false }),
  );
  const norm = graph.op("Sqrt", [graph.op("Sum", squares)]);
  const scale = graph.div(limit, graph.op("Max", [norm, graph.scalar(limit, norm.dtype)]));
  return gradients.map((gradient) => graph.mul(gradient, scale));
}

export interface SgdOptions extends OptimizerOptions {
  readonly momentum?: number;
  /** Looks ahead along the velocity (Sutskever et al. 2013). */
  readonly nesterov?: boolean;
}

/**
 * Gradient descent with momentum, as in Keras: v = momentum v - learningRate g; w += v, or with Nesterov's momentum
 * w += momentum v - learningRate g. PyTorch's is the same while the rate is constant.
 */
export function sgd({ momentum = 0, nesterov = false, ...options }: SgdOptions = {}): Optimizer {
  const schedule = rateAlone(options.learningRate ?? 0.01);
  if (momentum === 0) {
    return optimizer([], options, schedule, (graph, parameter, gradient, _, { rate }) => [
      graph.sub(parameter, graph.mul(gradient, rate)),
    ]);
  }
  return optimizer(["velocity"], options, schedule, (graph, parameter, gradient, [velocity], { rate }) => {
    const change = graph.mul(gradient, rate);
    const next = graph.sub(graph.mul(velocity, momentum), change);
    const move = nesterov ? graph.sub(graph.mul(next, momentum), change) : next;
    return [graph.add(parameter, move), next];
  });
}

export interface RmspropOptions extends OptimizerOptions, FrameworkOptions {
  readonly rho?: number;
}

/**
 * RMSprop: v = rho v + (1 - rho) g^2; w -= learningRate g / sqrt(v + epsilon), as Keras defines it. PyTorch adds epsilon
 * to the root. The other defaults are Keras's (rate 1e-3, rho 0.9, epsilon 1e-7) or PyTorch's (0.01, 0.99, 1e-8).
 */
export function rmsprop(options: RmspropOptions = {}): Optimizer {
  const inside = options.framework !== "pytorch";
  const { learningRate = inside ? 1e-3 : 0.01, rho = inside ? 0.9 : 0.99 } = options;
  const { epsilon = inside ? 1e-7 : 1e-8 } = options;
  const schedule = rateAlone(learningRate);
  return optimizer(
    ["meanSquare"],
    options,
    schedule,
    (graph, parameter, gradient, [meanSquare], { rate }) => {
      const squared = graph.mul(graph.mul(gradient, gradient), 1 - rho);
      const next = graph.add(graph.mul(meanSquare, rho), squared);
      const root = inside
        ? graph.op("Sqrt", [graph.add(next, epsilon)])
        : graph.add(graph.op("Sqrt", [next]), epsilon);
      return [graph.sub(parameter, graph.div(graph.mul(gradient, rate), root)), next];
    },
  );
}

export interface AdamOptions extends OptimizerOptions, FrameworkOptions {
  readonly beta1?: number;
  readonly beta2?: number;
}

/**
 * Adam (Kingma and Ba 2015). In Keras's form, the one before section 2.1 of the paper's end, the bias corrections are
 * folded into the rate and epsilon (1e-7) is added to the uncorrected root; in PyTorch's, epsilon (1e-8) is added to the
 * corrected one.
 */
export function adam(options: AdamOptions = {}): Optimizer {
  return adamWithDecay(options, 0);
}

/**
 * AdamW (Loshchilov and Hutter 2019): Adam, before which each parameter loses learningRate weightDecay of itself. The
 * decay is 0.004 unless given, as in Keras, or 0.01, as in PyTorch.
 */
export function adamW({ weightDecay, ...options }: AdamOptions = {}): Optimizer {
  return adamWithDecay(options, weightDecay ?? (options.framework === "pytorch" ? 0.01 : 0.004));
}

/** @param decay what a parameter loses of itself in a step, per learning rate */
function adamWithDecay(options: AdamOptions, decay: number): Optimizer {
  const isKeras = options.framework !== "pytorch";
  const { learningRate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = isKeras ? 1e-7 : 1e-8 } = options;
  const schedule = (graph: Graph, step: Value) => {
    const correction = (beta: number) =>
      graph.sub(1, graph.op("Pow", [graph.scalar(beta, step.dtype), step]));
    const given: Operand = learningRateAt(graph, learningRate, step);
    const root = graph.op("Sqrt", [correction(beta2)]);
    const rate = isKeras
      ? graph.mul(graph.div(root, correction(beta1)), given)
      : graph.div(given, correction(beta1));
    return { given, rate, root };
  };
  return optimizer(
    ["mean", "meanSquare"],
    options,
    schedule,
    (graph, parameter, gradient, slots, { given, rate, root }) => {
      const [mean, meanSquare] = slots;
      const nextMean = graph.add(mean, graph.mul(graph.sub(gradient, mean), 1 - beta1));
      const squared = graph.mul(gradient, gradient);
      const nextSquare = graph.add(meanSquare, graph.mul(graph.sub(squared, meanSquare), 1 - beta2));
      const size = graph.op("Sqrt", [nextSquare]);
      const divisor = graph.add(isKeras ? size : graph.div(size, root), epsilon);
      const change = graph.div(graph.mul(nextMean, rate), divisor);
      const share: Operand = typeof given === "number" ? given * decay : graph.mul(given, decay);
      const kept = decay === 0 ? parameter : graph.sub(parameter, graph.mul(parameter, share));
      return [graph.sub(kept, change), nextMean, nextSquare];
    },
  );
}
