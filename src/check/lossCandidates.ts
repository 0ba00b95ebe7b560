import { bind } from "../heads/bind.ts";
import { sum } from "../math/sum.ts";
import type { CauseName } from "./cause.ts";
import { type LossMistake, lossMistakes, smoothingMistakes } from "./lossMistakes.ts";
import { leaveOut, lossReductions } from "./lossReductions.ts";
import { rowLosses } from "./rowLosses.ts";
import { rowOf, type Sample } from "./sample.ts";

/** A number that a program reports by mistake, computed from the rows. */
export interface LossCandidate {
  readonly cause: CauseName;
  readonly equals: string;
  readonly value: number;
  /** How to fix it, in one line. */
  readonly fix: string;
}

/**
 * What a program may report instead of the stated loss, in the order of how much each assumes. The mistakes are those of
 * lossReductions.ts and lossMistakes.ts, which explainLoss.ts reads as well; here their values are computed from the rows.
 *
 * @param mean mean loss of the rows
 * @param stated the loss by the stated reduction
 * @param accumulate micro-batches per step, if known
 */
export function lossCandidates(
  sample: Sample,
  mean: number,
  stated: number,
  accumulate: number | undefined,
): LossCandidate[] {
  return [
    {
      cause: "wrong sign",
      equals: "minus the loss",
      value: -stated,
      fix: "minimise the loss, not its negative: drop the minus sign (or maximise the log-likelihood)",
    },
    ...reductionCandidates(sample, mean, accumulate),
    ...paddingCandidates(sample, mean),
    ...smoothingCandidates(sample),
    ...lossMistakes(sample.head, sample.link).map(({ loss, ...mistake }) => ({
      ...mistake,
      value: meanOverRows(sample, loss),
    })),
    ...rootCandidates(sample),
  ];
}

/** The mean times or over something: rows, outputs, columns, inputs, micro-batches. */
function reductionCandidates(sample: Sample, mean: number, accumulate: number | undefined): LossCandidate[] {
  const { rows, width, bound, inputOf } = sample;
  const inputs = new Set(Array.from(inputOf)).size;
  const reductions = lossReductions({
    rows,
    placesPerInput: rows / inputs,
    outputs: width,
    columns: bound.columns.length,
    accumulate,
  });
  const asTheMean = { factor: 1, equals: "the mean over rows", fix: reductions[0].fix };
  return [...reductions, asTheMean].map(({ factor, equals, fix }) => ({
    cause: "wrong reduction",
    equals,
    fix,
    value: mean * factor,
  }));
}

/** Rows that should be left out: in the divisor alone, or with a loss of their own. */
function paddingCandidates(sample: Sample, mean: number): LossCandidate[] {
  const { ignored, rows, width, bound, head } = sample;
  if (ignored === undefined) return [];
  const all = rows + ignored.rows;
  const [divisor] = lossReductions({ leftOut: ignored.rows / all }).filter(
    ({ name }) => name === "padding in the divisor",
  );
  const found: LossCandidate[] = [
    { cause: "padding counted", equals: divisor.equals, value: mean * divisor.factor, fix: leaveOut },
  ];
  const isClass = head.reads === "classes" && ignored.label >= 0 && ignored.label < width;
  if (!isClass || sample.given !== "outputs") return found;
  const labels = new Array<number>(ignored.rows).fill(ignored.label);
  const { values } = rowLosses({ head, bound, rows: ignored.rows, labels, width }, ignored.values);
  found.push({
    cause: "padding counted",
    equals: `the mean over all ${all} rows, the ${ignored.rows} with label ${ignored.label} included`,
    value: (mean * rows + sum(values)) / all,
    fix: leaveOut,
  });
  return found;
}

const smoothingCandidates = (sample: Sample): LossCandidate[] =>
  smoothingMistakes(sample.head, sample.options).map(({ options, ...mistake }) => {
    const bound = bind(sample.head, sample.summary, options);
    const { values, weights } = rowLosses({ ...sample, bound }, sample.outputs);
    return { ...mistake, value: sum(values) / sum(weights) };
  });

/** The root of the mean squared error: the one mistake that is no mean over rows. */
function rootCandidates(sample: Sample): LossCandidate[] {
  if (sample.head.family !== "regression") return [];
  const squared = meanOverRows(sample, (z, y) =>
    y.length === z.length ? sum(Array.from(z, (v, k) => (v - y[k]) ** 2)) / z.length : Number.NaN,
  );
  return [
    {
      cause: "wrong loss",
      equals: "the root of the mean squared error",
      value: Math.sqrt(squared),
      fix: `use ${sample.head.name} as the loss, or check against the one that you use (--loss)`,
    },
  ];
}

/** NaN where labels are not numbers: distributions over classes, times with events. */
function meanOverRows(sample: Sample, loss: LossMistake["loss"]): number {
  const { rows, outputs, labels } = sample;
  const perRow = labels.length / rows;
  if (typeof labels[0] !== "number" || !Number.isInteger(perRow)) return Number.NaN;
  let total = 0;
  for (let i = 0; i < rows; i++) {
    const own = Array.from({ length: perRow }, (_, j) => labels[i * perRow + j] as number);
    total += loss(rowOf(sample, outputs, i), own) / rows;
  }
  return total;
}
