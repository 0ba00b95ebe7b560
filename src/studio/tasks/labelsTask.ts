import { InputError } from "../../errors.ts";
import { fromCounts } from "../../labels/fromCounts.ts";
import type { LabelSummary } from "../../labels/summary.ts";
import { grouped } from "../../math/grouped.ts";
import { countsIn } from "../../tables/countsIn.ts";
import { fromImagePaths } from "../../tables/imagePaths.ts";
import { joinTables } from "../../tables/joinTables.ts";
import type { LabelChoices } from "../../tables/labelChoices.ts";
import { type LabelHead, readLabels } from "../../tables/readLabels.ts";
import { sourceText } from "../../tables/sourceText.ts";
import type { ReadOptions } from "../../tables/table.ts";
import { weightWarning } from "../../tables/weightWarning.ts";
import type { Dropped, DroppedFile } from "../dropped.ts";
import type { TableReading } from "../labelReading.ts";
import { openDroppedTable } from "./openDroppedTable.ts";
import { serveTask } from "./serve.ts";

export interface LabelsRequest {
  readonly head: LabelHead;
  readonly dropped?: Dropped;
  /** Counts, or a table as text, where nothing was dropped. */
  readonly pasted: string;
  readonly columns?: readonly string[];
  readonly weightColumn?: string;
  readonly countColumn?: string;
  /** How the bytes are read. */
  readonly reading: TableReading;
  /** How the labels are understood. */
  readonly choices: LabelChoices;
}

export interface LabelsResult {
  readonly summary?: LabelSummary;
  /** What was read and how it was understood, as the command line says it. */
  readonly source?: string;
  /** Names of all columns that the table has; empty where it is no table. */
  readonly allColumns: readonly string[];
  /** What about the labels may be a mistake. */
  readonly warnings?: readonly string[];
  /** Why the labels could not be read although the columns could. */
  readonly problem?: string;
}

/** Counts as one pastes them: nothing but numbers. */
const isCounts = (text: string) => /^[\d\s,.eE+-]+$/.test(text.trim()) && !/[,;\t].*\n/.test(text.trim());

serveTask<LabelsRequest, LabelsResult>(async (request, onProgress) => {
  const { head, dropped, pasted, choices } = request;
  const { classes } = choices;
  if (head.reads === "nothing")
    return { source: "no labels: this loss does not depend on them", allColumns: [] };
  if (dropped?.isFolder) {
    const summary = fromImagePaths(
      dropped.name,
      dropped.files.map(({ path }) => path),
    );
    return {
      summary,
      source: `${dropped.name}: images in ${summary.counts.length} folders, one per class, sorted by name`,
      allColumns: [],
    };
  }
  if (dropped === undefined && isCounts(pasted)) {
    const names = Array.isArray(classes) ? classes : undefined;
    return { summary: fromCounts(countsIn(pasted), { names }), source: "class counts", allColumns: [] };
  }
  const files = dropped?.files ?? [{ path: "pasted.csv", file: new Blob([pasted]) }];
  return fromTables(files, request, onProgress);
});

/** The labels of one table, or of several with the same columns. */
async function fromTables(
  files: readonly DroppedFile[],
  { head, columns, weightColumn, countColumn, reading, choices }: LabelsRequest,
  onProgress: (done: number, total: number) => void,
): Promise<LabelsResult> {
  const byName = new Map(files.map(({ path, file }) => [path, file]));
  const names = [...byName.keys()];
  const open = (name: string, wanted: ReadOptions) =>
    openDroppedTable(name, byName.get(name)!, { ...reading, ...wanted }, reading.format);
  const { columns: allColumns } = await open(names[0], { columns: "all" });
  try {
    const last = weightColumn ?? countColumn;
    const wanted = columns && [...columns, ...(last === undefined ? [] : [last])];
    const table = await joinTables(names, (name) => open(name, { columns: wanted, onProgress }));
    const [weighted, counted] = [weightColumn !== undefined, countColumn !== undefined];
    const read = await readLabels(table, head, { ...choices, weighted, counted });
    const place = names.length === 1 ? names[0] : `${grouped(names.length)} files, ${names[0]} first`;
    return {
      summary: read.summary,
      source: sourceText(`${place}: ${table.format}`, table.columns, read),
      warnings: [...read.warnings, ...weightWarning(read, weightColumn)],
      allColumns,
    };
  } catch (error) {
    if (error instanceof InputError) return { allColumns, problem: error.message };
    throw error;
  }
}
