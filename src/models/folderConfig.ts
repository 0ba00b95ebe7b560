import { z } from "zod";
import type { ModelFile, ModelOutput, TrainedWith } from "./model.ts";

/**
 * What config.json says beside a model's weights: in a folder of transformers the class of the model, its task and the
 * names of its classes; in one of timm the architecture and its output layers.
 * https://huggingface.co/docs/transformers/main_classes/configuration and timm.models.save_for_hf
 */
const configSchema = z.looseObject({
  architectures: z.array(z.string()).nullish(),
  problem_type: z.string().nullish(),
  num_labels: z.number().nullish(),
  id2label: z.record(z.string(), z.string()).nullish(),
  architecture: z.string().optional(),
  num_classes: z.number().optional(),
  label_names: z.array(z.string()).nullish(),
  pretrained_cfg: z
    .looseObject({ classifier: z.union([z.string(), z.array(z.string())]).nullish() })
    .optional(),
});
type FolderConfig = z.infer<typeof configSchema>;

/** Undefined if the JSON is not the config of a model. */
export function parseFolderConfig(content: unknown): FolderConfig | undefined {
  const { success, data } = configSchema.safeParse(content);
  return success && (data.architectures?.length || data.architecture !== undefined) ? data : undefined;
}

/** Losses by `problem_type`: https://huggingface.co/docs/transformers/main_classes/configuration */
const problemLosses: Readonly<Record<string, string>> = {
  single_label_classification: "softmax",
  multi_label_classification: "sigmoid",
  regression: "squared-error",
};

/** Tasks of transformers whose outputs a bias would not change, and why. */
const shiftedAlike: readonly [architecture: RegExp, reason: string][] = [
  [
    /ForQuestionAnswering$/,
    "its outputs are scores of start and end with a softmax over the positions, so that a bias, equal at all positions, changes nothing",
  ],
  [
    /ForMultipleChoice$/,
    "its output is one score per choice with a softmax over the choices, so that a bias, equal for all choices, changes nothing",
  ],
];

/** The model with what the config adds: which outputs count, what it is trained with, and the format's name. */
export function withConfig(model: ModelFile, config: FolderConfig): ModelFile {
  const architecture = config.architectures?.[0] ?? config.architecture!;
  const library = config.architectures ? "transformers" : "timm";
  const format = `folder of ${library}, ${architecture} (${model.format})`;
  const result = { ...model, format, trainedWith: trainedWith(config) };
  if (config.architectures) return { ...result, ...transformersOutputs(model, architecture) };
  const layers = [config.pretrained_cfg?.classifier ?? []].flat();
  const named = model.candidates.filter(({ layer }) => layers.includes(layer));
  return { ...result, ...(named.length > 0 && { outputs: named.map(describedOutput) }) };
}

function transformersOutputs(model: ModelFile, architecture: string): Partial<ModelFile> {
  const reason = shiftedAlike.find(([name]) => name.test(architecture))?.[1];
  if (reason !== undefined) {
    return { outputs: model.outputs.map((output) => ({ ...output, bias: undefined, reason })) };
  }
  if (!/For[A-Z]|LMHead|DoubleHeads/.test(architecture)) {
    return {
      outputs: [],
      candidates: [],
      reason: `${architecture} has no output layer; load it with a class that has one, such as AutoModelForSequenceClassification, and save that`,
    };
  }
  return { outputs: model.outputs.map(describedOutput) };
}

/** The code of the libraries applies nothing after these layers but the link of the loss. */
const describedOutput = (output: ModelOutput): ModelOutput => ({ ...output, described: true });

function trainedWith(config: FolderConfig): TrainedWith {
  const names = config.label_names ?? classNames(config.id2label ?? {});
  const task = config.architectures?.[0] ?? "";
  const isClassification = /For(Sequence|Token|Image|Audio|Video)Classification$/.test(task);
  const guessed = isClassification && Object.keys(config.id2label ?? {}).length > 1 ? "softmax" : undefined;
  const loss = problemLosses[config.problem_type ?? ""] ?? (config.architecture ? "softmax" : guessed);
  return { ...(loss !== undefined && { loss }), ...(names && { classes: names }) };
}

/** The names in the order of their numbers; undefined where they are only LABEL_0, LABEL_1, ... or incomplete. */
function classNames(id2label: Readonly<Record<string, string>>): string[] | undefined {
  const names = Object.keys(id2label).map((_, i) => id2label[i]);
  const isNamed = names.length > 0 && names.every((name) => name !== undefined && !/^LABEL_\d+$/.test(name));
  return isNamed ? names : undefined;
}
