import { logSumExp } from "../math/logSumExp.ts";
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

/**
 * The rows' losses log Σ exp z − z_y, and their mean with labels drawn independently of the outputs, log Σ exp z − Σ pₖ zₖ:
 * what `rowLosses` and `expectedLoss` give, in one pass of O(N K).
 */
export function plainSoftmaxLosses(sample: Sample): { values: Float64Array; independent: number } {
  const { rows, outputs, labels, bound } = sample;
  const { weights, weight } = bound.columns[0];
  const values = new Float64Array(rows);
  let independent = 0;
  for (let i = 0; i < rows; i++) {
    const row = rowOf(sample, outputs, i);
    const norm = logSumExp(row);
    let mean = 0;
    for (let k = 0; k < row.length; k++) mean += weights[k] * row[k];
    values[i] = norm - row[labels[i] as number];
    independent += (norm - mean / weight) / rows;
  }
  return { values, independent };
}
