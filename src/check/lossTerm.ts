import type { Head } from "../heads/head.ts";
import type { Options } from "../heads/options.ts";
import type { LabelSummary } from "../labels/summary.ts";
import type { CauseName } from "./cause.ts";
import type { Shape } from "./lossDensity.ts";
import type { Reduction } from "./lossReductions.ts";

/** What is known of the program that reported a loss; anything may be left out. */
export interface LossFacts {
  /** A head, or a name of one: baserate's or a framework's. Default: the common losses are tried. */
  readonly head?: Head | string;
  /** The loss's options: `labelSmoothing`, `gamma`, `classWeights`. */
  readonly options?: Options;
  /** The training labels; `fromCounts([900, 100])` where only the counts are known. */
  readonly labels?: LabelSummary;
  /** Number of classes, or size of the vocabulary. */
  readonly classes?: number;
  /** Number of labels per row, each with its own loss. */
  readonly labelsPerRow?: number;
  /** Rows per batch. */
  readonly batchSize?: number;
  /** Micro-batches per step. */
  readonly accumulate?: number;
  readonly devices?: number;
  /** Number of labelled tokens or pixels per input. */
  readonly places?: number;
  /** Share of the rows that the loss should leave out (padding, ignored labels), between 0 and 1. */
  readonly leftOut?: number;
  /** Mean and variance of the targets of a regression. */
  readonly targetMean?: number;
  readonly targetVariance?: number;
}

export type ExplanationName =
  | "start at zero"
  | "start at the label frequencies"
  | "uneven predictions"
  | "below the least loss"
  | "outputs too large"
  | "clipped probabilities"
  | "softmax applied twice"
  | "a single output"
  | "perplexity"
  | "losses added"
  | "divided by the other weights"
  | "contrastive start"
  | "labels outside 0 to 1"
  | "one class more"
  | "another loss"
  | "label smoothing"
  | "wrong sign"
  | "targets not standardised"
  | Reduction["name"];

/** One way to arrive at a loss: a value, before it is compared with the number that was reported. */
export interface LossTerm {
  readonly name: ExplanationName;
  /** The cause as `check` names it; undefined where nothing is wrong. */
  readonly cause?: CauseName;
  /** `ln 10`, `8 x ln 32000`. */
  readonly formula: string;
  /** What it is, as a sentence without a full stop. */
  readonly what: string;
  readonly value: number;
  readonly shape: Shape;
  /** Number of classes, where the value is the loss of equal outputs of a softmax. */
  readonly classes?: number;
  /** How often it is met, relative to the other terms. */
  readonly weight: number;
  /** What to do, in one line. */
  readonly fix: string;
}

/** See `Shape`. */
export const exact: Shape = { kind: "exact" };
export const sampled: Shape = { kind: "sampled" };
export const start: Shape = { kind: "start" };

/** The start of a network whose outputs vary so much that they cost more than a quarter of the loss. */
export const startsHigh = (term: LossTerm): LossTerm => ({
  ...term,
  name: "outputs too large",
  cause: "outputs too large",
  formula: `${term.formula} + what large outputs add`,
  what: `${term.what}, and outputs that vary from input to input`,
  shape: { kind: "large" },
  weight: 0.25 * term.weight,
  fix: "scale the inputs, and scale down the last kernel (or start it at zero); tied embeddings need a small standard deviation, such as GPT-2's 0.02",
});
