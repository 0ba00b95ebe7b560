import { InputError } from "../errors.ts";
import { openNpyArray, readNpyHeader } from "../files/npy.ts";
import { openByteSource } from "../files/openByteSource.ts";
import type { TensorData } from "../graph/tensor.ts";
import type { Head, Label } from "../heads/head.ts";
import type { LabelChoices } from "../tables/labelChoices.ts";
import { readLabelRows } from "../tables/readLabels.ts";
import type { OpenRows } from "./openRows.ts";
import { sharedArray } from "./rowSource.ts";
import type { TextRows } from "./textRows.ts";

/** The labels of all rows, row after row. */
export interface ExampleLabels {
  readonly values: TensorData;
  /** Of one row: [] for one number, [K] for several, [H, W] for one per pixel. */
  readonly shape: readonly number[];
  /** Rows. */
  readonly count: number;
  readonly names?: readonly string[];
  /** The label of places that are left out. */
  readonly ignored?: number;
  /** How the file was read, for people to check. */
  readonly understood?: string;
}

/** Labels that are the classes of folders. */
export function labelsOfClasses(
  { labels, names }: { readonly labels: readonly number[]; readonly names: readonly string[] },
  { reads, name }: Head,
  path: string,
): ExampleLabels {
  if (reads !== "classes" && !(reads === "binary" && names.length === 2)) {
    throw new InputError(
      `${path} has ${names.length} classes for labels, and ${name} reads ${reads}; give --labels`,
    );
  }
  return { values: classArray(labels), shape: [], count: labels.length, names };
}

/** The label of places behind the end of a line. */
const ignoredCharacter = -1;

/** Labels that are the next characters of a text. Class 0 is the end of a line. */
export function labelsOfText(text: TextRows, { reads, name }: Head): ExampleLabels {
  if (reads !== "classes") {
    throw new InputError(
      `without --labels a text is predicted by its characters, which are classes; ${name} reads ${reads}`,
    );
  }
  return {
    values: text.nextCharacters(ignoredCharacter),
    shape: [text.length],
    count: text.count,
    names: ["end of line", ...text.characters],
    ignored: ignoredCharacter,
    understood: "the next character at each place",
  };
}

/** Labels from a file or a database, as the one reader of labels understands them; arrays of places keep their shape. */
export async function labelsFrom(
  path: string,
  head: Head,
  {
    column,
    open,
    ...choices
  }: LabelChoices & { readonly column?: readonly string[]; readonly open: OpenRows },
): Promise<ExampleLabels> {
  if (path.endsWith(".npy")) {
    const places = readPlaces(path, head, choices);
    if (places) return places;
  }
  const table = await open(path, { columns: column && [...column], ...(column && { header: true }) });
  const indicesAreSure = head.reads === "classes";
  const { labels, rows, names, ignored, understood } = await readLabelRows(table, head, {
    indicesAreSure,
    ...choices,
  }).catch((error) => {
    if (!(error instanceof InputError) || error.message.includes(path)) throw error;
    throw new InputError(`${path}: ${error.message}`);
  });
  const size = labels.length / rows;
  const flat = typeof labels[0] !== "number";
  const shape = flat ? [(labels[0] as ArrayLike<number>).length] : size === 1 ? [] : [size];
  const isClass = head.reads === "classes" && !flat;
  return {
    values: isClass ? classArray(labels as number[]) : numberArray(labels),
    shape,
    count: rows,
    names: names ?? (isClass ? indexNames(labels as number[], ignored, choices.classes) : undefined),
    ignored,
    understood,
  };
}

/** Class indices or numbers at each place of a row: arrays of integers with two axes or more, of others with three. */
function readPlaces(
  path: string,
  head: Head,
  { ignoreIndex, classes }: LabelChoices,
): ExampleLabels | undefined {
  const { source, close } = openByteSource(path);
  try {
    const { type, shape } = readNpyHeader(source);
    const isInteger = /[iub]\d$/.test(type);
    const isPlaces =
      shape.length > 2 || (shape.length === 2 && shape[1] > 1 && isInteger && head.reads === "classes");
    if (!isPlaces) return undefined;
    const [count, ...row] = shape;
    const numbers = openNpyArray(source).read(Array.from({ length: count }, (_, i) => i));
    const ignored = ignoreIndex === undefined ? undefined : Number(ignoreIndex);
    if (head.reads !== "classes") return { values: numberArray(numbers), shape: row, count, ignored };
    const bad = numbers.findIndex((label) => !(Number.isInteger(label) && label >= 0) && label !== ignored);
    if (bad >= 0) {
      throw new InputError(
        `${path}: row ${Math.floor(bad / (numbers.length / count)) + 1} has the label ${numbers[bad]}; allowed: class indices from 0${ignored === undefined ? ", and one to leave out with --ignore-index" : `, and ${ignored}`}`,
      );
    }
    const values = classArray(numbers);
    return {
      values,
      shape: row,
      count,
      names: indexNames(numbers, ignored, classes),
      ignored,
      understood: `a class index at each of ${row.join(" x ")} places`,
    };
  } finally {
    close();
  }
}

/** Names for classes that are indices. */
function indexNames(
  labels: ArrayLike<number>,
  ignored: number | undefined,
  classes: LabelChoices["classes"],
): readonly string[] {
  if (typeof classes === "object") return classes;
  let most = typeof classes === "number" ? classes - 1 : 0;
  for (let i = 0; i < labels.length; i++) if (labels[i] !== ignored) most = Math.max(most, labels[i]);
  return Array.from({ length: most + 1 }, (_, k) => String(k));
}

/** Class indices in bytes where they fit. */
function classArray(labels: ArrayLike<number>): TensorData {
  let [low, high] = [0, 0];
  for (let i = 0; i < labels.length; i++) [low, high] = [Math.min(low, labels[i]), Math.max(high, labels[i])];
  const array = sharedArray(low < 0 || high > 255 ? "int32" : "uint8", labels.length);
  array.set(labels as number[]);
  return array;
}

function numberArray(labels: ArrayLike<Label>): TensorData {
  const flat =
    typeof labels[0] === "number"
      ? (labels as ArrayLike<number>)
      : Array.from(labels).flatMap((label) => Array.from(label as ArrayLike<number>));
  const array = sharedArray("float64", flat.length);
  array.set(flat as number[]);
  return array;
}
