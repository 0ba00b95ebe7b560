import type { TensorData } from "../graph/tensor.ts";
import { type BoundHead, cellOutput } from "../heads/bind.ts";
import { sum } from "../math/sum.ts";
import type { LabelledRows, TrainingLoss } from "../runtime/trainingLoss.ts";
import { errors, rankingMeasures, yesNoMeasures } from "./predictionMeasures.ts";
import type { Evaluation } from "./record.ts";

/** The loss of each row, from outputs (rows, K) plus a bias of K numbers; in float64. */
export function rowLosses(
  { head, cellOptions, width, outputs: size, options }: BoundHead,
  outputs: Float32Array,
  { labelsOf }: LabelledRows,
  bias: readonly number[],
): Float64Array {
  const output = new Float64Array(size);
  const columns = cellOptions.length;
  return Float64Array.from({ length: outputs.length / size }, (_, row) => {
    for (let k = 0; k < size; k++) output[k] = outputs[row * size + k] + bias[k];
    const labels = labelsOf(row);
    if (columns === 1) return head.loss!(output, labels[0], cellOptions[0]);
    const losses = labels.map((label, j) =>
      head.loss!(cellOutput({ width }, output, j), label, cellOptions[j]),
    );
    return sum(losses) / (options.columns === "sum" ? 1 : columns);
  });
}

/** Labelled rows with their outputs, (rows, K). */
export interface LabelledOutputs {
  readonly outputs: Float32Array;
  readonly labels: TensorData;
  readonly weights?: ArrayLike<number>;
}

/**
 * How well outputs predict the labels: the loss as training reduces it, and the measures that the loss allows.
 *
 * @param frequencies of the classes to evaluate for: each class counts as often as given here; by default as often as in
 *   the labels. A class with a frequency above 0 must have rows.
 */
export function evaluateOutputs(
  loss: TrainingLoss,
  { outputs, labels, weights }: LabelledOutputs,
  frequencies?: readonly number[],
): Evaluation {
  const { bound } = loss;
  const rows = loss.over(labels, weights);
  const losses = rowLosses(bound, outputs, rows, new Array(bound.outputs).fill(0));
  if (
    loss.graph.labelSize === 1 &&
    bound.head.reads === "classes" &&
    bound.head.family === "classification"
  ) {
    return evaluateClasses(bound, outputs, losses, rows, frequencies);
  }
  const counted = [...losses.keys()].filter((row) => rows.weightOf(row) > 0);
  return {
    loss: sum(counted.map((row) => rows.weightOf(row) * losses[row])) / sum(counted.map(rows.divisorOf)),
    ...(bound.head.reads === "binary" && yesNoMeasures(bound, outputs, rows, counted)),
    ...(bound.head.reads === "numbers" && errors(bound, outputs, losses, rows, counted)),
  };
}

/** Several outputs as one: their losses are added, each times its weight. */
export function joinedEvaluation(
  parts: readonly { readonly name?: string; readonly lossWeight: number; readonly evaluation: Evaluation }[],
): Evaluation {
  if (parts.length === 1) return parts[0].evaluation;
  return {
    loss: sum(parts.map(({ lossWeight, evaluation }) => lossWeight * evaluation.loss)),
    outputs: Object.fromEntries(parts.map(({ name, evaluation }) => [name!, evaluation])),
  };
}

function evaluateClasses(
  { outputs: classes }: BoundHead,
  outputs: Float32Array,
  losses: Float64Array,
  rows: LabelledRows,
  frequencies: readonly number[] | undefined,
): Evaluation {
  const [weights, hits, loss, divisors] = Array.from({ length: 4 }, () => new Float64Array(classes));
  for (let row = 0; row < losses.length; row++) {
    const weight = rows.weightOf(row);
    if (weight === 0) continue;
    const label = rows.labelsOf(row)[0] as number;
    weights[label] += weight;
    divisors[label] += rows.divisorOf(row);
    loss[label] += weight * losses[row];
    hits[label] += weight * Number(argMax(outputs, row * classes, classes) === label);
  }
  const present = [...weights.keys()].filter((k) => weights[k] > 0);
  const total = sum(weights);
  const shareOf = (k: number) => frequencies?.[k] ?? weights[k] / total;
  const recall = Array.from(hits, (count, k) => (weights[k] > 0 ? count / weights[k] : Number.NaN));
  // With class weights a row's divisor is not its weight.
  const scale = sum(present.map((k) => (shareOf(k) * divisors[k]) / weights[k]));
  const isWeighted = present.some((k) => divisors[k] !== weights[k]);
  return {
    loss: sum(present.map((k) => (shareOf(k) * loss[k]) / weights[k])) / (isWeighted ? scale : 1),
    accuracy: sum(present.map((k) => shareOf(k) * recall[k])),
    balancedAccuracy: sum(present.map((k) => recall[k])) / present.length,
    recall,
    ...(classes === 2 && yesNoRanking(outputs, rows, losses.length)),
  };
}

/** Ranking by the difference of two classes' outputs. */
function yesNoRanking(outputs: Float32Array, rows: LabelledRows, count: number) {
  const all = Array.from({ length: count }, (_, row) => row).filter((row) => rows.weightOf(row) > 0);
  return rankingMeasures(
    all.map((row) => outputs[2 * row + 1] - outputs[2 * row]),
    all.map((row) => rows.labelsOf(row)[0] as number),
    all.map(rows.weightOf),
  );
}

/** Position (from 0) of the largest of `count` numbers that begin at `start`; of equal numbers the first. */
function argMax(values: ArrayLike<number>, start: number, count: number): number {
  let best = 0;
  for (let k = 1; k < count; k++) if (values[start + k] > values[start + best]) best = k;
  return best;
}
