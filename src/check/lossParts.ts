import { meanRow } from "../math/meanRow.ts";
import { sum } from "../math/sum.ts";
import { rowLosses, rowOf, type Sample } from "./sample.ts";

/** The measured loss, taken apart: from what the best constant output gives up to what was measured. */
export interface LossParts {
  /** At the optimal constant output. */
  readonly expected: number;
  readonly atZero: number;
  /** At the network's mean output: above `expected` by what the bias (and an offset of the network's) costs. */
  readonly atMean: number;
  /** Over the outputs as they are, labels drawn independently of them: above `atMean` by what their spread costs. */
  readonly independent: number;
  /** As the rows are. */
  readonly measured: number;
  /** Standard error of `measured`. */
  readonly standardError: number;
}

/** How the outputs of a sample are spread, in units of each output (see `Sample.units`). */
export interface OutputSpread {
  /** Mean output, K, raw; centred for losses that do not see a shift. */
  readonly mean: readonly number[];
  /** Variance between inputs, the mean over outputs. */
  readonly between: number;
  /** Mean over outputs of the squared distance of the mean output from the optimum. */
  readonly offset: number;
}

/** Rows that the loss without association is averaged over, at most: it costs rows times distinct labels. */
const mostRows = 512;

export function lossParts(sample: Sample): LossParts {
  const { bound, rows, outputs, optimum, width } = sample;
  const { values, weights } = rowLosses(sample, outputs);
  const measured = sum(values) / sum(weights);
  const residual = sum(values.map((value, i) => (value - measured * weights[i]) ** 2));
  const step = Math.max(1, Math.floor(rows / mostRows));
  const some = Array.from({ length: Math.ceil(rows / step) }, (_, i) => i * step);
  return {
    expected: bound.expectedLoss(optimum),
    atZero: bound.expectedLoss(new Float64Array(width)),
    atMean: bound.expectedLoss(meanOutput(sample)),
    independent: sum(some.map((i) => bound.expectedLoss(rowOf(sample, outputs, i)))) / some.length,
    measured,
    standardError: Math.sqrt(residual) / sum(weights),
  };
}

export const meanOutput = ({ width, outputs }: Sample): number[] => meanRow(outputs, width);

export function outputSpread(sample: Sample): OutputSpread {
  const { rows, width, outputs, units, optimum, shiftless } = sample;
  const centred = (values: ArrayLike<number>) => {
    const shift = shiftless ? sum(values) / values.length : 0;
    return Array.from(values, (z) => z - shift);
  };
  const mean = centred(meanOutput(sample));
  const target = centred(optimum);
  let between = 0;
  for (let i = 0; i < rows; i++) {
    const row = centred(rowOf(sample, outputs, i));
    for (let k = 0; k < width; k++) between += ((row[k] - mean[k]) / units[k]) ** 2;
  }
  return {
    mean,
    between: between / (rows * width),
    offset: sum(mean.map((z, k) => ((z - target[k]) / units[k]) ** 2)) / width,
  };
}
