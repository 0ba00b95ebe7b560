import { readTable } from "../../tables/readTable.ts";
import type { ReadOptions, Table, TableFormat } from "../../tables/table.ts";
import { blobSource } from "./blobSource.ts";
import { gunzip } from "./gunzip.ts";

/** Opens the wanted columns of a dropped file, in a worker: see `readTable`. */
export function openDroppedTable(
  name: string,
  file: Blob,
  wanted: ReadOptions,
  format?: TableFormat,
): Promise<Table> {
  const open = () => ({ source: blobSource(name, file), close: () => {} });
  return readTable({ name, isNamed: true, bytes: partsOf(file, wanted), gunzip, open }, wanted, format);
}

async function* partsOf(file: Blob, { onProgress }: ReadOptions): AsyncGenerator<Uint8Array> {
  const reader = file.stream().getReader();
  let done = 0;
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      done += part.value.length;
      onProgress?.(done, file.size);
      yield part.value;
    }
  } finally {
    await reader.cancel();
  }
}
