import { sigmoidLink } from "../heads/links.ts";
import type { Options } from "../heads/options.ts";
import { solve } from "../heads/solve.ts";
import { sum } from "../math/sum.ts";
import type { LossParts, OutputSpread } from "./lossParts.ts";
import type { Sample } from "./sample.ts";

/** What bias a network may have been given. */
export type BiasName =
  | "optimal"
  | "zero"
  | "unweighted prior"
  | "labels shifted"
  | "labels permuted"
  | "wrong sign"
  | "wrong link"
  | "another prior";

export interface BiasVerdict {
  /** The likeliest bias, given the mean output and how far an untrained network's offset moves it. */
  readonly name: BiasName;
  readonly bias: readonly number[];
  /** log of how much likelier it is than the optimal one. */
  readonly logOdds: number;
  /** Loss that the optimal bias saves. */
  readonly gap: number;
}

interface Hypothesis {
  readonly name: BiasName;
  readonly bias: readonly number[];
  /** Log of how likely it is beforehand, against `optimal`: rarer mistakes, and those that fit in many ways, need more. */
  readonly prior: number;
  /** A bias not known but for its spread, in units of the outputs. */
  readonly spread?: number;
}

/** How much likelier than the optimal bias another one has to be, as a logarithm. */
const clear = 1.5;
/** A loss this close to the best constant's, as a share of it, is near enough. */
const material = 0.05;

/**
 * Which bias the network was given, told from its mean output c = bias + offset. The offset is a network's own (features
 * after a ReLU have a mean: Francazi et al. 2024); its size τ is unknown, but not far from the spread s between inputs:
 * τ is taken as log-normal around s, and integrated out. `known` is the bias itself, where the file says it.
 */
export function biasVerdict(
  sample: Sample,
  parts: LossParts,
  spread: OutputSpread,
  known?: ArrayLike<number>,
): BiasVerdict {
  const optimal = { name: "optimal" as const, bias: sample.optimum, logOdds: 0, gap: 0 };
  const deviation = Math.sqrt(spread.between);
  const c = spread.mean;
  if (isNear(sample, parts, c, calibratedWithin(deviation))) return optimal;
  if (known && isNear(sample, parts, Array.from(known), calibratedWithin(0))) return optimal;
  const evidence = (h: Hypothesis) =>
    h.prior + (known ? logEvidence(sample, Array.from(known), h, 0) : logEvidence(sample, c, h, deviation));
  const base = evidence({ name: "optimal", bias: sample.optimum, prior: 0 });
  const rivals = hypotheses(sample, known ? Array.from(known) : c)
    .map((h) => ({ ...h, logOdds: evidence(h) - base, gap: gapOf(sample, parts, h) }))
    .filter(({ logOdds }) => logOdds > clear)
    .sort((a, b) => b.logOdds - a.logOdds);
  const best = rivals[0];
  return best !== undefined && best.gap > tolerance(parts) ? best : optimal;
}

/** Losses closer than this are alike. */
export const tolerance = ({ expected, standardError }: LossParts) =>
  material * Math.abs(expected) + Math.min(standardError, material * Math.abs(expected));

/** Root mean square, in units, within which a bias made from one batch of the network's own outputs meets the optimum. */
const calibratedWithin = (deviation: number) => 0.1 + 0.1 * deviation;

/** Near in size, and in what it costs: of many outputs the few that matter may be far off. */
const isNear = (sample: Sample, parts: LossParts, bias: readonly number[], within: number) =>
  residual(sample, bias, sample.optimum) / sample.width <= within ** 2 &&
  sample.bound.expectedLoss(bias) - parts.expected <= tolerance(parts);

/** Σ ((c − b) / unit)², the best shift taken out where shifts do not matter. */
function residual({ shiftless, units }: Sample, c: readonly number[], b: readonly number[]): number {
  const gaps = c.map((z, k) => (z - b[k]) / units[k]);
  const shift = shiftless ? sum(gaps) / gaps.length : 0;
  return sum(gaps.map((gap) => (gap - shift) ** 2));
}

/** Spread of log τ around log s, and the grid of τ in units of it. */
const logSpread = 0.7;
const grid = Array.from({ length: 41 }, (_, i) => -4 + i / 5);
/** The least offset that is thought of, in units: rounding, a calibration on a batch. */
const leastOffset = 0.02;

/** log ∫ N(c; b, τ² + spread²) p(τ) dτ. */
function logEvidence(sample: Sample, c: readonly number[], h: Hypothesis, deviation: number): number {
  const freedom = sample.width - (sample.shiftless ? 1 : 0);
  const r = residual(sample, c, h.bias);
  const terms = grid.map((x) => {
    const offset = (Math.max(deviation, leastOffset) * Math.exp(logSpread * x)) ** 2;
    const variance = offset + (h.spread ?? 0) ** 2;
    return -(x * x) / 2 - (freedom / 2) * Math.log(variance) - r / (2 * variance);
  });
  const most = Math.max(...terms);
  return most + Math.log(sum(terms.map((term) => Math.exp(term - most))));
}

/** Loss that the optimum saves against the hypothesised bias; for an unknown one, against the mean output. */
const gapOf = ({ bound }: Sample, { expected, atMean }: LossParts, h: Hypothesis) =>
  (h.spread === undefined ? bound.expectedLoss(h.bias) : atMean) - expected;

function hypotheses(sample: Sample, c: readonly number[]): Hypothesis[] {
  const { optimum, head, link, width, summary, options } = sample;
  const found: Hypothesis[] = [
    { name: "zero", bias: optimum.map(() => 0), prior: 0 },
    { name: "another prior", bias: optimum, prior: -2, spread: 3 },
    { name: "wrong sign", bias: optimum.map((b) => -b), prior: -2 },
  ];
  const unweighted = withoutWeights(options);
  if (unweighted)
    found.push({ name: "unweighted prior", bias: solve(head, summary, unweighted).bias, prior: 0 });
  if (head.reads === "classes" && head.family === "classification" && width > 2) {
    const shifted = (by: number) => optimum.map((_, k) => optimum[(k + by + width) % width]);
    for (const by of [1, -1]) found.push({ name: "labels shifted", bias: shifted(by), prior: -2 });
    found.push({ name: "labels permuted", bias: inOrderOf(optimum, c), prior: -2 - logOrders(optimum) });
  }
  if (head.reads === "binary" && link === sigmoidLink) {
    const p = optimum.map((z) => 1 / (1 + Math.exp(-z)));
    const total = sum(p);
    found.push({ name: "wrong link", bias: p.map(Math.log), prior: -2 });
    if (width > 1) found.push({ name: "wrong link", bias: p.map((q) => Math.log(q / total)), prior: -2 });
  }
  return found;
}

/** Values closer than this are taken for equal, in nats. */
const equalWithin = 0.25;

/** log of the number of orders that values can be put in, equal ones not told apart. */
function logOrders(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  let run = 1;
  return sum(
    sorted.map((value, k) => {
      run = k > 0 && value - sorted[k - 1] < equalWithin ? run + 1 : 1;
      return Math.log(k + 1) - Math.log(run);
    }),
  );
}

/** The same options without weights of classes, if there are any. */
function withoutWeights({ classWeights, posWeight, ...rest }: Options): Options | undefined {
  return classWeights === undefined && posWeight === undefined ? undefined : rest;
}

/** The values in the order of sizes of another list. */
function inOrderOf(values: readonly number[], order: readonly number[]): number[] {
  const sorted = [...values].sort((a, b) => a - b);
  const places = Array.from(order, (_, k) => k).sort((i, j) => order[i] - order[j]);
  const result = new Array<number>(values.length);
  places.forEach((place, rank) => {
    result[place] = sorted[rank];
  });
  return result;
}
