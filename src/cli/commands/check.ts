import { stat } from "node:fs/promises";
import { basename, extname } from "node:path";
import type { Command } from "commander";
import { type CheckInput, type CheckReport, checkOutputs } from "../../check/checkOutputs.ts";
import { dumpFrameworks, dumpSnippet } from "../../check/dumpSnippets.ts";
import type { InputRows } from "../../check/modelOutputs.ts";
import { InputError } from "../../errors.ts";
import { calibrate } from "../../heads/calibrate.ts";
import { findHead } from "../../heads/index.ts";
import { fromCounts } from "../../labels/fromCounts.ts";
import { type LabelRows, readLabelRows, readRows } from "../checkInputs.ts";
import type { DataRows } from "../checkModel.ts";
import { checkReport } from "../checkReport.ts";
import { field } from "../fields.ts";
import { addHeadFlags, headOptions, namedLoss } from "../headFlags.ts";
import { interruptible } from "../interrupt.ts";
import { numberList, shortList } from "../numbers.ts";
import { list, positiveNumber, wholeNumber } from "../options.ts";

interface CheckFlags {
  readonly outputs?: string;
  readonly data?: string;
  readonly labels?: string;
  readonly column?: readonly string[];
  readonly classes?: readonly string[];
  readonly counts?: readonly number[];
  readonly rows: number;
  readonly imageScale?: number;
  readonly resize?: true;
  readonly loss: string;
  readonly given?: "outputs" | "predictions";
  readonly output?: string;
  readonly reportedLoss?: number;
  readonly allowConstant?: true;
  readonly fix?: "bias";
  readonly out?: string;
  readonly plot?: string;
  readonly for?: string;
  readonly json?: true;
}

const examples = `
Examples:
  $ baserate check --for pytorch
  $ baserate check --outputs outputs.npy --labels labels.npy --counts 900,100
  $ baserate check model.onnx --data x.npy --labels y.npy --fix bias
  $ baserate check model.onnx --data photos/
  $ baserate check runs/NAME/untrained-zero.onnx --data cifar10

Exit code: 0 sound, 1 not sound, 2 bad input.`;

export function describe(command: Command): void {
  command
    .argument("[model]", "an ONNX model, run on --data")
    .option("--outputs <file>", "the untrained network's outputs, a row an input (.npy or .json)")
    .option(
      "--data <file>",
      "inputs for the model (.npy); images in a folder for each class; or cifar10: the subset of baserate reproduce",
    )
    .option("--labels <file>", "the rows' labels (.npy .csv .tsv .json .jsonl .parquet)")
    .option("--column <names>", "column that holds the labels; several with commas between", list)
    .option("--classes <names>", "names of the classes in the order of the outputs", list)
    .option(
      "--counts <numbers>",
      "rows of each class in all training data, if the sample's mix differs",
      numberList,
    )
    .option("--rows <number>", "rows of --data to run, at most", wholeNumber(2), 1024)
    .option(
      "--image-scale <number>",
      "what images' bytes are multiplied by for a model that takes floats (default: 1/255)",
      positiveNumber,
    )
    .option("--resize", "stretch images to the size that the model takes")
    .option("--loss <name>", "the loss: our name, or a framework's", "softmax")
    .addOption(
      command
        .createOption("--given <what>", "what the loss is handed: raw outputs (default), or predictions")
        .choices(["outputs", "predictions"]),
    )
    .option("--output <name>", "the model's output to check, where it has several")
    .option("--reported-loss <number>", "the loss that your program shows for these rows", Number)
    .option("--allow-constant", "the output layer's kernel is zero on purpose")
    .addOption(
      command
        .createOption("--fix <what>", "write the bias that is optimal for this network")
        .choices(["bias"]),
    )
    .option("--out <file>", "where --fix writes (default: MODEL.baserate.onnx, or bias.json)")
    .option("--plot <file>", "draw loss and predictions (.svg or .png)")
    .option("--for <framework>", `print lines that save outputs and labels: ${dumpFrameworks.join(", ")}`)
    .option("--json", "print one JSON document")
    .addHelpText("after", examples);
  addHeadFlags(command, namedLoss(process.argv));
  command.action((model: string | undefined, flags: CheckFlags) =>
    interruptible((signal) => check(model, flags, signal)),
  );
}

async function check(model: string | undefined, flags: CheckFlags, signal: AbortSignal): Promise<void> {
  if (flags.for !== undefined) {
    console.log(dumpSnippet(flags.for));
    return;
  }
  if (flags.reportedLoss !== undefined && !Number.isFinite(flags.reportedLoss)) {
    throw new InputError("invalid --reported-loss: give a number, such as 2.303");
  }
  const { input, source } = await readInput(model, flags, signal);
  const report = checkOutputs(input);
  const fixed = flags.fix && (await fixBias(model, flags, input, signal));
  const plots = flags.plot
    ? await (await import("../checkPlots.ts")).writeCheckPlots(flags.plot, report)
    : [];
  if (flags.json) {
    console.log(JSON.stringify({ source, ...report, ...(fixed && { fixed }), plots }, null, 2));
  } else {
    const lines = [checkReport(report, source)];
    if (fixed) lines.push(fixedText(fixed, report));
    if (plots.length > 0) lines.push(plots.map((file) => field("wrote", file)).join("\n"));
    console.log(lines.join("\n\n"));
  }
  if (report.verdict !== "sound") process.exitCode = 1;
}

interface Read {
  readonly input: CheckInput;
  /** What was checked, for people. */
  readonly source: string;
}

async function readInput(model: string | undefined, flags: CheckFlags, signal: AbortSignal): Promise<Read> {
  if ((model === undefined) === (flags.outputs === undefined)) {
    throw new InputError(
      model === undefined
        ? "nothing to check: give --outputs, or an ONNX model with --data"
        : `outputs come from ${model} or from --outputs, not from both`,
    );
  }
  const { head } = findHead(flags.loss);
  const cifar =
    flags.data === "cifar10" ? await (await import("../checkCifar10.ts")).cifar10Rows(flags.rows) : undefined;
  const folder = await imageFolder(model, flags, signal);
  const data: DataRows | undefined =
    cifar?.data ??
    folder?.read ??
    (flags.data === undefined ? undefined : first(await readRows(flags.data), flags.rows));
  const labels = cifar ?? folder ?? (await labelsOf(flags));
  const run =
    model === undefined
      ? undefined
      : await (await import("../checkModel.ts")).runModel(model, needed(data, model), flags.output, signal);
  const read = run ?? (await readRows(flags.outputs!));
  const outputs = "values" in read ? read.values : read.outputs;
  const inputs = run?.data ?? (typeof data === "function" ? undefined : data);
  const rows = "values" in read ? read.rows : read.data.rows;
  const kept =
    run && labels.rows > rows
      ? { ...labels, labels: labels.labels.slice(0, (labels.labels.length / labels.rows) * rows), rows }
      : labels;
  if (kept.rows !== rows) {
    throw new InputError(`${kept.rows} labels for ${rows} rows of outputs; give as many`);
  }
  const counts = flags.counts ?? cifar?.counts ?? folder?.counts;
  const input: CheckInput = {
    head: flags.loss,
    outputs,
    rows,
    labels: kept.labels,
    given: flags.given ?? run?.given ?? "outputs",
    options: headOptions(flags.loss, { ...flags }),
    ...(counts && { training: fromCounts(counts, head.reads === "classes" ? kept.names : undefined) }),
    ...(run?.bias && { bias: run.bias }),
    ...(inputs && { data: rangeOf(inputs) }),
    reportedLoss: flags.reportedLoss,
    allowConstant: flags.allowConstant,
  };
  const madeAs = inputs?.madeAs ? ` (${inputs.madeAs})` : "";
  return {
    input,
    source: model === undefined ? flags.outputs! : `${basename(model)} on ${flags.data}${madeAs}`,
  };
}

/** The images of --data, where that is a folder. */
async function imageFolder(model: string | undefined, flags: CheckFlags, signal: AbortSignal) {
  const { data, labels, classes, loss, imageScale, resize } = flags;
  const isFolder =
    data !== undefined && data !== "cifar10" && (await stat(data).catch(() => undefined))?.isDirectory();
  if (!isFolder) {
    if (imageScale === undefined && !resize) return undefined;
    throw new InputError(`${resize ? "--resize" : "--image-scale"} is for --data with a folder of images`);
  }
  if (model === undefined) throw new InputError(`${data} is a folder of images: name the model to run on it`);
  if (labels ?? classes) {
    throw new InputError(`labels come from the folders of ${data}: leave out --labels and --classes`);
  }
  const { head } = findHead(loss);
  if (head.reads !== "classes" && head.reads !== "binary") {
    throw new InputError(`a folder of images gives classes; ${head.name} reads ${head.reads}`);
  }
  const { openImageFolder } = await import("../checkImages.ts");
  return openImageFolder(data, flags, signal);
}

function needed(data: DataRows | undefined, model: string): DataRows {
  if (data === undefined) {
    throw new InputError(`${model} needs inputs: --data x.npy, a folder of images, or --data cifar10`);
  }
  return data;
}

const first = ({ rows, shape, values }: InputRows, most: number): InputRows => ({
  rows: Math.min(rows, most),
  shape,
  values,
});

async function labelsOf({ labels, loss, column, classes }: CheckFlags): Promise<LabelRows> {
  if (labels === undefined)
    throw new InputError("no labels: give --labels y.npy, one for each row of outputs");
  return readLabelRows(findHead(loss).head, labels, column, classes);
}

function rangeOf({ rows, shape, values }: InputRows): CheckInput["data"] {
  const count = rows * shape.reduce((a, b) => a * b, 1);
  let [low, high, squares] = [Infinity, -Infinity, 0];
  for (let i = 0; i < count; i++) {
    low = Math.min(low, values[i]);
    high = Math.max(high, values[i]);
    squares += values[i] ** 2;
  }
  return { low, high, size: Math.sqrt(squares / count) };
}

interface Fixed {
  /** The bias, where the present one is known; else what to add to it. */
  readonly bias: readonly number[];
  readonly isAddition: boolean;
  /** Loss of the same rows with it. */
  readonly loss: number;
  readonly file: string;
}

async function fixBias(
  model: string | undefined,
  flags: CheckFlags,
  input: CheckInput,
  signal: AbortSignal,
): Promise<Fixed> {
  const { calibrationRows } = await import("../../check/sample.ts");
  const { head, outputs, labels, options } = calibrationRows(input);
  const { bias: shift, loss } = calibrate(head, outputs, labels, input.rows, options);
  const bias = input.bias ? shift.map((b, k) => b + input.bias![k]) : shift;
  const { writeBias } = await import("../checkModel.ts");
  const file = await writeBias(model, bias, input.bias !== undefined, flags, signal);
  return { bias, isAddition: input.bias === undefined, loss, file };
}

function fixedText({ bias, isAddition, loss, file }: Fixed, { measuredLoss }: CheckReport): string {
  const ending = extname(file) === ".json" ? " (a list of numbers, for baserate apply --bias)" : "";
  return [
    field(isAddition ? "add" : "bias", shortList(bias) + (isAddition ? " to the output bias" : "")),
    field("loss", `${loss.toFixed(4)} on these rows with it, ${measuredLoss?.toFixed(4)} without`),
    field("wrote", file + ending),
  ].join("\n");
}
