import { parse } from "node:path";
import { InputError } from "../errors.ts";
import { writeWhole } from "../files/writeWhole.ts";
import { bind } from "../heads/bind.ts";
import { linkOf } from "../heads/head.ts";
import { findHead } from "../heads/index.ts";
import type { Options } from "../heads/options.ts";
import type { Solution } from "../heads/solve.ts";
import type { LabelSummary } from "../labels/summary.ts";
import { drawFigure } from "../plot/drawFigure.ts";
import { type LabelDistributionData, labelDistribution } from "../plot/figures/labelDistribution.ts";
import { type LabelFrequenciesData, labelFrequencies } from "../plot/figures/labelFrequencies.ts";
import { type LossByBiasData, lossByBias } from "../plot/figures/lossByBias.ts";
import { svgToPng } from "../plot/svgToPng.ts";

/** Largest number of classes in the figure of frequencies; the rarest are left out. */
const maxRows = 40;

/** Writes the figures of a solution beside each other, `solve.svg` as `solve-labels.svg` and `solve-loss.svg` (or .png). */
export async function writePlots(
  path: string,
  loss: string,
  labels: LabelSummary | undefined,
  options: Options,
  solution: Solution,
): Promise<string[]> {
  const { dir, name, ext } = parse(path);
  if (ext !== ".svg" && ext !== ".png")
    throw new InputError(`invalid --plot: ${path}; its name ends in .svg or .png`);
  if (solution.kind === "none")
    throw new InputError(`nothing to plot for ${solution.head}: ${solution.reason}`);
  const zero = predictionAtZero(loss, labels, options);
  const figures = {
    labels: await drawLabels(labels, solution, zero),
    loss: await drawFigure(lossByBias, lossData(loss, labels, options, solution)),
  };
  const written: string[] = [];
  for (const [what, svg] of Object.entries(figures)) {
    if (svg === undefined) continue;
    const file = `${dir ? `${dir}/` : ""}${name}-${what}${ext}`;
    await writeWhole(file, ext === ".svg" ? svg : await svgToPng(svg));
    written.push(file);
  }
  return written;
}

function predictionAtZero(loss: string, labels: LabelSummary | undefined, options: Options): number[] {
  const found = findHead(loss);
  const { head, columns, cellOptions, width } = bind(found.head, labels, { ...found.options, ...options });
  return columns.flatMap((_, j) => linkOf(head, cellOptions[j]).apply(new Float64Array(width)));
}

function lossData(
  loss: string,
  labels: LabelSummary | undefined,
  options: Options,
  { bias, expectedLoss, lossAtZero, head }: Solution,
): LossByBiasData {
  const found = findHead(loss);
  const bound = bind(found.head, labels, { ...found.options, ...options });
  const at = (position: number) => bound.expectedLoss(bias.map((b) => position * b));
  const points = Array.from({ length: 161 }, (_, i) => -0.5 + i / 64).map((position) => ({
    position,
    loss: at(position),
  }));
  const single = bias.length === 1 && bias[0] !== 0 ? { bias: bias[0] } : {};
  return { points, lossAtZero: lossAtZero!, lossAtBias: expectedLoss!, loss: head, ...single };
}

/** The labels with the first predictions; undefined where there is no prediction for each class or column. */
async function drawLabels(
  labels: LabelSummary | undefined,
  { prediction }: Solution,
  zero: readonly number[],
): Promise<string | undefined> {
  if (labels?.kind === "numbers" && labels.columns.length === prediction.length) {
    const [{ values, weights }] = labels.columns;
    const data: LabelDistributionData = {
      values,
      weights,
      atZero: zero[0],
      atBias: prediction[0],
      name: labels.names?.[0] ?? "label",
    };
    return drawFigure(labelDistribution, data);
  }
  const frequencies = frequenciesOf(labels);
  if (frequencies === undefined || frequencies.length !== prediction.length) return undefined;
  const rows = frequencies.map((row, i) => ({ ...row, atZero: zero[i], atBias: prediction[i] }));
  const kept = rows.length > maxRows ? rows.sort((a, b) => b.share - a.share).slice(0, maxRows) : rows;
  const data: LabelFrequenciesData = { rows: kept, leftOut: rows.length - kept.length };
  return drawFigure(labelFrequencies, data);
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
