import { basename } from "node:path";
import type { Command } from "commander";
import { InputError } from "../../errors.ts";
import type { Link } from "../../heads/links.ts";
import { type AppliedBias, type BiasEdit, type BiasLayout, editBias } from "../../models/editBias.ts";
import type { ModelOutput, TrainedWith } from "../../models/model.ts";
import { type ModelOnDisk, openModelFile } from "../../models/openModelFile.ts";
import { predictionAtBias } from "../../models/predictionAtBias.ts";
import { type WrittenModel, writeModel } from "../../models/writeModel.ts";
import { type IntendedBias, readBiases, type SolvedBias, solveBias } from "../biases.ts";
import { addHeadFlags, headOptions, namedLoss } from "../headFlags.ts";
import { interruptible } from "../interrupt.ts";
import { addLabelFlags, type LabelFlags } from "../labelFlags.ts";
import { shortList, significant } from "../numbers.ts";
import { field } from "../text.ts";
import { layerText, tensorText } from "./inspect.ts";

interface ApplyFlags extends LabelFlags {
  readonly labels?: string;
  readonly loss?: string;
  readonly bias?: string;
  readonly heads?: string;
  readonly output?: string;
  readonly tensor?: string;
  readonly layout?: BiasLayout;
  readonly addBias?: true;
  readonly out?: string;
  readonly inPlace?: true;
  readonly json?: true;
}

const examples = `
Examples:
  $ baserate apply model.keras --labels train.csv --column species --loss softmax
  $ baserate apply model.safetensors --counts 900,100 --loss sigmoid --in-place
  $ baserate apply detector.onnx --heads heads.yaml

heads.yaml, for several outputs:
  classes: {labels: boxes.csv, column: class, loss: binary-focal, options: {gamma: 2}}
  price: {bias: [3.2]}`;

export function describe(command: Command): void {
  const option = (flags: string, text: string) => command.createOption(flags, text);
  const own = [
    option("--labels <file>", "file of labels, or folder of images with one folder per class"),
    option("--loss <name>", "name of the loss that the model is trained with: baserate's, or a framework's"),
    option(
      "--bias <file>",
      "bias values instead of labels: a JSON list, {output: list}, or the output of solve --json",
    ),
    option("--heads <file>", "YAML or JSON file with labels and loss (or bias) for each of several outputs"),
    option("--output <name>", "output to set, if the model has several"),
    option("--tensor <name>", "tensor to set, regardless of the outputs found in the file"),
    option(
      "--layout <layout>",
      "order of the channels if the bias has several values per class (default for convolutions: anchors,classes)",
    ).choices(["anchors,classes", "classes,anchors"]),
    option("--add-bias", "add a bias if the layer has none (ONNX only)"),
    option("--out <file>", "path of the changed model (default: MODEL.baserate.EXT beside the model)"),
    option("--in-place", "replace the model; the old file is kept as MODEL.old").conflicts("out"),
    option("--json", "print one JSON document"),
  ];
  command
    .argument("<model>", "a model file, or the folder of a Hugging Face model or a SavedModel")
    .addHelpText("after", examples);
  for (const flag of own) command.addOption(flag);
  addLabelFlags(command);
  addHeadFlags(command, namedLoss(process.argv));
  command.action((path: string, flags: ApplyFlags) => interruptible((signal) => apply(path, flags, signal)));
}

async function apply(path: string, flags: ApplyFlags, signal: AbortSignal): Promise<void> {
  const model = await openModelFile(path);
  try {
    const intended = await intendedBiases(flags, model.trainedWith);
    const edit = await editBias(model, intended, flags);
    const written = await writeModel(model, edit, { ...flags, signal });
    const text = flags.json
      ? JSON.stringify(document(model, edit, intended, written), null, 2)
      : report(model, edit, intended, written);
    console.log(text);
  } finally {
    model.close();
  }
}

/** What to set, from labels and a loss (the model's own, if its config says it), --bias, or --heads; exactly one of them. */
async function intendedBiases(
  flags: ApplyFlags,
  trainedWith: TrainedWith = {},
): Promise<readonly IntendedBias[]> {
  const { heads, bias, counts, labels, loss = trainedWith.loss, output, tensor, layout } = flags;
  const given = Object.entries({ "--heads": heads, "--bias": bias, "--counts": counts, "--labels": labels })
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name);
  if (given.length === 0) {
    throw new InputError("missing bias: give --labels or --counts with --loss, or --bias, or --heads");
  }
  if (given.length > 1) throw new InputError(`${given.join(" and ")} cannot be combined; give one of them`);
  const named = { ...(output !== undefined && { output }), ...(tensor !== undefined && { tensor }), layout };
  const file = heads ?? bias;
  if (file === undefined) {
    if (loss === undefined)
      throw new InputError(`${given[0]} needs --loss as well, for example --loss softmax`);
    const classes = flags.classes ?? (counts === undefined ? trainedWith.classes : undefined);
    const solved = await solveBias(loss, labels, { ...flags, classes }, headOptions(loss, { ...flags }));
    return [{ ...named, ...solved }];
  }
  const several = await readBiases(file);
  const namesItself = several.some((one) => one.output !== undefined);
  if (namesItself && (output ?? tensor) !== undefined) {
    throw new InputError(`${file} already names the outputs; leave out --output and --tensor`);
  }
  return several.map((one) => ({ ...named, ...one }));
}

function document(
  { path, format }: ModelOnDisk,
  edit: BiasEdit,
  intended: readonly IntendedBias[],
  written: WrittenModel,
) {
  return {
    file: path,
    format,
    written: written.files,
    kept: written.kept,
    outputs: edit.applied.map((one, i) => {
      const predicted = one.output.described && predictionAtBias(one.output, one.after);
      return {
        name: one.output.name,
        layer: one.output.layer,
        tensor: { name: one.tensor.name, type: one.tensor.type, shape: one.tensor.shape },
        added: one.before === undefined,
        before: one.before ? [...one.before] : null,
        after: [...one.after],
        repeats: one.repeats,
        rounding: one.rounding,
        also: one.also,
        prediction: predicted ? [...predicted] : null,
        ...intended[i].solved,
      };
    }),
  };
}

function report(
  { path, format, isFolder, otherCopies }: ModelOnDisk,
  edit: BiasEdit,
  intended: readonly IntendedBias[],
  written: WrittenModel,
): string {
  const blocks = edit.applied.map((one, i) => appliedLines(one, intended[i].solved).join("\n"));
  const end = [
    ...(isFolder && written.kept.length === 0 ? [written.path] : written.files).map((file) =>
      field("wrote", file),
    ),
    ...otherCopies.map((name) =>
      field("note", `${name} also holds the weights; it was neither changed nor copied`),
    ),
    ...written.kept.map((old) => field("kept", old)),
    field("checked", "the new file was read back; all other bytes are unchanged"),
  ];
  return [`${basename(path)}: ${format}`, ...blocks, end.join("\n")].join("\n\n");
}

function appliedLines(one: AppliedBias, solved: SolvedBias | undefined): string[] {
  const { output, tensor, before, after, repeats, rounding, also } = one;
  const lines = [
    field("output", output.name),
    field("layer", layerText(output)),
    field("tensor", tensorText(tensor) + (before ? "" : ", added")),
  ];
  if (before) lines.push(field("before", shortList(before)));
  lines.push(field("after", shortList(after)));
  if (also.length > 0) lines.push(field("also", `changes ${also.join(", ")}, which shares this bias`));
  if (repeats > 1) lines.push(field("", `${after.length / repeats} values for each of ${repeats} anchors`));
  if (rounding > 0) {
    lines.push(field("", `rounded to ${tensor.type}, by at most ${significant(rounding)}`));
  }
  if (solved) return [...lines, ...solvedLines(solved, output, after)];
  const predicted = predictionAtBias(output, after);
  return predicted ? [...lines, field("predicts", `${shortList(predicted)} (${output.activation})`)] : lines;
}

function solvedLines(
  { solution, source, link }: SolvedBias,
  output: ModelOutput,
  after: Float64Array,
): string[] {
  const { head, expectedLoss, lossAtZero, warnings } = solution;
  const predicted = `${shortList(solution.prediction)} (${head})`;
  const lines = output.described
    ? [field("predicts", predicted)]
    : [
        field("solved", `for predictions of ${predicted}`),
        field("assumes", "that only the link of the loss follows this bias; tensors alone can't show it"),
      ];
  if (expectedLoss !== null) {
    const zero = lossAtZero === null ? "" : `; ${significant(lossAtZero)} at bias 0`;
    lines.push(field("loss", `${significant(expectedLoss)} expected before training${zero}`));
  }
  lines.push(field("labels", source));
  const applied = otherActivation(output, after, solution.prediction, link);
  if (applied !== undefined) {
    lines.push(
      field(
        "warning",
        `the file applies ${applied} after the bias, but ${head} takes ${link.text}; is it the model's loss?`,
      ),
    );
  }
  return [...lines, ...warnings.map((warning) => field("warning", warning))];
}

/** The file's activation, if it is none of the loss's own and makes another prediction of the bias. */
function otherActivation(
  output: ModelOutput,
  after: Float64Array,
  wanted: readonly number[],
  link: Link,
): string | undefined {
  const name = output.activation?.toLowerCase() ?? "linear";
  if (name === "linear" || name.includes(link.name)) return undefined;
  const isWanted = (made: number) => wanted.some((value) => Math.abs(made - value) <= 0.01 * Math.abs(value));
  const isSame = predictionAtBias(output, after)?.every(isWanted);
  return isSame ? undefined : name;
}
