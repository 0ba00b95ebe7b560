import type { IntegerArray } from "../labels/countIntegers.ts";

/** One entry of a table. A missing one is null, an empty text, or NaN among numbers. */
export type TableCell = string | number | boolean | null;

/** Consecutive entries of one column. */
export type Cells = IntegerArray | Float64Array | readonly TableCell[];

/** Some rows of a table: the wanted columns only, in the order in which they were asked for. */
export interface Chunk {
  readonly columns: readonly Cells[];
  readonly rows: number;
}

/** What to read of a table, and how. */
export interface ReadOptions {
  /** Names of the wanted columns, or their positions from 0 where they have no names; all columns if undefined. */
  readonly columns?: readonly string[];
  /** Whether the first row of a text file names the columns; if undefined, an unclear first row is refused. */
  readonly header?: boolean;
  /** Called while reading, with the number of bytes read and of all bytes (0 if unknown). */
  readonly onProgress?: (bytes: number, totalBytes: number) => void;
}

/** A table opened for reading in one pass. */
export interface Table {
  /** What the file is, for people: `CSV`. */
  readonly format: string;
  /** Names of the wanted columns. */
  readonly columns: readonly string[];
  readonly chunks: AsyncIterable<Chunk>;
}
