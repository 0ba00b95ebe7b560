import type { Command } from "commander";
import { InputError } from "../../errors.ts";
import { findHead } from "../../heads/index.ts";
import type { Options } from "../../heads/options.ts";
import { frameworks } from "../../heads/snippetFrameworks.ts";
import { type Solution, solve } from "../../heads/solve.ts";
import type { LabelSummary } from "../../labels/summary.ts";
import { dialectNames } from "../../tables/sql/dialects.ts";
import { addHeadFlags, headOptions, namedLoss } from "../headFlags.ts";
import { addLabelFlags, type LabelFlags, labelsOf, type SourcedLabels } from "../labelFlags.ts";
import { labelsDocument, solveReport } from "../solveReport.ts";

interface SolveFlags extends LabelFlags {
  readonly loss: string;
  readonly json?: true;
  readonly for?: string;
  readonly plot?: string | true;
  readonly sql?: string;
  readonly summary?: string;
  readonly merge?: true;
}

const examples = `
Examples:
  $ baserate solve --counts 4000,3700,100,4000,400,100,50,700,700,100
  $ baserate solve train.csv --column species --label-smoothing 0.1
  $ baserate solve train.parquet --column sold --loss sigmoid --pos-weight 2
  $ baserate solve photos/ --for pytorch
  $ baserate solve postgres://reader@db/shop --table orders --column species
  $ baserate solve --sql postgresql --table orders --column species > query.sql
  $ psql shop --csv -f query.sql | baserate solve - --grouped

To see the options of a loss: baserate solve --loss huber --help`;

export function describe(command: Command): void {
  command
    .argument(
      "[labels...]",
      "file of labels (.csv .tsv .jsonl .json .npy .parquet), several files, folder of images with one folder per class, - for standard input, address of a database, or hf://datasets/OWNER/NAME",
    )
    .addOption(
      command
        .createOption(
          "--loss <name>",
          "name of the loss: baserate's, or a framework's such as torch.nn.BCEWithLogitsLoss",
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
    .option("--summary <file>", "write the label statistics to a small JSON file, for --merge")
    .option("--merge", "read files that --summary wrote, and solve for all their labels together")
    .addHelpText("after", examples);
  addLabelFlags(command);
  addHeadFlags(command, namedLoss(process.argv));
  command.action(solveLabels);
}

async function solveLabels(files: readonly string[], flags: SolveFlags): Promise<void> {
  const found = findHead(flags.loss);
  if (flags.sql !== undefined) {
    const { printedQuery } = await import("../databaseLabels.ts");
    console.log(printedQuery(found.head, flags.sql, files[0], flags));
    return;
  }
  const labels = flags.merge ? await mergedSummaries(files) : await labelsOf(found.head, files, flags);
  if (flags.summary !== undefined) await writeSummary(flags.summary, labels.summary);
  const options = headOptions(flags.loss, { ...flags });
  if (flags.for !== undefined) {
    if (flags.json) throw new InputError("--for and --json cannot be combined; leave one of them out");
    const { snippet } = await import("../../heads/snippets.ts");
    console.log(snippet(flags.for, flags.loss, labels.summary, options));
    return;
  }
  const solved = solve(flags.loss, labels.summary, options);
  const solution = { ...solved, warnings: [...(labels.warnings ?? []), ...solved.warnings] };
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

async function mergedSummaries(files: readonly string[]): Promise<SourcedLabels> {
  const { readSummaries } = await import("../summaryFiles.ts");
  return readSummaries(files);
}

async function writeSummary(path: string, summary: LabelSummary | undefined): Promise<void> {
  const { writeSummaryFile } = await import("../summaryFiles.ts");
  await writeSummaryFile(path, summary);
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
