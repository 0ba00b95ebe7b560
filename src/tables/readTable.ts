import { Buffer } from "node:buffer";
import { InputError, unknownName } from "../errors.ts";
import { type ByteSource, bytesInMemory } from "../files/byteSource.ts";
import { binaryFormat, isGzip } from "./binaryFormat.ts";
import { type ReadOptions, type Table, type TableFormat, tableFormats } from "./table.ts";

/** Bytes that hold a table: a file on disk, a pipe, or a file dropped on a page. */
export interface TableBytes {
  /** What messages call it: a file's name. */
  readonly name: string;
  /** Whether the end of the name says the format; if not, the first lines of a text do. */
  readonly isNamed: boolean;
  /** All bytes, from the first to the last. */
  readonly bytes: AsyncGenerator<Uint8Array>;
  /** Unpacks gzip. It throws for damaged bytes. */
  gunzip(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array>;
  /** The same bytes by position; undefined where they come one after the other alone, as from a pipe. */
  open?(): { readonly source: ByteSource; close(): void };
}

const aliases: Record<string, TableFormat> = { ndjson: "jsonl", txt: "csv", pq: "parquet" };

/**
 * Opens the wanted columns of a table. Gzip, NumPy arrays and Parquet are told by their first bytes, whatever the file is
 * called; the format of text by the file's name, or else by its first lines.
 *
 * @throws InputError if the bytes cannot be read, their format is not known, or the table has no such columns
 */
export async function readTable(
  { name, isNamed, bytes, gunzip, open }: TableBytes,
  wanted: ReadOptions,
  format?: TableFormat,
): Promise<Table> {
  const raw = await peek(bytes, name);
  const zipped = isGzip(raw.first);
  const content = zipped ? await peek(gunzip(raw.bytes), name) : raw;
  const named = format ?? (isNamed ? formatOf(name, content.first) : undefined);
  const binary = binaryFormat(name, content.first) ?? named;
  if (binary === "npy" || binary === "parquet") {
    if (zipped || open === undefined)
      return openBinary(binary, bytesInMemory(name, await wholeOf(content.bytes)), wanted);
    await content.bytes.return(undefined);
    const { source, close } = open();
    return openBinary(binary, source, wanted, close);
  }
  return openText(name, content, wanted, named as Exclude<TableFormat, "npy" | "parquet"> | undefined);
}

/** A table whose file stays open until its rows are read. */
async function openBinary(
  format: "npy" | "parquet",
  source: ByteSource,
  wanted: ReadOptions,
  close = () => {},
): Promise<Table> {
  try {
    const table =
      format === "npy"
        ? (await import("./npyTable.ts")).readNpyTable(source, wanted)
        : await (await import("./parquetTable.ts")).readParquetTable(source, wanted);
    return { ...table, chunks: closing(table.chunks, close) };
  } catch (error) {
    close();
    throw error;
  }
}

async function* closing<T>(items: AsyncIterable<T>, close: () => void): AsyncGenerator<T> {
  try {
    yield* items;
  } finally {
    close();
  }
}

async function openText(
  name: string,
  { first, bytes }: Peeked,
  wanted: ReadOptions,
  format: Exclude<TableFormat, "npy" | "parquet"> | undefined,
): Promise<Table> {
  const { decodeText } = await import("./decodeText.ts");
  const { sniffText } = await import("./sniffText.ts");
  const text = await peek(decodeText(name, first, bytes, wanted.encoding), name);
  const start = new TextDecoder().decode(text.first.subarray(0, sniffedBytes), { stream: true });
  const layout = sniffText(name, start, format);
  if (layout.format === "jsonl")
    return (await import("./jsonLinesTable.ts")).readJsonLinesTable(name, text.bytes, wanted);
  if (layout.format === "json")
    return (await import("./jsonTable.ts")).readJsonTable(name, text.bytes, wanted);
  const rows = withoutLines(text.bytes, layout.comments);
  if (layout.aligned) return (await import("./alignedTable.ts")).readAlignedTable(name, rows, wanted);
  return (await import("./delimitedTable.ts")).readDelimitedTable(name, rows, layout.delimiter, wanted);
}

/** The format that the end of a file's name says, without `.gz`; undefined for files that their first bytes tell. */
function formatOf(path: string, first: Uint8Array): TableFormat | undefined {
  const extension = /[^/\\]\.([^./\\]*)$/.exec(path.replace(/\.gz$/, ""))?.[1].toLowerCase() ?? "";
  if ((tableFormats as readonly string[]).includes(extension)) return extension as TableFormat;
  if (extension in aliases) return aliases[extension];
  if (binaryFormat(path, first) !== undefined) return undefined;
  throw unknownName(`format of ${path} (say which with --format)`, extension || "none", tableFormats);
}

/** Bytes by which formats, encodings and layouts are told, where a file has as many. */
const sniffedBytes = 4096;

interface Peeked {
  readonly first: Uint8Array;
  /** The whole stream, its first bytes included. */
  readonly bytes: AsyncGenerator<Uint8Array>;
}

/** The first bytes of a stream, and the whole of it. */
async function peek(bytes: AsyncGenerator<Uint8Array>, path: string): Promise<Peeked> {
  const readable = readableOf(bytes, path);
  let first: Uint8Array = new Uint8Array(0);
  let next = await readable.next();
  while (!next.done) {
    first = first.length === 0 ? next.value : Buffer.concat([first, next.value]);
    if (first.length >= sniffedBytes) break;
    next = await readable.next();
  }
  async function* all() {
    if (first.length > 0) yield first;
    yield* readable;
  }
  return { first, bytes: all() };
}

/** The stream, with what goes wrong in reading it as an InputError. */
async function* readableOf(bytes: AsyncGenerator<Uint8Array>, path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* bytes;
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`cannot read ${path}: ${(error as Error).message}`);
  }
}

async function wholeOf(bytes: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of bytes) parts.push(part);
  return Buffer.concat(parts);
}

/** The stream without its first lines. */
async function* withoutLines(bytes: AsyncIterable<Uint8Array>, lines: number): AsyncGenerator<Uint8Array> {
  let left = lines;
  for await (let part of bytes) {
    while (left > 0 && part.length > 0) {
      const end = part.indexOf(0x0a);
      if (end >= 0) left--;
      part = part.subarray(end < 0 ? part.length : end + 1);
    }
    if (part.length > 0) yield part;
  }
}
