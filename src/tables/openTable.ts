import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { InputError } from "../errors.ts";
import { openByteSource } from "../files/openByteSource.ts";
import { readTable } from "./readTable.ts";
import type { ReadOptions, Table, TableFormat } from "./table.ts";

/**
 * Opens the wanted columns of a file, or of standard input (`-`): see `readTable`.
 *
 * @throws InputError if the file cannot be read, its format is not known, or it has no such columns
 */
export async function openTable(path: string, wanted: ReadOptions, format?: TableFormat): Promise<Table> {
  if (path === "-") {
    const bytes = counted(process.stdin, 0, wanted);
    return readTable({ name: "standard input", isNamed: false, bytes, gunzip }, wanted, format);
  }
  const { size, isRegular } = await readableFile(path);
  const bytes = counted(createReadStream(path, { highWaterMark: 2 ** 18 }), size, wanted);
  const open = isRegular ? () => openByteSource(path) : undefined;
  return readTable({ name: path, isNamed: true, bytes, gunzip, open }, wanted, format);
}

async function readableFile(path: string): Promise<{ size: number; isRegular: boolean }> {
  const info = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new InputError(
      `cannot read ${path}: ${error.code === "ENOENT" ? "there is no such file" : error.message}`,
    );
  });
  if (info.isDirectory()) throw new InputError(`${path} is a folder, not a file`);
  return { size: info.size, isRegular: info.isFile() };
}

async function* gunzip(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  // `pipeline` hands an error of reading on to whoever reads what is unzipped.
  yield* pipeline(bytes, createGunzip(), () => {});
}

async function* counted(
  file: AsyncIterable<Uint8Array>,
  total: number,
  { onProgress }: ReadOptions,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const part of file) {
    bytes += part.length;
    onProgress?.(bytes, total);
    yield part;
  }
}
