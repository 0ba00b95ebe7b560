import { InputError } from "../errors.ts";
import type { LabelSummary } from "../labels/summary.ts";
import { normalRule } from "../math/quadrature.ts";
import { sum } from "../math/sum.ts";
import { type BoundHead, bind, cellOutput, divisorOf, rowWeights } from "./bind.ts";
import type { Head, LabelColumn, ResolvedOptions, RowLoss } from "./head.ts";
import { findHead } from "./index.ts";
import { noisyLoss } from "./noise.ts";
import type { Options } from "./options.ts";
import { optimalOutput } from "./solve.ts";

export interface BandOptions {
  /** Rows that the loss is measured on; Infinity for no sampling error. */
  readonly batchSize: number;
  /** Variance of the output without its bias, the mean over outputs; default 0. */
  readonly outputVariance?: number;
  /**
   * The part of that variance that all rows share: the variance over outputs of the mean over rows (a network with ReLUs has an
   * offset of its own); default 0. Away from the optimum it moves the loss to first order.
   */
  readonly sharedVariance?: number;
  /** Width of the band in standard errors; default 3. */
  readonly z?: number;
  /** The bias that the network has; default the optimal one. */
  readonly bias?: ArrayLike<number>;
  /** The loss's options, as `solve` takes them. */
  readonly options?: Options;
}

/** The range in which the loss of a sound network lies before training. */
export interface Band {
  readonly low: number;
  readonly high: number;
  /** The loss of the constant output, without any noise: the band starts from it. */
  readonly expectedLoss: number;
  /** Standard error of the mean loss of a batch; 0 for an infinite one. */
  readonly standardError: number;
  /** What the outputs' variance adds to the expected loss at most (Jensen's gap); negative where noise can help. */
  readonly gap: number;
  /** Where the gap comes from. */
  readonly method: "no noise" | "exact" | "bound" | "quadrature" | "simulation";
}

/**
 * The interval in which the loss of a sound untrained network lies: [L + min(gap, 0) − z·SE, L + max(gap, 0) + z·SE],
 * L the expected loss at the bias. The outputs without bias are taken as normal noise of the given variance, independent
 * of the label and between rows (docs/theory.md, The band). The standard error is that of a mean of per-row losses, for
 * losses of several columns an upper bound (as if the columns moved together).
 *
 * @throws InputError where the head has no optimum, or no loss of a single row
 */
export function band(head: Head | string, labels: LabelSummary | undefined, settings: BandOptions): Band {
  const { batchSize, outputVariance = 0, sharedVariance = 0, z = 3, options } = settings;
  checkSettings(batchSize, outputVariance, sharedVariance, z);
  const found = typeof head === "string" ? findHead(head) : { head, options: {} };
  const bound = bind(found.head, labels, { ...found.options, ...options });
  if (bound.head.loss === undefined) {
    throw new InputError(`no band for ${bound.head.name}: ${bound.head.notTrainable}`);
  }
  const bias = settings.bias ?? optimalOutput(bound);
  const scale =
    bound.options.reduction === "sum" && batchSize < Infinity ? batchSize / bound.columns[0].rows : 1;
  const expectedLoss = scale * bound.expectedLoss(bias);
  const gap = gapOf(bound, bias, outputVariance);
  const standardError = (scale * rowDeviation(bound, bias, outputVariance)) / Math.sqrt(batchSize);
  const steepness = sharedVariance > 0 ? sum(slopes(bound, bias).map((slope) => slope ** 2)) : 0;
  const offsetError = scale * Math.sqrt(sharedVariance * steepness);
  const margin = z * Math.hypot(standardError, offsetError);
  return {
    low: expectedLoss + scale * Math.min(gap.value, 0) - margin,
    high: expectedLoss + scale * Math.max(gap.value, 0) + margin,
    expectedLoss,
    standardError,
    gap: scale * gap.value,
    method: gap.method,
  };
}

/** Slope of the expected loss in each output, by central differences. */
function slopes(bound: BoundHead, bias: ArrayLike<number>): number[] {
  const step = 1e-5;
  const lossAt = (k: number, move: number) =>
    bound.expectedLoss(Array.from(bias, (b, i) => (i === k ? b + move : b)));
  return Array.from(bias, (_, k) => (lossAt(k, step) - lossAt(k, -step)) / (2 * step));
}

function checkSettings(batchSize: number, outputVariance: number, sharedVariance: number, z: number): void {
  if (!(batchSize >= 1))
    throw new InputError(`invalid batch size: ${batchSize}; allowed: a number of at least 1`);
  if (!(outputVariance >= 0 && outputVariance < Infinity)) {
    throw new InputError(`invalid output variance: ${outputVariance}; allowed: a number of at least 0`);
  }
  if (!(sharedVariance >= 0 && sharedVariance <= outputVariance)) {
    throw new InputError(
      `invalid shared variance: ${sharedVariance}; allowed: from 0 to the output variance, ${outputVariance}`,
    );
  }
  if (!(z >= 0)) throw new InputError(`invalid z: ${z}; allowed: a number of at least 0`);
}

/** Jensen's gap: by the head's own formula where it has one, else the mean over normal noise. */
function gapOf(
  bound: BoundHead,
  bias: ArrayLike<number>,
  variance: number,
): { value: number; method: Band["method"] } {
  if (variance === 0) return { value: 0, method: "no noise" };
  const { head, columns, cellOptions } = bound;
  if (head.gap) {
    const gaps = columns.map((column, j) =>
      head.gap!(cellOutput(bound, bias, j), column, variance, cellOptions[j]),
    );
    const value = bound.combine(columns.map((column, j) => column.weight * gaps[j].value));
    return { value, method: gaps.some(({ kind }) => kind === "bound") ? "bound" : "exact" };
  }
  const mean = noisyLoss(bound, bias, { shape: "normal", size: Math.sqrt(variance) });
  const gap = mean.value - bound.expectedLoss(bias);
  // three standard errors of the simulation to the safe side
  return {
    value: gap + 3 * Math.sign(gap) * mean.error,
    method: mean.error > 0 ? "simulation" : "quadrature",
  };
}

/** Standard deviation of what one row adds to the reduced loss, times the number of rows: divide by √B. */
function rowDeviation(bound: BoundHead, bias: ArrayLike<number>, variance: number): number {
  const { head, columns, cellOptions } = bound;
  const sums = columns.map((column, j) => {
    const output = cellOutput(bound, bias, j);
    const deviation = cellDeviation(
      head,
      output,
      column,
      cellOptions[j],
      variance,
      bound.options.reduction === "mean",
    );
    return deviation * column.weight;
  });
  return bound.combine(sums);
}

/** Standard deviation over rows of a cell's loss; as a ratio estimator (delta method) if rows divide by their weights. */
function cellDeviation(
  head: Head,
  output: number[],
  column: LabelColumn,
  o: ResolvedOptions,
  noise: number,
  ratio: boolean,
): number {
  const { labels, weights, weight } = column;
  const divided = ratio ? rowWeights(head, column, o) : Array.from(labels, () => 1);
  const rows = rowLosses(head, output, column, o, noise);
  const total = sum(Array.from(weights, (w, i) => w * rows[i].mean));
  const level = total / (ratio ? divisorOf(head, column, o) : weight);
  const square = sum(
    Array.from(weights, (w, i) => w * ((rows[i].mean - level * divided[i]) ** 2 + rows[i].variance)),
  );
  return Math.sqrt(square / weight);
}

/** Mean and variance over the noise of the loss of each label: by quadrature for one output, else to first order. */
function rowLosses(
  head: Head,
  output: number[],
  column: LabelColumn,
  o: ResolvedOptions,
  noise: number,
): RowLoss[] {
  if (head.rowLosses) return head.rowLosses(output, column, noise, o);
  return Array.from(column.labels, (label) => {
    const mean = head.loss!(output, label, o);
    if (noise === 0) return { mean, variance: 0 };
    if (output.length === 1)
      return noisyMoments((z) => head.loss!([z], label, o), output[0], Math.sqrt(noise));
    const slopes = head.gradient!(output, label, o);
    return { mean, variance: noise * sum(slopes.map((slope) => slope * slope)) };
  });
}

const rule = normalRule(61);

function noisyMoments(loss: (z: number) => number, at: number, deviation: number): RowLoss {
  const losses = rule.points.map((x) => loss(at + deviation * x));
  const mean = sum(losses.map((value, i) => rule.weights[i] * value));
  return { mean, variance: sum(losses.map((value, i) => rule.weights[i] * (value - mean) ** 2)) };
}
