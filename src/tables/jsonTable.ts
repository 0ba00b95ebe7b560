import { InputError } from "../errors.ts";
import { rowReader } from "./jsonRows.ts";
import type { ReadOptions, Table, TableCell } from "./table.ts";

/** Text that JavaScript can still hold as one string, in bytes. */
const largest = 2 ** 29;

/** Reads a JSON document: a list of rows (objects, arrays or labels), or an object of columns (lists of one length). */
export async function readJsonTable(
  file: string,
  bytes: AsyncIterable<Uint8Array>,
  wanted: ReadOptions,
): Promise<Table> {
  const document = await parse(file, bytes);
  const rows = Array.isArray(document) ? document : rowsOfColumns(file, document);
  if (rows.length === 0) throw new InputError(`${file} is an empty list`);
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
  return { format: "JSON", columns: reader.columns, chunks: chunks() };
}

async function parse(file: string, bytes: AsyncIterable<Uint8Array>): Promise<unknown> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of bytes) {
    parts.push(part);
    size += part.length;
    if (size > largest)
      throw new InputError(`${file} is larger than ${largest} bytes: write it as JSON Lines (.jsonl)`);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString("utf8"));
  } catch (error) {
    throw new InputError(`${file} is not JSON: ${(error as Error).message}`);
  }
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
      `${file}: column ${uneven[0]} has ${uneven[1].length} entries, not ${length} as ${entries[0][0]}`,
    );
  return Array.from({ length }, (_, i) =>
    Object.fromEntries(entries.map(([name, column]) => [name, column[i]])),
  );
}
