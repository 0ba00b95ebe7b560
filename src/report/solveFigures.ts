import { bind } from "../heads/bind.ts";
import { linkOf } from "../heads/head.ts";
import { findHead } from "../heads/index.ts";
import type { Options } from "../heads/options.ts";
import type { Solution } from "../heads/solve.ts";
import type { LabelSummary } from "../labels/summary.ts";
import type { LabelDistributionData } from "../plot/figures/labelDistribution.ts";
import type { LabelFrequenciesData } from "../plot/figures/labelFrequencies.ts";
import type { LossByBiasData } from "../plot/figures/lossByBias.ts";

/** What the figures of a solution show, as plain data: drawing is another step, in Node or in a page. */
export interface SolveFigures {
  readonly loss: LossByBiasData;
  /** Shares of classes or of yes, where there is a prediction for each. */
  readonly frequencies?: LabelFrequenciesData;
  /** The distribution of labels that are numbers (of the first column). */
  readonly distribution?: LabelDistributionData;
}

/** Largest number of classes in the figure of frequencies; the rarest are left out. */
const maxRows = 40;

/** The data of a solution's figures: the labels with the first predictions, and the loss against the bias. */
export function solveFigures(
  loss: string,
  labels: LabelSummary | undefined,
  options: Options,
  solution: Solution,
): SolveFigures {
  const found = findHead(loss);
  const { head, columns, cellOptions, width, expectedLoss } = bind(found.head, labels, {
    ...found.options,
    ...options,
  });
  const zero = columns.flatMap((_, j) => linkOf(head, cellOptions[j]).apply(new Float64Array(width)));
  return {
    loss: lossData(expectedLoss, solution),
    frequencies: frequencyData(labels, solution, zero),
    distribution: distributionData(labels, solution, zero),
  };
}

function lossData(
  at: (output: ArrayLike<number>) => number,
  { bias, expectedLoss, lossAtZero, head }: Solution,
): LossByBiasData {
  const points = Array.from({ length: 161 }, (_, i) => -0.5 + i / 64).map((position) => ({
    position,
    loss: at(bias.map((b) => position * b)),
  }));
  const single = bias.length === 1 && bias[0] !== 0 ? { bias: bias[0] } : {};
  return { points, lossAtZero: lossAtZero!, lossAtBias: expectedLoss!, loss: head, ...single };
}

function distributionData(
  labels: LabelSummary | undefined,
  { prediction }: Solution,
  zero: readonly number[],
): LabelDistributionData | undefined {
  if (labels?.kind !== "numbers" || labels.columns.length !== prediction.length) return undefined;
  const [{ values, weights }] = labels.columns;
  return {
    values,
    weights,
    atZero: zero[0],
    atBias: prediction[0],
    name: labels.names?.[0] ?? "label",
  };
}

function frequencyData(
  labels: LabelSummary | undefined,
  { prediction }: Solution,
  zero: readonly number[],
): LabelFrequenciesData | undefined {
  const frequencies = frequenciesOf(labels);
  if (frequencies === undefined || frequencies.length !== prediction.length) return undefined;
  const rows = frequencies.map((row, i) => ({ ...row, atZero: zero[i], atBias: prediction[i] }));
  const kept = rows.length > maxRows ? rows.sort((a, b) => b.share - a.share).slice(0, maxRows) : rows;
  return { rows: kept, leftOut: rows.length - kept.length };
}

function frequenciesOf(labels: LabelSummary | undefined): { name: string; share: number }[] | undefined {
  if (labels?.kind === "classes") {
    const total = labels.counts.reduce((a, b) => a + b, 0);
    return Array.from(labels.counts, (count, k) => ({
      name: labels.names?.[k] ?? String(k),
      share: count / total,
    }));
  }
  if (labels?.kind !== "binary") return undefined;
  return Array.from(labels.positives, (yes, j) => ({
    name: labels.names?.[j] ?? `column ${j}`,
    share: yes / labels.totals[j],
  }));
}
