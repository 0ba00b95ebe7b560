import { z } from "zod";
import { InputError } from "../errors.ts";
import { Graph } from "../graph/graph.ts";
import { type LearningRate, learningRateAt } from "../graph/learningRate.ts";
import { adam, adamW, type Optimizer, rmsprop, sgd } from "../graph/optimizers.ts";

const positive = z.number().positive();
const share = z.number().min(0).lt(1).optional();
const steps = z.number().int().min(0);

/** A learning rate that changes with the steps. */
const schedule = z.strictObject({
  start: positive,
  warmUp: steps.optional(),
  steps: z
    .array(z.strictObject({ after: steps, rate: positive }))
    .min(1)
    .optional(),
  cosine: z.strictObject({ over: steps.min(1), end: z.number().min(0).optional() }).optional(),
});

/** A number, or a schedule. */
export const learningRateSchema = z.union([positive, schedule]);

const common = {
  weightDecay: z.number().min(0).optional(),
  clipNorm: positive.optional(),
};
const framework = z.enum(["keras", "pytorch"]).optional();
const epsilon = positive.optional();
const adamKeys = z.strictObject({ ...common, framework, epsilon, beta1: share, beta2: share });

/** The keys of each optimizer beside the learning rate, which is a key of the plan. */
const optimizerSchemas = {
  sgd: z.strictObject({ ...common, momentum: share, nesterov: z.boolean().optional() }),
  rmsprop: z.strictObject({ ...common, framework, epsilon, rho: share }),
  adam: adamKeys,
  adamW: adamKeys,
};

/** One optimizer with its keys. */
export const optimizerSchema = z.strictObject({
  sgd: optimizerSchemas.sgd.optional(),
  rmsprop: optimizerSchemas.rmsprop.optional(),
  adam: optimizerSchemas.adam.optional(),
  adamW: optimizerSchemas.adamW.optional(),
});

export type OptimizerPlan = z.infer<typeof optimizerSchema>;

/** Keys of a plan that have keys of their own, for messages. */
export const optimizerParts = {
  optimizer: optimizerSchema,
  ...optimizerSchemas,
  learningRate: schedule,
  cosine: schedule.shape.cosine.unwrap(),
};

const makers = { sgd, rmsprop, adam, adamW };

/**
 * The optimizer of a plan: Keras's RMSprop unless it names one.
 *
 * @throws InputError where it names more or fewer than one, or its schedule contradicts itself
 */
export function makeOptimizer({
  optimizer = { rmsprop: {} },
  learningRate,
}: {
  readonly optimizer?: OptimizerPlan;
  readonly learningRate: LearningRate;
}): Optimizer {
  const names = Object.keys(optimizer) as (keyof typeof makers)[];
  if (names.length !== 1) {
    throw new InputError(
      `invalid optimizer: ${names.length === 0 ? "none" : names.join(" and ")}; expected one, as in adamW: { weightDecay: 0.01 }`,
    );
  }
  requireSchedule(learningRate);
  return makers[names[0]]({ ...optimizer[names[0]], learningRate });
}

/** A schedule is checked where its nodes are made. */
function requireSchedule(learningRate: LearningRate): void {
  const graph = new Graph();
  try {
    learningRateAt(graph, learningRate, graph.input("step", "float32", []));
  } catch (error) {
    throw error instanceof RangeError ? new InputError(`invalid learningRate: ${error.message}`) : error;
  }
}
