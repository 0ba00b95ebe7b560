import type { Label } from "../heads/head.ts";
import { softmax } from "../math/logSumExp.ts";
import { sum } from "../math/sum.ts";
import { rowOf, type Sample } from "./sample.ts";

/** Whether the loss is cross-entropy of class indices without weights or smoothing: of vocabularies, mostly. */
export const isPlainSoftmax = ({ head, bound, labels }: Sample) =>
  head.name === "softmax" &&
  bound.columns.length === 1 &&
  bound.options.reduction === "mean" &&
  !bound.columns[0].distributions &&
  bound.cellOptions[0].labelSmoothing === 0 &&
  (bound.cellOptions[0].classWeights as readonly number[]).length === 0 &&
  typeof labels[0] === "number";

/** What `rowLosses`, `expectedLoss` and the link give for all rows, in one pass of O(N K) with one exponential per output. */
export interface PlainSoftmax {
  /** The rows' losses, log Σ exp z − z_y. */
  readonly values: Float64Array;
  /** Their mean with labels drawn independently of the outputs, log Σ exp z − Σ pₖ zₖ. */
  readonly independent: number;
  /** The mean of the rows' probabilities. */
  readonly probabilities: readonly number[];
}

export function plainSoftmax(sample: Sample): PlainSoftmax {
  const { rows, width, outputs, labels, bound } = sample;
  const { weights, weight } = bound.columns[0];
  const values = new Float64Array(rows);
  const total = new Float64Array(width);
  const exponentials = new Float64Array(width);
  let independent = 0;
  for (let i = 0; i < rows; i++) {
    const row = rowOf(sample, outputs, i);
    let [max, mean, scale] = [-Infinity, 0, 0];
    for (let k = 0; k < width; k++) {
      if (row[k] > max) max = row[k];
      mean += weights[k] * row[k];
    }
    for (let k = 0; k < width; k++) {
      exponentials[k] = Math.exp(row[k] - max);
      scale += exponentials[k];
    }
    for (let k = 0; k < width; k++) total[k] += exponentials[k] / scale;
    const norm = max + Math.log(scale);
    values[i] = norm - row[labels[i] as number];
    independent += (norm - mean / weight) / rows;
  }
  return { values, independent, probabilities: Array.from(total, (p) => p / rows) };
}

/** The squared length of the gradient p − e_y of the loss at an output, for each label y: Σ p² − 2 p_y + 1. */
export function plainSlopeSquare(output: ArrayLike<number>): (label: Label) => number {
  const p = softmax(output);
  const squares = sum(p.map((v) => v * v));
  return (label) => squares - 2 * p[label as number] + 1;
}
