import { stat } from "node:fs/promises";
import { type Command, InvalidArgumentError } from "commander";
import { InputError } from "../errors.ts";
import type { Head } from "../heads/head.ts";
import type { LabelSummary } from "../labels/summary.ts";
import { isDatabaseAddress } from "../tables/databases/address.ts";
import { type LabelChoices, type Reading, readings } from "../tables/labelChoices.ts";
import { readCounts } from "../tables/readCounts.ts";
import type { LabelsRead } from "../tables/readLabels.ts";
import { sourceText } from "../tables/sourceText.ts";
import { type Table, type TableFormat, tableFormats } from "../tables/table.ts";
import { weightWarning } from "../tables/weightWarning.ts";
import type { HubFlags } from "./hubLabels.ts";
import { list } from "./options.ts";
import { progressLine } from "./progressLine.ts";

/** Where the labels are and how they are to be understood, as flags; the same for every command that reads labels. */
export interface LabelFlags extends HubFlags {
  readonly counts?: string;
  readonly countColumn?: string;
  readonly classes?: number | readonly string[];
  readonly ignoreIndex?: string;
  readonly as?: Reading;
  readonly missing?: "refuse" | "skip";
  readonly format?: TableFormat;
  readonly encoding?: string;
  readonly header?: boolean;
  /** Whether the file is the result of a grouped query. */
  readonly grouped?: true;
}

/** Labels, with a line on what was read and how it was understood. */
export interface SourcedLabels {
  readonly summary: LabelSummary | undefined;
  readonly source: string;
  /** What about the labels may be a mistake. */
  readonly warnings?: readonly string[];
}

/** Flags that a command declares only where its labels can have weights. */
const ofWeights = ["weightColumn", "countColumn"];

/**
 * Adds the flags of labels to a command.
 *
 * @param counts what --counts counts, for --help
 * @param weights whether rows may have weights
 */
export function addLabelFlags(
  command: Command,
  { counts = "number of labels in each class, instead of a file", weights = true } = {},
): void {
  const option = (flags: string, text: string) => command.createOption(flags, text);
  const flags = [
    option("--counts <numbers|file>", `${counts}: 900,100, or a file of such numbers`),
    option(
      "--column <names>",
      "column that holds the labels; several, a,b,c, for several labels per row",
    ).argParser(list),
    option(
      "--weight-column <name>",
      "column that holds the sample weight of each row; a row still counts as one row",
    ),
    option(
      "--count-column <name>",
      "column that holds the number of labels that each row stands for, as in grouped counts",
    ).conflicts("weightColumn"),
    option(
      "--classes <number|names>",
      "number of classes, or their names in the order of the outputs: cat,dog",
    ).argParser(classesIn),
    option("--ignore-index <label>", "label of rows to leave out, such as -100"),
    option("--as <reading>", "read labels as class indices, as class names, or as real numbers").choices(
      readings,
    ),
    option("--missing <what>", "refuse missing labels (default), or skip their rows").choices([
      "refuse",
      "skip",
    ]),
    option("--format <name>", "format of the file, if its name does not tell").choices(tableFormats),
    option("--encoding <name>", "encoding of a text file, such as windows-1252, if it is not UTF-8"),
    option("--header", "the first row of a text file names the columns"),
    option("--no-header", "the first row of a text file holds labels; columns are 0, 1, ..."),
    option("--table <name>", "table of a database that holds the labels, such as shop.orders"),
    option("--query <sql>", "query that returns the labels, instead of --table"),
    option("--where <sql>", "SQL condition that the rows must meet"),
    option("--config <name>", "configuration of a Hugging Face dataset (hf://datasets/OWNER/NAME)"),
    option("--split <name>", "split of that dataset (default: train, if it has one)"),
    option("--grouped", "the file is the result of the query that solve --sql prints"),
  ];
  for (const flag of flags) {
    if (weights || !ofWeights.includes(flag.attributeName())) command.addOption(flag.helpGroup("Labels:"));
  }
}

/** The summary of the labels that the flags (and the file, `-` for standard input) say, as the head reads them. */
export async function labelsOf(
  head: Head,
  files: string | readonly string[] | undefined,
  flags: LabelFlags,
  hints: LabelChoices = {},
): Promise<SourcedLabels> {
  if (head.reads === "nothing")
    return { summary: undefined, source: "no labels: this loss does not depend on them" };
  const paths = typeof files === "string" ? [files] : (files ?? []);
  const file: string | undefined = paths[0];
  const choices = { ...choicesOf(flags), ...hints };
  const { counts, classes } = flags;
  if (counts !== undefined) {
    if (file !== undefined)
      throw new InputError(
        `--counts and ${file} cannot be combined: both give the labels; leave one of them out`,
      );
    return readCounts(counts, classes);
  }
  if (file === undefined)
    throw new InputError("no labels: give a file, - for standard input, or --counts 900,100");
  const elsewhere = await readElsewhere(head, paths, flags, choices);
  if (flags.countColumn !== undefined && elsewhere !== undefined) {
    throw new InputError("--count-column is for one file of labels; leave it out for other sources");
  }
  if (elsewhere !== undefined) {
    const { place, columns, read } = elsewhere;
    return { summary: read.summary, source: sourceText(place, columns, read), warnings: read.warnings };
  }
  if (file !== "-" && (await stat(file).catch(() => undefined))?.isDirectory()) return fromFolder(file);
  const { readLabels } = await import("../tables/readLabels.ts");
  return withTable(file, flags, async (table) => {
    const read = await readLabels(table, head, choices);
    return {
      summary: read.summary,
      source: sourceText(`${named(file)}: ${table.format}`, table.columns, read),
      warnings: [...read.warnings, ...weightWarning(read, flags.weightColumn)],
    };
  });
}

/** Labels read, with where they were and which columns. */
interface PlacedLabels {
  readonly place: string;
  readonly columns: readonly string[];
  readonly read: LabelsRead;
}

/** Labels of the Hugging Face Hub, of a database, in the result of its query, and of many files; undefined for one file. */
async function readElsewhere(
  head: Head,
  paths: readonly string[],
  flags: LabelFlags,
  choices: LabelChoices,
): Promise<PlacedLabels | undefined> {
  const [first] = paths;
  const columns = flags.column ?? [];
  if (first.startsWith("hf://")) {
    const { readHub } = await import("./hubLabels.ts");
    return { columns, ...(await readHub(head, first, flags, choices)) };
  }
  if (isDatabaseAddress(first)) {
    const { readDatabase } = await import("./databaseLabels.ts");
    return { columns, ...(await readDatabase(head, first, flags, choices)) };
  }
  refuseDatabaseFlags(first, flags);
  if (flags.grouped) {
    const { readGroupedFile } = await import("./databaseLabels.ts");
    const { table, ...rest } = await readGroupedFile(head, first, flags, choices);
    return { place: `${named(first)}: groups in ${table.format}`, ...rest };
  }
  const { isManyFiles, readManyFiles } = await import("./manyFiles.ts");
  if (first === "-" || !isManyFiles(paths, flags)) return undefined;
  return { columns, ...(await readManyFiles(head, paths, flags, choices)) };
}

async function fromFolder(path: string): Promise<SourcedLabels> {
  const { readImageFolder } = await import("../tables/imageFolder.ts");
  const summary = await readImageFolder(path);
  return {
    summary,
    source: `${path}: images in ${summary.counts.length} folders, one per class, sorted by name`,
  };
}

/** Opens the columns that the flags say and hands them to `use`, with the progress of reading shown. */
export async function withTable<T>(
  file: string,
  flags: LabelFlags,
  use: (table: Table) => Promise<T>,
): Promise<T> {
  const { openTable } = await import("../tables/openTable.ts");
  const progress = progressLine(`reading ${named(file)}`);
  try {
    const { header, encoding } = flags;
    const options = { columns: wantedColumns(flags), header, encoding, onProgress: progress.show };
    return await use(await openTable(file, options, flags.format));
  } catch (error) {
    throw inFile(error, named(file));
  } finally {
    progress.end();
  }
}

/** A refusal of a row or a column, with the file that it is in. */
function inFile(error: unknown, file: string): unknown {
  if (!(error instanceof InputError) || error.message.includes(file)) return error;
  return new InputError(`${file}: ${error.message}`, { cause: error });
}

export const choicesOf = ({
  as,
  classes,
  ignoreIndex,
  missing,
  weightColumn,
  countColumn,
  header,
}: LabelFlags): LabelChoices => ({
  as,
  classes,
  ignoreIndex,
  missing,
  weighted: weightColumn !== undefined,
  counted: countColumn !== undefined,
  namesAreSure: header !== undefined,
});

const named = (file: string) => (file === "-" ? "standard input" : file);

/** Flags that say where a database has the labels mean nothing for a file. */
function refuseDatabaseFlags(file: string, flags: LabelFlags): void {
  const given = (["table", "query", "where"] as const).find((flag) => flags[flag] !== undefined);
  if (given === undefined) return;
  throw new InputError(
    `--${given} is for labels in a database, and ${named(file)} is a file; give an address such as postgres://host/database, or leave it out`,
  );
}

function wantedColumns({ column, weightColumn, countColumn }: LabelFlags): readonly string[] | undefined {
  const last = weightColumn ?? countColumn;
  if (last !== undefined && column === undefined) {
    const flag = weightColumn === undefined ? "--count-column" : "--weight-column";
    throw new InputError(`${flag} needs --column, which says where the labels are`);
  }
  return column === undefined || last === undefined ? column : [...column, last];
}

/** `10` is a number of classes, `cat,dog` are their names. */
function classesIn(text: string): number | readonly string[] {
  if (text.includes(",")) return list(text);
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new InvalidArgumentError("give a whole number of at least 1, or names separated by commas.");
}
