import { statSync } from "node:fs";
import { basename, join } from "node:path";
import type { Command } from "commander";
import { printable } from "../../errors.ts";
import type { ModelOutput, WritableTensor } from "../../models/model.ts";
import { type ModelOnDisk, openModelFile } from "../../models/openModelFile.ts";
import { predictionAtBias } from "../../models/predictionAtBias.ts";
import { shortList } from "../numbers.ts";
import { field, grouped } from "../text.ts";

export function describe(command: Command): void {
  command
    .argument("<model>", "a model file, or the folder of a Hugging Face model or a SavedModel")
    .option("--tensors", "list all floating-point tensors")
    .option("--json", "print one JSON document")
    .addHelpText("after", "\nExample:\n  $ baserate inspect model.keras")
    .action(async (path: string, options: { tensors?: true; json?: true }) => {
      const model = await openModelFile(path);
      try {
        const text = options.json
          ? JSON.stringify(document(model, options.tensors), null, 2)
          : report(model, options.tensors);
        console.log(text);
      } finally {
        model.close();
      }
    });
}

function document(model: ModelOnDisk, tensors = false) {
  return {
    file: model.path,
    format: model.format,
    outputs: model.outputs.map((output) => ({ ...facts(output), ...contents(output) })),
    candidates: model.candidates.map(facts),
    reason: model.reason ?? null,
    trainedWith: model.trainedWith ?? null,
    ...(tensors && {
      tensors: [...model.tensors.values()].map(({ name, type, shape }) => ({ name, type, shape })),
    }),
  };
}

function facts({ name, layer, activation, units, convolution, bias, reason }: ModelOutput) {
  return {
    name,
    layer,
    activation: activation ?? null,
    units: units ?? null,
    convolution,
    tensor: bias ? { name: bias.name, type: bias.type, shape: bias.shape } : null,
    reason: reason ?? null,
  };
}

function contents(output: ModelOutput) {
  const bias = output.bias?.read();
  const predicted = bias && output.described && predictionAtBias(output, bias);
  return { bias: bias ? [...bias] : null, prediction: predicted ? [...predicted] : null };
}

/** Candidates beyond these are only counted. */
const listed = 20;

function report(model: ModelOnDisk, tensors = false): string {
  const bytes = grouped(model.files.reduce((sum, file) => sum + statSync(join(model.folder, file)).size, 0));
  const lines = [`${basename(model.path)}: ${model.format}, ${bytes} bytes`];
  for (const output of model.outputs) lines.push("", ...outputLines(output), ...sharedLines(output, model));
  const { loss, classes } = model.trainedWith ?? {};
  if (loss !== undefined) lines.push("", field("loss", `${loss} (from config.json)`));
  if (classes !== undefined) lines.push(field("classes", `${classes.join(", ")} (from config.json)`));
  if (model.outputs.length === 0) {
    lines.push("", field("no output", `${model.reason}`));
    for (const { name, units, bias } of model.candidates.slice(0, listed)) {
      lines.push(printable(`  ${name}: ${units} units (${bias?.name}, ${bias?.type})`));
    }
    const more = model.candidates.length - listed;
    if (more > 0) lines.push(`  ... and ${more} more (all with --json)`);
    if (model.candidates.length > 0) lines.push("Choose one with --output.");
  }
  if (tensors) {
    lines.push("", "Tensors:");
    for (const tensor of model.tensors.values()) lines.push(printable(`  ${tensorText(tensor)}`));
  }
  return lines.join("\n");
}

function outputLines(output: ModelOutput): string[] {
  const { name, bias, reason } = output;
  const lines = [field("output", name), field("layer", layerText(output))];
  if (!bias) return [...lines, field("no bias", reason!)];
  const values = bias.read();
  lines.push(field("bias", shortList(values)), field("tensor", tensorText(bias)));
  if (bias.fixed !== undefined) lines.push(field("fixed", bias.fixed));
  const predicted = predictionAtBias(output, values);
  if (predicted) lines.push(field("predicts", `${shortList(predicted)} (${output.activation})`));
  return lines;
}

function sharedLines({ name, bias }: ModelOutput, { outputs }: ModelOnDisk): string[] {
  const others = outputs.filter((other) => bias && other.name !== name && other.bias?.name === bias.name);
  return others.length === 0
    ? []
    : [field("shared", `${others.map((other) => other.name).join(", ")} uses the same bias`)];
}

export const tensorText = ({ name, type, shape }: WritableTensor) => `${name}, ${type} [${shape.join(", ")}]`;

/** `probabilities: 3 units, then softmax`. */
export function layerText({ layer, units, convolution, activation }: ModelOutput): string {
  const size =
    units === undefined ? "" : `: ${units} ${convolution ? "channels" : units === 1 ? "unit" : "units"}`;
  const then =
    activation === undefined || activation.toLowerCase() === "linear" ? "" : `, then ${activation}`;
  return `${layer}${size}${then}`;
}
