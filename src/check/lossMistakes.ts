import { rowLoss } from "../heads/bind.ts";
import type { Head } from "../heads/head.ts";
import { findHead } from "../heads/index.ts";
import { type Link, sigmoidLink, softmaxLink } from "../heads/links.ts";
import type { Options } from "../heads/options.ts";
import { log1pExp } from "../math/log1pExp.ts";
import { sigmoid } from "../math/logit.ts";
import { softmax } from "../math/logSumExp.ts";
import { sum } from "../math/sum.ts";
import type { CauseName } from "./cause.ts";
import { clip } from "./sample.ts";

/** A loss that a program may compute in place of the stated one. */
export interface LossMistake {
  readonly cause: CauseName;
  /** What the program then computes, in words. */
  readonly equals: string;
  /** How to fix it, in one line. */
  readonly fix: string;
  /** It for one row, of raw outputs z and the row's labels: one class index, or one label per output. */
  loss(z: ArrayLike<number>, labels: ArrayLike<number>): number;
}

/** The mistakes that a head's outputs invite, in the order of how much each assumes. */
export function lossMistakes(head: Head, link: Link): readonly LossMistake[] {
  return [
    ...(link === softmaxLink ? softmaxMistakes(head) : []),
    ...(head.reads === "binary" && link === sigmoidLink ? sigmoidMistakes : []),
    ...(head.family === "regression" ? regressionMistakes(head) : []),
  ];
}

const twice =
  "pass raw outputs to the loss: remove the activation of the last layer, or set from_logits=False";
const missing = "apply the activation before the loss, or set from_logits=True";
const logOfSoftmax = "apply log_softmax before NLLLoss, or pass raw outputs to cross-entropy";

/** The loss of one row from its probabilities p, outputs z and class y. */
type RowFunction = (p: readonly number[], z: ArrayLike<number>, y: number) => number;

const squaredDistance = (values: ArrayLike<number>, y: number) =>
  Array.from(values).reduce((total, value, k) => total + (value - +(k === y)) ** 2, 0);

const softmaxRows: readonly (readonly [CauseName, equals: string, RowFunction, fix?: string])[] = [
  [
    "softmax applied twice",
    "the loss with softmax applied once more",
    (p, _, y) => -Math.log(softmax(p)[y]),
    twice,
  ],
  [
    "softmax missing",
    "the loss with the raw outputs taken for probabilities",
    (_, z, y) => -Math.log(clip(z[y] / sum(z))),
    missing,
  ],
  [
    "softmax missing",
    "the loss with the raw outputs taken for log-probabilities",
    (_, z, y) => -z[y],
    missing,
  ],
  ["wrong link", "the loss with probabilities taken for log-probabilities", (p, _, y) => -p[y], logOfSoftmax],
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
    (_, z, y) => Array.from(z).reduce((t, v, j) => t + log1pExp(j === y ? -v : v), 0) / z.length,
  ],
];

const softmaxMistakes = (head: Head): LossMistake[] =>
  softmaxRows.map(([cause, equals, row, fix]) => ({
    cause,
    equals,
    fix: fix ?? `use ${head.name} cross-entropy on the raw outputs`,
    loss: (z, [y]: ArrayLike<number> & Iterable<number>) => row(softmax(z), z, y),
  }));

/** The mean over a row's outputs of a loss of one output and its label. */
const meanOfCells =
  (of: (z: number, y: number) => number): LossMistake["loss"] =>
  (z, labels) =>
    labels.length === z.length
      ? Array.from(z).reduce((total, value, j) => total + of(value, labels[j]), 0) / z.length
      : Number.NaN;

const binaryCrossEntropy = (p: number, y: number) => -y * Math.log(clip(p)) - (1 - y) * Math.log(clip(1 - p));

const ownSigmoid = "use binary cross-entropy on the raw outputs";

const sigmoidMistakes: readonly LossMistake[] = [
  {
    cause: "sigmoid applied twice",
    equals: "the loss with sigmoid applied once more",
    loss: meanOfCells((z, y) => binaryCrossEntropy(sigmoid(sigmoid(z)), y)),
    fix: twice,
  },
  {
    cause: "sigmoid missing",
    equals: "the loss with the raw outputs taken for probabilities",
    loss: meanOfCells(binaryCrossEntropy),
    fix: missing,
  },
  {
    cause: "wrong loss",
    equals: "the squared error of the probabilities",
    loss: meanOfCells((z, y) => (sigmoid(z) - y) ** 2),
    fix: ownSigmoid,
  },
  {
    cause: "wrong loss",
    equals: "the squared error of the raw outputs",
    loss: meanOfCells((z, y) => (z - y) ** 2),
    fix: ownSigmoid,
  },
];

function regressionMistakes(head: Head): LossMistake[] {
  const fix = `use ${head.name} as the loss, or check against the one that you use (--loss)`;
  const others = ["squared-error", "absolute-error", "huber", "log-cosh", "mape", "msle"].filter(
    (name) => name !== head.name,
  );
  return [
    ...others.map((name) => ({
      cause: "wrong loss" as const,
      equals: `the loss ${name}`,
      fix,
      loss: inDomain(findHead(name).head),
    })),
    {
      cause: "wrong loss",
      equals: "half the squared error",
      fix,
      loss: meanOfCells((z, y) => (z - y) ** 2 / 2),
    },
  ];
}

const inDomain = (head: Head) =>
  meanOfCells((z, y) => (y > head.domain.low && y < head.domain.high ? rowLoss(head, [z], y) : Number.NaN));

/** The loss under another amount of label smoothing than the stated one. */
export interface SmoothingMistake extends Omit<LossMistake, "loss"> {
  readonly options: Options;
}

/** Amounts of label smoothing that are tried beside the stated one. */
const usualSmoothing = [0, 0.1, 0.05, 0.2, 0.15];

export function smoothingMistakes(head: Head, options: Options): SmoothingMistake[] {
  if (!("labelSmoothing" in head.options)) return [];
  const stated = Number(options.labelSmoothing ?? 0);
  return usualSmoothing
    .filter((amount) => amount !== stated)
    .map((amount) => ({
      cause: "label smoothing differs",
      equals: `the loss with label smoothing ${amount}, where ${stated} was stated`,
      fix:
        amount === 0
          ? "pass the label smoothing to the program's loss, or leave out --label-smoothing"
          : `give --label-smoothing ${amount} if it is intended, or remove it from the program's loss`,
      options: { ...options, labelSmoothing: amount },
    }));
}
