import { basename } from "node:path";
import { type Command, Option } from "commander";
import { InputError } from "../../errors.ts";
import type { Solution } from "../../heads/solve.ts";
import { type Applied, type Layout, type Plan, planBias } from "../../models/apply.ts";
import { openModelFile } from "../../models/disk.ts";
import { prediction } from "../../models/prediction.ts";
import { type Written, writeModel } from "../../models/write.ts";
import { type BiasSource, biasOf, type Intended, readBiases } from "../biases.ts";
import { field } from "../fields.ts";
import { interruptible } from "../interrupt.ts";
import { numberList, shortList, significant } from "../numbers.ts";
import { layerText, tensorText } from "./inspect.ts";

interface ApplyOptions extends BiasSource {
  readonly output?: string;
  readonly tensor?: string;
  readonly heads?: string;
  readonly layout?: Layout;
  readonly addBias?: true;
  readonly out?: string;
  readonly inPlace?: true;
  readonly json?: true;
}

export function describe(command: Command): void {
  command
    .argument("<model>", "a model file")
    .option("--counts <numbers>", "rows of each class, in the order of the outputs", numberList)
    .option("--loss <name>", "the loss the model is trained with (with --counts)")
    .option("--bias <file>", "JSON: a list of numbers, {output: list}, or what baserate solve --json prints")
    .option("--heads <file>", "YAML or JSON: {output: {counts, loss} or {bias}}, for several outputs")
    .option("--output <name>", "the output to set, where the model has several")
    .option("--tensor <name>", "the tensor to set, whatever the file says of its outputs")
    .addOption(
      new Option(
        "--layout <layout>",
        "how a bias longer than the classes is laid out (default for convolutions: the first)",
      ).choices(["anchors,classes", "classes,anchors"]),
    )
    .option("--add-bias", "put a bias in where the layer has none (ONNX)")
    .option("--out <file>", "where to write (default: MODEL.baserate.EXT beside the model)")
    .addOption(
      new Option("--in-place", "replace the model; the old file is kept as MODEL.old").conflicts("out"),
    )
    .option("--json", "print one JSON document")
    .addHelpText("after", "\nExample:\n  $ baserate apply model.keras --counts 700,200,100 --loss softmax")
    .action((path: string, options: ApplyOptions) => interruptible((signal) => apply(path, options, signal)));
}

async function apply(path: string, options: ApplyOptions, signal: AbortSignal): Promise<void> {
  const intended = await intentions(options);
  const model = await openModelFile(path);
  try {
    const plan = await planBias(model, intended, options.addBias);
    const written = await writeModel(model, plan, options, signal);
    const text = options.json
      ? JSON.stringify(document(path, model.format, plan, intended, written), null, 2)
      : report(path, model.format, plan, intended, written);
    console.log(text);
  } finally {
    model.close();
  }
}

/** What to set, from --heads, --bias, or --counts with --loss; exactly one of them. */
async function intentions(options: ApplyOptions): Promise<readonly Intended[]> {
  const { heads, bias, counts, output, tensor, layout } = options;
  const given = Object.entries({ "--heads": heads, "--bias": bias, "--counts": counts }).filter(
    ([, value]) => value,
  );
  if (given.length !== 1) {
    throw new InputError(
      given.length === 0
        ? "no bias given; say it with --counts and --loss, --bias, or --heads"
        : `${given.map(([name]) => name).join(" and ")} contradict each other; give one`,
    );
  }
  if (heads === undefined && bias === undefined)
    return [{ output, tensor, layout, ...(await biasOf(options)) }];
  if (heads !== undefined && (output ?? tensor) !== undefined) {
    throw new InputError("--heads names its outputs itself; leave out --output and --tensor");
  }
  const several = await readBiases((heads ?? bias)!);
  if (several.length > 1 && (output ?? tensor) !== undefined) {
    throw new InputError(`${bias} names its outputs itself; leave out --output and --tensor`);
  }
  return several.map((one) => ({
    layout,
    ...one,
    ...(output !== undefined && { output }),
    ...(tensor !== undefined && { tensor }),
  }));
}

function document(path: string, format: string, plan: Plan, intended: readonly Intended[], written: Written) {
  return {
    file: path,
    format,
    written: written.files,
    kept: written.kept,
    outputs: plan.applied.map((one, i) => {
      const predicted = prediction(one.output, one.after);
      return {
        name: one.output.name,
        layer: one.output.layer,
        tensor: { name: one.tensor.name, type: one.tensor.type, shape: one.tensor.shape },
        added: one.before === undefined,
        before: one.before ? [...one.before] : null,
        after: [...one.after],
        repeats: one.repeats,
        rounding: one.rounding,
        prediction: predicted ? [...predicted] : null,
        ...(intended[i].solution && { solution: intended[i].solution }),
      };
    }),
  };
}

function report(
  path: string,
  format: string,
  plan: Plan,
  intended: readonly Intended[],
  written: Written,
): string {
  const blocks = plan.applied.map((one, i) => appliedLines(one, intended[i].solution).join("\n"));
  const end = [
    ...written.files.map((file) => field("wrote", file)),
    ...written.kept.map((old) => field("kept", old)),
    field("checked", "read back from the new file; all other bytes are as they were"),
  ];
  return [`${basename(path)}: ${format}`, ...blocks, end.join("\n")].join("\n\n");
}

function appliedLines(one: Applied, solution: Solution | undefined): string[] {
  const { output, tensor, before, after, repeats, rounding, byLength } = one;
  const lines = [
    field("output", output.name + (byLength ? " (the only one of that length)" : "")),
    field("layer", layerText(output)),
    field("tensor", tensorText(tensor) + (before ? "" : ", added")),
  ];
  if (before) lines.push(field("before", shortList(before)));
  lines.push(field("after", shortList(after)));
  if (repeats > 1) lines.push(field("", `${after.length / repeats} values for each of ${repeats} anchors`));
  if (rounding > 0) {
    lines.push(field("", `rounded to ${tensor.type}, by at most ${significant(rounding)}`));
  }
  if (solution) return [...lines, ...solutionLines(solution)];
  const predicted = prediction(output, after);
  return predicted ? [...lines, field("predicts", `${shortList(predicted)} (${output.activation})`)] : lines;
}

function solutionLines({
  head,
  prediction: predicted,
  expectedLoss,
  lossAtZero,
  warnings,
}: Solution): string[] {
  const lines = [field("predicts", `${shortList(predicted)} (${head})`)];
  if (expectedLoss !== null) {
    const zero = lossAtZero === null ? "" : `; ${significant(lossAtZero)} at bias 0`;
    lines.push(field("loss", `${significant(expectedLoss)} to be expected before training${zero}`));
  }
  return [...lines, ...warnings.map((warning) => field("warning", warning))];
}
