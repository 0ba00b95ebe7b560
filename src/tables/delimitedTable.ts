import { Buffer, isAscii } from "node:buffer";
import { InputError } from "../errors.ts";
import { isNumber } from "../labels/orderClasses.ts";
import type { Delimiter } from "./sniffText.ts";
import type { Chunk, ReadOptions, Table, TableCell } from "./table.ts";
import { wantedColumns } from "./wantedColumns.ts";

const [quote, lineFeed, carriageReturn] = [0x22, 0x0a, 0x0d];

/** A row longer than this is taken for a quote that is never closed. */
const maxRowBytes = 2 ** 26;

/**
 * Reads columns of comma- or tab-separated text (RFC 4180: quotes around fields, doubled inside; LF or CRLF), in one pass and
 * flat memory. Blank lines are skipped, but are missing entries within a table of one column. Only the wanted cells are decoded, which makes it several times as fast as a
 * reader that hands out all of them.
 */
export async function readDelimitedTable(
  file: string,
  bytes: AsyncIterable<Uint8Array>,
  delimiter: Delimiter,
  wanted: ReadOptions,
): Promise<Table> {
  const scanner = new RowScanner(file, delimiter.charCodeAt(0));
  const blocks = blocksOf(file, bytes, scanner);
  const first = await blocks.next();
  if (first.done) throw new InputError(`${file} is empty`);
  const width = scanner.measure(first.value);
  scanner.want(Array.from({ length: width }, (_, i) => i));
  let head: readonly string[] = [];
  const second = scanner.scan(first.value, 0, 1, (cells) => {
    head = cells.slice();
  });
  const header = hasHeader(file, head, wanted.header);
  const known = header ? head : head.map((_, i) => String(i));
  const positions = wantedColumns(file, known, wanted.columns);
  scanner.want(positions);
  if (!header) scanner.restart();
  return {
    format: { ",": "CSV", "\t": "TSV", ";": "CSV with semicolons", "|": "CSV with vertical bars" }[delimiter],
    columns: positions.map((i) => known[i]),
    chunks: chunks(),
  };

  async function* chunks(): AsyncGenerator<Chunk> {
    yield rowsOf(first.value!.subarray(header ? second : 0));
    for await (const block of blocks) yield rowsOf(block);
  }

  function rowsOf(block: Buffer): Chunk {
    const columns: TableCell[][] = positions.map(() => []);
    scanner.scan(block, 0, Number.POSITIVE_INFINITY, (cells) => {
      for (let i = 0; i < cells.length; i++) columns[i].push(cells[i]);
    });
    return { columns, rows: columns[0].length };
  }
}

function hasHeader(file: string, head: readonly string[], stated: ReadOptions["header"]): boolean {
  if (stated === "words") return !head.some(isNumber);
  if (stated !== undefined) return stated;
  if (!head.every(isNumber)) return true;
  throw new InputError(
    `the first row of ${file} is all numbers (${head.slice(0, 3).join(", ")}): add --header if it names the columns, --no-header if not`,
  );
}

/** The bytes cut at ends of rows, the last row closed by a line feed. */
async function* blocksOf(
  file: string,
  bytes: AsyncIterable<Uint8Array>,
  scanner: RowScanner,
): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  let isFirst = true;
  for await (const part of bytes) {
    let block = Buffer.concat([rest, part]);
    if (isFirst && block.length >= 3) {
      if (block[0] === 0xef && block[1] === 0xbb && block[2] === 0xbf) block = block.subarray(3);
      isFirst = false;
    }
    const end = scanner.completeRows(block);
    if (block.length - end > maxRowBytes) {
      throw new InputError(
        `${file}: a row has more than ${maxRowBytes} bytes; check that every quote is closed`,
      );
    }
    if (end > 0) yield block.subarray(0, end);
    rest = block.subarray(end);
  }
  if (rest.length === 0) return;
  const closed = Buffer.concat([rest, Buffer.of(lineFeed)]);
  if (scanner.completeRows(closed) < closed.length)
    throw new InputError(`${file}: a quote in its last row is never closed`);
  yield closed;
}

/** Walks over rows of delimited text, byte by byte. */
class RowScanner {
  private readonly file: string;
  private readonly delimiter: number;
  /** Rows scanned, the header among them. */
  private row = 0;
  private width = 0;
  /** For each column of the table, its place among the wanted cells, or -1. */
  private places: number[] = [];
  private cells: string[] = [];
  /** Blank lines since the last row: in a table of one column, missing entries if a row follows. */
  private blanks = 0;

  constructor(file: string, delimiter: number) {
    this.file = file;
    this.delimiter = delimiter;
  }

  /** Number of fields in the first row, which all rows must have. */
  measure(block: Buffer): number {
    let position = 0;
    this.width = 1;
    for (;;) {
      position = this.fieldEnd(block, position);
      if (block[position] === lineFeed) return this.width;
      this.width++;
      position++;
    }
  }

  want(positions: readonly number[]): void {
    this.places = new Array<number>(this.width).fill(-1);
    positions.forEach((position, place) => {
      this.places[position] = place;
    });
    this.cells = positions.map(() => "");
  }

  /** Hands the wanted cells (the array is used again) of up to `maxRows` rows to `visit`; returns where the next row starts. */
  scan(block: Buffer, start: number, maxRows: number, visit: (cells: readonly string[]) => void): number {
    const encoding = isAscii(block) ? "latin1" : "utf8";
    let position = start;
    for (let n = 0; n < maxRows && position < block.length; ) {
      const rowStart = position;
      let column = 0;
      for (;;) {
        const end = this.fieldEnd(block, position);
        const place = this.places[column];
        if (place >= 0) this.cells[place] = text(block, position, end, encoding);
        column++;
        position = end + 1;
        if (block[end] === lineFeed) break;
      }
      this.row++;
      if (isBlank(block, rowStart, position)) {
        if (this.row > 1) this.blanks++;
        else this.row = 0;
        continue;
      }
      if (column !== this.width) {
        throw new InputError(
          `${this.file}: row ${this.row} (the header counts) has ${column} fields, but the first row has ${this.width}`,
        );
      }
      if (this.width === 1) this.visitBlanks(visit);
      visit(this.cells);
      n++;
    }
    return position;
  }

  private visitBlanks(visit: (cells: readonly string[]) => void): void {
    for (; this.blanks > 0; this.blanks--) visit([""]);
  }

  /** Goes back to the first row, which is no header. */
  restart(): void {
    this.row = 0;
    this.blanks = 0;
  }

  /** Where the last complete row ends. Quotes change whether a line feed ends a row, so all are looked at. */
  completeRows(block: Buffer): number {
    if (block.indexOf(quote) < 0) return block.lastIndexOf(lineFeed) + 1;
    let end = 0;
    let position = 0;
    while (position < block.length) {
      position = this.fieldEnd(block, position) + 1;
      if (position <= block.length && block[position - 1] === lineFeed) end = position;
    }
    return end;
  }

  /** Where the field that starts at `position` ends: at a delimiter, a line feed, or the end of the block. */
  private fieldEnd(block: Buffer, position: number): number {
    if (block[position] === quote) {
      do {
        position = block.indexOf(quote, position + 1);
        if (position < 0) return block.length;
        position++;
        // A doubled quote goes on inside.
      } while (block[position] === quote);
    }
    while (position < block.length && block[position] !== this.delimiter && block[position] !== lineFeed)
      position++;
    return position;
  }
}

function text(block: Buffer, start: number, end: number, encoding: "latin1" | "utf8"): string {
  if (end > start && block[end] === lineFeed && block[end - 1] === carriageReturn) end--;
  if (block[start] !== quote) return block.toString(encoding, start, end);
  return block.toString(encoding, start + 1, end - 1).replaceAll('""', '"');
}

function isBlank(block: Buffer, start: number, end: number): boolean {
  return end - start === 1 || (end - start === 2 && block[start] === carriageReturn);
}
