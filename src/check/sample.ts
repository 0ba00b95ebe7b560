import { InputError } from "../errors.ts";
import { type BoundHead, bind, cellOutput } from "../heads/bind.ts";
import { type Head, type Label, linkOf, type Resolved } from "../heads/head.ts";
import { findHead } from "../heads/index.ts";
import type { Link } from "../heads/links.ts";
import type { Options } from "../heads/options.ts";
import { optimalOutput } from "../heads/solve.ts";
import {
  summarizeBinary,
  summarizeClasses,
  summarizeDistributions,
  summarizeNumbers,
  summarizeSurvival,
} from "../labels/summarize.ts";
import type { LabelSummary } from "../labels/summary.ts";
import { float64 } from "../math/float64.ts";
import type { CheckInput } from "./checkOutputs.ts";

/** Rows of an untrained network: its outputs, and the labels they will be compared with. */
export interface Sample {
  readonly head: Head;
  /** The head's link under its options. */
  readonly link: Link;
  /** The head on the labels that the network will be trained on. */
  readonly bound: BoundHead;
  /** Those labels. */
  readonly summary: LabelSummary;
  readonly options: Options;
  readonly rows: number;
  /** Outputs a row. */
  readonly width: number;
  /** What the program hands its loss, as it is: N × K. */
  readonly values: Float64Array;
  readonly given: "outputs" | "predictions";
  /** Raw outputs, N × K: the values, or what the link makes them from. */
  readonly outputs: Float64Array;
  /** Labels, N or N × C. */
  readonly labels: readonly Label[];
  /** Whether class labels were counted from 1 and are moved down by one here. */
  readonly shifted: boolean;
  /** Bias of the optimal constant output. */
  readonly optimum: readonly number[];
  /** Whether outputs that differ by a constant give the same loss. */
  readonly shiftless: boolean;
  /** What is one unit of each output: the labels' standard deviation where outputs are of the labels' kind, else 1 (nats). */
  readonly units: readonly number[];
}

/** @throws InputError where head, outputs and labels do not fit together */
export function readSample(input: CheckInput): Sample {
  const { rows, given = "outputs" } = input;
  const found = typeof input.head === "string" ? findHead(input.head) : { head: input.head, options: {} };
  const { head } = found;
  if (head.none || head.loss === undefined) {
    throw new InputError(
      `no check for ${head.name}: ${head.none?.reason ?? "its loss compares a whole batch, not single rows"}`,
    );
  }
  const width = outputsOfRow(head, input);
  const read = readLabels(head, input, width);
  const options = perRow({ ...found.options, ...input.options });
  const bound = bind(head, read.summary, options);
  if (bound.outputs !== width) {
    throw new InputError(
      `${width} outputs a row, but ${head.name} has ${bound.outputs} for these labels${head.reads === "classes" ? " (one a class)" : ""}`,
    );
  }
  if (hasColumns(head) && read.labels.length !== rows * bound.columns.length) {
    throw new InputError(
      `${read.labels.length} labels for ${rows} rows of outputs; ${head.name} needs ${bound.columns.length} a row here`,
    );
  }
  const values = float64(input.outputs);
  const link = linkOf(head, bound.cellOptions[0]);
  return {
    head,
    link,
    bound,
    ...read,
    options,
    rows,
    width,
    values,
    given,
    outputs: given === "predictions" ? beforeLink(head, link, bound.width, values) : values,
    optimum: optimalOutput(bound),
    shiftless: head.centre !== undefined && bound.width === width,
    units: Array.from({ length: width }, (_, k) => unit(bound, k)),
  };
}

/** Whether rows may have several labels of their own. */
const hasColumns = ({ reads }: Head) => reads === "binary" || reads === "numbers";

function outputsOfRow(head: Head, { outputs, labels, rows }: CheckInput): number {
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

/** The labels as the head reads them, and the summary of those that the network will be trained on. */
function readLabels(
  head: Head,
  input: CheckInput,
  width: number,
): Pick<Sample, "labels" | "summary" | "shifted"> {
  const { training = { labels: input.labels, rows: input.rows } } = input;
  const isSummary = "kind" in training;
  const shifted = areCountedFromOne(head, isSummary ? input.labels : training.labels, width);
  const read = (labels: ArrayLike<Label>, rows: number) => {
    const fromZero = Array.from(labels, (label) => (shifted ? (label as number) - 1 : label));
    return oneHot(head, fromZero, rows, width);
  };
  const labels = read(input.labels, input.rows);
  if (isSummary) return { labels, summary: training, shifted };
  const { rows, names } = training;
  return {
    labels,
    summary: named(summaryOf(head, read(training.labels, rows), rows, width), names),
    shifted,
  };
}

/** A sum over rows grows with their number: everything here is for one row, and only a reported loss is taken times rows. */
const perRow = (options: Options): Options =>
  options.reduction === "sum" ? { ...options, reduction: "rows" } : options;

/** Whether class labels are from 1 to K, where K outputs want 0 to K − 1. */
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

/** Class indices as a yes or no for each output, where a loss of yes and no has several outputs. */
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

/** The summary of a sample's own labels, as the head reads them. */
export function summaryOf(head: Head, labels: readonly Label[], rows: number, width: number): LabelSummary {
  const columns = labels.length / rows;
  const ofRows = () =>
    Array.from({ length: rows }, (_, i) => labels.slice(i * columns, (i + 1) * columns) as number[]);
  if (head.reads === "survival") return summarizeSurvival(labels as [number, number][]);
  if (head.reads === "directions") return summarizeNumbers(labels as ArrayLike<number>[]);
  if (head.reads === "binary") return summarizeBinary(ofRows());
  if (head.reads === "numbers") return summarizeNumbers(ofRows());
  if (typeof labels[0] !== "number") return summarizeDistributions(labels as ArrayLike<number>[]);
  return summarizeClasses(labels as number[], { classes: head.family === "ordinal" ? width + 1 : width });
}

/** Probabilities of 0 and 1 are taken for what Keras clips them to. */
const least = 1e-7;
export const clip = (p: number) => Math.min(1 - least, Math.max(least, p));

/** Raw outputs of predictions; values that no prediction can have stay as they are. */
function beforeLink(head: Head, link: Link, width: number, values: Float64Array): Float64Array {
  if (link.inverse === undefined) {
    throw new InputError(
      `predictions of ${head.name} do not tell its outputs (${link.text}); give raw outputs`,
    );
  }
  if (!isPrediction(link, values)) return values;
  const inside = values.map((value) => Math.min(link.high - least, Math.max(link.low + least, value)));
  const outputs = new Float64Array(values.length);
  for (let start = 0; start < values.length; start += width) {
    outputs.set(link.inverse(inside.subarray(start, start + width)), start);
  }
  return outputs;
}

/** Whether all values can be predictions by the link. */
export const isPrediction = ({ low, high }: Link, values: Float64Array): boolean =>
  values.every((value) => value >= low && value <= high);

function unit({ head, columns, width }: BoundHead, k: number): number {
  const ofLabels = (head.family === "regression" || head.family === "distribution") && k % width === 0;
  const deviation = Math.sqrt(columns[Math.floor(k / width)].variance);
  return ofLabels && deviation > 0 ? deviation : 1;
}

/** What `calibrate` takes: raw outputs, labels, and options with `balanced` weights as numbers. */
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

/** Loss of each row, over its columns, as parts of a mean: value over weight. */
export function rowLosses(
  { head, bound, rows, labels, width }: Pick<Sample, "head" | "bound" | "rows" | "labels" | "width">,
  outputs: Float64Array,
): { values: Float64Array; weights: Float64Array } {
  const columns = bound.columns.length;
  const values = new Float64Array(rows);
  const weights = new Float64Array(rows);
  const ratio = bound.options.reduction === "mean" && head.rowWeight !== undefined;
  const scale = bound.options.columns === "sum" ? columns : 1;
  for (let i = 0; i < rows; i++) {
    const row = outputs.subarray(i * width, (i + 1) * width);
    for (let j = 0; j < columns; j++) {
      const label = labels[i * columns + j];
      const o: Resolved = bound.cellOptions[j];
      values[i] += (scale * head.loss!(cellOutput(bound, row, j), label, o)) / columns;
      weights[i] += (ratio ? head.rowWeight!(label, o) : 1) / columns;
    }
  }
  return { values, weights };
}
