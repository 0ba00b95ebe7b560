import { z } from "zod";
import { InputError } from "../errors.ts";
import { armNames } from "./arms.ts";
import { planError } from "./planError.ts";

const datasetNames = ["cifar10", "synthetic"] as const;

const whole = (least: number, most = 2 ** 31) => z.number().int().min(least).max(most);
const size = z.tuple([whole(1), whole(1)]);
const activation = z.enum(["linear", "relu", "gelu", "tanh", "sigmoid"]);

/** The layers a plan can name, with what each becomes. */
const layerSchemas = {
  conv2d: z.strictObject({
    filters: whole(1),
    kernel: size,
    activation: activation.default("linear"),
    strides: size.optional(),
    padding: z.enum(["valid", "same"]).default("valid"),
  }),
  maxPool2d: z.strictObject({ kernel: size, strides: size.optional() }),
  averagePool2d: z.strictObject({ kernel: size, strides: size.optional() }),
  flatten: z.strictObject({}),
  dense: z.strictObject({ units: whole(1), activation: activation.default("linear") }),
};

const layerSchema = z.union([
  z.strictObject({ conv2d: layerSchemas.conv2d }),
  z.strictObject({ maxPool2d: layerSchemas.maxPool2d }),
  z.strictObject({ averagePool2d: layerSchemas.averagePool2d }),
  z.strictObject({ flatten: layerSchemas.flatten }),
  z.strictObject({ dense: layerSchemas.dense }),
]);

export type LayerPlan = z.infer<typeof layerSchema>;

/** The layers of the original experiment, without the output layer. */
const originalLayers: LayerPlan[] = [
  { conv2d: { filters: 32, kernel: [3, 3], activation: "relu", padding: "valid" } },
  { maxPool2d: { kernel: [2, 2] } },
  { conv2d: { filters: 64, kernel: [3, 3], activation: "relu", padding: "valid" } },
  { maxPool2d: { kernel: [2, 2] } },
  { conv2d: { filters: 64, kernel: [3, 3], activation: "relu", padding: "valid" } },
  { flatten: {} },
  { dense: { units: 64, activation: "relu" } },
];

/** Class counts of the original experiment; a tenth of them for the smaller synthetic dataset. */
const originalCounts = [4000, 3700, 100, 4000, 400, 100, 50, 700, 700, 100];

/** What is to be run, down to the last number: every key has the original experiment's value unless given. */
const planSchema = z.strictObject({
  dataset: z.enum(datasetNames).default("cifar10"),
  counts: z.array(whole(1)).min(2).optional(),
  arms: z.array(z.enum(armNames)).min(1).default(["zero", "prior"]),
  seeds: z.array(whole(0, Number.MAX_SAFE_INTEGER)).min(1).default([33]),
  epochs: whole(1).default(1),
  batchSize: whole(1).default(256),
  learningRate: z.number().positive().default(1e-3),
  layers: z.array(layerSchema).min(1).default(originalLayers),
});

export type Plan = z.infer<typeof planSchema> & { readonly counts: readonly number[] };

/** Keys of a plan as they may be given, all optional. */
export type PlanInput = z.input<typeof planSchema>;

/**
 * Fills in a plan's defaults and checks it.
 *
 * @param where what to call the plan in messages: its file, or the command's options
 * @throws InputError that names the key, its value and what is allowed
 */
export function resolvePlan(input: unknown, where = "plan"): Plan {
  const result = planSchema.safeParse(input ?? {});
  if (!result.success)
    throw planError(result.error.issues[0], { input, where, schema: planSchema.shape, layers: layerSchemas });
  const plan = result.data;
  for (const key of ["arms", "seeds"] as const) {
    const twice = plan[key].find((value, i) => plan[key].indexOf(value as never) < i);
    if (twice !== undefined) throw new InputError(`${where}: ${key} holds ${twice} twice`);
  }
  const counts =
    plan.counts ?? originalCounts.map((count) => (plan.dataset === "cifar10" ? count : count / 10));
  return { ...plan, counts };
}
