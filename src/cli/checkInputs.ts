import { readFile } from "node:fs/promises";
import type { InputRows } from "../check/modelOutputs.ts";
import { isMissing } from "../data/columns/cell.ts";
import type { Cell } from "../data/columns/column.ts";
import { InputError } from "../errors.ts";
import type { Head, Label } from "../heads/head.ts";
import { summarizeNames } from "../labels/summarize.ts";

/** Labels of single rows, N or N × C, as a head reads them. */
export interface LabelRows {
  readonly labels: readonly Label[];
  readonly rows: number;
  /** Names of the classes, where the labels are names. */
  readonly names?: readonly string[];
}

/** Rows of numbers: of a .npy file of any shape, or a .json list of lists. */
export async function readRows(path: string): Promise<InputRows> {
  if (path.endsWith(".json")) return fromJson(path, await readFile(path, "utf8").catch(unreadable(path)));
  if (!path.endsWith(".npy")) throw new InputError(`${path}: give a .npy or .json file`);
  const { readNpyArray } = await import("../data/columns/npyArray.ts");
  const { shape, values } = await readNpyArray(path);
  if (shape.length === 0) throw new InputError(`${path} is a single number; rows are wanted`);
  const rowShape = shape.length === 1 ? [1] : shape.slice(1);
  return { rows: shape[0], shape: rowShape, values };
}

const unreadable = (path: string) => (error: NodeJS.ErrnoException) => {
  throw new InputError(
    `cannot read ${path}: ${error.code === "ENOENT" ? "there is no such file" : error.message}`,
  );
};

function fromJson(path: string, text: string): InputRows {
  let rows: unknown;
  try {
    rows = JSON.parse(text);
  } catch (error) {
    throw new InputError(`${path} is not JSON: ${(error as Error).message}`);
  }
  if (!Array.isArray(rows) || rows.length === 0) throw new InputError(`${path} is no list of rows`);
  const flat: number[][] = rows.map((row) => (Array.isArray(row) ? row.flat(Infinity) : [row]));
  const uneven = flat.findIndex((row) => row.length !== flat[0].length);
  if (uneven >= 0) {
    throw new InputError(
      `${path}: row ${uneven + 1} has ${flat[uneven].length} numbers, row 1 has ${flat[0].length}`,
    );
  }
  const bad = flat.flat().find((value) => value !== null && typeof value !== "number");
  if (bad !== undefined) throw new InputError(`${path} holds ${JSON.stringify(bad)}, which is no number`);
  // JSON has no NaN: JavaScript writes null for it
  return { rows: flat.length, shape: [flat[0].length], values: flat.flat().map((v) => v ?? Number.NaN) };
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
  const { openTable } = await import("../data/columns/openTable.ts");
  const table = await openTable(path, { columns });
  const cells: Cell[][] = table.columns.map(() => []);
  for await (const chunk of table.chunks) {
    chunk.columns.forEach((column, c) => {
      for (let i = 0; i < chunk.rows; i++) cells[c].push(column[i] as Cell);
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

function fromNames(cells: readonly string[], classes: readonly string[] | undefined): LabelRows {
  const isIndices = classes !== undefined && !cells.some((cell) => classes.includes(cell));
  if (isIndices && cells.every((cell) => Number.isInteger(Number(cell)))) {
    return { labels: cells.map(Number), rows: cells.length, names: classes };
  }
  const { names = [] } = summarizeNames(cells, { order: classes });
  const places = new Map(names.map((name, k) => [name, k]));
  return { labels: cells.map((cell) => places.get(cell)!), rows: cells.length, names };
}
