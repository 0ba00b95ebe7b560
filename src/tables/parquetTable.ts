import type { AsyncBuffer } from "hyparquet";
import { InputError } from "../errors.ts";
import type { ByteSource } from "../files/byteSource.ts";
import { exactInteger, exactIntegers } from "./exactIntegers.ts";
import type { Cells, Chunk, ReadOptions, Table, TableCell } from "./table.ts";
import { wantedColumns } from "./wantedColumns.ts";

/** Reads columns of a Parquet file, row group by row group; only their bytes are read. */
export function readParquetTable(source: ByteSource, wanted: ReadOptions): Promise<Table> {
  const file = {
    byteLength: source.size,
    slice: (start: number, end = source.size) => Uint8Array.from(source.read(start, end - start)).buffer,
  };
  return parquetTable(source.name, file, wanted);
}

/** The same for a file anywhere: `file` gives its bytes by position. */
export async function parquetTable(path: string, file: AsyncBuffer, wanted: ReadOptions): Promise<Table> {
  const { parquetMetadataAsync, parquetRead } = await import("hyparquet");
  const { compressors } = await import("hyparquet-compressors");
  const metadata = await parquetMetadataAsync(file).catch(refusal(path));
  const names = topLevelColumns(path, metadata.schema);
  const columns = wantedColumns(path, names, wanted.columns).map((i) => names[i]);
  const total = Number(metadata.num_rows);

  async function* chunks(): AsyncGenerator<Chunk> {
    let start = 0;
    for (const group of metadata.row_groups) {
      const rows = Number(group.num_rows);
      const parts = new Map<string, ArrayLike<unknown>[]>(columns.map((name) => [name, []]));
      await parquetRead({
        file,
        metadata,
        compressors,
        columns: [...new Set(columns)],
        rowStart: start,
        rowEnd: start + rows,
        // An error thrown here would not reach the caller: the cells are looked at below.
        onChunk: ({ columnName, columnData }) => void parts.get(columnName)!.push(columnData),
      }).catch(refusal(path));
      start += rows;
      wanted.onProgress?.(start, total);
      const cells = columns.map((name) =>
        joined(parts.get(name)!.map((part) => plainCells(path, name, part))),
      );
      const short = cells.findIndex(({ length }) => length !== rows);
      if (short >= 0)
        throw new InputError(
          `${path} is damaged: column ${columns[short]} has ${cells[short].length} entries in a group of ${rows} rows`,
        );
      yield { columns: cells, rows };
    }
  }
  return { format: "Parquet", columns, chunks: chunks() };
}

/** The Parquet library's errors, which are about the bytes of the file, as a refusal of it. */
const refusal =
  (path: string) =>
  (error: Error): never => {
    throw error instanceof InputError
      ? error
      : new InputError(`cannot read ${path} as Parquet: ${error.message.split("\n", 1)[0].slice(0, 200)}`);
  };

/** Names of the columns at the top of the schema, which is a tree written depth first with the root ahead. */
function topLevelColumns(
  path: string,
  schema: readonly { readonly name: string; readonly num_children?: number }[],
): string[] {
  const names: string[] = [];
  const skip = (i: number): number => {
    let next = i + 1;
    if (schema[i] === undefined)
      throw new InputError(`${path} is damaged: its schema ends before all of its columns are named`);
    for (let n = 0; n < (schema[i].num_children ?? 0); n++) next = skip(next);
    return next;
  };
  for (let i = 1; i < schema.length; i = skip(i)) names.push(schema[i].name);
  return names;
}

/** Undefined as null; lists and structs are refused. */
function plainCells(path: string, name: string, data: ArrayLike<unknown>): Cells {
  if (data instanceof Int32Array || data instanceof Float64Array || data instanceof Uint8Array) return data;
  if (data instanceof Float32Array) return Float64Array.from(data);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return exactIntegers(data);
  return Array.from(data, (value): TableCell => {
    if (value === null || value === undefined) return null;
    if (typeof value === "bigint") return exactInteger(value);
    if (typeof value === "object")
      throw new InputError(`column ${name} of ${path} holds ${value.constructor.name} values, not labels`);
    return value as TableCell;
  });
}

function joined(parts: readonly Cells[]): Cells {
  return parts.length === 1 ? parts[0] : parts.flatMap((part) => Array.from<TableCell>(part));
}
