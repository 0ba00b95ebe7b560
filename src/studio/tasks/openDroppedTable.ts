import { readDelimitedTable } from "../../tables/delimitedTable.ts";
import { readNpyTable } from "../../tables/npyTable.ts";
import type { ReadOptions, Table } from "../../tables/table.ts";
import { blobSource } from "./blobSource.ts";

export async function openDroppedTable(name: string, file: Blob, wanted: ReadOptions): Promise<Table> {
  if (name.endsWith(".npy")) return readNpyTable(blobSource(name, file), wanted);
  return readDelimitedTable(name, file.stream() as unknown as AsyncIterable<Uint8Array>, ",", wanted);
}
