import { InputError } from "../errors.ts";
import type { Head, Label } from "../heads/head.ts";
import type { LabelSummary } from "../labels/summary.ts";
import { arrayOfPlaces } from "./arrayOfPlaces.ts";
import { isMissing, shownCell } from "./cell.ts";
import { collectorFor } from "./collector.ts";
import type { LabelChoices } from "./labelChoices.ts";
import type { CollectedRows, LabelCollector } from "./labelCollector.ts";
import type { Cells, Table } from "./table.ts";

/** Labels as they were understood, for people to check. */
export interface LabelsRead {
  readonly summary: LabelSummary;
  /** Such as `4 class names, in sorted order`. */
  readonly understood: string;
  /** Rows, each as often as it counts. */
  readonly rowsRead: number;
  /** The sum of the rows' weights; `rowsRead` without them. */
  readonly weightRead: number;
  /** Rows skipped because a label was missing. */
  readonly skipped: number;
  /** What about the labels may be a mistake, though it can be counted. */
  readonly warnings: readonly string[];
}

/** The labels of single rows. */
export interface LabelRows {
  /** N labels, or N × C row-major where the head reads yes/no labels or numbers from C columns. */
  readonly labels: readonly Label[];
  /** N, the number of rows that have a label. */
  readonly rows: number;
  /** Positions in the table of these rows; all of its rows unless some miss their label and are skipped. */
  readonly positions: readonly number[];
  /** Names of the classes, in the order of their indices, where the labels are classes that have names. */
  readonly names?: readonly string[];
  /** What `labels` hold for rows to be left out (`LabelChoices.ignoreIndex`), if there are any. */
  readonly ignored?: number;
}

/** The part of a head that says how its labels are read. */
export type LabelHead = Pick<Head, "name" | "reads" | "family">;

/**
 * Reads a table to its end and summarises its labels, in memory that does not grow with the number of rows.
 *
 * @throws InputError for labels that the head cannot have, and for labels that can be understood in two ways
 */
export async function readLabels(
  table: Table,
  head: LabelHead,
  choices: LabelChoices = {},
): Promise<LabelsRead> {
  const { read } = await collect(table, head, choices, () => {});
  return read;
}

/** The same, with the labels of single rows, which are kept in memory. */
export async function readLabelRows(
  table: Table,
  head: LabelHead,
  choices: LabelChoices = {},
): Promise<LabelsRead & LabelRows> {
  const kept: CollectedRows[] = [];
  const { read, collector } = await collect(table, head, { ...choices, wholeRows: true }, (rows) =>
    kept.push(rows),
  );
  const labels: Label[] = [];
  const positions: number[] = [];
  const flat = head.reads === "binary" || head.reads === "numbers";
  for (const rows of kept) {
    collector.labelsOf(rows).forEach((label, i) => {
      if (label === undefined) return;
      positions.push(rows.firstRow - 1 + i);
      if (!flat || typeof label === "number") labels.push(label);
      else for (let c = 0; c < label.length; c++) labels.push(label[c]);
    });
  }
  const { summary } = read;
  const names = summary.kind === "classes" ? summary.names : undefined;
  return { ...read, labels, rows: positions.length, positions, names, ignored: collector.ignored };
}

async function collect(
  table: Table,
  head: LabelHead,
  choices: LabelChoices,
  visit: (rows: CollectedRows) => void,
): Promise<{ read: LabelsRead; collector: LabelCollector }> {
  const { columns: names, chunks, places } = await arrayOfPlaces(table, head.reads, choices.atPlaces);
  const { weighted, counted } = choices;
  const labelColumns = <T>(columns: readonly T[]) => (weighted || counted ? columns.slice(0, -1) : columns);
  const collector = collectorFor(labelColumns(names), head, choices);
  let [rowsRead, skipped, weightRead] = [0, 0, 0];
  let firstRow = 1;
  for await (const { columns, rows, ...chunk } of chunks) {
    const last = columns[columns.length - 1];
    const counts = counted ? countsIn(last, rows, firstRow) : chunk.counts;
    // The weight of several rows is that of all of them.
    const weights = weighted ? weightsIn(last, rows, firstRow) : counted ? counts : chunk.weights;
    const read = { labels: labelColumns(columns), weights, counts, rows, firstRow };
    skipped += chunk.counts ? addGroups(collector, read) : collector.add(read);
    visit(read);
    firstRow += rows;
    const labels = counts?.reduce((sum, count) => sum + count, 0) ?? rows;
    rowsRead += labels;
    weightRead += weights?.reduce((sum, weight) => sum + weight, 0) ?? labels;
  }
  if (rowsRead === 0) throw new InputError("no labels: the table has no rows");
  if (rowsRead === skipped) throw new InputError(`no labels: all ${rowsRead} labels are missing`);
  const summary = collector.summary();
  const understood = collector.understood(summary) + (places > 1 ? `, at ${places} places per row` : "");
  const warnings = collector.warnings?.() ?? [];
  return { read: { summary, understood, rowsRead, weightRead, skipped, warnings }, collector };
}

/** Adds rows that an engine counted: a label that is refused is named by its place among the groups, not in the table. */
function addGroups(collector: LabelCollector, groups: CollectedRows): number {
  try {
    return collector.add(groups);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(`${error.message} (rows are counted in the grouped result)`, { cause: error });
  }
}

/** How many labels each row stands for. */
function countsIn(cells: Cells, rows: number, firstRow: number): Float64Array {
  const counts = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    counts[i] = isMissing(cells[i]) ? Number.NaN : Number(cells[i]);
    if (!(Number.isInteger(counts[i]) && counts[i] >= 0)) {
      throw new InputError(
        `invalid count in row ${firstRow + i}: ${shownCell(cells[i])}; counts are whole numbers from 0`,
      );
    }
  }
  return counts;
}

function weightsIn(cells: Cells, rows: number, firstRow: number): Float64Array {
  const weights = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    weights[i] = isMissing(cells[i]) ? Number.NaN : Number(cells[i]);
    if (Number.isNaN(weights[i])) {
      throw new InputError(
        `invalid weight in row ${firstRow + i}: ${shownCell(cells[i])}; weights are numbers`,
      );
    }
  }
  return weights;
}
