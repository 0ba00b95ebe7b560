import { sigmoidLink, softmaxLink } from "../heads/links.ts";
import { logit } from "../math/logit.ts";
import { significant } from "../math/significant.ts";
import { sum } from "../math/sum.ts";
import type { CheckInput } from "./checkInput.ts";
import { clip, rowOf, type Sample } from "./sample.ts";

/** What the outputs' values alone show. */
export interface ValuePattern {
  readonly sample: Sample;
  readonly input: CheckInput;
  /** Index of the first value that is not finite; −1 if all are finite. */
  readonly notFinite: number;
  readonly low: number;
  readonly high: number;
  /** Whether each row sums to 1, within the rounding of float16. */
  readonly rowsSumToOne: boolean;
  /** Sums of the columns. */
  readonly columnSums: Float64Array;
  /** Largest minus smallest value of each column. */
  readonly ranges: Float64Array;
  /** Fraction of values that are exactly 0. */
  readonly zeros: number;
  /** Fraction of values that are exactly 1 or -1. */
  readonly ends: number;
}

/** A sum of probabilities, within the rounding of float16. */
export const isOne = (total: number) => Math.abs(total - 1) < 4e-3;

export function valuePattern(sample: Sample, input: CheckInput): ValuePattern {
  const { values, valuesPerRow: width, rows } = sample;
  const columnSums = new Float64Array(width);
  const lows = new Float64Array(width).fill(Infinity);
  const highs = new Float64Array(width).fill(-Infinity);
  let [zeros, ends, rowsSumToOne, notFinite] = [0, 0, true, -1];
  for (let i = 0; i < rows; i++) {
    let total = 0;
    for (let k = 0; k < width; k++) {
      const value = values[i * width + k];
      total += value;
      columnSums[k] += value;
      lows[k] = Math.min(lows[k], value);
      highs[k] = Math.max(highs[k], value);
      if (value === 0) zeros++;
      else if (value === 1 || value === -1) ends++;
      if (notFinite < 0 && !Number.isFinite(value)) notFinite = i * width + k;
    }
    rowsSumToOne &&= isOne(total);
  }
  return {
    sample,
    input,
    notFinite,
    low: lows.reduce((a, b) => Math.min(a, b), Infinity),
    high: highs.reduce((a, b) => Math.max(a, b), -Infinity),
    rowsSumToOne,
    columnSums,
    ranges: highs.map((high, k) => high - lows[k]),
    zeros: zeros / values.length,
    ends: ends / values.length,
  };
}

export const isSoftmax = ({ sample }: ValuePattern) => sample.link === softmaxLink;
export const isSigmoid = ({ sample: { head, link } }: ValuePattern) =>
  head.reads === "binary" && link === sigmoidLink;
export const gives = ({ sample }: ValuePattern, given: Sample["given"]) => sample.given === given;
export const inUnit = ({ low, high }: ValuePattern) => low >= 0 && high <= 1;
export const rangeText = ({ low, high }: ValuePattern) =>
  `values range from ${significant(low)} to ${significant(high)}`;

/** All outputs lie between 0 and 1. For a few outputs this can be chance, unless a sigmoid explains their means and raw outputs do not. */
export function looksLikeSigmoid(pattern: ValuePattern): boolean {
  const { head, width, rows, outputs } = pattern.sample;
  if (!outputs.every((z) => z > 0 && z <= 1) || rows < 8) return false;
  if (width >= 4) return true;
  return pattern.columnSums.every((total, k) => {
    const mean = total / rows;
    // a sigmoid saturated at 1 because the labels are larger
    if (head.family === "regression" && mean > 0.95) return true;
    if (isSigmoid(pattern)) return isExplainedBySigmoid(pattern.sample, k);
    const within = width < 3 ? 0.4 : 0.75;
    return [0, pattern.sample.optimum[k]].some((bias) => Math.abs(logit(mean) - bias) < within);
  });
}

/** In standard deviations: the least distance from a bias that does not explain the values, and how many times nearer an explaining bias must be. */
const nearer = 3;
/** How far the optimum of a sample's labels may be from that of all labels, in nats. */
const labelError = 0.35;

/**
 * Whether a bias of 0 or the optimal bias explains the logits of these values much better than the values themselves.
 * Values around the optimal bias are sound raw outputs, even if all of them lie between 0 and 1; values whose logits are
 * around it are probabilities.
 */
function isExplainedBySigmoid({ outputs, width, optimum }: Sample, k: number): boolean {
  const raw = outputs.filter((_, i) => i % width === k);
  const distances = (z: Float64Array) => {
    const mean = sum(z) / z.length;
    const deviation = Math.sqrt(sum(z.map((v) => (v - mean) ** 2)) / z.length);
    return [optimum[k], 0].map((bias) => ({
      gap: Math.abs(mean - bias),
      deviation: Math.max(deviation, 0.02),
    }));
  };
  const relative = ({ gap, deviation }: { gap: number; deviation: number }) => gap / deviation;
  const without = distances(raw);
  const before = distances(raw.map((p) => logit(clip(p))));
  if (relative(without[0]) <= nearer) return false;
  if (before[0].gap < Math.max(before[0].deviation, labelError)) return true;
  return nearer * Math.min(...before.map(relative)) < Math.min(...without.map(relative));
}

/**
 * Whether predictions are a softmax of a softmax: every row of outputs, moved so that it sums to 1, lies between 0 and 1,
 * and the logarithms of these probabilities are around the optimal bias, which the outputs themselves are not. Labels that
 * are nearly even cannot show it.
 */
export function isSoftmaxOfSoftmax({ sample }: ValuePattern): boolean {
  const { outputs, width, rows, optimum } = sample;
  const means = new Float64Array(width);
  const raw = new Float64Array(width);
  for (let i = 0; i < rows; i++) {
    const row = rowOf(sample, outputs, i);
    const shift = (sum(row) - 1) / width;
    for (let k = 0; k < width; k++) {
      const p = row[k] - shift;
      if (p < -1e-5 || p > 1 + 1e-5) return false;
      means[k] += Math.log(clip(p)) / rows;
      raw[k] += row[k] / rows;
    }
  }
  const distance = (z: Float64Array) => {
    const gaps = z.map((v, k) => v - optimum[k]);
    const mean = sum(gaps) / width;
    return Math.sqrt(sum(gaps.map((g) => (g - mean) ** 2)) / width);
  };
  return rows >= 8 && distance(raw) > 0.1 && nearer * distance(means) < distance(raw) * 2;
}

/** Smaller changes are float32 rounding: four units in the last place of the largest value. */
export const constantWithin = ({ low, high }: ValuePattern) =>
  4 * 2 ** -23 * Math.max(Math.abs(low), Math.abs(high));

/** Whether all rows have the same outputs. */
export const areConstant = (pattern: ValuePattern) =>
  pattern.ranges.every((range) => range <= constantWithin(pattern));

/** Whether every output differs from the first by the same amount in each row. */
export function unitsAreIdentical(
  { values, valuesPerRow: width, rows: count }: Sample,
  least: number,
): boolean {
  for (let i = 1; i < count; i++) {
    for (let k = 1; k < width; k++) {
      const here = values[i * width + k] - values[i * width];
      const first = values[k] - values[0];
      if (Math.abs(here - first) > 4 * least) return false;
    }
  }
  return true;
}
