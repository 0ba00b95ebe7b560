import { InputError } from "../errors.ts";
import { rowReader } from "./jsonRows.ts";
import { flattened, shapeOf } from "./nestedLists.ts";
import { shownValue } from "./shownValue.ts";
import type { ReadOptions, Table, TableCell } from "./table.ts";

/** Text that JavaScript can still hold as one string, in bytes. */
const maxBytes = 2 ** 29;

/** Reads a JSON document: a list of rows (objects, arrays or labels), or an object of columns (lists of one length). */
export async function readJsonTable(
  file: string,
  bytes: AsyncIterable<Uint8Array>,
  wanted: ReadOptions,
): Promise<Table> {
  const document = await parseJson(file, bytes);
  const rows = Array.isArray(document)
    ? document
    : (countRows(file, document, wanted) ?? rowsOfColumns(file, document));
  if (rows.length === 0) throw new InputError(`${file} is an empty list`);
  const array = nestedArray(file, rows, wanted);
  if (array) return array;
  const reader = rowReader(file, rows[0], wanted.columns);
  async function* chunks() {
    const columns: TableCell[][] = reader.columns.map(() => []);
    rows.forEach((row, n) => {
      reader.cells(row, `entry ${n}`).forEach((cell, i) => {
        columns[i].push(cell);
      });
    });
    yield { columns, rows: rows.length };
  }
  const isArray = Array.isArray(rows[0]) && wanted.columns === undefined;
  const shape = isArray ? [rows.length, reader.columns.length] : undefined;
  return { format: "JSON", columns: reader.columns, chunks: chunks(), shape };
}

/** The document in some bytes. Throws an InputError if they are not JSON. */
export async function parseJson(
  file: string,
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<unknown> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of bytes) {
    parts.push(part);
    size += part.length;
    if (size > maxBytes)
      throw new InputError(`${file} is larger than ${maxBytes} bytes: write it as JSON Lines (.jsonl)`);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString("utf8"));
  } catch (error) {
    throw new InputError(`${file} is not JSON: ${(error as Error).message}`);
  }
}

/** Rows of name and number from an object of numbers, which is how class counts are written; undefined for other objects. */
function countRows(file: string, document: unknown, { columns }: ReadOptions) {
  const entries = typeof document === "object" && document !== null ? Object.entries(document) : [];
  if (entries.length === 0 || !entries.every(([, value]) => typeof value === "number")) return undefined;
  if (columns === undefined) {
    throw new InputError(
      `${file} holds a number for each name: if these are class counts, give --counts ${file}`,
    );
  }
  return entries.map(([name, count]) => ({ class: name, count }));
}

/** Lists of lists of lists, as an array of labels at places: a column for each place. */
function nestedArray(file: string, rows: readonly unknown[], { columns }: ReadOptions): Table | undefined {
  const shape = shapeOf(file, rows);
  if (shape.length < 3 || columns !== undefined) return undefined;
  const width = shape.slice(1).reduce((a, b) => a * b, 1);
  const cells = flattened(file, rows, shape, (value) => {
    if (typeof value !== "object" || value === null) return value as TableCell;
    throw new InputError(`${file} holds ${shownValue(value)}, not a label`);
  });
  const places = Array.from({ length: width }, (_, c) => String(c));
  async function* chunks() {
    yield { columns: places.map((_, c) => rows.map((_, i) => cells[i * width + c])), rows: rows.length };
  }
  return { format: `JSON (${shape.join(" x ")})`, columns: places, chunks: chunks(), shape };
}

function rowsOfColumns(file: string, document: unknown): Record<string, unknown>[] {
  const entries = typeof document === "object" && document !== null ? Object.entries(document) : [];
  if (entries.length === 0 || !entries.every(([, column]) => Array.isArray(column))) {
    throw new InputError(`${file} is neither a list of rows nor an object of columns`);
  }
  const length = entries[0][1].length;
  const uneven = entries.find(([, column]) => column.length !== length);
  if (uneven)
    throw new InputError(
      `${file}: column ${uneven[0]} has ${uneven[1].length} entries, but ${entries[0][0]} has ${length}`,
    );
  return Array.from({ length }, (_, i) =>
    Object.fromEntries(entries.map(([name, column]) => [name, column[i]])),
  );
}
