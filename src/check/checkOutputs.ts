import { band } from "../heads/band.ts";
import { cellOutput } from "../heads/bind.ts";
import { type Head, type Label, linkOf } from "../heads/head.ts";
import type { Options } from "../heads/options.ts";
import type { LabelSummary } from "../labels/summary.ts";
import { sum } from "../math/sum.ts";
import { biasVerdict } from "./biasEvidence.ts";
import { type Cause, causesOf, type Situation } from "./causes.ts";
import { type LossParts, lossParts, type OutputSpread, outputSpread } from "./lossParts.ts";
import type { Range } from "./modelOutputs.ts";
import { reportedVerdict } from "./reportedLoss.ts";
import { readSample, rowOf, type Sample } from "./sample.ts";
import { shapeOf } from "./shapeCauses.ts";

export interface CheckInput {
  /** A head, or a name of one: ours or a framework's. */
  readonly head: Head | string;
  /** N × K, row after row: what the untrained network gives for a sample of inputs. */
  readonly outputs: ArrayLike<number>;
  /** What these are: raw outputs (before the link; the default), or predictions. Say what your program hands its loss. */
  readonly given?: "outputs" | "predictions";
  /** N labels, or N × C where the head has C columns, row after row. */
  readonly labels: ArrayLike<Label>;
  /** N */
  readonly rows: number;
  /** The labels of all training data, or their summary; the sample's own where left out. */
  readonly training?: LabelSummary | TrainingLabels;
  /** The loss's options and `reduction`, `columns`, `pseudoCount`. */
  readonly options?: Options;
  /** The output layer's bias, where it is known. */
  readonly bias?: ArrayLike<number>;
  /** What the program says the loss of these rows is. */
  readonly reportedLoss?: number;
  /** What the network is fed with: the range of the inputs and their root mean square. */
  readonly data?: Range;
  /** Outputs that are the same for all inputs are meant to be: the output layer's kernel starts at zero. */
  readonly allowConstant?: boolean;
}

/** Labels as `CheckInput` has them. */
export interface TrainingLabels extends Pick<CheckInput, "labels" | "rows"> {
  /** Names of the classes. */
  readonly names?: readonly string[];
}

export interface CheckReport {
  readonly verdict: "sound" | "not sound";
  readonly head: string;
  readonly rows: number;
  /** Loss of the best constant output: where a sound network starts, but for its spread. */
  readonly expectedLoss: number;
  readonly lossAtZero: number;
  /** Where the loss of a sound network with outputs of this spread lies; null where outputs are not finite. */
  readonly band: { readonly low: number; readonly high: number } | null;
  readonly measuredLoss: number | null;
  readonly standardError: number | null;
  readonly reportedLoss?: number;
  /** What measured less expected loss is made of: the mean output, the spread around it, and its tie to the labels. */
  readonly gap: { readonly bias: number; readonly spread: number; readonly association: number } | null;
  /** Variance of the outputs, in units of each: between inputs, and of their mean from the optimum. */
  readonly outputVariance: { readonly between: number; readonly constant: number } | null;
  /** For each output: its label, the mean prediction, and the labels' frequency or mean. */
  readonly predictions: readonly Prediction[];
  /** Most likely first; empty for a sound network. */
  readonly causes: readonly Cause[];
}

export interface Prediction {
  readonly name: string;
  readonly prediction: number;
  readonly label: number;
}

/**
 * Whether an untrained network starts where it should, and if not, why. The measured loss is taken apart: the loss of
 * the best constant output, what the mean output costs (the bias), what the spread of the outputs costs (Jensen's gap,
 * as it is: no distribution is assumed), and what ties outputs to labels. A network is sound unless a cause is found;
 * a spread, or an offset of its own, such as random kernels give is none.
 *
 * @throws InputError where head, outputs and labels do not fit together, or the head's loss has no optimum
 */
export function checkOutputs(input: CheckInput): CheckReport {
  const sample = readSample(input);
  const shape = shapeOf(sample, input);
  const { head, rows, bound, optimum, width } = sample;
  const base = {
    head: head.name,
    rows,
    expectedLoss: bound.expectedLoss(optimum),
    lossAtZero: bound.expectedLoss(new Float64Array(width)),
    ...(input.reportedLoss !== undefined && { reportedLoss: input.reportedLoss }),
  };
  const unfit = {
    ...base,
    verdict: "not sound" as const,
    band: null,
    measuredLoss: null,
    standardError: null,
    gap: null,
    outputVariance: null,
    predictions: [],
  };
  if (shape.notFinite >= 0) return { ...unfit, causes: causesOf(shape, undefined) };
  const parts = lossParts(sample);
  if (!Number.isFinite(parts.measured)) return { ...unfit, causes: [infiniteLoss(parts.measured)] };
  const spread = outputSpread(sample);
  const situation = situationOf(input, sample, parts, spread);
  const causes = causesOf(shape, situation);
  return {
    ...base,
    verdict: causes.length === 0 ? "sound" : "not sound",
    band: bandOf(situation),
    measuredLoss: parts.measured,
    standardError: parts.standardError,
    gap: {
      bias: parts.atMean - parts.expected,
      spread: parts.independent - parts.atMean,
      association: parts.measured - parts.independent,
    },
    outputVariance: { between: spread.between, constant: spread.offset },
    predictions: meanPredictions(sample),
    causes,
  };
}

const infiniteLoss = (loss: number): Cause => ({
  name: "outputs too large",
  evidence: `the loss of these outputs is ${loss}, beyond what a float64 holds`,
  fix: "scale the last kernel and the inputs down, or start the kernel at zero",
});

function situationOf(input: CheckInput, sample: Sample, parts: LossParts, spread: OutputSpread): Situation {
  const { reportedLoss, data } = input;
  const reduction = input.options?.reduction === "sum" ? "sum" : "mean";
  return {
    sample,
    data,
    parts,
    spread,
    bias: biasVerdict(sample, parts, spread, input.bias),
    ...(reportedLoss !== undefined && {
      reportedLoss,
      reported: reportedVerdict(sample, parts, reportedLoss, reduction),
    }),
  };
}

/** Outputs that vary more are not a sound network's: the band is drawn for this. */
const largestVariance = 16;

/** Where the loss lies if the bias is right: the theory's band, widened to what these outputs' own spread costs. */
function bandOf({ sample, parts, spread, bias }: Situation): { low: number; high: number } {
  const { head, summary, options, rows, units } = sample;
  const unit = sum(units.map((u) => u * u)) / units.length;
  const offset = bias.name === "optimal" ? spread.offset : Math.min(spread.offset, spread.between);
  const outputVariance = unit * Math.min(largestVariance, spread.between + offset);
  const { low, high } = band(head, summary, { batchSize: rows, outputVariance }, options);
  const own = bias.name === "optimal" && spread.between + offset <= largestVariance;
  const association = 2 * associationDeviation(sample, spread);
  const ownHigh = own ? parts.independent + 3 * parts.standardError : high;
  return { low: low - association, high: Math.max(high, ownHigh) + association };
}

/** How far a random network's outputs may go with numbers, as a correlation. */
const chanceCorrelation = 0.35;

/**
 * Standard deviation, over random networks, of what ties outputs to labels: to first order Σ p(y) g(y)·e(y), with g the
 * loss's gradient at the optimum and e(y) the mean deviation of the outputs of label y, independent from class to class.
 */
function associationDeviation({ head, bound, optimum, units }: Sample, { between }: OutputSpread): number {
  if (head.gradient === undefined) return 0;
  const isClass = head.reads === "classes" || head.reads === "binary";
  const deviation = Math.sqrt(Math.min(largestVariance, between));
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

/** Labels that are looked at, at most: each costs as much as there are outputs, and rare ones add next to nothing. */
const mostLabels = 512;

/** Places of the labels that have weight, the heaviest first. */
function heaviest(weights: ArrayLike<number>): number[] {
  const places = Array.from({ length: weights.length }, (_, i) => i).filter((i) => weights[i] > 0);
  return places.sort((a, b) => weights[b] - weights[a]).slice(0, mostLabels);
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
      label: isClass ? column.weights[k] / column.weight : column.mean,
    }));
  });
  const paired = head.reads === "classes" || head.reads === "binary" || head.reads === "numbers";
  return paired && perCell.every((cell) => cell.length === bound.width) ? perCell.flat() : [];
}
