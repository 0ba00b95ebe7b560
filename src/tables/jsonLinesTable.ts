import { InputError } from "../errors.ts";
import { rowReader } from "./jsonRows.ts";
import { linesOf } from "./linesOf.ts";
import type { Chunk, ReadOptions, Table, TableCell } from "./table.ts";

/** Rows parsed before they are handed on. */
const chunkRows = 4096;

/** Reads JSON Lines: a row a line, which is an object, an array, or one label. */
export async function readJsonLinesTable(
  file: string,
  bytes: AsyncIterable<Uint8Array>,
  wanted: ReadOptions,
): Promise<Table> {
  const lines = linesOf(bytes);
  const first = await lines.next();
  if (first.done) throw new InputError(`${file} is empty`);
  const reader = rowReader(file, parse(first.value), wanted.columns);
  return { format: "JSON Lines", columns: reader.columns, chunks: chunks() };

  async function* chunks(): AsyncGenerator<Chunk> {
    let columns: TableCell[][] = reader.columns.map(() => []);
    const add = (line: { text: string; number: number }) =>
      reader.cells(parse(line), `line ${line.number}`).forEach((cell, i) => {
        columns[i].push(cell);
      });
    add(first.value!);
    for await (const line of lines) {
      add(line);
      if (columns[0].length < chunkRows) continue;
      yield { columns, rows: columns[0].length };
      columns = reader.columns.map(() => []);
    }
    if (columns[0].length > 0) yield { columns, rows: columns[0].length };
  }

  function parse({ text, number }: { text: string; number: number }): unknown {
    try {
      return JSON.parse(text);
    } catch {
      throw new InputError(`${file}: line ${number} is not JSON: ${text.slice(0, 40)}`);
    }
  }
}
