import { InputError } from "../errors.ts";
import type { Head, Label } from "../heads/head.ts";
import { summarizeNames } from "../labels/summarize.ts";
import { isMissing } from "../tables/cell.ts";
import type { TableCell } from "../tables/table.ts";

/** Labels of single rows, N or N × C, as a head reads them. */
export interface LabelRows {
  readonly labels: readonly Label[];
  readonly rows: number;
  /** Names of the classes, where the labels are names. */
  readonly names?: readonly string[];
}

/**
 * The labels of every row of a table.
 *
 * @param classes names of the classes in the order of the outputs; sorted where left out
 */
export async function readLabelRows(
  head: Head,
  path: string,
  columns: readonly string[] | undefined,
  classes: readonly string[] | undefined,
): Promise<LabelRows> {
  const { openTable } = await import("../tables/openTable.ts");
  const table = await openTable(path, { columns });
  const cells: TableCell[][] = table.columns.map(() => []);
  for await (const chunk of table.chunks) {
    chunk.columns.forEach((column, c) => {
      for (let i = 0; i < chunk.rows; i++) cells[c].push(column[i] as TableCell);
    });
  }
  const rows = cells[0].length;
  cells.forEach((column, c) => {
    const missing = column.findIndex(isMissing);
    if (missing >= 0)
      throw new InputError(`${path}: row ${missing + 1} has no label (column ${table.columns[c]})`);
  });
  const isClasses = head.reads === "classes" || head.reads === "binary";
  const isNumeric = cells.every((column) => column.every((cell) => !Number.isNaN(Number(cell))));
  if (isClasses && cells.length === 1 && (!isNumeric || classes !== undefined)) {
    return fromNames(cells[0].map(String), classes);
  }
  if (!isNumeric) {
    const bad = cells.flat().find((cell) => Number.isNaN(Number(cell)));
    throw new InputError(`${path}: ${bad} is no number; ${head.name} reads numbers`);
  }
  const together =
    head.reads === "directions" ||
    head.reads === "survival" ||
    (head.reads === "classes" && cells.length > 1);
  const row = (i: number) => cells.map((column) => Number(column[i]));
  const all = Array.from({ length: rows }, (_, i) => row(i));
  return { labels: together ? all : all.flat(), rows };
}

/** So many rows of all, at most, evenly spread over them. */
export function spreadRows(available: number, most: number): number[] {
  const rows = Math.min(most, available);
  return Array.from({ length: rows }, (_, i) => Math.floor((i * available) / rows));
}

/** The labels of some rows. */
export function pickRows({ labels, rows }: LabelRows, picked: readonly number[]): LabelRows {
  const width = labels.length / rows;
  return {
    labels: picked.flatMap((row) => labels.slice(row * width, (row + 1) * width)),
    rows: picked.length,
  };
}

function fromNames(cells: readonly string[], classes: readonly string[] | undefined): LabelRows {
  const isIndices = classes !== undefined && !cells.some((cell) => classes.includes(cell));
  if (isIndices && cells.every((cell) => Number.isInteger(Number(cell)))) {
    return { labels: cells.map(Number), rows: cells.length, names: classes };
  }
  const { names = [] } = summarizeNames(cells, { order: classes });
  const places = new Map(names.map((name, k) => [name, k]));
  return { labels: cells.map((cell) => places.get(cell)!), rows: cells.length, names };
}
