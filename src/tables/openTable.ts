import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { extname } from "node:path";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { InputError, unknownName } from "../errors.ts";
import { openByteSource } from "../files/openByteSource.ts";
import { type ReadOptions, type Table, type TableFormat, tableFormats } from "./table.ts";

const aliases: Record<string, TableFormat> = { ndjson: "jsonl", txt: "csv", pq: "parquet" };

/**
 * Opens the wanted columns of a file, or of standard input (`-`).
 *
 * @throws InputError if the file cannot be read, its format is not known, or it has no such columns
 */
export async function openTable(path: string, wanted: ReadOptions, format?: TableFormat): Promise<Table> {
  if (path !== "-") await checkReadable(path);
  const zipped = path.endsWith(".gz");
  const stem = zipped ? path.slice(0, -".gz".length) : path;
  const found = format ?? (path === "-" ? undefined : formatOf(path, extname(stem).slice(1).toLowerCase()));
  if (found === "npy" || found === "parquet") {
    if (path === "-" || zipped)
      throw new InputError(`${path}: ${found} files are read from disk, not compressed or piped`);
    return found === "npy"
      ? openNpyTable(path, wanted)
      : (await import("./parquetTable.ts")).readParquetTable(path, wanted);
  }
  const name = path === "-" ? "standard input" : path;
  const { start, bytes } = await peek(byteStream(path, zipped, wanted));
  const text = found ?? sniff(start);
  if (text === "jsonl") return (await import("./jsonLinesTable.ts")).readJsonLinesTable(name, bytes, wanted);
  if (text === "json") return (await import("./jsonTable.ts")).readJsonTable(name, bytes, wanted);
  const delimiter = text === "tsv" ? "\t" : /^[^,\n]*;/.test(start) ? ";" : ",";
  return (await import("./delimitedTable.ts")).readDelimitedTable(name, bytes, delimiter, wanted);
}

/** The array's file stays open until its rows are read. */
async function openNpyTable(path: string, wanted: ReadOptions): Promise<Table> {
  const { readNpyTable } = await import("./npyTable.ts");
  const { source, close } = openByteSource(path);
  try {
    const table = readNpyTable(source, wanted);
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

async function checkReadable(path: string): Promise<void> {
  const info = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new InputError(
      `cannot read ${path}: ${error.code === "ENOENT" ? "there is no such file" : error.message}`,
    );
  });
  if (info.isDirectory()) throw new InputError(`${path} is a folder, not a file`);
}

function formatOf(path: string, extension: string): TableFormat {
  if ((tableFormats as readonly string[]).includes(extension)) return extension as TableFormat;
  if (extension in aliases) return aliases[extension];
  throw unknownName(`format of ${path} (say which with --format)`, extension || "none", tableFormats);
}

async function* byteStream(path: string, zipped: boolean, wanted: ReadOptions): AsyncGenerator<Uint8Array> {
  const read = counted(path, wanted);
  try {
    // `pipeline` hands an error of reading on to whoever reads what is unzipped.
    yield* zipped ? pipeline(read, createGunzip(), () => {}) : read;
  } catch (error) {
    throw new InputError(`cannot read ${path}: ${(error as Error).message}`);
  }
}

async function* counted(path: string, { onProgress }: ReadOptions): AsyncGenerator<Uint8Array> {
  const file = path === "-" ? process.stdin : createReadStream(path, { highWaterMark: 2 ** 18 });
  const total = path === "-" ? 0 : (await stat(path)).size;
  let bytes = 0;
  for await (const part of file) {
    bytes += part.length;
    onProgress?.(bytes, total);
    yield part;
  }
}

/** The first part of a stream as text, and the whole stream. */
async function peek(
  bytes: AsyncGenerator<Uint8Array>,
): Promise<{ start: string; bytes: AsyncGenerator<Uint8Array> }> {
  const first = await bytes.next();
  async function* all() {
    if (!first.done) yield first.value;
    yield* bytes;
  }
  return {
    start: first.done ? "" : new TextDecoder().decode(first.value.subarray(0, 4096)).trimStart(),
    bytes: all(),
  };
}

/** The format of text without a file name. */
function sniff(start: string): TableFormat {
  if (start.startsWith("[")) return /^\[[^\n]*\]\s*\n\s*\[/.test(start) ? "jsonl" : "json";
  if (start.startsWith("{")) return /^\{[^\n]*\}\s*(\n|$)/.test(start) ? "jsonl" : "json";
  return /^[^\n,]*\t/.test(start) ? "tsv" : "csv";
}
