import { InputError, unknownName } from "../../errors.ts";
import { readDelimitedTable } from "../../tables/delimitedTable.ts";
import { readJsonLinesTable } from "../../tables/jsonLinesTable.ts";
import { readJsonTable } from "../../tables/jsonTable.ts";
import { readNpyTable } from "../../tables/npyTable.ts";
import { type ReadOptions, type Table, tableFormats } from "../../tables/table.ts";
import { blobSource } from "./blobSource.ts";

/**
 * Opens the wanted columns of a dropped file, in a worker, as `openTable` does on disk; the format is told by its name.
 *
 * @throws InputError as that one does
 */
export async function openDroppedTable(name: string, file: Blob, wanted: ReadOptions): Promise<Table> {
  const extension = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
  const bytes = partsOf(file, wanted);
  switch (extension) {
    case "npy":
      return readNpyTable(blobSource(name, file), wanted);
    case "parquet":
    case "pq":
      throw new InputError(
        `${name}: this page does not read Parquet; use baserate solve, or save the labels as .csv or .npy`,
      );
    case "json":
      return readJsonTable(name, bytes, wanted);
    case "jsonl":
    case "ndjson":
      return readJsonLinesTable(name, bytes, wanted);
    case "tsv":
      return readDelimitedTable(name, bytes, "\t", wanted);
    case "csv":
    case "txt":
      return readDelimitedTable(name, bytes, await delimiterOf(file), wanted);
    case "gz":
      throw new InputError(`${name} is compressed; unpack it first: gunzip`);
  }
  throw unknownName(`format of ${name}`, extension, tableFormats);
}

async function* partsOf(file: Blob, { onProgress }: ReadOptions): AsyncGenerator<Uint8Array> {
  const reader = file.stream().getReader();
  let done = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    done += part.value.length;
    onProgress?.(done, file.size);
    yield part.value;
  }
}

/** What separates the fields of the first line. */
async function delimiterOf(file: Blob): Promise<"," | "\t" | ";"> {
  const start = await file.slice(0, 4096).text();
  if (/^[^,\n]*;/.test(start)) return ";";
  return /^[^,\n]*\t/.test(start) ? "\t" : ",";
}
