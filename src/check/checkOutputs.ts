import { band } from "../heads/band.ts";
import { cellOutput } from "../heads/bind.ts";
import { linkOf } from "../heads/head.ts";
import { sum } from "../math/sum.ts";
import { biasVerdict } from "./biasVerdict.ts";
import type { Cause } from "./cause.ts";
import { causesOf, type Situation } from "./causes.ts";
import type { CheckInput } from "./checkInput.ts";
import { type LossParts, lossParts, type OutputMoments, outputMoments } from "./lossParts.ts";
import { reportedVerdict } from "./reportedLoss.ts";
import { readSample, rowOf, type Sample } from "./sample.ts";
import { valuePattern } from "./valuePattern.ts";

export interface CheckReport {
  readonly verdict: "sound" | "not sound";
  readonly head: string;
  readonly rows: number;
  /** Loss of the best constant output. A sound network starts there or, because its outputs vary, somewhat higher. */
  readonly expectedLoss: number;
  readonly lossAtZero: number;
  /** Where the loss of a sound network lies whose outputs vary this much; null if outputs are not finite. */
  readonly band: { readonly low: number; readonly high: number } | null;
  readonly measuredLoss: number | null;
  readonly standardError: number | null;
  readonly reportedLoss?: number;
  /** The parts of measured minus expected loss: the mean output, the variance of the outputs, and their correlation with the labels. */
  readonly gap: { readonly bias: number; readonly variance: number; readonly association: number } | null;
  /** In units of each output: the variance between inputs, and the squared distance of the mean output from the optimum. */
  readonly outputVariance: { readonly between: number; readonly constant: number } | null;
  /** For each output: its name, the mean prediction and the mean label. */
  readonly predictions: readonly Prediction[];
  /** Most likely first; empty for a sound network. */
  readonly causes: readonly Cause[];
}

export interface Prediction {
  readonly name: string;
  /** Mean over the rows. */
  readonly prediction: number;
  /** Mean label: for a class, its frequency. */
  readonly meanLabel: number;
}

/**
 * Whether an untrained network starts where it should, and if not, why. The measured loss is split into the loss of the
 * best constant output, the cost of the mean output (the bias), the cost of the outputs' variance (Jensen's gap, computed
 * from the outputs without assuming a distribution), and their correlation with the labels. A network is sound unless a
 * cause is found; the variance and the offset that random kernels produce are not causes.
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
  const withoutLoss = {
    ...base,
    verdict: "not sound" as const,
    band: null,
    measuredLoss: null,
    standardError: null,
    gap: null,
    outputVariance: null,
    predictions: [],
  };
  if (pattern.notFinite >= 0) return { ...withoutLoss, causes: causesOf(pattern, undefined) };
  const parts = lossParts(sample);
  if (!Number.isFinite(parts.measured)) return { ...withoutLoss, causes: [infiniteLoss(parts.measured)] };
  const moments = outputMoments(sample);
  const situation = situationOf(input, sample, parts, moments);
  const causes = causesOf(pattern, situation);
  return {
    ...base,
    verdict: causes.length === 0 ? "sound" : "not sound",
    band: bandOf(situation),
    measuredLoss: parts.measured,
    standardError: parts.standardError,
    gap: {
      bias: parts.atMean - parts.expected,
      variance: parts.independent - parts.atMean,
      association: parts.measured - parts.independent,
    },
    outputVariance: { between: moments.between, constant: moments.offset },
    predictions: meanPredictions(sample),
    causes,
  };
}

const infiniteLoss = (loss: number): Cause => ({
  name: "outputs too large",
  evidence: `the loss of these outputs is ${loss}, beyond what a float64 holds`,
  fix: "scale the last kernel and the inputs down, or start the kernel at zero",
});

function situationOf(input: CheckInput, sample: Sample, parts: LossParts, moments: OutputMoments): Situation {
  const { reportedLoss, data } = input;
  const reduction = input.options?.reduction === "sum" ? "sum" : "mean";
  return {
    sample,
    data,
    parts,
    moments,
    bias: biasVerdict(sample, parts, moments, input.bias),
    ...(reportedLoss !== undefined && {
      reportedLoss,
      reported: reportedVerdict(sample, parts, reportedLoss, reduction),
    }),
  };
}

/** Outputs of a sound network do not vary more: the band is computed for at most this variance. */
const maxVariance = 16;

/** Where the loss lies if the bias is right: the theoretical band, widened to what these outputs' own variance costs. */
function bandOf({ sample, parts, moments, bias }: Situation): { low: number; high: number } {
  const { head, summary, options, rows, units } = sample;
  const unit = sum(units.map((u) => u * u)) / units.length;
  const offset = bias.name === "optimal" ? moments.offset : Math.min(moments.offset, moments.between);
  const outputVariance = unit * Math.min(maxVariance, moments.between + offset);
  const { low, high } = band(head, summary, { batchSize: rows, outputVariance }, options);
  const own = bias.name === "optimal" && moments.between + offset <= maxVariance;
  const association = 2 * associationDeviation(sample, moments);
  const ownHigh = own ? parts.independent + 3 * parts.standardError : high;
  return { low: low - association, high: Math.max(high, ownHigh) + association };
}

/** The largest correlation with numeric labels that a random network's outputs are expected to have by chance. */
const chanceCorrelation = 0.35;

/**
 * Standard deviation, over random networks, of the loss due to correlation of outputs with labels: to first order
 * Σ p(y) g(y)·e(y), with g the loss's gradient at the optimum and e(y) the mean deviation of the outputs for label y,
 * independent between classes.
 */
function associationDeviation({ head, bound, optimum, units }: Sample, { between }: OutputMoments): number {
  if (head.gradient === undefined) return 0;
  const isClass = head.reads === "classes" || head.reads === "binary";
  const deviation = Math.sqrt(Math.min(maxVariance, between));
  const sums = bound.columns.map((column, j) => {
    const output = cellOutput(bound, optimum, j);
    const squares = heaviest(column.weights).map((i) => {
      const label = column.labels[i];
      const share = column.weights[i] / column.weight;
      const slopes = head.gradient!(output, label, bound.cellOptions[j]);
      const square = sum(slopes.map((g, k) => (g * units[j * bound.width + k]) ** 2));
      return (isClass ? share * share : share * chanceCorrelation ** 2) * square;
    });
    return column.weight * deviation * Math.sqrt(sum(squares));
  });
  return bound.combine(sums);
}

/** Most labels considered: each costs as much as there are outputs, and rare ones add almost nothing. */
const maxLabels = 512;

/** Indices of the labels with positive weight, the heaviest first. */
function heaviest(weights: ArrayLike<number>): number[] {
  const indices = Array.from({ length: weights.length }, (_, i) => i).filter((i) => weights[i] > 0);
  return indices.sort((a, b) => weights[b] - weights[a]).slice(0, maxLabels);
}

function meanPredictions(sample: Sample): Prediction[] {
  const { head, bound, rows, outputs } = sample;
  const perCell = bound.columns.map((column, j) => {
    const total: number[] = [];
    for (let i = 0; i < rows; i++) {
      const cell = cellOutput(bound, rowOf(sample, outputs, i), j);
      linkOf(head, bound.cellOptions[j])
        .apply(cell)
        .forEach((p, k) => {
          total[k] = (total[k] ?? 0) + p / rows;
        });
    }
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
