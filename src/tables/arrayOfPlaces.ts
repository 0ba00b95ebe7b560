import { InputError } from "../errors.ts";
import type { Cells, Chunk, Table } from "./table.ts";

/**
 * A table of labels, in which an array with a class index at each place of an input (pixels, tokens) is one column of
 * labels. A row of an array holds the shares of the classes (one-hot or soft labels) if it adds up to 1; rows of whole
 * numbers that do not are class indices, one per place.
 *
 * @param atPlaces whether the labels are known to be of places
 * @throws InputError for arrays of more than two dimensions that do not hold class indices
 */
export async function arrayOfPlaces(
  table: Table,
  reads: string,
  atPlaces = false,
): Promise<Pick<Table, "columns" | "chunks"> & { readonly places: number }> {
  const { columns, chunks, shape = [] } = table;
  if (atPlaces) return { ...oneColumn(chunks), places: columns.length };
  if (reads !== "classes") {
    if (shape.length > 2) throw tooManyDimensions(shape);
    return { columns, chunks, places: 1 };
  }
  if (shape.length < 2 || columns.length === 1) return { columns, chunks, places: 1 };
  const rest = chunks[Symbol.asyncIterator]();
  const first = await rest.next();
  if (first.done) return { columns, chunks, places: 1 };
  const isPlaces = holdsIndices(first.value, shape);
  async function* all(): AsyncGenerator<Chunk> {
    for (let next = first; !next.done; next = await rest.next()) yield next.value;
  }
  return isPlaces ? { ...oneColumn(all()), places: columns.length } : { columns, chunks: all(), places: 1 };
}

function oneColumn(chunks: AsyncIterable<Chunk>): Pick<Table, "columns" | "chunks"> {
  async function* joined() {
    for await (const chunk of chunks) yield asOneColumn(chunk);
  }
  return { columns: ["label"], chunks: joined() };
}

const tooManyDimensions = (shape: readonly number[]) =>
  new InputError(
    `an array of ${shape.length} dimensions (${shape.join(" x ")}); arrays of labels for this loss have 1 (one label per row) or 2 (several per row)`,
  );

/** Whether all entries are whole numbers, and the rows do not add up to 1. */
function holdsIndices({ columns, rows }: Chunk, shape: readonly number[]): boolean {
  const isWhole = columns.every((cells) => Array.prototype.every.call(cells, Number.isInteger));
  const isShares = isWhole && addUpToOne(columns as readonly ArrayLike<number>[], rows, shape.at(-1)!);
  if (shape.length === 2) return isWhole && !isShares;
  if (!isWhole) throw tooManyDimensions(shape);
  if (!isShares) return true;
  throw new InputError(
    `the array of ${shape.join(" x ")} holds one-hot labels at each place; save it as rows of ${shape.at(-1)}: y.reshape(-1, ${shape.at(-1)})`,
  );
}

/** Whether neighbouring entries of a row, `width` at a time, hold 1 once and 0 otherwise. */
function addUpToOne(columns: readonly ArrayLike<number>[], rows: number, width: number): boolean {
  for (let i = 0; i < rows; i++) {
    for (let start = 0; start < columns.length; start += width) {
      let sum = 0;
      for (let c = start; c < start + width; c++) {
        if (columns[c][i] < 0) return false;
        sum += columns[c][i];
      }
      if (sum !== 1) return false;
    }
  }
  return true;
}

/** The entries of all columns, row after row. */
function asOneColumn({ columns, rows }: Chunk): Chunk {
  const width = columns.length;
  const [first] = columns;
  const cells = Array.isArray(first)
    ? new Array(rows * width)
    : new (first.constructor as Float64ArrayConstructor)(rows * width);
  for (let i = 0; i < cells.length; i++) cells[i] = columns[i % width][Math.floor(i / width)];
  return { columns: [cells as Cells], rows: rows * width };
}
