import { InputError } from "../errors.ts";
import type { LabelSummary } from "../labels/summary.ts";
import { isMissing, shownCell } from "./cell.ts";
import { type Collector, collectorFor, type TableOptions } from "./collector.ts";
import type { Cells, Table } from "./table.ts";

/** Labels as they were understood, for people to check. */
export interface TableSummary {
  readonly summary: LabelSummary;
  /** Such as `4 class names in text`. */
  readonly understood: string;
  readonly rowsRead: number;
  /** Rows skipped because a label was missing. */
  readonly skipped: number;
}

/** Reads a table to its end and summarises its labels. */
export async function summarizeTable(table: Table, options: TableOptions): Promise<TableSummary> {
  const labelColumns = options.weighted ? table.columns.slice(0, -1) : table.columns;
  const collector = collectorFor(labelColumns, options);
  let rowsRead = 0;
  let skipped = 0;
  for await (const { columns, rows } of table.chunks) {
    const labels = options.weighted ? columns.slice(0, -1) : columns;
    const weights = options.weighted ? weightsIn(columns[columns.length - 1], rows, rowsRead) : undefined;
    skipped += collector.add({ labels, weights, rows, firstRow: rowsRead + 1 });
    rowsRead += rows;
  }
  if (rowsRead === 0) throw new InputError("no labels: the table has no rows");
  if (rowsRead === skipped) throw new InputError(`no labels: all ${rowsRead} rows miss theirs`);
  return { ...finish(collector), rowsRead, skipped };
}

function finish(collector: Collector): { summary: LabelSummary; understood: string } {
  const summary = collector.summary();
  return { summary, understood: collector.understood(summary) };
}

function weightsIn(cells: Cells, rows: number, rowsBefore: number): Float64Array {
  const weights = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    weights[i] = isMissing(cells[i]) ? Number.NaN : Number(cells[i]);
    if (Number.isNaN(weights[i])) {
      throw new InputError(
        `invalid weight in row ${rowsBefore + i + 1}: ${shownCell(cells[i])}; weights are numbers`,
      );
    }
  }
  return weights;
}
