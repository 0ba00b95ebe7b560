import type { IntegerArray } from "../../labels/countIntegers.ts";

/** One entry of a table. A missing one is null, an empty text, or NaN among numbers. */
export type Cell = string | number | boolean | null;

/** Neighbouring entries of one column. */
export type Cells = IntegerArray | Float64Array | readonly Cell[];

/** Some rows of a table, of the wanted columns only, in the order in which they were asked for. */
export interface Chunk {
  readonly columns: readonly Cells[];
  readonly rows: number;
}

/** What is wanted of a table: names of columns, or their positions from 0 where they have no names; none for all. */
export interface Wanted {
  readonly columns?: readonly string[];
  /** Whether the first row of a text file names the columns; asked for where that is not plain. */
  readonly header?: boolean;
  /** Told, as reading goes on, how many bytes are read out of how many (0 where that is not known). */
  readonly onProgress?: (bytes: number, totalBytes: number) => void;
}

/** A table opened for reading in one pass. */
export interface Table {
  /** Such as `CSV`, for people. */
  readonly format: string;
  /** Names of the wanted columns. */
  readonly columns: readonly string[];
  readonly chunks: AsyncIterable<Chunk>;
}
