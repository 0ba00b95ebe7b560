import type { Command } from "commander";
import { explainLoss } from "../../check/explainLoss.ts";
import type { LossFacts } from "../../check/lossTerm.ts";
import { findHead } from "../../heads/index.ts";
import { addHeadFlags, headOptions, namedLoss } from "../headFlags.ts";
import { addLabelFlags, type LabelFlags, labelsOf } from "../labelFlags.ts";
import { finiteNumber, wholeNumber } from "../options.ts";
import { whyReport } from "../whyReport.ts";

type Sizes = Omit<LossFacts, "head" | "options" | "labels" | "classes">;

interface WhyFlags extends Sizes, LabelFlags {
  readonly loss?: string;
  readonly json?: true;
}

const examples = `
Examples:
  $ baserate why 82.99 --classes 32000
  $ baserate why 2.2713 --counts 4000,3700,100,4000,400,100,50,700,700,100
  $ baserate why 55.45 --loss torch.nn.BCEWithLogitsLoss --labels-per-row 80
  $ baserate why '~14' train.csv --column species
  $ baserate why -- -2.3

Give the number exactly as it was printed: the number of digits says how precise it is.`;

export function describe(command: Command): void {
  command
    .argument("<number>", "the loss, as the program prints it")
    .argument("[labels]", "file of the training labels, or folder of images, if you have one")
    .option(
      "--loss <name>",
      "name of the loss: baserate's, or a framework's such as torch.nn.BCEWithLogitsLoss (default: tries the common ones)",
    )
    .option("--labels-per-row <number>", "number of labels per row, each with its own loss", wholeNumber(1))
    .option("--batch-size <number>", "rows per batch", wholeNumber(1))
    .option("--accumulate <number>", "number of micro-batches that are added up per step", wholeNumber(1))
    .option("--devices <number>", "number of devices that share a batch", wholeNumber(1))
    .option("--places <number>", "number of labelled tokens or pixels per input", wholeNumber(1))
    .option(
      "--left-out <share>",
      "share of the rows that the loss ignores, such as padding: 0.3",
      finiteNumber,
    )
    .option("--target-mean <number>", "mean of the targets of a regression", finiteNumber)
    .option("--target-variance <number>", "variance of the targets of a regression", finiteNumber)
    .option("--json", "print one JSON document")
    .addHelpText("after", examples);
  addLabelFlags(command);
  addHeadFlags(command, namedLoss(process.argv));
  command.action(explain);
}

async function explain(number: string, file: string | undefined, flags: WhyFlags): Promise<void> {
  const { loss, counts, classes } = flags;
  const { head } = findHead(loss ?? "softmax");
  const hasLabels = counts !== undefined || file !== undefined;
  const labels = hasLabels ? (await labelsOf(head, file, flags)).summary : undefined;
  const { labelsPerRow, batchSize, accumulate, devices, places, leftOut, targetMean, targetVariance } = flags;
  const verdict = explainLoss(number, {
    labelsPerRow,
    batchSize,
    accumulate,
    devices,
    places,
    leftOut,
    targetMean,
    targetVariance,
    head: loss,
    options: headOptions(loss ?? "softmax", { ...flags }),
    labels,
    ...(!hasLabels && classes !== undefined && { classes: numberOf(classes) }),
  });
  console.log(flags.json ? JSON.stringify(verdict, null, 2) : whyReport(verdict, number));
}

const numberOf = (classes: number | readonly string[]) =>
  typeof classes === "number" ? classes : classes.length;
