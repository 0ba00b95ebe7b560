import { sigmoidLink } from "../heads/links.ts";
import type { Options } from "../heads/options.ts";
import { solve } from "../heads/solve.ts";
import { sum } from "../math/sum.ts";
import type { LossParts, OutputMoments } from "./lossParts.ts";
import { normalisedLogDeviation, normalisedShare, offsetLogDeviation } from "./reference.ts";
import type { Sample } from "./sample.ts";
import { chanceGap } from "./smallSample.ts";

/** What bias a network may have been given. */
export type BiasName =
  | "zero"
  | "unweighted prior"
  | "labels shifted"
  | "labels permuted"
  | "wrong sign"
  | "wrong link"
  | "another prior";

export interface BiasVerdict {
  /** The likeliest bias, given the mean output and how far an untrained network's own offset can move it. */
  readonly name: BiasName;
  readonly bias: readonly number[];
  /** Log of the odds against the optimal bias. */
  readonly logOdds: number;
  /** Loss that the optimal bias would save. */
  readonly gap: number;
  /** Whether the optimal bias explains the outputs clearly worse. If not, an offset of the network's own may be the reason. */
  readonly isClear: boolean;
  /** Its probability among the biases that explain the outputs better than the optimal one. */
  readonly share: number;
}

interface Hypothesis {
  readonly name: BiasName;
  readonly bias: readonly number[];
  /** Log of the prior odds against `optimal`: lower for rarer mistakes and for those that can fit in many ways. */
  readonly prior: number;
  /** The standard deviation of a bias that is not known exactly, in units of the outputs. */
  readonly deviation?: number;
}

/** Log odds above which another bias is preferred to the optimal one, and above which it is possible. */
const clear = 2.5;
const possible = -2;
/** Differences in loss up to this fraction of the expected loss are ignored. */
const material = 0.05;

/**
 * The biases that the network may have been given instead of the optimal one, the likeliest first; none where the optimal
 * one explains the outputs much better, or where the difference in loss is not material.
 *
 * They are inferred from its mean output c = bias + offset. The offset is the network's own (features after a ReLU have a
 * nonzero mean: Francazi et al. 2024). Its size τ is unknown but close to the standard deviation s of the outputs between
 * inputs: τ is log-normal around s, and integrated out. `known` is the bias itself, if the model file gives it.
 */
export function biasVerdicts(
  sample: Sample,
  parts: LossParts,
  moments: OutputMoments,
  known?: ArrayLike<number>,
): readonly BiasVerdict[] {
  const deviation = Math.sqrt(moments.between);
  const c = known ? Array.from(known) : moments.mean;
  if (isNear(sample, parts, moments.mean, calibratedWithin(deviation))) return [];
  if (known && isNear(sample, parts, c, calibratedWithin(0))) return [];
  const evidence = (h: Omit<Hypothesis, "name">) =>
    h.prior + logEvidence(sample, c, h, known ? 0 : deviation);
  const base = evidence({ bias: sample.optimum, prior: 0 });
  const rivals = hypotheses(sample, c)
    .map((h) => ({ ...h, logOdds: evidence(h) - base, gap: gapOf(sample, parts, h) }))
    .filter(({ logOdds, gap }) => logOdds > possible && gap > tolerance(sample, parts))
    .sort((a, b) => b.logOdds - a.logOdds)

    .filter(({ name }, i, all) => all.findIndex((other) => other.name === name) === i);
  const total = sum(rivals.map(({ logOdds }) => Math.exp(logOdds - rivals[0].logOdds)));
  return rivals.map((rival) => ({
    ...rival,
    isClear: rival.logOdds > clear,
    share: Math.exp(rival.logOdds - rivals[0].logOdds) / total,
  }));
}

/** Losses that differ by less count as equal: 5 %, the standard error, and what chance makes of the labels' optimum. */
export function tolerance(
  { width, shiftInvariant, labelRows, head }: Sample,
  { expected, standardError }: LossParts,
): number {
  const isLikelihood = head.reads === "classes" || head.reads === "binary";
  const freedom = width - (shiftInvariant ? 1 : 0);
  const chance = labelRows === undefined || !isLikelihood ? 0 : chanceGap(freedom, labelRows);
  const share = material * Math.abs(expected);
  return Math.max(share + Math.min(standardError, share), Math.min(chance, 2 * Math.abs(expected)));
}

/** Whether the network's mean output is the optimum, in value and in loss. */
export const isCalibrated = (sample: Sample, parts: LossParts, { mean, between }: OutputMoments) =>
  isNear(sample, parts, mean, calibratedWithin(Math.sqrt(between)));

/** A bias calibrated on one batch of the network's own outputs lies within this root mean square of the optimum, in units. */
const calibratedWithin = (deviation: number) => 0.1 + 0.1 * deviation;

/** Close in value and in loss: among many outputs, the few that matter may be far off. */
const isNear = (sample: Sample, parts: LossParts, bias: readonly number[], within: number) =>
  residual(sample, bias, sample.optimum) / sample.width <= within ** 2 &&
  sample.bound.expectedLoss(bias) - parts.expected <= tolerance(sample, parts);

/** Σ ((c − b) / unit)², minimised over a common shift for shift-invariant heads. */
function residual({ shiftInvariant, units }: Sample, c: readonly number[], b: readonly number[]): number {
  const gaps = c.map((z, k) => (z - b[k]) / units[k]);
  const shift = shiftInvariant ? sum(gaps) / gaps.length : 0;
  return sum(gaps.map((gap) => (gap - shift) ** 2));
}

/** The grid of log τ around log s, in units of its standard deviation. */
const grid = Array.from({ length: 41 }, (_, i) => -4 + i / 5);
/** The smallest offset considered, in units: rounding, or a calibration on one batch. */
const minOffset = 0.02;

/**
 * log ∫ N(c; b, τ² + deviation²) p(τ) dτ, with τ log-normal around s or, in the share of networks whose normalised features
 * hardly depend on the input, around 1. With `deviation` 0 the bias itself is known, and there is no offset of such a network.
 */
function logEvidence(
  sample: Sample,
  c: readonly number[],
  h: Omit<Hypothesis, "name">,
  deviation: number,
): number {
  const freedom = sample.width - (sample.shiftInvariant ? 1 : 0);
  const r = residual(sample, c, h.bias);
  const around = (centre: number, logDeviation: number, share: number) =>
    grid.map((x) => {
      const variance = (centre * Math.exp(logDeviation * x)) ** 2 + (h.deviation ?? 0) ** 2;
      return Math.log(share) - (x * x) / 2 - (freedom / 2) * Math.log(variance) - r / (2 * variance);
    });
  const terms = [
    ...around(Math.max(deviation, minOffset), offsetLogDeviation, 1 - normalisedShare),
    ...(deviation > 0 ? around(1, normalisedLogDeviation, normalisedShare) : []),
  ];
  const most = Math.max(...terms);
  return most + Math.log(sum(terms.map((term) => Math.exp(term - most))));
}

/** Loss that the optimum saves against the hypothesised bias; for an unknown one, against the mean output. */
const gapOf = ({ bound }: Sample, { expected, atMean }: LossParts, h: Hypothesis) =>
  (h.deviation === undefined ? bound.expectedLoss(h.bias) : atMean) - expected;

function hypotheses(sample: Sample, c: readonly number[]): Hypothesis[] {
  const { optimum, head, link, width, summary, options } = sample;
  const found: Hypothesis[] = [
    { name: "zero", bias: optimum.map(() => 0), prior: 0 },
    { name: "another prior", bias: optimum, prior: -1, deviation: 3 },
    { name: "wrong sign", bias: optimum.map((b) => -b), prior: -2 },
  ];
  const unweighted = withoutWeights(options);
  if (unweighted)
    found.push({ name: "unweighted prior", bias: solve(head, summary, unweighted).bias, prior: -0.5 });
  if (head.reads === "classes" && head.family === "classification" && width > 2) {
    const shifted = (by: number) => optimum.map((_, k) => optimum[(k + by + width) % width]);
    for (const by of [1, -1]) found.push({ name: "labels shifted", bias: shifted(by), prior: -2 });
    found.push({ name: "labels permuted", bias: inOrderOf(optimum, c), prior: -2 - logOrders(optimum) });
    // pandas' value_counts() gives the classes in the order of their frequency
    const falling = [...optimum].sort((a, b) => b - a);
    for (const bias of [falling, [...falling].reverse()])
      found.push({ name: "labels permuted", bias, prior: -3 });
  }
  if (head.reads === "binary" && link === sigmoidLink) {
    const p = optimum.map((z) => 1 / (1 + Math.exp(-z)));
    const total = sum(p);
    found.push({ name: "wrong link", bias: p.map(Math.log), prior: -2 });
    if (width > 1) found.push({ name: "wrong link", bias: p.map((q) => Math.log(q / total)), prior: -2 });
  }
  return found;
}

/** Values closer than this count as equal, in nats. */
const equalWithin = 0.25;

/** Log of the number of distinct orders of the values, where equal ones are not distinguished. */
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

/** The same options without class weights; undefined if there are none. */
function withoutWeights({ classWeights, posWeight, ...rest }: Options): Options | undefined {
  return classWeights === undefined && posWeight === undefined ? undefined : rest;
}

/** The values rearranged so that they are ordered like another list. */
function inOrderOf(values: readonly number[], order: readonly number[]): number[] {
  const sorted = [...values].sort((a, b) => a - b);
  const places = Array.from(order, (_, k) => k).sort((i, j) => order[i] - order[j]);
  const result = new Array<number>(values.length);
  places.forEach((place, rank) => {
    result[place] = sorted[rank];
  });
  return result;
}
