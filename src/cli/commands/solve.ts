import type { Command } from "commander";
import { InputError } from "../../errors.ts";
import { findHead } from "../../heads/index.ts";
import type { Options } from "../../heads/options.ts";
import { frameworks, snippet } from "../../heads/snippets.ts";
import { type Solution, solve } from "../../heads/solve.ts";
import type { LabelSummary } from "../../labels/summary.ts";
import { dialectNames } from "../../tables/sql/dialects.ts";
import { addHeadFlags, headOptions, namedLoss } from "../headFlags.ts";
import { addLabelFlags, type LabelFlags, labelsOf } from "../labelFlags.ts";
import { labelsDocument, solveReport } from "../solveReport.ts";

interface SolveFlags extends LabelFlags {
  readonly loss: string;
  readonly json?: true;
  readonly for?: string;
  readonly plot?: string | true;
  readonly sql?: string;
}

const examples = `
Examples:
  $ baserate solve --counts 4000,3700,100,4000,400,100,50,700,700,100
  $ baserate solve train.csv --column species --label-smoothing 0.1
  $ baserate solve train.parquet --column sold --loss sigmoid --pos-weight 2
  $ baserate solve photos/ --for pytorch
  $ baserate solve postgres://reader@db/shop --table orders --column species
  $ baserate solve --sql bigquery --table shop.orders --column species > query.sql
  $ bq query --format=csv --nouse_legacy_sql < query.sql | baserate solve - --grouped

To see the options of a loss: baserate solve --loss huber --help`;

export function describe(command: Command): void {
  command
    .argument(
      "[labels]",
      "file of labels (.csv .tsv .jsonl .json .npy .parquet), folder of images with one folder per class, - for standard input, or the address of a database",
    )
    .addOption(
      command
        .createOption(
          "--loss <name>",
          "the loss: our name, or a framework's, such as torch.nn.BCEWithLogitsLoss",
        )
        .default("softmax"),
    )
    .option("--json", "print one JSON document")
    .option(
      "--for <framework>",
      `print code that sets the bias and checks the initial loss, for one of ${frameworks.join(", ")}`,
    )
    .option(
      "--plot [file]",
      "draw the labels with the initial predictions, and the loss as a function of the bias (.svg or .png)",
    )
    .option(
      "--sql <dialect>",
      `print the query that counts the labels in a database, for one of ${dialectNames.join(", ")}`,
    )
    .addHelpText("after", examples);
  addLabelFlags(command);
  addHeadFlags(command, namedLoss(process.argv));
  command.action(run);
}

async function run(file: string | undefined, flags: SolveFlags): Promise<void> {
  const found = findHead(flags.loss);
  if (flags.sql !== undefined) {
    const { printedQuery } = await import("../databaseLabels.ts");
    console.log(printedQuery(found.head, flags.sql, file, flags));
    return;
  }
  const labels = await labelsOf(found.head, file, flags);
  const options = headOptions(flags.loss, { ...flags });
  if (flags.for !== undefined) {
    if (flags.json) throw new InputError("--for and --json cannot be combined; leave one of them out");
    console.log(snippet(flags.for, flags.loss, labels.summary, options));
    return;
  }
  const solution = solve(flags.loss, labels.summary, options);
  const plots =
    flags.plot === undefined ? undefined : await plotted(flags, labels.summary, options, solution);
  if (flags.json) {
    const framework = found.framework && { name: found.framework.name, convention: found.framework.note };
    console.log(
      JSON.stringify(
        { loss: flags.loss, framework, labels: labelsDocument(labels), ...solution, plots },
        null,
        2,
      ),
    );
  } else {
    console.log(solveReport(found, labels, solution));
    if (plots) console.log(`\nFigures: ${plots.join(", ")}`);
  }
}

async function plotted(
  { plot, loss }: SolveFlags,
  labels: LabelSummary | undefined,
  options: Options,
  solution: Solution,
): Promise<string[]> {
  const { writePlots } = await import("../solvePlots.ts");
  return writePlots(plot === true ? "solve.svg" : plot!, loss, labels, options, solution);
}
