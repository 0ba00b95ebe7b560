import { InputError } from "../errors.ts";
import type { Head } from "../heads/head.ts";
import type { LabelSummary } from "../labels/summary.ts";
import { float64 } from "../math/float64.ts";
import type { LabelChoices } from "../tables/labelChoices.ts";
import { type LabelHead, type LabelRows, readLabelRows } from "../tables/readLabels.ts";
import type { Table } from "../tables/table.ts";
import type { CheckData } from "./checkData.ts";
import type { CheckInput } from "./checkInput.ts";
import { labelsBelongTo, type PlaceArray, type PlaceRows, placesAsRows } from "./placesAsRows.ts";

/** Outputs with the labels of their rows. */
export interface CheckedRows extends PlaceRows, Pick<CheckInput, "training" | "ignoreIndex"> {
  /** Number of inputs, which have several rows each where the labels are those of places. */
  readonly inputs: number;
  /** Names of the classes. */
  readonly names?: readonly string[];
}

/** A table with the labels of all rows. */
export interface LabelTable {
  /** What messages call it: a file's name. */
  readonly name: string;
  readonly choices: LabelChoices;
  /** Axis of the classes, where outputs have one for each place. */
  readonly classAxis?: number;
  /** Opens the table and reads it once. */
  read<T>(use: (table: Table) => Promise<T>): Promise<T>;
}

/**
 * Outputs with the labels of their rows: those that the data comes with, or those of a table.
 *
 * @param data what a model was run on; undefined where the outputs were given
 * @throws InputError where labels and outputs do not fit together
 */
export async function checkedRows(
  head: Head,
  outputs: PlaceArray,
  data: Pick<CheckData, "picked" | "available" | "labelled"> | undefined,
  table: LabelTable | undefined,
): Promise<CheckedRows> {
  const sample = await anyCheckedRows(head, outputs, data, table);
  const width = sample.outputs.length / sample.rows;
  if (head.name === "softmax" && width === 1 && sample.labels.every((label) => label === 0 || label === 1)) {
    throw new InputError(
      "the outputs have one number per row, and a softmax of one number is always 1: add --loss sigmoid, which takes one output and yes/no labels",
    );
  }
  return sample;
}

async function anyCheckedRows(
  head: Head,
  outputs: PlaceArray,
  data: Pick<CheckData, "picked" | "available" | "labelled"> | undefined,
  table: LabelTable | undefined,
): Promise<CheckedRows> {
  const [rows] = outputs.shape;
  if (data?.labelled) {
    const { labels, training } = data.labelled;
    return {
      labels: labels.slice(0, rows),
      rows,
      inputs: rows,
      names: training.names,
      training,
      outputs: float64(outputs.values),
    };
  }
  if (table === undefined) {
    throw new InputError("no labels: give --labels y.npy, with one label for each row of outputs");
  }
  const all = await readFor(head, outputs, table);
  const available = data?.available ?? rows;
  const found = all.shape?.[0] ?? all.rowsRead;
  if (found !== available) {
    throw new InputError(`${found} labels in ${table.name} for ${available} rows; give as many`);
  }
  const picked = data?.picked.slice(0, rows) ?? Array.from({ length: rows }, (_, i) => i);
  const sample = all.shape
    ? placesOf(head, outputs, { ...all, shape: all.shape }, picked, table.classAxis)
    : rowsOf(outputs, all, picked);
  return { ...sample, ignoreIndex: all.ignored };
}

type FoundLabels = LabelRows & {
  readonly rowsRead: number;
  /** Shape of the labels where they are those of places. */
  readonly shape?: readonly number[];
};

function readFor(head: Head, outputs: PlaceArray, labels: LabelTable): Promise<FoundLabels> {
  return labels.read(async (table: Table) => {
    const owner = labelsBelongTo(head, outputs.shape, table.shape ?? []);
    const choices: LabelChoices = { ...labels.choices, indicesAreSure: true, atPlaces: owner !== "input" };
    if (owner === "output") {
      return {
        ...(await readLabelRows(table, asNumbers(head), { ...choices, as: "numbers" })),
        shape: table.shape,
      };
    }
    const read = await readLabelRows(table, readAs(head, outputs.shape, table.columns.length), choices);
    return owner === "place" ? { ...read, shape: table.shape } : read;
  });
}

/** Shares of classes and yes/no labels of single outputs are numbers. */
const asNumbers = ({ name, family }: Head): LabelHead => ({ name, family, reads: "numbers" });

/** One class index for several yes/no outputs says which of them is yes. */
function readAs(head: Head, outputs: readonly number[], columns: number): LabelHead {
  const isOneOfMany =
    head.reads === "binary" && columns === 1 && outputs.slice(1).some((length) => length > 1);
  return isOneOfMany ? { name: head.name, family: head.family, reads: "classes" } : head;
}

/** The labels of picked places. */
function placesOf(
  head: Head,
  outputs: PlaceArray,
  { labels, rows, rowsRead, shape }: FoundLabels & { readonly shape: readonly number[] },
  picked: readonly number[],
  classAxis: number | undefined,
): Omit<CheckedRows, "ignoreIndex"> {
  if (rows !== rowsRead) {
    throw new InputError(
      "--missing skip cannot leave out single pixels or tokens: mark missing labels with a number such as -100, and give --ignore-index -100",
    );
  }
  const width = rows / shape[0];
  const values = picked.flatMap((row) => labels.slice(row * width, (row + 1) * width) as number[]);
  const places = placesAsRows(
    head,
    outputs,
    { shape: [picked.length, ...shape.slice(1)], values },
    { classAxis },
  );
  return { ...places, inputs: picked.length };
}

/** The picked rows that have a label, with all labels as those of training. */
function rowsOf(
  outputs: PlaceArray,
  all: LabelRows,
  picked: readonly number[],
): Omit<CheckedRows, "ignoreIndex"> {
  const perRow = all.labels.length / all.rows;
  const width = outputs.values.length / outputs.shape[0];
  const places = new Map(all.positions.map((position, i) => [position, i]));
  const kept = picked.flatMap((row, i) => (places.has(row) ? [i] : []));
  const values = float64(outputs.values);
  const labels = kept.flatMap((i) => {
    const place = places.get(picked[i])!;
    return all.labels.slice(place * perRow, (place + 1) * perRow);
  });
  return {
    labels,
    rows: kept.length,
    inputs: kept.length,
    outputs:
      kept.length === picked.length
        ? values
        : Float64Array.from(kept.flatMap((i) => Array.from(values.subarray(i * width, (i + 1) * width)))),
    names: all.names,
    training: withoutIgnored(all),
  };
}

function withoutIgnored({ labels, rows, names, ignored }: LabelRows): CheckInput["training"] {
  if (ignored === undefined) return { labels, rows, names };
  const kept = labels.filter((label) => label !== ignored);
  return { labels: kept, rows: kept.length, names };
}

const sameLength = (names: readonly string[] | undefined, width: number) =>
  names?.length === width ? names : undefined;

/**
 * A summary of all training data, with counts of classes filled up with zeros to the number of outputs.
 *
 * @param names of the classes of the checked rows
 */
export function filledUp(
  summary: LabelSummary | undefined,
  names: readonly string[] | undefined,
  width: number,
): LabelSummary | undefined {
  if (summary?.kind !== "classes" || summary.counts.length > width) return summary;
  if (summary.counts.length === width)
    return { ...summary, names: summary.names ?? sameLength(names, width) };
  const filled = new Float64Array(width);
  filled.set(summary.counts);
  return { ...summary, counts: filled, names: undefined };
}
