import type { CheckInput } from "../check/checkInput.ts";
import { labelsBelongTo, type PlaceArray, type PlaceRows, placesAsRows } from "../check/placesAsRows.ts";
import { InputError } from "../errors.ts";
import type { Head } from "../heads/head.ts";
import type { LabelSummary } from "../labels/summary.ts";
import { float64 } from "../math/float64.ts";
import { isDatabaseAddress } from "../tables/databases/address.ts";
import type { LabelChoices } from "../tables/labelChoices.ts";
import { type LabelHead, type LabelRows, readLabelRows } from "../tables/readLabels.ts";
import type { Table } from "../tables/table.ts";
import type { CheckData } from "./checkDataFlags.ts";
import { choicesOf, type LabelFlags, labelsOf, withTable } from "./labelFlags.ts";

export interface CheckLabelFlags extends LabelFlags {
  readonly labels?: string;
  readonly trainingLabels?: string;
  readonly classAxis?: number;
}

/** Outputs with the labels of their rows. */
interface LabelledRows extends PlaceRows, Pick<CheckInput, "training" | "ignoreIndex"> {
  /** Number of inputs, which have several rows each where the labels are those of places. */
  readonly inputs: number;
  /** Names of the classes. */
  readonly names?: readonly string[];
}

/** Outputs with the labels that the data comes with, or those of --labels. */
export async function labelledRows(
  head: Head,
  outputs: PlaceArray,
  flags: CheckLabelFlags,
  data: CheckData | undefined,
): Promise<LabelledRows> {
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
  const { labels: file } = flags;
  if (file === undefined) {
    throw new InputError("no labels: give --labels y.npy, with one label for each row of outputs");
  }
  const all = await readFor(head, outputs, file, flags);
  const available = data?.available ?? rows;
  const found = all.shape?.[0] ?? all.rowsRead;
  if (found !== available) {
    throw new InputError(`${found} labels in ${file} for ${available} rows; give as many`);
  }
  const picked = data?.picked.slice(0, rows) ?? Array.from({ length: rows }, (_, i) => i);
  const sample = all.shape
    ? placesOf(head, outputs, { ...all, shape: all.shape }, picked, flags.classAxis)
    : rowsOf(outputs, all, picked);
  return { ...sample, ignoreIndex: all.ignored };
}

type FoundLabels = LabelRows & {
  readonly rowsRead: number;
  /** Shape of the labels where they are those of places. */
  readonly shape?: readonly number[];
};

function readFor(
  head: Head,
  outputs: PlaceArray,
  file: string,
  flags: CheckLabelFlags,
): Promise<FoundLabels> {
  if (isDatabaseAddress(file)) {
    throw new InputError(
      "labels of the checked rows come from a file, since a database has no order of rows that the outputs' could be; --training-labels can be a database",
    );
  }
  return withTable(file, flags, async (table: Table) => {
    const owner = labelsBelongTo(head, outputs.shape, table.shape ?? []);
    const choices: LabelChoices = { ...choicesOf(flags), indicesAreSure: true, atPlaces: owner !== "input" };
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
): Omit<LabelledRows, "ignoreIndex"> {
  if (rows !== rowsRead) {
    throw new InputError(
      "labels of places cannot be skipped: mark missing ones with a number such as -100, and give --ignore-index -100",
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
): Omit<LabelledRows, "ignoreIndex"> {
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
 * What --counts or --training-labels say of all training data; undefined where neither is given.
 *
 * @param names of the classes of the checked rows
 * @param width number of outputs, to which counts of classes are filled up with zeros
 */
export async function trainingSummary(
  head: Head,
  { counts, trainingLabels: file, ...flags }: CheckLabelFlags,
  names: readonly string[] | undefined,
  width: number,
): Promise<LabelSummary | undefined> {
  if (counts === undefined && file === undefined) return undefined;
  if (counts !== undefined && file !== undefined) {
    throw new InputError("training labels come from --counts or from --training-labels, not from both");
  }
  const classes = flags.classes ?? (counts === undefined ? names : undefined);
  const { summary } = await labelsOf(head, file, { ...flags, counts, classes }, { indicesAreSure: true });
  if (summary?.kind !== "classes" || summary.counts.length > width) return summary;
  if (summary.counts.length === width)
    return { ...summary, names: summary.names ?? sameLength(names, width) };
  const filled = new Float64Array(width);
  filled.set(summary.counts);
  return { ...summary, counts: filled, names: undefined };
}
