import { InputError } from "../errors.ts";
import type { ByteSource } from "../files/byteSource.ts";
import { fortranOrder, type NpyType, npyType, readNpyHeader, requireEntries } from "../files/npy.ts";
import { exactIntegers } from "./exactIntegers.ts";
import type { Cells, Chunk, ReadOptions, Table } from "./table.ts";
import { wantedColumns } from "./wantedColumns.ts";

/** Bytes read at once. */
const chunkBytes = 2 ** 22;

/**
 * Reads a NumPy array chunk by chunk: a row per entry of the first dimension, with a column for each entry of the others;
 * in C order, or with up to two dimensions in Fortran order.
 */
export function readNpyTable(source: ByteSource, options: ReadOptions): Table {
  const header = readNpyHeader(source);
  const { shape } = header;
  const type = npyType(source.name, header.type);
  const [rows, ...rest] = shape;
  const width = rest.reduce((a, b) => a * b, 1);
  if (rows === undefined)
    throw new InputError(`${source.name} is a single number; rows of labels are needed`);
  if (header.fortran && shape.length > 2) throw fortranOrder(source.name);
  requireEntries(source, header, type.bytes);
  const names = Array.from({ length: width }, (_, i) => String(i));
  const take =
    options.columns === undefined
      ? names.map((_, i) => i)
      : wantedColumns(source.name, names, options.columns);
  const array = { source, type, rows, width, take, offset: header.offset };
  return {
    format: `NumPy array of ${header.type.replace(/^[|<>=]/, "")} (${shape.join(" x ")})`,
    columns: take.map((i) => names[i]),
    chunks: chunks(array, header.fortran && width > 1, options),
    shape: options.columns === undefined ? shape : undefined,
  };
}

interface OpenArray {
  readonly source: ByteSource;
  readonly type: NpyType;
  readonly rows: number;
  readonly width: number;
  readonly take: readonly number[];
  readonly offset: number;
}

async function* chunks(
  array: OpenArray,
  fortran: boolean,
  { onProgress }: ReadOptions,
): AsyncGenerator<Chunk> {
  const { source, type, rows, width, take, offset } = array;
  const perRow = type.bytes * (fortran ? 1 : width);
  const step = Math.max(1, Math.floor(chunkBytes / perRow));
  const read = (start: number, length: number): Cells => {
    const entries = type.decode(source.read(start, length));
    return entries instanceof BigInt64Array || entries instanceof BigUint64Array
      ? exactIntegers(entries)
      : entries;
  };
  for (let row = 0; row < rows; row += step) {
    const count = Math.min(step, rows - row);
    let columns: Cells[];
    if (fortran) {
      columns = take.map((i) => read(offset + (i * rows + row) * type.bytes, count * type.bytes));
    } else {
      const cells = read(offset + row * perRow, count * perRow);
      columns = width === 1 ? [cells] : take.map((i) => everyNth(cells, i, width));
    }
    onProgress?.(Math.min(rows, row + count) * width * type.bytes, rows * width * type.bytes);
    yield { columns, rows: count };
  }
}

/** Entry `first` of every row of `width`. */
function everyNth(cells: Cells, first: number, width: number): Cells {
  const length = Math.floor(cells.length / width);
  if (Array.isArray(cells)) return Array.from({ length }, (_, i) => cells[i * width + first]);
  const column = new (cells.constructor as Float64ArrayConstructor)(length);
  for (let i = 0; i < length; i++) column[i] = (cells as Float64Array)[i * width + first];
  return column;
}
