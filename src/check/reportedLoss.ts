import { rowLoss } from "../heads/bind.ts";
import { findHead } from "../heads/index.ts";
import { sigmoidLink, softmaxLink } from "../heads/links.ts";
import { log1pExp } from "../math/log1pExp.ts";
import { sigmoid } from "../math/logit.ts";
import { softmax } from "../math/logSumExp.ts";
import type { CauseName } from "./cause.ts";
import type { LossParts } from "./lossParts.ts";
import { clip, rowOf, type Sample } from "./sample.ts";

/** What the loss reported by a program turns out to be, if it is not the stated one. */
export interface ReportedVerdict {
  readonly cause: CauseName;
  /** What equals the reported number, in words; undefined if nothing known does. */
  readonly equals?: string;
  /** How to fix it, in one line. */
  readonly fix: string;
}

interface Candidate {
  readonly cause: CauseName;
  readonly equals: string;
  readonly value: number;
  readonly fix: string;
}

/** Whether two numbers agree to half a percent or to the third decimal. */
const alike = (a: number, b: number) => Math.abs(a - b) <= Math.max(0.005 * Math.abs(b), 0.001);

/**
 * Whether the loss that a program reports for these rows is the stated one; if not, which mistake gives that number.
 * Each candidate is computed from the rows; if several fit, the nearest is taken.
 */
export function reportedVerdict(
  sample: Sample,
  parts: LossParts,
  reported: number,
  reduction: "mean" | "sum",
): ReportedVerdict | undefined {
  const stated = reduction === "sum" ? parts.measured * sample.rows : parts.measured;
  if (alike(reported, stated)) return undefined;
  const fitting = candidates(sample, parts.measured, stated)
    .filter(({ value }) => alike(reported, value))
    .sort((a, b) => Math.abs(reported - a.value) - Math.abs(reported - b.value));
  if (fitting.length > 0) return fitting[0];
  // Rows, or dropout, may have been others: only what lies far beyond chance is a finding.
  if (Math.abs(reported - stated) <= 6 * parts.standardError * (stated / parts.measured)) return undefined;
  return {
    cause: "wrong loss",
    fix: `compare the loss in your program with ${sample.head.name}, its options and its reduction`,
  };
}

function candidates(sample: Sample, mean: number, stated: number): Candidate[] {
  const { rows, width, bound, head, link } = sample;
  const columns = bound.columns.length;
  const reductionFix = "divide the loss by the number of rows (reduction: mean), or scale the learning rate";
  const reductions: [number, string][] = [
    [mean * rows, `the sum over the ${rows} rows`],
    [mean, "the mean over rows"],
    [mean / width, `the mean divided by the ${width} outputs as well`],
    [mean / rows, "the mean divided by the rows once more"],
    [mean * columns, `the sum over the ${columns} columns`],
    [mean / columns, `the mean over the ${columns} columns`],
    [mean / Math.LN2, "the mean in bits (logarithms to base 2)"],
  ];
  return [
    {
      cause: "wrong sign",
      equals: "minus the loss",
      value: -stated,
      fix: "minimise the loss, not its negative: drop the minus sign (or maximise the log-likelihood)",
    },
    ...reductions.map(([value, equals]) => ({
      cause: "wrong reduction" as const,
      equals,
      value,
      fix: reductionFix,
    })),
    ...(link === softmaxLink ? softmaxCandidates(sample) : []),
    ...(head.reads === "binary" && link === sigmoidLink ? sigmoidCandidates(sample) : []),
    ...(head.family === "regression" ? regressionCandidates(sample) : []),
  ];
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

const softmaxCandidates = (sample: Sample): Candidate[] =>
  softmaxMistakes.map(([cause, equals, loss, fix]) => ({
    cause,
    equals,
    value: meanOverRows(sample, loss),
    fix: fix ?? `use ${sample.head.name} cross-entropy on the raw outputs`,
  }));

function sigmoidCandidates(sample: Sample): Candidate[] {
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

function regressionCandidates(sample: Sample): Candidate[] {
  const { head } = sample;
  const fix = `use ${head.name} as the loss, or check against the one that you use (--loss)`;
  const others = ["squared-error", "absolute-error", "huber", "log-cosh", "mape", "msle"].filter(
    (name) => name !== head.name,
  );
  const known = others.map((name) => ({ name, head: findHead(name).head }));
  const found: Candidate[] = known.map(({ name, head: other }) => ({
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
