import { type BoundHead, bind, rowLoss } from "../../src/heads/bind.ts";
import type { Head } from "../../src/heads/head.ts";
import { meanLoss } from "../../src/heads/meanLoss.ts";
import type { Options } from "../../src/heads/options.ts";
import { type Solution, solve } from "../../src/heads/solve.ts";
import { type SeededRandom, seededRandom } from "../../src/math/seededRandom.ts";
import { largest, minimumOnLine, newton, simplexMinimum } from "./minimiser.ts";
import { type Rows, randomOptions, randomRows } from "./rows.ts";

/** One random label set under random options, and what the head says about it. */
export interface Case {
  readonly rows: Rows;
  /** How many classes the labels may have. */
  readonly classes: number;
  readonly options: Options;
  readonly bound: BoundHead;
  readonly solution: Solution;
  readonly random: SeededRandom;
}

/** The nth random case of a head. Options that leave nothing to divide by are drawn again. */
export function caseOf(head: Head, n: number): Case {
  for (let attempt = 0; ; attempt++) {
    const source = seededRandom(n, `${head.name}/${attempt}`);
    const rows = randomRows(head, source);
    const classes = rows.summary.kind === "classes" ? rows.summary.counts.length : 2;
    const options = randomOptions(head, source, classes);
    try {
      return {
        rows,
        classes,
        options,
        bound: bind(head, rows.summary, options),
        solution: solve(head, rows.summary, options),
        random: source,
      };
    } catch (error) {
      if (!(error instanceof Error && /nothing to divide by/.test(error.message)) || attempt > 20)
        throw error;
    }
  }
}

/** Where the minimum of a bound head's expected loss lies, found from values alone, cell by cell. */
export function independentMinimum(bound: BoundHead): { at: number[]; value: number } {
  const at = new Array<number>(bound.outputs).fill(0);
  const { width } = bound;
  bound.columns.forEach((column, j) => {
    const part = (z: readonly number[]) => meanLoss(bound.head, z, column, bound.cellOptions[j]);
    const labels = Array.from(column.labels).filter((label) => typeof label === "number");
    const middle =
      labels.length > 0 && bound.head.reads === "numbers"
        ? [...new Set([0, labels[0], labels[labels.length >> 1], column.mean])]
        : [0];
    if (width === 1) at[j] = minimumOnLine((x) => part([x]), middle).at;
    else {
      const spread = bound.head.reads === "numbers" ? Math.max(1, Math.sqrt(column.variance)) : 1;
      const start = Array.from({ length: width }, (_, i) =>
        bound.head.reads === "numbers" && i === 0 ? startOf(bound, j) : 0,
      );
      const found = simplexMinimum(part, start, spread);
      found.at.forEach((v, i) => {
        at[j * width + i] = v;
      });
    }
  });
  return { at, value: bound.expectedLoss(at) };
}

/** A first guess of the first output of a distribution: a number of the labels' size. */
function startOf({ columns, head }: BoundHead, j: number): number {
  const size = columns[j].mean;
  return head.name === "negative-binomial"
    ? Math.log(size || 1)
    : head.name === "zero-inflated-lognormal"
      ? 0
      : size;
}

/** Largest errors of a case; undefined where a case has nothing to compare, so that it cannot pass for an error of 0. */
export interface Errors {
  /** How far the solved loss lies above the independent minimum, relative to the loss's size. */
  readonly excess?: number;
  /** How far the solved output is from a zero of the gradient, reached by Newton from the independent minimum. */
  readonly output?: number;
  /** Difference of the expected loss and the mean of the rows' losses, relative. */
  readonly expected?: number;
}

/** Size against which differences of losses are relative: what the loss ranges over between bias 0 and the optimum. */
export const sizeOf = ({ solution }: Case) =>
  Math.max(Math.abs(solution.expectedLoss!), Math.abs(solution.lossAtZero! - solution.expectedLoss!), 1e-9);

/** Whether a case has a single optimum to compare. A mixture has many, and a boundary none: both have tests of their own. */
export const isComparable = (head: Head, { solution }: Case) =>
  !head.none && solution.kind !== "boundary" && head.name !== "mixture-density";

export function errorsOf(head: Head, item: Case): Errors {
  const { bound, solution } = item;
  const size = sizeOf(item);
  const mean = head.loss && meanOfRows(head, item);
  const expected = mean === undefined ? undefined : Math.abs(mean - solution.expectedLoss!) / size;
  if (!isComparable(head, item)) return { expected };
  const minimum = independentMinimum(bound);
  return {
    excess: Math.max(0, (solution.expectedLoss! - minimum.value) / size),
    output: head.gradient && isSmooth(head) ? outputError(item, minimum.at) : undefined,
    expected,
  };
}

/** Losses with kinks, flat stretches or several minima have no single point to compare. */
const kinked = [
  "absolute-error",
  "quantile",
  "mape",
  "hinge",
  "categorical-hinge",
  "laplace-nll",
  "mixture-density",
  "huber",
  "smooth-l1",
];
export const isSmooth = (head: Head) => !kinked.includes(head.name);

/**
 * Distance of the solved output from the zero of the gradient that Newton's steps reach from the independent minimum,
 * relative to the output's size. Cells whose loss is level between the two (an interval of minima), or where the
 * independent search ended in a worse local minimum, say nothing about it.
 */
function outputError({ bound, solution }: Case, from: readonly number[]): number {
  const { head, columns, cellOptions, width } = bound;
  const canonical = head.name === "cosine-similarity" ? unit : (head.centre ?? ((z) => [...z]));
  const errors = columns.map((column, j) => {
    const part = (z: readonly number[]) => z.slice(j * width, (j + 1) * width);
    const ours = part(solution.bias);
    const found = newton((z) => meanGradient(head, z, column, cellOptions[j]), part(from));
    const [here, there] = [ours, found].map((z) => meanLoss(head, z, column, cellOptions[j]));
    const [a, b] = [canonical(ours), canonical(found)];
    const error = largest(a.map((v, i) => v - b[i])) / Math.max(1, largest(a));
    const level = error > 1e-6 && here - there <= 1e-14 * Math.max(1, Math.abs(here));
    return level ? 0 : error;
  });
  return Math.max(...errors);
}

const unit = (z: readonly number[]) => z.map((v) => v / Math.hypot(...z));

export function meanGradient(
  head: Head,
  z: readonly number[],
  column: BoundHead["columns"][number],
  o: BoundHead["cellOptions"][number],
): number[] {
  const total = z.map(() => 0);
  Array.from(column.labels).forEach((label, i) => {
    if (column.weights[i] === 0) return;
    head.gradient!(z, label, o).forEach((g, k) => {
      total[k] += (column.weights[i] / column.weight) * g;
    });
  });
  return total;
}

/** The mean of the rows' losses at the bias, by the reduction's own definition; undefined where options differ by column. */
export function meanOfRows(head: Head, { rows, options, bound, solution }: Case): number | undefined {
  if (bound.columns.length > 1 && Object.values(options).includes("balanced")) return undefined;
  const o = { ...options, ...bound.cellOptions[0] };
  let [loss, divisor] = [0, 0];
  rows.labels.forEach((label, i) => {
    const single =
      bound.columns.length === 1 && Array.isArray(label) && label.length === 1 ? label[0] : label;
    loss += rows.weights[i] * rowLoss(head, solution.bias, single, o);
    const cells = bound.columns.length > 1 ? (label as number[]) : [single];
    divisor +=
      rows.weights[i] *
      (cells.reduce<number>((total, y, j) => total + (head.rowWeight?.(y, bound.cellOptions[j]) ?? 1), 0) /
        cells.length);
  });
  return loss / divisor;
}
