import type { IntegerArray } from "../labels/countIntegers.ts";

/** Formats by the end of a file's name, without the dot; the text formats also with .gz after it, or from standard input. */
export const tableFormats = ["csv", "tsv", "jsonl", "json", "npy", "parquet"] as const;
export type TableFormat = (typeof tableFormats)[number];

/** One entry of a table. A missing one is null, an empty text, or NaN among numbers. */
export type TableCell = string | number | boolean | null;

/** Consecutive entries of one column. */
export type Cells = IntegerArray | Float64Array | readonly TableCell[];

/** Some rows of a table: the wanted columns only, in the order in which they were asked for. */
export interface Chunk {
  readonly columns: readonly Cells[];
  readonly rows: number;
  /** Where each entry stands for several equal rows: how many, and their weight together. Length `rows`. */
  readonly counts?: Float64Array;
  readonly weights?: Float64Array;
}

/** What to read of a table, and how. */
export interface ReadOptions {
  /**
   * Names of the wanted columns, or their positions from 0 where they have no names. If undefined, a table must have one
   * column, an array may have several.
   */
  readonly columns?: readonly string[] | "all";
  /**
   * Whether the first row of a text file names the columns, or `words`: it does if none of it is a number. If undefined, an
   * unclear first row is refused.
   */
  readonly header?: boolean | "words";
  /** Encoding of a text file, such as `windows-1252`; UTF-8, or what a byte order mark tells, if undefined. */
  readonly encoding?: string;
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
  /** Shape of the array that the table is a view of: rows, and what its columns run through. Undefined for other files. */
  readonly shape?: readonly number[];
}
