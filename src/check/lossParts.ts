import { meanRow } from "../math/meanRow.ts";
import { sum } from "../math/sum.ts";
import { isPlainSoftmax, plainSoftmax } from "./plainSoftmax.ts";
import { rowLosses } from "./rowLosses.ts";
import { rowOf, type Sample } from "./sample.ts";

/** The measured loss in steps: from the loss of the best constant output to the loss of the rows as they are. */
export interface LossParts {
  /** At the optimal constant output. */
  readonly expected: number;
  readonly atZero: number;
  /** At the network's mean output: above `expected` by the cost of the bias (and of an offset of the network's own). */
  readonly atMean: number;
  /** Mean over the outputs, with labels drawn independently of them: above `atMean` by the cost of the outputs' variance. */
  readonly independent: number;
  /** Mean over the rows as they are. */
  readonly measured: number;
  /** The mean predictions, where the losses' pass gives them. */
  readonly meanPrediction?: readonly number[];
  /** Standard error of `measured`; between inputs, since the rows of one input are not independent. */
  readonly standardError: number;
}

/** Mean and variance of a sample's outputs, in units of each output (see `Sample.units`). */
export interface OutputMoments {
  /** Mean output, length K, raw; centred for shift-invariant losses. */
  readonly mean: readonly number[];
  /** Variance between inputs, averaged over outputs. */
  readonly between: number;
  /** Mean over outputs of the squared distance of the mean output from the optimum. */
  readonly offset: number;
}

/** Most rows that `independent` is averaged over: it costs rows times distinct labels. */
const maxRows = 512;

/** @param mean the network's mean output, see `meanOutput` */
export function lossParts(sample: Sample, mean: readonly number[]): LossParts {
  const { bound, rows, outputs, optimum, width } = sample;
  const plain = isPlainSoftmax(sample) ? plainSoftmax(sample) : undefined;
  const { values, weights } = plain
    ? { ...plain, weights: new Float64Array(rows).fill(1) }
    : rowLosses(sample, outputs);
  const measured = sum(values) / sum(weights);
  const residuals = new Map<number, number>();
  values.forEach((value, i) => {
    residuals.set(sample.inputOf[i], (residuals.get(sample.inputOf[i]) ?? 0) + value - measured * weights[i]);
  });
  const residual = sum([...residuals.values()].map((r) => r * r));
  const step = Math.max(1, Math.floor(rows / maxRows));
  const some = Array.from({ length: Math.ceil(rows / step) }, (_, i) => i * step);
  return {
    expected: bound.expectedLoss(optimum),
    atZero: bound.expectedLoss(new Float64Array(width)),
    atMean: bound.expectedLoss(mean),
    independent:
      plain?.independent ?? sum(some.map((i) => bound.expectedLoss(rowOf(sample, outputs, i)))) / some.length,
    measured,
    ...(plain && { meanPrediction: plain.probabilities }),
    standardError: Math.sqrt(residual) / sum(weights),
  };
}

/** The mean over the rows of each raw output. */
export const meanOutput = ({ width, outputs }: Sample): number[] => meanRow(outputs, width);

/** @param meanOfRows the network's mean output, see `meanOutput` */
export function outputMoments(sample: Sample, meanOfRows: readonly number[]): OutputMoments {
  const { rows, width, outputs, units, optimum, shiftInvariant } = sample;
  const shiftOf = (values: ArrayLike<number>) => (shiftInvariant ? sum(values) / values.length : 0);
  const centred = (values: readonly number[]) => {
    const shift = shiftOf(values);
    return values.map((z) => z - shift);
  };
  const mean = centred(meanOfRows);
  const target = centred(optimum);
  let between = 0;
  for (let i = 0; i < rows; i++) {
    const row = rowOf(sample, outputs, i);
    const shift = shiftOf(row);
    for (let k = 0; k < width; k++) between += ((row[k] - shift - mean[k]) / units[k]) ** 2;
  }
  return {
    mean,
    between: between / (rows * width),
    offset: sum(mean.map((z, k) => ((z - target[k]) / units[k]) ** 2)) / width,
  };
}
