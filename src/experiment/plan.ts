import { z } from "zod";
import { type DatasetName, datasetNames } from "../data/datasets.ts";
import { namesFacts } from "../data/names.ts";
import { originalCounts } from "../data/originalSubset.ts";
import { InputError } from "../errors.ts";
import { requireArm } from "./arms.ts";
import { layerSchema, layerSchemas } from "./layerPlan.ts";
import { learningRateSchema, makeOptimizer, optimizerParts, optimizerSchema } from "./optimizerPlan.ts";
import { originalLayers } from "./originalLayers.ts";
import { type KeyName, planError } from "./planError.ts";

const whole = (min: number, max = 2 ** 31) => z.number().int().min(min).max(max);

const batchSize = whole(1);
const epochs = whole(1);
const learningRate = learningRateSchema;
/** Standard deviations of normal initial values by the names of parameters; 0 for zeros. */
const initial = z.record(z.string(), z.number().min(0));
const counts = z.array(whole(1)).min(2);
const layers = z.array(layerSchema).min(1);

/** Lists of values that replace those of the plan; every combination is run. */
const gridSchema = z.strictObject({
  counts: z.array(counts).min(1).optional(),
  epochs: z.array(epochs).min(1).optional(),
  batchSize: z.array(batchSize).min(1).optional(),
  learningRate: z.array(learningRate).min(1).optional(),
  optimizer: z.array(optimizerSchema).min(1).optional(),
  initial: z.array(initial).min(1).optional(),
  layers: z.array(layers).min(1).optional(),
});

const text = z.string().min(1);
const texts = z.array(text).min(1);

const lossOptions = z.record(z.string(), z.union([z.number(), z.string(), z.array(z.number())]));

/** The head of one of several outputs; as in the file of `baserate apply --heads`. */
const headSchema = z.strictObject({
  loss: text.default("softmax"),
  options: lossOptions.optional(),
  /** What its loss is multiplied by before the losses are added; 1 unless given. */
  weight: z.number().positive().optional(),
  /** As the keys of the plan of these names. */
  column: z.union([texts, text.transform((names) => names.split(","))]).optional(),
  labels: text.optional(),
  testLabels: text.optional(),
  classes: texts.optional(),
  ignoreIndex: z.number().optional(),
});

/** Keys of a plan that stand with each head where there are several. */
const keysOfOne = ["output", "lossOptions", ...Object.keys(headSchema.shape)];

/** Keys for a network of one's own. */
const networkKeys = {
  /** An ONNX file in place of layers; its output, parameters to leave as they are, and how it was exported. */
  model: text.optional(),
  output: text.optional(),
  /** A head for each of several outputs, by name: the loss is the sum of theirs. */
  heads: z.record(text, headSchema).optional(),
  freeze: texts.optional(),
  asExported: z.boolean().optional(),
  /** Whether all seeds start from the file's weights, in place of weights drawn anew. */
  keepWeights: z.boolean().optional(),
};

/** Keys that say something of `data`. */
const ofDataKeys = {
  /** Which rows of a database. */
  table: text.optional(),
  query: text.optional(),
  where: text.optional(),
  /** Files with the labels, where they are apart, and with the test. */
  labels: text.optional(),
  testData: text.optional(),
  testLabels: text.optional(),
  /** Share of the rows that is kept for the test where no test data are given. */
  testShare: z.number().gt(0).lt(1).optional(),
  /** Columns of a table: labels, sample weights, features, and how categories reach the network. */
  column: texts.optional(),
  weightColumn: text.optional(),
  features: texts.optional(),
  categories: z.enum(["one-hot", "index"]).optional(),
  classes: texts.optional(),
  ignoreIndex: z.number().optional(),
  /** Height and width that images are stretched to, and what their bytes are multiplied by. */
  resize: z.tuple([whole(1), whole(1)]).optional(),
  imageScale: z.number().positive().optional(),
};

/**
 * Keys for a network and data of one's own, which are also flags of `baserate compare`. None has a default here: without
 * them, the plan is one of a dataset by name.
 */
const ownKeys = {
  ...networkKeys,
  /** A file or folder with the rows, or a database. */
  data: text.optional(),
  ...ofDataKeys,
  loss: text.optional(),
  /** Epochs without a lower test loss after which training stops. */
  patience: whole(1).optional(),
};

/** The name of such a key. */
export type OwnKey = keyof typeof ownKeys;

/** Class counts of the original experiment, a tenth of them for the smaller synthetic dataset, and all names. */
const defaultCounts: Readonly<Record<DatasetName, readonly number[]>> = {
  cifar10: originalCounts,
  synthetic: originalCounts.map((count) => count / 10),
  names: namesFacts.trainCounts,
};

/** Everything that determines a run. The default of each key is its value in the original experiment. */
export const planSchema = z.strictObject({
  dataset: z.enum(datasetNames).default("cifar10"),
  ...ownKeys,
  lossOptions: lossOptions.optional(),
  counts: counts.optional(),
  arms: texts.default(["zero", "prior"]),
  seeds: z.array(whole(0, Number.MAX_SAFE_INTEGER)).min(1).default([33]),
  epochs: epochs.default(1),
  batchSize: batchSize.default(256),
  learningRate: learningRate.default(1e-3),
  optimizer: optimizerSchema.optional(),
  initial: initial.optional(),
  layers: layers.default(originalLayers),
  grid: gridSchema.optional(),
});

/** A plan with its defaults. A named dataset always has class counts; your own data need none. */
export type Plan = z.infer<typeof planSchema>;

/** Keys of a plan as they may be given, all optional. */
export type PlanInput = z.input<typeof planSchema>;

/**
 * Validates a plan, and fills in its defaults.
 *
 * @param name of a key in error messages: `plan.yaml: counts`, or the option that sets it
 * @throws InputError that names the key, its value and what is expected
 */
export function resolvePlan(
  input: unknown,
  name: KeyName = (key) => (key === undefined ? "plan" : `plan: ${key}`),
): Plan {
  const result = planSchema.safeParse(input ?? {});
  if (!result.success) {
    throw planError(result.error.issues[0], {
      input,
      name,
      schema: planSchema.shape,
      layers: layerSchemas,
      parts: { grid: gridSchema, heads: headSchema, ...optimizerParts },
    });
  }
  const plan = result.data;
  for (const key of ["arms", "seeds"] as const) {
    const twice = plan[key].find((value, i) => plan[key].indexOf(value as never) < i);
    if (twice !== undefined)
      throw new InputError(`invalid ${name(key)}: ${twice} is given twice; expected different ${key}`);
  }
  plan.arms.forEach((arm, i) => {
    requireArm(arm, `${name("arms")}, entry ${i + 1}`);
  });
  validateGrid(plan.grid ?? {}, name);
  validateHeads(plan, name);
  // Optimizers and schedules that contradict themselves are refused before any work.
  for (const optimizer of [plan.optimizer, ...(plan.grid?.optimizer ?? [])]) {
    for (const learningRate of [plan.learningRate, ...(plan.grid?.learningRate ?? [])])
      makeOptimizer({ optimizer, learningRate });
  }
  if (plan.data !== undefined) return plan;
  const stray = (Object.keys(ofDataKeys) as (keyof typeof ofDataKeys)[]).find(
    (key) => plan[key] !== undefined,
  );
  if (stray !== undefined)
    throw new InputError(`${name(stray)} needs ${name("data")}, a file, a folder or a database`);
  return { ...plan, counts: plan.counts ?? [...defaultCounts[plan.dataset]] };
}

/** @throws InputError where several outputs are given without a network that has them, or keys of one beside them */
function validateHeads(plan: Plan, name: KeyName): void {
  if (plan.heads === undefined) return;
  if (Object.keys(plan.heads).length === 0)
    throw new InputError(`${name("heads")} is empty; expected outputs of the network, each with its loss`);
  for (const key of ["model", "data"] as const) {
    if (plan[key] === undefined) throw new InputError(`${name("heads")} needs ${name(key)}`);
  }
  const given = [...keysOfOne, "counts"].find((key) => plan[key as keyof Plan] !== undefined);
  if (given === undefined) return;
  throw new InputError(
    given === "counts"
      ? `${name("counts")} needs one class per row, and ${name("heads")} has several labels`
      : `${name(given)} stands beside ${name("heads")}; give it with each head`,
  );
}

/** @throws InputError where the grid has a value twice, since two settings would then be one */
function validateGrid(grid: Record<string, unknown[]>, name: KeyName): void {
  for (const [key, values] of Object.entries(grid)) {
    const texts = values.map((value) => JSON.stringify(value));
    const twice = texts.find((text, i) => texts.indexOf(text) < i);
    if (twice === undefined) continue;
    throw new InputError(
      `invalid ${name("grid")}, ${key}: ${twice} is given twice; expected different values`,
    );
  }
}
