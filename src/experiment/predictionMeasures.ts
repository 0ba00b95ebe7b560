import { type BoundHead, cellOutput } from "../heads/bind.ts";
import { linkOf } from "../heads/head.ts";
import { averagePrecision, rocAuc } from "../math/ranking.ts";
import { sum } from "../math/sum.ts";
import type { LabelledRows } from "../runtime/trainingLoss.ts";
import type { Evaluation } from "./record.ts";

/** Measures of yes/no predictions, each the mean over columns. `counted` are the rows with a weight above 0. */
export function yesNoMeasures(
  { outputs: columns }: BoundHead,
  outputs: Float32Array,
  rows: LabelledRows,
  counted: readonly number[],
): Partial<Evaluation> {
  const weights = counted.map(rows.weightOf);
  const perColumn = Array.from({ length: columns }, (_, j) => {
    const scores = counted.map((row) => outputs[row * columns + j]);
    const labels = counted.map((row) => rows.labelsOf(row)[j] as number);
    return { ...hitRates(scores, labels, weights), ...rankingMeasures(scores, labels, weights) };
  });
  const mean = (name: keyof (typeof perColumn)[number]) => sum(perColumn.map((of) => of[name])) / columns;
  return {
    accuracy: mean("accuracy"),
    balancedAccuracy: mean("balancedAccuracy"),
    rocAuc: mean("rocAuc"),
    averagePrecision: mean("averagePrecision"),
  };
}

/** How well scores rank the positives before the negatives. */
export const rankingMeasures = (
  scores: readonly number[],
  labels: readonly number[],
  weights: readonly number[],
) => ({
  rocAuc: rocAuc(scores, labels, weights),
  averagePrecision: averagePrecision(scores, labels, weights),
});

/** A label above one half is a yes, and a score above 0 predicts one. */
function hitRates(scores: readonly number[], labels: readonly number[], weights: readonly number[]) {
  const share = (wanted: (label: number) => boolean) => {
    const own = scores.map((_, i) => (wanted(labels[i]) ? weights[i] : 0));
    const hits = own.map((weight, i) => (scores[i] > 0 === labels[i] > 0.5 ? weight : 0));
    return sum(hits) / sum(own);
  };
  const recalls = [share((label) => label > 0.5), share((label) => label <= 0.5)].filter(Number.isFinite);
  return { accuracy: share(() => true), balancedAccuracy: sum(recalls) / recalls.length };
}

/** The smallest prediction at which a count loss of 0 is taken: its limit at 0 is finite, but not its link. */
const smallest = 1e-12;

/**
 * Errors of predicted numbers, in the labels' unit; for losses of one output per label. For counts also the mean deviance,
 * twice the loss minus that of predictions that are the labels (McCullagh and Nelder 1989, section 2.3).
 */
export function errors(
  bound: BoundHead,
  outputs: Float32Array,
  losses: Float64Array,
  rows: LabelledRows,
  counted: readonly number[],
): Partial<Evaluation> {
  const { head, cellOptions, outputs: columns, width } = bound;
  if (width !== 1 || (head.family !== "regression" && head.family !== "counts")) return {};
  const weights = counted.map(rows.weightOf);
  const mean = (of: (row: number) => number) =>
    sum(counted.map((row, i) => weights[i] * of(row))) / sum(weights);
  const differences = (row: number) =>
    rows.labelsOf(row).map((label, j) => {
      const output = cellOutput({ width }, outputs.subarray(row * columns, (row + 1) * columns), j);
      return linkOf(head, cellOptions[j]).apply(output)[0] - Number(label);
    });
  const lossOfLabels = (row: number) =>
    sum(
      rows.labelsOf(row).map((label, j) => {
        const perfect = linkOf(head, cellOptions[j]).inverse!([Math.max(Number(label), smallest)]);
        return head.loss!(perfect, label, cellOptions[j]);
      }),
    ) / (bound.options.columns === "sum" ? 1 : columns);
  return {
    absoluteError: mean((row) => sum(differences(row).map(Math.abs)) / columns),
    squaredError: mean((row) => sum(differences(row).map((d) => d * d)) / columns),
    ...(head.family === "counts" && { deviance: mean((row) => 2 * (losses[row] - lossOfLabels(row))) }),
  };
}
