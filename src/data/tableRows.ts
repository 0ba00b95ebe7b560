import { InputError } from "../errors.ts";
import { isMissing, numberIn } from "../tables/cell.ts";
import type { TableCell } from "../tables/table.ts";
import type { OpenRows } from "./openRows.ts";
import { type EncodedRows, type InputArray, type RowSource, sharedArray } from "./rowSource.ts";

export interface TableRowsOptions {
  /** Columns to read, in this order; all but `without` unless given. */
  readonly features?: readonly string[];
  /** Columns that are no features: labels and weights. */
  readonly without: readonly string[];
  /** Categories as one column of 0 and 1 each, or as an index for an embedding. */
  readonly categories: "one-hot" | "index";
  readonly open: OpenRows;
}

/** The columns of a table, numbers or categories. A missing number is NaN, a missing category the empty text. */
type Column =
  | { readonly name: string; readonly numbers: Float64Array }
  | { readonly name: string; readonly categories: readonly string[] };

interface TableRows extends RowSource {
  readonly columns: readonly Column[];
}

/** Reads the feature columns of a table: numbers where all its cells are numbers or missing, else categories. */
export async function readTableRows(path: string, options: TableRowsOptions): Promise<RowSource> {
  const { features, without, open } = options;
  const table = await open(path, { columns: features ?? "all", header: true });
  const kept = [...table.columns.keys()].filter((c) => features || !without.includes(table.columns[c]));
  if (kept.length === 0) throw new InputError(`${path} has no columns besides ${without.join(", ")}`);
  const cells: TableCell[][] = kept.map(() => []);
  for await (const { columns, rows } of table.chunks) {
    kept.forEach((c, k) => {
      for (let i = 0; i < rows; i++) cells[k].push(columns[c][i] as TableCell);
    });
  }
  const count = cells[0].length;
  if (count === 0) throw new InputError(`${path} has no rows`);
  const columns = kept.map((c, k) => columnOf(table.columns[c], cells[k]));
  const source: TableRows = {
    count,
    unit: "row",
    columns,
    encode: (training) => encode(columns, count, training, options.categories, path),
  };
  return source;
}

function columnOf(name: string, cells: readonly TableCell[]): Column {
  try {
    const numbers = Float64Array.from(cells, (cell, row) => numberIn(cell, row + 1, name));
    const bad = numbers.findIndex((value) => value === Infinity || value === -Infinity);
    if (bad < 0) return { name, numbers };
  } catch {
    // A word: the column holds categories.
  }
  return { name, categories: cells.map((cell) => (isMissing(cell) ? "" : String(cell))) };
}

/** How a column becomes features: fitted on the training rows. */
interface Encoder {
  readonly name: string;
  /** Features per row; 0 where it is an index of its own. */
  readonly width: number;
  readonly note?: string;
  write(column: Column, row: number, to: Float32Array, at: number): void;
  /** For indices: the index of a row's category. */
  index?(column: Column, row: number): number;
}

function encode(
  columns: readonly Column[],
  count: number,
  training: Uint32Array,
  categories: "one-hot" | "index",
  path: string,
): EncodedRows {
  const encoders = columns.map((column) =>
    "numbers" in column ? standardiser(column, training) : categoryEncoder(column, training, categories),
  );
  return {
    inputs: inputsOf(encoders, columns, count),
    notes: encoders.flatMap(({ note }) => (note === undefined ? [] : [note])),
    again: (other) => inputsOf(encoders, sameColumns(columns, other as TableRows, path), other.count),
  };
}

/** The columns of another table by the names of this one's. */
function sameColumns(columns: readonly Column[], other: TableRows, path: string): Column[] {
  return columns.map((column) => {
    const found = other.columns.find(({ name }) => name === column.name);
    if (!found) throw new InputError(`the test data has no column ${column.name}, which ${path} has`);
    if ("numbers" in column === "numbers" in found) return found;
    if ("categories" in found) {
      const word = found.categories.find((cell) => Number.isNaN(Number(cell)));
      throw new InputError(`the test data holds ${word} in ${column.name}, which are numbers in ${path}`);
    }
    return {
      name: found.name,
      categories: Array.from(found.numbers, (value) => (Number.isNaN(value) ? "" : String(value))),
    };
  });
}

/** The features of all columns as one input, and each index as an input of its own, called as its column. */
function inputsOf(encoders: readonly Encoder[], columns: readonly Column[], count: number): InputArray[] {
  const width = encoders.reduce((sum, encoder) => sum + encoder.width, 0);
  const features = sharedArray("float32", count * width);
  let at = 0;
  const indices: InputArray[] = [];
  encoders.forEach((encoder, c) => {
    for (let row = 0; row < count; row++) encoder.write(columns[c], row, features, row * width + at);
    at += encoder.width;
    const { index } = encoder;
    if (!index) return;
    const data = sharedArray("int32", count);
    for (let row = 0; row < count; row++) data[row] = index(columns[c], row);
    indices.push({ name: encoder.name, shape: [], data });
  });
  return width > 0 ? [{ name: "features", shape: [width], data: features }, ...indices] : indices;
}

/** (x - mean) / standard deviation of the training rows; a missing number becomes the mean, and says so in a feature. */
function standardiser(column: Column & { numbers: Float64Array }, training: Uint32Array): Encoder {
  const { name } = column;
  const known = Array.from(training, (row) => column.numbers[row]).filter((x) => !Number.isNaN(x));
  if (known.length === 0) throw new InputError(`column ${name} has no number in the training rows`);
  const mean = known.reduce((sum, x) => sum + x, 0) / known.length;
  const variance = known.reduce((sum, x) => sum + (x - mean) ** 2, 0) / known.length;
  const deviation = variance > 0 ? Math.sqrt(variance) : 1;
  const missing = training.length - known.length;
  const flagged = missing > 0;
  return {
    name,
    width: flagged ? 2 : 1,
    ...(flagged && {
      note: `${name} misses ${missing} of ${training.length} training numbers: they were replaced by the mean, and a further feature marks them.`,
    }),
    write(column, row, to, at) {
      const x = (column as Column & { numbers: Float64Array }).numbers[row];
      to[at] = Number.isNaN(x) ? 0 : (x - mean) / deviation;
      if (flagged) to[at + 1] = Number(Number.isNaN(x));
    },
  };
}

/** Categories of the training rows, sorted; what is missing is a category of its own, and unknown ones count as none. */
function categoryEncoder(
  column: Column & { categories: readonly string[] },
  training: Uint32Array,
  form: "one-hot" | "index",
): Encoder {
  const known = [...new Set(Array.from(training, (row) => column.categories[row]))].sort();
  const places = new Map(known.map((category, i) => [category, i]));
  const placeOf = (column: Column, row: number) =>
    places.get((column as Column & { categories: readonly string[] }).categories[row]);
  const { name } = column;
  const missing = known.includes("") ? ", one of them for missing ones" : "";
  if (form === "one-hot") {
    return {
      name,
      width: known.length,
      note: `${name} became ${known.length} features of 0 and 1, one per category${missing}.`,
      write(column, row, to, at) {
        const place = placeOf(column, row);
        if (place !== undefined) to[at + place] = 1;
      },
    };
  }
  return {
    name,
    width: 0,
    note: `${name} became an index from 1 to ${known.length}${missing}; 0 stands for categories that no training row has.`,
    write() {},
    index: (column, row) => 1 + (placeOf(column, row) ?? -1),
  };
}
