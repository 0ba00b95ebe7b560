import { InputError } from "../errors.ts";
import { type BoundHead, bind } from "../heads/bind.ts";
import { type Head, type Label, linkOf } from "../heads/head.ts";
import { findHead } from "../heads/index.ts";
import type { Link } from "../heads/links.ts";
import type { Options } from "../heads/options.ts";
import { optimalOutput } from "../heads/solve.ts";
import { summaryOf } from "../heads/summaryOf.ts";
import type { LabelSummary } from "../labels/summary.ts";
import { float64 } from "../math/float64.ts";
import type { CheckInput } from "./checkInput.ts";
import { withoutLabel } from "./placesAsRows.ts";
import { smoothedCounts } from "./smallSample.ts";

/** Rows of an untrained network: its outputs, and the labels they will be compared with. */
export interface Sample {
  readonly head: Head;
  /** The head's link, given its options. */
  readonly link: Link;
  /** The head on the labels that the network will be trained on. */
  readonly bound: BoundHead;
  /** The summary of those labels. */
  readonly summary: LabelSummary;
  readonly options: Options;
  readonly rows: number;
  /** K, the number of outputs per row. */
  readonly width: number;
  /** What the program passes to its loss, unchanged: N × K. */
  readonly values: Float64Array;
  /** Numbers per row of `values`: K, unless a cell has more predictions than outputs. */
  readonly valuesPerRow: number;
  /** What the values are; `outputs` also if they are predictions of a link that keeps values as they are. */
  readonly given: "outputs" | "predictions";
  /** Raw outputs, N × K: the values, or the inverse of the link applied to them. */
  readonly outputs: Float64Array;
  /** Labels, N or N × C. */
  readonly labels: readonly Label[];
  /** Whether class labels were counted from 1 and have been lowered by one here. */
  readonly shifted: boolean;
  /** For each row, the index of its input: rows of one input (pixels, tokens) are not independent. */
  readonly inputOf: ArrayLike<number>;
  /** The rows that were left out because of their label; undefined if none were. */
  readonly ignored?: IgnoredRows;
  /** Number of labels that the optimum was computed from; undefined where a summary of all labels was given. */
  readonly labelRows?: number;
  /** Bias of the optimal constant output. */
  readonly optimum: readonly number[];
  /** Whether outputs that differ by a constant give the same loss. */
  readonly shiftInvariant: boolean;
  /** The unit of each output: the labels' standard deviation where outputs are on the scale of the labels, else 1 (nat). */
  readonly units: readonly number[];
}

/** Rows left out because of their label. */
export interface IgnoredRows {
  readonly label: number;
  readonly rows: number;
  /** What the program passes to its loss for them, unchanged. */
  readonly values: Float64Array;
}

/** @throws InputError where head, outputs and labels do not fit together */
export function readSample(given: CheckInput): Sample {
  return { ...sampleOf(withoutIgnored(given)), ...ignoredOf(given) };
}

/** The index of each kept row's input, and the rows that are left out. */
function ignoredOf(input: CheckInput): Pick<Sample, "inputOf" | "ignored"> {
  const { rows, labels, outputs, ignoreIndex, rowsPerInput = 1 } = input;
  const isLeftOut = (i: number) => ignoreIndex !== undefined && labels[i] === ignoreIndex;
  const all = Array.from({ length: rows }, (_, i) => i);
  const inputOf = all.filter((i) => !isLeftOut(i)).map((i) => Math.floor(i / rowsPerInput));
  if (ignoreIndex === undefined || inputOf.length === rows) return { inputOf };
  const width = outputs.length / rows;
  const left = all.filter(isLeftOut);
  const values = Float64Array.from({ length: left.length * width }, (_, i) => {
    return outputs[left[Math.floor(i / width)] * width + (i % width)];
  });
  return { inputOf, ignored: { label: ignoreIndex, rows: left.length, values } };
}

/** The input without the rows whose label is `ignoreIndex`, such as PyTorch's -100. */
function withoutIgnored(input: CheckInput): CheckInput {
  const { ignoreIndex, labels } = input;
  if (ignoreIndex === undefined || !Array.prototype.includes.call(labels, ignoreIndex)) return input;
  const outputs = float64(input.outputs);
  return {
    ...input,
    ...withoutLabel({ outputs, labels: Array.from(labels), rows: input.rows }, ignoreIndex),
  };
}

function sampleOf(input: CheckInput): Omit<Sample, "inputOf" | "ignored"> {
  const { rows, given = "outputs" } = input;
  const found = typeof input.head === "string" ? findHead(input.head) : { head: input.head, options: {} };
  const { head } = found;
  if (head.none || head.loss === undefined) {
    throw new InputError(
      `no check for ${head.name}: ${head.none?.reason ?? "its loss compares a whole batch, not single rows"}`,
    );
  }
  const valuesPerRow = numbersPerRow(head, input);
  const read = readLabels(head, input, valuesPerRow);
  const options = perRow({ ...found.options, ...input.options });
  const bound = bind(head, read.summary, options);
  const link = linkOf(head, bound.cellOptions[0]);
  const width = bound.outputs;
  const needed =
    given === "predictions" ? bound.columns.length * predictionsPerCell(link, bound.width) : width;
  if (valuesPerRow !== needed) {
    throw new InputError(
      `${valuesPerRow} ${given} per row, but ${head.name} needs ${needed} for these labels${head.reads === "classes" ? " (one per class)" : ""}`,
    );
  }
  if (hasColumns(head) && read.labels.length !== rows * bound.columns.length) {
    throw new InputError(
      `${read.labels.length} labels for ${rows} rows of outputs; ${head.name} needs ${bound.columns.length} per row here`,
    );
  }
  const values = float64(input.outputs);
  return {
    head,
    link,
    bound,
    ...read,
    options,
    rows,
    width,
    values,
    valuesPerRow,
    given: keepsValues(link) ? "outputs" : given,
    outputs:
      given === "predictions" ? beforeLink(head, link, values, valuesPerRow / bound.columns.length) : values,
    optimum: optimalOutput(bound),
    shiftInvariant: head.centre !== undefined && bound.width === width,
    units: Array.from({ length: width }, (_, k) => unit(bound, k)),
  };
}

/** Whether a row may have several labels. */
const hasColumns = ({ reads }: Head) => reads === "binary" || reads === "numbers";

/** How many predictions a link makes of a cell's outputs. */
const predictionsPerCell = (link: Link, width: number) => link.apply(new Float64Array(width)).length;

/** Whether predictions equal outputs wherever the link is not flat: the identity, a ReLU, a clamp. */
export const keepsValues = (link: Link): boolean =>
  link.slope !== undefined && link.inverse?.([0.25, 0.25])[0] === 0.25;

function numbersPerRow(head: Head, { outputs, labels, rows }: CheckInput): number {
  const width = outputs.length / rows;
  if (!(rows >= 2 && Number.isInteger(width) && width >= 1)) {
    throw new InputError(
      `invalid sizes: ${outputs.length} outputs for ${rows} rows; each row needs the same number, and there must be 2 or more`,
    );
  }
  const each = labels.length / rows;
  if (!(Number.isInteger(each) && each >= 1 && (hasColumns(head) || each === 1))) {
    throw new InputError(
      `${labels.length} labels for ${rows} rows of outputs; each row needs ${hasColumns(head) ? "the same number" : "one"}`,
    );
  }
  return width;
}

/** The labels as the head reads them, and the summary of all training labels. */
function readLabels(
  head: Head,
  input: CheckInput,
  width: number,
): Pick<Sample, "labels" | "summary" | "shifted" | "labelRows"> {
  const { training = { labels: input.labels, rows: input.rows } } = input;
  const isSummary = "kind" in training;
  if (head.reads === "classes" && Array.prototype.includes.call(input.labels, -100)) {
    throw new InputError("labels of -100 mark rows that the loss leaves out: give --ignore-index -100");
  }
  const shifted = areCountedFromOne(head, isSummary ? input.labels : training.labels, width);
  const read = (labels: ArrayLike<Label>, rows: number) => {
    const fromZero = Array.from(labels, (label) => (shifted ? (label as number) - 1 : label));
    return oneHot(head, fromZero, rows, width);
  };
  const labels = read(input.labels, input.rows);
  if (isSummary) return { labels, summary: asRead(head, training, shifted, width), shifted };
  const { rows, names } = training;
  const summary = named(summaryOf(head, read(training.labels, rows), rows, width), names);
  return {
    labels,
    summary: smoothedCounts(summary, input.options?.classWeights === "balanced"),
    shifted,
    labelRows: rows,
  };
}

/** A summary of class labels, lowered by one as the rows were, and with an output for each class of a binary loss. */
function asRead(head: Head, summary: LabelSummary, shifted: boolean, width: number): LabelSummary {
  if (summary.kind !== "classes") return summary;
  const { counts, names, rows, labelSquares } = summary;
  if (head.reads === "binary" && width > 1 && counts.length === width) {
    const totals = new Float64Array(width).fill(labelSquares);
    return { kind: "binary", positives: counts, squares: counts, totals, rows, names };
  }
  const fromOne = shifted && names === undefined && counts[0] === 0 && counts.length > width;
  return fromOne ? { ...summary, counts: counts.slice(1) } : summary;
}

/** A sum over rows grows with their number, so everything here is per row; only a reported loss is compared with the sum. */
const perRow = (options: Options): Options =>
  options.reduction === "sum" ? { ...options, reduction: "rows" } : options;

/** Whether class labels run from 1 to K, while K outputs need 0 to K − 1. */
function areCountedFromOne(head: Head, labels: ArrayLike<Label>, width: number): boolean {
  if (head.reads !== "classes") return false;
  const classes = head.family === "ordinal" ? width + 1 : width;
  let [least, most] = [Infinity, -Infinity];
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i];
    if (typeof label !== "number") return false;
    [least, most] = [Math.min(least, label), Math.max(most, label)];
  }
  return least === 1 && most === classes;
}

/** Class indices as a 0 or 1 for each output, for binary losses with several outputs. */
function oneHot(head: Head, labels: readonly Label[], rows: number, width: number): readonly Label[] {
  const areIndices =
    head.reads === "binary" &&
    width > 1 &&
    labels.length === rows &&
    labels.every((label) => Number.isInteger(label) && (label as number) >= 0 && (label as number) < width);
  if (!areIndices) return labels;
  return labels.flatMap((label) => Array.from({ length: width }, (_, k) => +(k === label)));
}

const named = (summary: LabelSummary, names: readonly string[] | undefined): LabelSummary =>
  summary.kind === "classes" && names ? { ...summary, names } : summary;

/** Keras clips probabilities to this distance from 0 and 1. */
const least = 1e-7;
export const clip = (p: number) => Math.min(1 - least, Math.max(least, p));

/** Raw outputs from predictions; values that cannot be predictions are returned unchanged. */
function beforeLink(head: Head, link: Link, values: Float64Array, perCell: number): Float64Array {
  if (link.inverse === undefined) {
    throw new InputError(
      `the outputs of ${head.name} cannot be recovered from its predictions (${link.text}); give raw outputs`,
    );
  }
  if (!isPrediction(link, values)) return values;
  const inside = values.map((value) => Math.min(link.high - least, Math.max(link.low + least, value)));
  const cells = Array.from({ length: values.length / perCell }, (_, i) =>
    link.inverse!(inside.subarray(i * perCell, (i + 1) * perCell)),
  );
  return Float64Array.from(cells.flat());
}

/** Whether all values lie in the range of the link. */
export const isPrediction = ({ low, high }: Link, values: Float64Array): boolean =>
  values.every((value) => value >= low && value <= high);

function unit({ head, columns, width }: BoundHead, k: number): number {
  const ofLabels = (head.family === "regression" || head.family === "distribution") && k % width === 0;
  const deviation = Math.sqrt(columns[Math.floor(k / width)].variance);
  return ofLabels && deviation > 0 ? deviation : 1;
}

/** The arguments of `calibrate`: raw outputs, labels, and options with `balanced` weights resolved to numbers. */
export function calibrationRows(input: CheckInput): Pick<Sample, "head" | "outputs" | "labels" | "options"> {
  const { head, outputs, labels, options, bound } = readSample(input);
  const weights = Object.entries(head.options)
    .filter(([name, spec]) => spec.type === "list" && options[name] === "balanced")
    .map(([name, spec]) => [
      name,
      spec.type === "list" && spec.per === "class"
        ? bound.cellOptions[0][name]
        : bound.cellOptions.map((o) => o[name] as number),
    ]);
  return { head, outputs, labels, options: { ...options, ...Object.fromEntries(weights) } };
}

/** Outputs of one row. */
export const rowOf = ({ width }: Pick<Sample, "width">, values: Float64Array, i: number) =>
  values.subarray(i * width, (i + 1) * width);
