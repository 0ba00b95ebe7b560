import { InputError } from "../errors.ts";
import { linesOf } from "./linesOf.ts";
import type { Chunk, ReadOptions, Table, TableCell } from "./table.ts";
import { wantedColumns } from "./wantedColumns.ts";

/** Rows handed on at once. */
const chunkRows = 4096;

/**
 * Reads a table that is drawn for people, with a rule under its header, bars between its columns and spaces around its
 * cells: what psql, MySQL and SQLite print, and Markdown's.
 */
export async function readAlignedTable(
  file: string,
  bytes: AsyncIterable<Uint8Array>,
  wanted: ReadOptions,
): Promise<Table> {
  const rows = rowsOf(file, bytes);
  const head = await rows.next();
  if (head.done) throw new InputError(`${file} is empty`);
  const known = head.value;
  const positions = wantedColumns(file, known, wanted.columns);

  async function* chunks(): AsyncGenerator<Chunk> {
    let columns: TableCell[][] = positions.map(() => []);
    for await (const row of rows) {
      positions.forEach((position, c) => {
        columns[c].push(row[position]);
      });
      if (columns[0].length < chunkRows) continue;
      yield { columns, rows: columns[0].length };
      columns = positions.map(() => []);
    }
    if (columns[0].length > 0) yield { columns, rows: columns[0].length };
  }
  return { format: "table with aligned columns", columns: positions.map((i) => known[i]), chunks: chunks() };
}

/** The cells of each row, without rules, blank lines and the number of rows that psql adds. */
async function* rowsOf(file: string, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string[]> {
  let width: number | undefined;
  for await (const { text, number } of linesOf(bytes)) {
    const line = text.trim();
    if (/^[\s|+:-]*--[\s|+:-]*$/.test(line) || /^\(\d+ rows?\)$/.test(line)) continue;
    const inner = line.startsWith("|") ? line.slice(1, line.endsWith("|") ? -1 : undefined) : text;
    const cells = inner.split("|").map((cell) => cell.trim());
    width ??= cells.length;
    if (cells.length !== width) {
      throw new InputError(
        `${file}: line ${number} has ${cells.length} cells, but the first line has ${width}`,
      );
    }
    yield cells;
  }
}
