import { band } from "../heads/band.ts";
import { cellOutput } from "../heads/bind.ts";
import { type Label, linkOf } from "../heads/head.ts";
import { sum } from "../math/sum.ts";
import type { Cause } from "./cause.ts";
import { causesOf } from "./causes.ts";
import type { CheckInput } from "./checkInput.ts";
import type { LossParts, OutputMoments } from "./lossParts.ts";
import { notesOf } from "./notes.ts";
import { isPlainSoftmax, plainSlopeSquare } from "./plainSoftmax.ts";
import { usualDeviation, usualExcess } from "./reference.ts";
import { readSample, rowOf, type Sample } from "./sample.ts";
import { type Situation, situationOf } from "./situation.ts";
import { chanceGap, isSmallSample } from "./smallSample.ts";
import { valuePattern } from "./valuePattern.ts";

/**
 * `sound`; `starts high`: the bias is right, but the loss is far above the expected one because the outputs vary, as some
 * architectures' own initialisers make them; `not sound`: a fault to be fixed.
 */
export type Verdict = "sound" | "starts high" | "not sound";

export interface CheckReport {
  readonly verdict: Verdict;
  readonly head: string;
  readonly rows: number;
  /** Loss of the best constant output. A sound network starts there or, because its outputs vary, somewhat higher. */
  readonly expectedLoss: number;
  readonly lossAtZero: number;
  /** The range of the loss of a sound network whose outputs vary this much; null if outputs are not finite. */
  readonly band: { readonly low: number; readonly high: number } | null;
  readonly measuredLoss: number | null;
  readonly standardError: number | null;
  readonly reportedLoss?: number;
  /** The parts of measured minus expected loss: the mean output, the variance of the outputs, and their correlation with the labels. */
  readonly gap: { readonly bias: number; readonly variance: number; readonly association: number } | null;
  /** In units of each output: the variance between inputs, and the squared distance of the mean output from the optimum. */
  readonly outputVariance: { readonly between: number; readonly constant: number } | null;
  /** For each output: its name, the mean prediction and the mean label. */
  readonly predictions: readonly MeanPrediction[];
  /** Most likely first; empty for a sound network. */
  readonly causes: readonly Cause[];
  /** What else is worth knowing: what the first step will do, and which fact would decide between the causes. */
  readonly notes: readonly string[];
}

export interface MeanPrediction {
  readonly name: string;
  /** Mean over the rows. */
  readonly prediction: number;
  /** Mean label: for a class, its frequency. */
  readonly meanLabel: number;
}

/**
 * Whether an untrained network starts where it should, and if not, why. The measured loss is split into the loss of the
 * best constant output, the cost of the mean output (the bias), the cost of the outputs' variance (Jensen's gap, computed
 * from the outputs without assuming a distribution), and their correlation with the labels. The variance and the
 * offset that random kernels produce are not faults: they make a network start high.
 *
 * @throws InputError where head, outputs and labels do not fit together, or the head's loss has no optimum
 */
export function checkOutputs(input: CheckInput): CheckReport {
  const sample = readSample(input);
  const pattern = valuePattern(sample, input);
  const { head, rows, bound, optimum, width } = sample;
  const base = {
    head: head.name,
    rows,
    expectedLoss: bound.expectedLoss(optimum),
    lossAtZero: bound.expectedLoss(new Float64Array(width)),
    ...(input.reportedLoss !== undefined && { reportedLoss: input.reportedLoss }),
  };
  if (pattern.notFinite >= 0) return { ...base, ...withoutLoss, causes: causesOf(pattern, undefined) };
  const situation = situationOf(input, sample);
  if (!("parts" in situation)) return { ...base, ...withoutLoss, causes: [infiniteLoss(situation.measured)] };
  const { parts, moments } = situation;
  const causes = causesOf(pattern, situation);
  const band = bandOf(situation);
  return {
    ...base,
    verdict: verdictOf(causes, parts, band),
    band,
    measuredLoss: parts.measured,
    standardError: parts.standardError,
    gap: {
      bias: parts.atMean - parts.expected,
      variance: parts.independent - parts.atMean,
      association: parts.measured - parts.independent,
    },
    outputVariance: { between: moments.between, constant: moments.offset },
    predictions: meanPredictions(sample, parts.meanPrediction),
    causes,
    notes: notesOf(pattern, situation, causes),
  };
}

const withoutLoss = {
  verdict: "not sound" as const,
  band: null,
  measuredLoss: null,
  standardError: null,
  gap: null,
  outputVariance: null,
  predictions: [],
  notes: [],
};

/** A fault is one that a cause shows; without one, a loss far above the expected one, or above its band, starts high. */
function verdictOf(
  causes: readonly Cause[],
  { measured, expected, standardError }: LossParts,
  band: ValueBand,
): Verdict {
  if (causes.some(({ isHonest }) => !isHonest)) return "not sound";
  const isHigh = measured - expected > Math.max(usualExcess * Math.abs(expected), 3 * standardError);
  return causes.length > 0 || isHigh || measured > band.high ? "starts high" : "sound";
}

const infiniteLoss = (loss: number): Cause => ({
  name: "outputs too large",
  evidence: `the loss of these outputs is ${loss}, beyond what a float64 holds`,
  fix: "scale the last kernel and the inputs down, or start the kernel at zero",
});

type ValueBand = { readonly low: number; readonly high: number };

/**
 * Where the loss lies if the bias is right and the outputs vary as these do, at most as those of the reference population:
 * the theoretical band, without what the offset of these outputs costs beyond chance, and never below the least loss. Labels
 * that are too few for their classes may make the expected loss too high by chance: a bias from all labels then starts lower.
 */
function bandOf({ sample, parts, moments }: Situation): ValueBand {
  const { head, summary, options, rows, units, inputOf } = sample;
  const unit = sum(units.map((u) => u * u)) / units.length;
  const usual = usualDeviation(sample.width) ** 2;
  const outputVariance = unit * Math.min(usual, moments.between + Math.min(moments.offset, moments.between));
  const inputs = new Set(Array.from(inputOf)).size;
  const { low, high } = band(head, summary, { batchSize: Math.min(rows, inputs), outputVariance, options });
  const association = 2 * associationDeviation(sample, moments);
  const own =
    moments.between <= usual
      ? parts.independent - (parts.atMean - parts.expected) + 3 * parts.standardError
      : high;
  const chance = isSmallSample(sample.labelRows, sample.width)
    ? chanceGap(sample.width, sample.labelRows)
    : 0;
  return {
    low: Math.max(leastLoss(sample), low - association - chance),
    high: Math.max(high, own) + association,
  };
}

/** The loss of perfect outputs where that is known to be 0, else no limit. */
const leastLoss = ({ head }: Sample) =>
  head.reads === "classes" || head.reads === "binary" || head.family === "regression" ? 0 : -Infinity;

/** The largest correlation with numeric labels that a random network's outputs are expected to have by chance. */
const chanceCorrelation = 0.35;

/**
 * Standard deviation, over random networks, of the loss due to correlation of outputs with labels: to first order
 * Σ p(y) g(y)·e(y), with g the loss's gradient at the optimum and e(y) the mean deviation of the outputs for label y,
 * independent between classes.
 */
function associationDeviation(sample: Sample, { between }: OutputMoments): number {
  const { head, bound, optimum, units } = sample;
  if (head.gradient === undefined) return 0;
  const isClass = head.reads === "classes" || head.reads === "binary";
  const deviation = Math.sqrt(Math.min(usualDeviation(bound.width) ** 2, between));
  const sums = bound.columns.map((column, j) => {
    const output = cellOutput(bound, optimum, j);
    const slopeSquare = isPlainSoftmax(sample)
      ? plainSlopeSquare(output)
      : (label: Label) =>
          sum(
            head.gradient!(output, label, bound.cellOptions[j]).map(
              (g, k) => (g * units[j * bound.width + k]) ** 2,
            ),
          );
    const squares = heaviest(column.weights, maxLabels(bound.width)).map((i) => {
      const share = column.weights[i] / column.weight;
      const square = slopeSquare(column.labels[i]);
      return (isClass ? share * share : share * chanceCorrelation ** 2) * square;
    });
    return column.weight * deviation * Math.sqrt(sum(squares));
  });
  return bound.combine(sums);
}

/** Most labels considered: each costs as much as there are outputs, and rare ones add almost nothing. */
const maxLabels = (width: number) => Math.max(32, Math.min(512, 2 ** 20 / width));

/** Indices of the labels with positive weight, the heaviest first. */
function heaviest(weights: ArrayLike<number>, most: number): number[] {
  const indices = Array.from({ length: weights.length }, (_, i) => i).filter((i) => weights[i] > 0);
  return indices.sort((a, b) => weights[b] - weights[a]).slice(0, most);
}

/** The mean predictions of a column's cells, by their link. */
function meanOfCells(sample: Sample, j: number): readonly number[] {
  const { head, bound, rows, outputs } = sample;
  const total: number[] = [];
  for (let i = 0; i < rows; i++) {
    const cell = cellOutput(bound, rowOf(sample, outputs, i), j);
    linkOf(head, bound.cellOptions[j])
      .apply(cell)
      .forEach((p, k) => {
        total[k] = (total[k] ?? 0) + p / rows;
      });
  }
  return total;
}

/** @param known the mean predictions of the only column, where they are computed already */
function meanPredictions(sample: Sample, known?: readonly number[]): MeanPrediction[] {
  const { head, bound } = sample;
  const perCell = bound.columns.map((column, j) => {
    const total = known ?? meanOfCells(sample, j);
    const isClass = head.reads === "classes" && total.length === column.weights.length;
    return total.map((prediction, k) => ({
      name: isClass ? (column.classNames?.[k] ?? `class ${k}`) : column.place,
      prediction,
      meanLabel: isClass ? column.weights[k] / column.weight : column.mean,
    }));
  });
  const paired = head.reads === "classes" || head.reads === "binary" || head.reads === "numbers";
  return paired && perCell.every((cell) => cell.length === bound.width) ? perCell.flat() : [];
}
