import { normalCentral } from "../math/normal.ts";
import { usualExcess } from "./reference.ts";
import type { ReportedNumber } from "./reportedNumber.ts";

/**
 * How a loss lies around the value that an explanation gives:
 * - `exact`: nothing varies (all outputs equal or clipped), so that only float32 and printing differ;
 * - `sampled`: a share of the rows, which differs a little from batch to batch;
 * - `start`: the loss of an untrained network, which chance moves and which exceeds the value by at most 25 %;
 * - `large`: that of one whose outputs vary so much that it exceeds the value by more than 25 %;
 * - `range`: any number from `low` to `value`, evenly on the logarithmic scale: the explanation says no more.
 */
export type Shape =
  | { readonly kind: "exact" | "sampled" | "start" | "large" }
  | { readonly kind: "range"; readonly low: number };

/** Losses that nothing explains: evenly over eight powers of ten on the logarithmic scale. */
const unexplained = 1 / Math.log(1e8);

const normalCdf = (x: number) => (1 + normalCentral(x)) / 2;
const laplaceCdf = (x: number, scale: number) =>
  x < 0 ? Math.exp(x / scale) / 2 : 1 - Math.exp(-x / scale) / 2;

/**
 * Share of untrained networks whose loss exceeds its base by less than `excess` (a fraction of it): log-normal, through the
 * median (2 %) and the upper decile (165 %) of the reference population (see reference.ts and docs/check.md).
 */
const excessLogDeviation = Math.log(1.65 / 0.02) / 1.2816;
const excessCdf = (excess: number) =>
  excess <= 0 ? 0 : normalCdf(Math.log(excess / 0.02) / excessLogDeviation);

/** Share of them that do not start high. */
const usualShare = excessCdf(usualExcess);

/** Of the losses of untrained networks, the share that lies on either side of the base by chance, and by how much. */
const chanceShare = 0.35;
const chanceScale = 0.01;
/** Constants printed in float32 differ by rounding; one in ten is an average over a few rows that differ. */
const floatScale = 1e-4;
const looseScale = 5e-3;

/** Probability that a loss lies below `ratio` times the explanation's value. */
function cdf(ratio: number, { kind }: Shape): number {
  if (!(ratio > 0)) return 0;
  const log = Math.log(ratio);
  if (kind === "exact") return 0.9 * laplaceCdf(log, floatScale) + 0.1 * laplaceCdf(log, looseScale);
  if (kind === "sampled") return laplaceCdf(log, chanceScale);
  const excess = excessCdf(ratio - 1);
  if (kind === "large") return Math.max(0, excess - usualShare) / (1 - usualShare);
  return chanceShare * laplaceCdf(log, chanceScale) + (1 - chanceShare) * Math.min(1, excess / usualShare);
}

/** The sizes that round to the number, and their extent on the logarithmic scale. */
const roundedInterval = ({ value, rounding }: ReportedNumber) =>
  [Math.max(Math.abs(value) - rounding, Math.abs(value) / 2), Math.abs(value) + rounding] as const;
const widthOf = (number: ReportedNumber) => {
  const [low, high] = roundedInterval(number);
  return Math.log(high / low);
};

/**
 * Bits that the number costs less to write down given the explanation than without any: log2 of the ratio of the densities,
 * each averaged over the interval that rounds to the number.
 *
 * @param value what the explanation gives; of the number's sign, or it explains nothing
 */
export function bitsSaved({ value: x, rounding }: ReportedNumber, value: number, shape: Shape): number {
  if (Math.abs(x) <= rounding) return Math.abs(value) <= rounding ? bitsOfZero : -Infinity;
  if (value * x <= 0) return -Infinity;
  const [low, high] = roundedInterval({ value: x, rounding });
  const width = widthOf({ value: x, rounding });
  if (shape.kind === "range") {
    const inside =
      Math.min(Math.log(high), Math.log(Math.abs(value))) - Math.max(Math.log(low), Math.log(shape.low));
    if (inside <= 0) return -Infinity;
    const density = inside / width / Math.log(Math.abs(value) / shape.low);
    return Math.log2(density / unexplained);
  }
  const mass = cdf(high / Math.abs(value), shape) - cdf(low / Math.abs(value), shape);
  return Math.log2(Math.max(mass, 0) / width / unexplained);
}

/** The most that any explanation can save: all of its losses round to the number. */
export const maxBitsSaved = ({ value, rounding }: ReportedNumber): number =>
  Math.abs(value) <= rounding ? bitsOfZero : -Math.log2(widthOf({ value, rounding }) * unexplained);

/** A loss of exactly 0 has no logarithm: it counts as one number in a thousand. */
const bitsOfZero = 10;
