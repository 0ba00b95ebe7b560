import { bind, rowLoss } from "../heads/bind.ts";
import { findHead } from "../heads/index.ts";
import { sigmoidLink, softmaxLink } from "../heads/links.ts";
import { log1pExp } from "../math/log1pExp.ts";
import { sigmoid } from "../math/logit.ts";
import { softmax } from "../math/logSumExp.ts";
import { sum } from "../math/sum.ts";
import type { CauseName } from "./cause.ts";
import { clip, rowLosses, rowOf, type Sample } from "./sample.ts";

/** A number that a program reports by mistake, computed from the rows. */
export interface LossCandidate {
  readonly cause: CauseName;
  readonly equals: string;
  readonly value: number;
  /** How to fix it, in one line. */
  readonly fix: string;
}

/**
 * What a program may report instead of the stated loss, in the order of how much each assumes.
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
  const { head, link } = sample;
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
    ...(link === softmaxLink ? softmaxCandidates(sample) : []),
    ...(head.reads === "binary" && link === sigmoidLink ? sigmoidCandidates(sample) : []),
    ...(head.family === "regression" ? regressionCandidates(sample) : []),
  ];
}

/** Numbers of micro-batches that are tried where none is told. */
const usualAccumulations = [2, 4, 8, 16, 32, 64];

/** The mean times or over something: rows, outputs, columns, inputs, micro-batches. */
function reductionCandidates(
  { rows, width, bound, inputOf }: Sample,
  mean: number,
  accumulate: number | undefined,
): LossCandidate[] {
  const columns = bound.columns.length;
  const inputs = new Set(Array.from(inputOf)).size;
  const mended = "divide the loss by the number of rows (reduction: mean), or scale the learning rate";
  const steps =
    "divide the loss of each micro-batch by their number, so that their gradients add up to the mean's";
  const known: [number, string, string][] = [
    [mean * rows, `the sum over the ${rows} rows`, mended],
    [mean, "the mean over rows", mended],
    [mean / width, `the mean divided by the ${width} outputs as well`, mended],
    [mean / rows, "the mean divided by the rows once more", mended],
    [mean * columns, `the sum over the ${columns} columns`, mended],
    [mean / columns, `the mean over the ${columns} columns`, mended],
    [mean / Math.LN2, "the mean in bits (logarithms to base 2)", mended],
  ];
  if (inputs < rows) {
    known.unshift([
      (mean * rows) / inputs,
      `the sum over the ${significantRatio(rows / inputs)} labelled places of an input, averaged over the ${inputs} inputs`,
      "divide by the number of places (tokens, pixels), not of inputs",
    ]);
  }
  const accumulations = accumulate === undefined ? usualAccumulations : [accumulate];
  for (const n of accumulations) {
    const untold = accumulate === undefined ? ` (if it adds up ${n} micro-batches; --accumulate tells)` : "";
    known.push([mean * n, `${n} times the mean: not divided by ${n} micro-batches${untold}`, steps]);
    known.push([mean / n, `the mean divided by ${n}: divided by ${n} micro-batches twice${untold}`, steps]);
  }
  return known.map(([value, equals, fix]) => ({ cause: "wrong reduction", equals, value, fix }));
}

const significantRatio = (ratio: number) => Number(ratio.toPrecision(3));

/** Rows that should be left out: in the divisor alone, or with a loss of their own. */
function paddingCandidates(sample: Sample, mean: number): LossCandidate[] {
  const { ignored, rows, width, bound, head } = sample;
  if (ignored === undefined) return [];
  const fix = `leave rows with label ${ignored.label} out of the loss and of what it is divided by (ignore_index, or a mask)`;
  const all = rows + ignored.rows;
  const found: LossCandidate[] = [
    {
      cause: "padding counted",
      equals: `the sum over the ${rows} rows divided by all ${all}, the ${ignored.rows} ignored ones included`,
      value: (mean * rows) / all,
      fix,
    },
  ];
  const isClass = head.reads === "classes" && ignored.label >= 0 && ignored.label < width;
  if (!isClass || sample.given !== "outputs") return found;
  const labels = new Array<number>(ignored.rows).fill(ignored.label);
  const { values } = rowLosses({ head, bound, rows: ignored.rows, labels, width }, ignored.values);
  found.push({
    cause: "padding counted",
    equals: `the mean over all ${all} rows, the ${ignored.rows} with label ${ignored.label} included`,
    value: (mean * rows + sum(values)) / all,
    fix,
  });
  return found;
}

/** Amounts of label smoothing that are tried beside the stated one. */
const usualSmoothing = [0, 0.1, 0.05, 0.2, 0.15];

function smoothingCandidates(sample: Sample): LossCandidate[] {
  const { head, summary, options, rows } = sample;
  if (!("labelSmoothing" in head.options)) return [];
  const stated = Number(options.labelSmoothing ?? 0);
  return usualSmoothing
    .filter((amount) => amount !== stated)
    .map((amount) => {
      const bound = bind(head, summary, { ...options, labelSmoothing: amount });
      const { values, weights } = rowLosses({ ...sample, bound, rows }, sample.outputs);
      return {
        cause: "label smoothing differs",
        equals: `the loss with label smoothing ${amount}, where the check was told ${stated}`,
        value: sum(values) / sum(weights),
        fix:
          amount === 0
            ? "pass the label smoothing to the program's loss, or leave out --label-smoothing"
            : `give --label-smoothing ${amount} if it is intended, or remove it from the program's loss`,
      };
    });
}

const twice =
  "pass raw outputs to the loss: remove the activation of the last layer, or set from_logits=False";
const missing = "apply the activation before the loss, or set from_logits=True";

/** The loss of one row from its probabilities p, outputs z and class y. */
type RowFunction = (p: readonly number[], z: Float64Array, y: number) => number;

const squaredDistance = (values: ArrayLike<number>, y: number) =>
  Array.from(values).reduce((total, value, k) => total + (value - +(k === y)) ** 2, 0);

/** Losses that a softmax head's outputs may have been given to by mistake. */
const softmaxMistakes: readonly (readonly [CauseName, equals: string, RowFunction, fix?: string])[] = [
  [
    "softmax applied twice",
    "the loss with softmax applied once more",
    (p, _, y) => -Math.log(softmax(p)[y]),
    twice,
  ],
  [
    "softmax missing",
    "the loss with the raw outputs taken for probabilities",
    (_, z, y) => -Math.log(clip(z[y] / z.reduce((a, b) => a + b, 0))),
    missing,
  ],
  [
    "softmax missing",
    "the loss with the raw outputs taken for log-probabilities",
    (_, z, y) => -z[y],
    missing,
  ],
  ["wrong loss", "the squared error of the probabilities", (p, _, y) => squaredDistance(p, y) / p.length],
  [
    "wrong loss",
    "the squared error of the probabilities, summed over classes",
    (p, _, y) => squaredDistance(p, y),
  ],
  ["wrong loss", "the squared error of the raw outputs", (_, z, y) => squaredDistance(z, y) / z.length],
  ["wrong loss", "the absolute error of the probabilities", (p, _, y) => (2 * (1 - p[y])) / p.length],
  [
    "wrong loss",
    "the binary cross-entropy of the probabilities",
    (p, _, y) => -p.reduce((t, v, j) => t + Math.log(clip(j === y ? v : 1 - v)), 0) / p.length,
  ],
  [
    "wrong link",
    "the binary cross-entropy of sigmoids of the outputs",
    (_, z, y) => z.reduce((t, v, j) => t + log1pExp(j === y ? -v : v), 0) / z.length,
  ],
];

const softmaxCandidates = (sample: Sample): LossCandidate[] =>
  softmaxMistakes.map(([cause, equals, loss, fix]) => ({
    cause,
    equals,
    value: meanOverRows(sample, loss),
    fix: fix ?? `use ${sample.head.name} cross-entropy on the raw outputs`,
  }));

function sigmoidCandidates(sample: Sample): LossCandidate[] {
  const own = "use binary cross-entropy on the raw outputs";
  const cells = (f: (z: number, y: number) => number) => meanOverCells(sample, f);
  const bce = (p: number, y: number) => -y * Math.log(clip(p)) - (1 - y) * Math.log(clip(1 - p));
  return [
    {
      cause: "sigmoid applied twice",
      equals: "the loss with sigmoid applied once more",
      value: cells((z, y) => bce(sigmoid(sigmoid(z)), y)),
      fix: twice,
    },
    {
      cause: "sigmoid missing",
      equals: "the loss with the raw outputs taken for probabilities",
      value: cells((z, y) => bce(z, y)),
      fix: missing,
    },
    {
      cause: "wrong loss",
      equals: "the squared error of the probabilities",
      value: cells((z, y) => (sigmoid(z) - y) ** 2),
      fix: own,
    },
    {
      cause: "wrong loss",
      equals: "the squared error of the raw outputs",
      value: cells((z, y) => (z - y) ** 2),
      fix: own,
    },
  ];
}

function regressionCandidates(sample: Sample): LossCandidate[] {
  const { head } = sample;
  const fix = `use ${head.name} as the loss, or check against the one that you use (--loss)`;
  const others = ["squared-error", "absolute-error", "huber", "log-cosh", "mape", "msle"].filter(
    (name) => name !== head.name,
  );
  const known = others.map((name) => ({ name, head: findHead(name).head }));
  const found: LossCandidate[] = known.map(({ name, head: other }) => ({
    cause: "wrong loss",
    equals: `the loss ${name}`,
    value: meanOverCells(sample, (z, y) => {
      return y > other.domain.low && y < other.domain.high ? rowLoss(other, [z], y) : Number.NaN;
    }),
    fix,
  }));
  const squared = meanOverCells(sample, (z, y) => (z - y) ** 2);
  return [
    ...found,
    { cause: "wrong loss", equals: "half the squared error", value: squared / 2, fix },
    { cause: "wrong loss", equals: "the root of the mean squared error", value: Math.sqrt(squared), fix },
  ];
}

function meanOverRows({ rows, outputs, labels, width }: Sample, f: RowFunction): number {
  let total = 0;
  for (let i = 0; i < rows; i++) {
    const z = rowOf({ width }, outputs, i);
    total += typeof labels[i] === "number" ? f(softmax(z), z, labels[i] as number) / rows : Number.NaN;
  }
  return total;
}

function meanOverCells({ outputs, labels }: Sample, f: (z: number, y: number) => number): number {
  if (labels.length !== outputs.length) return Number.NaN;
  return outputs.reduce((total, z, i) => total + f(z, labels[i] as number) / outputs.length, 0);
}
