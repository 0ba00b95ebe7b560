import { stat } from "node:fs/promises";
import type { Command } from "commander";
import { InputError } from "../errors.ts";
import type { Head } from "../heads/head.ts";
import { fromCounts } from "../labels/fromCounts.ts";
import type { LabelSummary } from "../labels/summary.ts";
import { progressLine } from "./progressLine.ts";
import { grouped } from "./text.ts";

/** Where the labels are, as flags; the same for every command that reads labels. */
export interface LabelFlags {
  readonly counts?: string;
  readonly column?: string;
  readonly weightColumn?: string;
  readonly classes?: string;
  readonly ignoreIndex?: string;
  readonly as?: "classes" | "names" | "numbers";
  readonly missing?: "refuse" | "skip";
  readonly format?: "csv" | "tsv" | "jsonl" | "json" | "npy" | "parquet";
  readonly header?: boolean;
}

/** Labels, with a line on what was read and how it was understood. */
export interface ReadLabels {
  readonly summary: LabelSummary | undefined;
  readonly source: string;
}

const group = "Labels:";

export function addLabelFlags(command: Command): void {
  const flags = [
    command.createOption("--counts <numbers>", "number of labels in each class, instead of a file: 900,100"),
    command.createOption(
      "--column <names>",
      "column that holds the labels; several, a,b,c, for several labels a row",
    ),
    command.createOption("--weight-column <name>", "column that holds a sample weight for each row"),
    command.createOption(
      "--classes <number|names>",
      "number of classes, or their names in the order of the outputs: cat,dog",
    ),
    command.createOption("--ignore-index <label>", "label of rows to leave out, such as -100"),
    command
      .createOption("--as <reading>", "read labels as class indices, as names of classes, or as real numbers")
      .choices(["classes", "names", "numbers"]),
    command
      .createOption("--missing <what>", "refuse missing labels (default), or skip their rows")
      .choices(["refuse", "skip"]),
    command
      .createOption("--format <name>", "format of the file where its name does not say")
      .choices(["csv", "tsv", "jsonl", "json", "npy", "parquet"]),
    command.createOption("--header", "the first row of a text file names the columns"),
    command.createOption("--no-header", "the first row of a text file holds labels; columns are 0, 1, ..."),
  ];
  for (const flag of flags) command.addOption(flag.helpGroup(group));
}

/** Reads the labels that the flags (and the file, `-` for standard input) say, as the head reads them. */
export async function readLabels(
  head: Head,
  file: string | undefined,
  flags: LabelFlags,
): Promise<ReadLabels> {
  if (head.reads === "nothing")
    return { summary: undefined, source: "no labels: this loss does not depend on them" };
  if (flags.counts !== undefined) {
    if (file !== undefined) throw new InputError(`labels come from --counts or from ${file}, not from both`);
    return fromCountFlag(flags.counts, flags.classes);
  }
  if (file === undefined)
    throw new InputError("no labels: give a file, - for standard input, or --counts 900,100");
  if (file !== "-" && (await stat(file).catch(() => undefined))?.isDirectory()) return fromFolder(file);
  return fromTable(head, file, flags);
}

function fromCountFlag(counts: string, classes: string | undefined): ReadLabels {
  const numbers = counts.split(",").map((text) => {
    const count = text.trim() === "" ? Number.NaN : Number(text);
    if (count >= 0 && Number.isFinite(count)) return count;
    throw new InputError(
      `invalid count in --counts: ${text || "nothing"}; counts are numbers from 0, with commas between`,
    );
  });
  const names = namesIn(classes);
  if (typeof names === "number")
    throw new InputError(`--classes ${classes} with --counts: give names, or leave it out`);
  return { summary: fromCounts(numbers, names), source: "class counts from the command line" };
}

async function fromFolder(path: string): Promise<ReadLabels> {
  const { readImageFolder } = await import("../tables/imageFolder.ts");
  const summary = await readImageFolder(path);
  return {
    summary,
    source: `${path}: images in ${summary.counts.length} folders, a class each, sorted by name`,
  };
}

async function fromTable(head: Head, file: string, flags: LabelFlags): Promise<ReadLabels> {
  const { openTable } = await import("../tables/openTable.ts");
  const { summarizeTable } = await import("../tables/summarizeTable.ts");
  const progress = progressLine(`reading ${file === "-" ? "standard input" : file}`);
  try {
    const table = await openTable(
      file,
      { columns: wantedColumns(flags), header: flags.header, onProgress: progress.show },
      flags.format,
    );
    const { summary, understood, rowsRead, skipped } = await summarizeTable(table, {
      reads: head.reads,
      as: flags.as,
      classes: namesIn(flags.classes),
      ignoreIndex: flags.ignoreIndex,
      missing: flags.missing,
      weighted: flags.weightColumn !== undefined,
      namesAreSure: flags.header !== undefined,
      countsAreNumbers: head.family !== "regression",
    });
    const columns =
      table.columns.length > 4 ? `${table.columns.length} columns` : `column ${table.columns.join(", ")}`;
    const left = skipped > 0 ? `, ${grouped(skipped)} skipped (no label)` : "";
    const name = file === "-" ? "standard input" : file;
    return {
      summary,
      source: `${name}: ${table.format}, ${columns}, ${grouped(rowsRead)} rows${left}: ${understood}`,
    };
  } finally {
    progress.end();
  }
}

function wantedColumns({ column, weightColumn }: LabelFlags): string[] | undefined {
  if (weightColumn !== undefined && column === undefined) {
    throw new InputError("--weight-column needs --column, which says where the labels are");
  }
  return column === undefined
    ? undefined
    : [...column.split(","), ...(weightColumn === undefined ? [] : [weightColumn])];
}

/** `10` is a number of classes, `cat,dog` are their names. */
function namesIn(classes: string | undefined): number | string[] | undefined {
  if (classes === undefined) return undefined;
  if (classes.includes(",")) return classes.split(",").map((name) => name.trim());
  const number = Number(classes);
  if (Number.isInteger(number) && number > 0) return number;
  throw new InputError(
    `invalid --classes: ${classes}; it is a whole number from 1, or names with commas between`,
  );
}
