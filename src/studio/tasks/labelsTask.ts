import { InputError } from "../../errors.ts";
import { fromCounts } from "../../labels/fromCounts.ts";
import type { LabelSummary } from "../../labels/summary.ts";
import { countsIn } from "../../tables/countsIn.ts";
import { fromImagePaths } from "../../tables/imagePaths.ts";
import type { LabelChoices } from "../../tables/labelChoices.ts";
import { type LabelHead, readLabels } from "../../tables/readLabels.ts";
import { sourceText } from "../../tables/sourceText.ts";
import type { Dropped } from "../dropped.ts";
import { openDroppedTable } from "./openDroppedTable.ts";
import { serveTask } from "./serve.ts";

export interface LabelsRequest {
  readonly head: LabelHead;
  readonly dropped?: Dropped;
  /** Counts, or a table as text, where nothing was dropped. */
  readonly pasted: string;
  readonly columns?: readonly string[];
  readonly weightColumn?: string;
  readonly classes: LabelChoices["classes"];
  readonly choices: LabelChoices;
}

export interface LabelsResult {
  readonly summary?: LabelSummary;
  /** What was read and how it was understood, as the command line says it. */
  readonly source?: string;
  /** Names of all columns that the table has; empty where it is no table. */
  readonly allColumns: readonly string[];
  /** Why the labels could not be read although the columns could. */
  readonly problem?: string;
}

/** Counts as one pastes them: nothing but numbers. */
const isCounts = (text: string) => /^[\d\s,.eE+-]+$/.test(text.trim()) && !/[,;\t].*\n/.test(text.trim());

serveTask<LabelsRequest, LabelsResult>(async (request, onProgress) => {
  const { head, dropped, pasted, classes } = request;
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
  const file = dropped?.files[0] ?? { path: "pasted.csv", file: new Blob([pasted]) };
  return fromTable(file.path, file.file, request, onProgress);
});

async function fromTable(
  name: string,
  file: Blob,
  { head, columns, weightColumn, classes, choices }: LabelsRequest,
  onProgress: (done: number, total: number) => void,
): Promise<LabelsResult> {
  const { columns: allColumns } = await openDroppedTable(name, file, { columns: "all" });
  try {
    const wanted = columns && [...columns, ...(weightColumn === undefined ? [] : [weightColumn])];
    const table = await openDroppedTable(name, file, { columns: wanted, onProgress });
    const read = await readLabels(table, head, { ...choices, classes, weighted: weightColumn !== undefined });
    return {
      summary: read.summary,
      source: sourceText(`${name}: ${table.format}`, table.columns, read),
      allColumns,
    };
  } catch (error) {
    if (error instanceof InputError) return { allColumns, problem: error.message };
    throw error;
  }
}
