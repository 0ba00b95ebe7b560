import { InputError } from "../errors.ts";
import type { LabelSummary } from "../labels/summary.ts";
import { sum } from "../math/sum.ts";
import { columnsOf } from "./columns.ts";
import { type Head, type Label, type LabelColumn, linkOf, type ResolvedOptions } from "./head.ts";
import { meanLoss } from "./meanLoss.ts";
import { choice, number, type Options, positive, resolveOptions } from "./options.ts";
import { defaultPseudoCount } from "./pseudoCount.ts";

/** Options that every head takes in addition to its own. */
export const commonOptions = {
  reduction: choice(
    ["mean", "rows", "sum"],
    "what the sum over rows is divided by: the sum of weights (mean), the number of rows, or nothing (sum)",
  ),
  columns: choice(["mean", "sum"], "whether the losses of several columns are averaged or added"),
  pseudoCount: number(defaultPseudoCount, positive, "number of rows to assume for a class that has none"),
  fanIn: number(
    64,
    { ...positive, integer: true },
    "number of inputs of the output layer, for the loss at PyTorch's default bias",
  ),
} as const;

/** A head with its options, on given labels: everything that can be asked at any constant output. */
export interface BoundHead {
  readonly head: Head;
  readonly options: ResolvedOptions;
  readonly columns: readonly LabelColumn[];
  /** Resolved options of each column's cell. */
  readonly cellOptions: readonly ResolvedOptions[];
  /** Outputs of each cell, and of all: a bias has `outputs` numbers, cell after cell. */
  readonly width: number;
  readonly outputs: number;
  expectedLoss(output: ArrayLike<number>): number;
  /** Sums of each column's rows as one number, by `reduction` and `columns`. */
  combine(sums: readonly number[]): number;
}

type Unreduced = Omit<BoundHead, "expectedLoss" | "combine">;

/**
 * Resolves a head's options against labels.
 *
 * @throws InputError on an unknown or invalid option, or labels that do not fit the head
 */
export function bind(head: Head, summary: LabelSummary | undefined, given: Options = {}): BoundHead {
  const options = resolveAll(head, given);
  const columns = columnsOf(head, summary, options.pseudoCount as number);
  const cellOptions = columns.map((column, j) => cellOptionsOf(head, options, column, j, columns.length));
  columns.forEach((column, j) => {
    const refusal = head.refuse?.(column, cellOptions[j]);
    if (refusal !== undefined) throw new InputError(refusal);
  });
  const width = head.width?.(columns[0], cellOptions[0]) ?? 1;
  const bound = { head, options, columns, cellOptions, width, outputs: width * columns.length };
  const divisors = columns.map((column, j) =>
    options.reduction === "mean" ? divisorOf(head, column, cellOptions[j]) : Number.NaN,
  );
  const combine = (sums: readonly number[]) => reduce(bound, sums, divisors);
  return { ...bound, combine, expectedLoss: (output) => combine(lossSums(bound, output)) };
}

/** The head's options and the common ones, checked, with defaults. */
export const resolveAll = (head: Head, given: Options): ResolvedOptions =>
  resolveOptions({ ...head.options, ...commonOptions }, given, head.name);

/** The text of a head's link, under the default options where options choose the link. */
export const linkText = (head: Head): string =>
  linkOf(head, resolveAll(head, {})).text + (typeof head.link === "function" ? " by default" : "");

/** This cell's part of a vector over all outputs. */
export const cellOutput = ({ width }: { width: number }, output: ArrayLike<number>, j: number) =>
  Array.from({ length: width }, (_, i) => output[j * width + i]);

/** For each column, the sum of its rows' losses. */
function lossSums(bound: Unreduced, output: ArrayLike<number>): number[] {
  const { head, columns, cellOptions, outputs } = bound;
  if (output.length !== outputs) {
    throw new InputError(`invalid output of ${head.name}: ${output.length} numbers; it has ${outputs}`);
  }
  return columns.map(
    (column, j) => column.weight * meanLoss(head, cellOutput(bound, output, j), column, cellOptions[j]),
  );
}

/** What reduction `mean` divides by: Σ weight · rowWeight over a column's labels. */
export function divisorOf(head: Head, column: LabelColumn, o: ResolvedOptions): number {
  const divisor = sum(rowWeights(head, column, o).map((rowWeight, i) => column.weights[i] * rowWeight));
  if (!(divisor > 0)) {
    throw new InputError(
      `nothing to divide by for ${head.name}: the rows' weights sum to ${divisor}; allowed: above 0`,
    );
  }
  return divisor;
}

/** `rowWeight` of each of a column's labels. */
export const rowWeights = (
  { rowWeight }: Head,
  { labels, distributions }: LabelColumn,
  o: ResolvedOptions,
): number[] => Array.from(labels, (label) => (distributions ? 1 : (rowWeight?.(label, o) ?? 1)));

/** `divisors` are what reduction `mean` divides each column's sum by. */
function reduce(
  { options, columns }: Unreduced,
  sums: readonly number[],
  divisors: readonly number[],
): number {
  const added = options.columns === "sum";
  if (options.reduction === "mean") {
    return added ? sum(sums.map((value, j) => value / divisors[j])) : sum(sums) / sum(divisors);
  }
  const rows = options.reduction === "rows" ? columns[0].rows : 1;
  return sum(sums) / rows / (added ? 1 : columns.length);
}

/** A sentence on the reduction. */
export function reductionText({ options, columns, head }: BoundHead): string {
  const rows = {
    mean:
      head.rowWeight && !columns[0].distributions
        ? "divided by the sum of the rows' weights (class weights included)"
        : "mean over rows",
    rows: "sum divided by the number of rows",
    sum: "sum over all rows given",
  }[options.reduction as "mean" | "rows" | "sum"];
  if (columns.length === 1) return rows;
  return `${rows}; ${options.columns === "sum" ? "summed" : "averaged"} over ${columns.length} columns`;
}

export function cellOptionsOf(
  head: Head,
  options: ResolvedOptions,
  column: LabelColumn,
  j: number,
  columns: number,
): ResolvedOptions {
  const entries = Object.entries(head.options).map(([name, spec]) => {
    const unread = spec.type === "choice" && spec.onlyForMean && options.reduction !== "mean";
    const value = unread ? spec.default : options[name];
    if (spec.type !== "list") return [name, value] as const;
    if (value === "balanced") return [name, balanced(spec.per, column)] as const;
    const list = typeof value === "number" ? [value] : (value as readonly number[]);
    if (spec.per === "column") {
      checkLength(head, name, list, columns, "column");
      return [name, list[list.length === 1 ? 0 : j] ?? 1] as const;
    }
    checkLength(head, name, list, column.labels.length, "class");
    return [name, list.length === 1 ? Array.from(column.labels, () => list[0]) : list] as const;
  });
  return Object.fromEntries(entries);
}

function checkLength(head: Head, name: string, list: readonly number[], length: number, per: string): void {
  if (list.length > 1 && list.length !== length) {
    throw new InputError(
      `invalid ${name} of ${head.name}: ${list.length} numbers; allowed: ${length} (one per ${per}), or one for all`,
    );
  }
}

/**
 * Weights that give every class that occurs the same total, with a mean of 1 per row: N / (K nₖ), like `balanced` of
 * scikit-learn. For a weight of the positives alone: negatives / positives.
 */
function balanced(per: "class" | "column", { weights, weight }: LabelColumn): number | number[] {
  if (weights === undefined)
    throw new InputError(
      "invalid weights: balanced; a single row has no frequencies to balance, so give numbers",
    );
  if (per === "column") return weights[0] > 0 && weights[1] > 0 ? weights[0] / weights[1] : 1;
  const present = Array.from(weights).filter((w) => w > 0).length;
  return Array.from(weights, (w) => (w > 0 ? weight / (present * w) : 0));
}

/**
 * The loss of one row before the reduction over rows. `output` holds the outputs of all columns.
 *
 * @throws InputError on a head whose loss is one of a whole batch, or weights given as `balanced`
 */
export function rowLoss(head: Head, output: ArrayLike<number>, label: Label, given: Options = {}): number {
  const options = resolveAll(head, given);
  if (head.loss === undefined) {
    throw new InputError(
      `${head.name} has no loss of a single row: ${head.none?.reason ?? head.notTrainable}`,
    );
  }
  const wide = head.reads === "binary" || head.reads === "numbers";
  const labels: Label[] = wide && typeof label !== "number" ? Array.from(label) : [label];
  const width = output.length / labels.length;
  // a row alone does not say how many classes there are, but its outputs do
  const classes = { labels: { length: head.reads === "binary" ? 2 : width } } as LabelColumn;
  const losses = labels.map((cellLabel, j) => {
    const o = cellOptionsOf(head, options, classes, j, labels.length);
    return head.loss!(cellOutput({ width }, output, j), cellLabel, o);
  });
  return sum(losses) / (options.columns === "sum" ? 1 : losses.length);
}
