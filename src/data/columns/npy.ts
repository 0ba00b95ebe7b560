import { type FileHandle, open } from "node:fs/promises";
import { InputError } from "../../errors.ts";
import type { Cells, Chunk, Table, Wanted } from "./column.ts";
import { longestHeader, npyHeader } from "./npyHeader.ts";
import { type NumpyType, numpyType } from "./numpyType.ts";
import { wantedColumns } from "./wantedColumns.ts";

/** Bytes read at once. */
const chunkBytes = 2 ** 22;

/** Reads a NumPy array of one or two dimensions: rows of one or more labels, in C or Fortran order, chunk by chunk. */
export async function readNpy(path: string, wanted: Wanted): Promise<Table> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const start = Buffer.alloc(Math.min(size, longestHeader));
    await file.read(start, 0, start.length, 0);
    const header = npyHeader(path, start);
    const type = numpyType(path, header.type);
    const [rows, width = 1] = header.shape;
    if (header.shape.length < 1 || header.shape.length > 2) {
      throw new InputError(
        `${path} has ${header.shape.length} dimensions; labels have 1 (a label a row) or 2 (several a row)`,
      );
    }
    if (size < header.offset + rows * width * type.bytes) {
      throw new InputError(
        `${path} is cut short: ${rows} x ${width} of ${header.type} need more than its ${size} bytes`,
      );
    }
    const names = Array.from({ length: width }, (_, i) => String(i));
    const take =
      wanted.columns === undefined ? names.map((_, i) => i) : wantedColumns(path, names, wanted.columns);
    const array = { file, type, rows, width, take, offset: header.offset };
    return {
      format: `NumPy array of ${header.type.replace(/^[|<>=]/, "")} (${header.shape.join(" x ")})`,
      columns: take.map((i) => names[i]),
      chunks: chunks(array, header.fortran && width > 1, wanted),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

interface OpenArray {
  readonly file: FileHandle;
  readonly type: NumpyType;
  readonly rows: number;
  readonly width: number;
  readonly take: readonly number[];
  readonly offset: number;
}

async function* chunks(array: OpenArray, fortran: boolean, { onProgress }: Wanted): AsyncGenerator<Chunk> {
  const { file, type, rows, width, take, offset } = array;
  const perRow = type.bytes * (fortran ? 1 : width);
  const step = Math.max(1, Math.floor(chunkBytes / perRow));
  try {
    for (let row = 0; row < rows; row += step) {
      const count = Math.min(step, rows - row);
      let columns: Cells[];
      if (fortran) {
        columns = [];
        for (const i of take)
          columns.push(
            type.decode(await read(file, offset + (i * rows + row) * type.bytes, count * type.bytes)),
          );
      } else {
        const cells = type.decode(await read(file, offset + row * perRow, count * perRow));
        columns = width === 1 ? [cells] : take.map((i) => everyNth(cells, i, width));
      }
      onProgress?.(Math.min(rows, row + count) * width * type.bytes, rows * width * type.bytes);
      yield { columns, rows: count };
    }
  } finally {
    await file.close();
  }
}

async function read(file: FileHandle, position: number, length: number): Promise<Buffer> {
  // Not from the pool, whose offsets need not be aligned; swapped in place where the file's byte order is not ours.
  const bytes = Buffer.allocUnsafeSlow(length);
  await file.read(bytes, 0, length, position);
  return bytes;
}

/** Entry `first` of every row of `width`. */
function everyNth(cells: Cells, first: number, width: number): Cells {
  const length = Math.floor(cells.length / width);
  if (Array.isArray(cells)) return Array.from({ length }, (_, i) => cells[i * width + first]);
  const column = new (cells.constructor as Float64ArrayConstructor)(length);
  for (let i = 0; i < length; i++) column[i] = (cells as Float64Array)[i * width + first];
  return column;
}
