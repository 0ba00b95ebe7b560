import { extname } from "node:path";
import type { Command } from "commander";
import type { CheckInput } from "../../check/checkInput.ts";
import { type CheckReport, checkOutputs } from "../../check/checkOutputs.ts";
import { dumpFrameworks, dumpSnippet } from "../../check/dumpSnippets.ts";
import { calibrate } from "../../heads/calibrate.ts";
import { similarNames } from "../../tables/similarNames.ts";
import { type CheckInputFlags, readCheckInput } from "../checkInput.ts";
import { checkReport } from "../checkReport.ts";
import { addHeadFlags, namedLoss } from "../headFlags.ts";
import { interruptible } from "../interrupt.ts";
import { addLabelFlags } from "../labelFlags.ts";
import { numberList, shortList } from "../numbers.ts";
import { finiteNumber, positiveNumber, wholeNumber } from "../options.ts";
import { field } from "../text.ts";

interface CheckFlags extends CheckInputFlags {
  readonly fix?: "bias";
  readonly out?: string;
  readonly plot?: string;
  readonly for?: string;
  readonly expect?: string;
  readonly strict?: true;
  readonly json?: true;
}

const examples = `
Examples:
  $ baserate check --for pytorch
  $ baserate check --outputs outputs.npy --labels labels.npy --counts 900,100
  $ baserate check model.onnx --data x.npy --labels y.npy --fix bias
  $ baserate check model.onnx --data photos/
  $ baserate check runs/NAME/untrained-zero.onnx --data cifar10
  $ baserate check --expect checks/expected.json

Exit code: 0 sound or starts high (1 with --strict), 1 not sound, 2 bad input.`;

export function describe(command: Command): void {
  command.argument("[model]", "an ONNX model, run on --data").addHelpText("after", examples);
  addInputOptions(command);
  addReportOptions(command);
  addLabelFlags(command, { counts: "rows of each class in all training data", weights: false });
  addHeadFlags(command, namedLoss(process.argv));
  command.action((model: string | undefined, flags: CheckFlags) =>
    interruptible((signal) => check(model, flags, signal)),
  );
}

/** What is checked: outputs or a model with its data, the labels, and the loss. */
function addInputOptions(command: Command): void {
  command
    .option("--outputs <file>", "the untrained network's outputs, one row per input (.npy or .json)")
    .option(
      "--data <file>",
      "inputs for the model: .npy, or .npz with one array per input; a folder of images, one folder per class; or cifar10, the images that baserate reproduce trains on",
    )
    .option("--labels <file>", "labels of the rows (.npy .csv .tsv .json .jsonl .parquet)")
    .option(
      "--training-labels <file>",
      "labels of all training data, if the checked rows are a sample: a file as for --labels, or a folder of images",
    )
    .option(
      "--class-axis <number>",
      "axis of the outputs that holds the classes, for labels of pixels or tokens (default: the one that fits)",
      wholeNumber(1),
    )
    .option("--rows <number>", "maximum number of rows of --data to run, evenly spaced", wholeNumber(2), 1024)
    .option(
      "--image-scale <number>",
      "factor for the pixel values, 0 to 255, of a model that takes floats (default: 1/255)",
      positiveNumber,
    )
    .option("--resize", "resize images to the input size of the model")
    .option("--loss <name>", "name of the loss: baserate's, or a framework's", "softmax")
    .addOption(
      command
        .createOption("--given <what>", "what the loss receives: raw outputs (default), or predictions")
        .choices(["outputs", "predictions"]),
    )
    .option("--output <name>", "output to check, if the model has several");
}

/** What is known of the program, and what is written or printed. */
function addReportOptions(command: Command): void {
  command
    .option("--reported-loss <number>", "the loss that your program shows for these rows", finiteNumber)
    .option(
      "--accumulate <number>",
      "number of micro-batches that the program adds up per step",
      wholeNumber(1),
    )
    .option("--bias <numbers>", "present bias of the output layer, if you know it", numberList)
    .option("--no-output-bias", "the output layer has no bias, as in most language models")
    .option("--strict", "also exit with code 1 if the loss starts high")
    .option(
      "--allow-constant",
      "accept equal outputs in all rows: the output layer's kernel is zero on purpose",
    )
    .addOption(
      command.createOption("--fix <what>", "write the optimal bias for this network").choices(["bias"]),
    )
    .option("--out <file>", "where --fix writes (default: MODEL.baserate.onnx, or bias.json)")
    .option("--plot <file>", "draw loss and predictions (.svg or .png)")
    .option(
      "--for <framework>",
      `print code that saves outputs and labels, for one of ${dumpFrameworks.join(", ")}`,
    )
    .option(
      "--expect <file>",
      "run the checks in a JSON file and compare each with its expected result (docs/check.md, In a CI job)",
    )
    .option("--json", "print one JSON document");
}

async function check(model: string | undefined, flags: CheckFlags, signal: AbortSignal): Promise<void> {
  if (flags.for !== undefined) {
    console.log(dumpSnippet(flags.for));
    return;
  }
  if (flags.expect !== undefined) {
    await checkExpectations(flags.expect, flags, signal);
    return;
  }
  const { input, source } = await readCheckInput(model, flags, signal);
  const checked = checkOutputs(input);
  const warnings = similarNames(namesOf(input)).map((warning) => `Warning: ${warning}`);
  const report = { ...checked, notes: [...checked.notes, ...warnings] };
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
  if (report.verdict === "not sound" || (flags.strict && report.verdict !== "sound")) process.exitCode = 1;
}

/** Names of the classes, where the labels have names. */
const namesOf = ({ training }: CheckInput) =>
  training !== undefined && "names" in training ? (training.names ?? []) : [];

async function checkExpectations(file: string, { json }: CheckFlags, signal: AbortSignal): Promise<void> {
  const { expectedReport, runExpectedChecks } = await import("../expectedChecks.ts");
  const results = await runExpectedChecks(file, signal);
  console.log(json ? JSON.stringify({ checks: results }, null, 2) : expectedReport(results));
  if (results.some(({ differences }) => differences.length > 0)) process.exitCode = 1;
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
  const { bias: shift, loss } = calibrate(head, { outputs, labels, rows: input.rows }, options);
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
