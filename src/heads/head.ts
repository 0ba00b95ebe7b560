import type { Algebra, OutputVector } from "./algebra.ts";
import { float64Algebra } from "./float64Algebra.ts";
import type { Link } from "./links.ts";
import type { CellOptions, Interval, OptionSpecs, OptionValue } from "./options.ts";

/**
 * An entry of the catalogue. A *head* is what a network ends with: a link from raw outputs to predictions, and a loss that
 * compares predictions with labels.
 *
 * Most losses are sums over *cells*: a cell is one label with the outputs that predict it. A softmax has one cell per
 * row, with K outputs; a multi-label sigmoid one cell per column, with one output; a Gaussian with a learned variance one
 * cell per column, with two. A head therefore describes a cell, and bind.ts does the rest for all heads.
 *
 * Three scales, never mixed: *label* (what the data holds), *prediction* (probability, rate), *output* (raw, before
 * the link; where the bias lives).
 */
export interface Head extends HeadDescription, HeadFunctions<ResolvedOptions, Label> {
  /** The loss of one row as the trainer reads it: `loss`, in any algebra. */
  readonly lossIn?: LossIn<ResolvedOptions, Label>;
}

/** Options as they reach a cell, by name. */
export type ResolvedOptions = Readonly<Record<string, OptionValue>>;

/** What a head says of itself. */
export interface HeadDescription {
  readonly name: string;
  /** One line, without a full stop. */
  readonly summary: string;
  readonly family: HeadFamily;
  readonly reads: LabelForm;
  /** Allowed labels, where a label is a number. */
  readonly domain: Interval;
  readonly options: OptionSpecs;
  /** False where outputs that differ by a constant give the same loss, or where no bias changes the loss. */
  readonly identifiable: boolean;
  readonly convex: boolean;
  readonly formula: Formula;
  /** Derivation of the optimum in a few sentences. */
  readonly derivation: string;
  /** Where the formulas come from: a paper, a book. */
  readonly reference: string;
  /** Names in frameworks, with the options that make this head equal to theirs. */
  readonly names: readonly FrameworkName[];
  /** Only for heads without an optimal bias: why there is none, and what to do instead. */
  readonly none?: { readonly reason: string; readonly instead: string };
  /** Whether the label of a row may also be a distribution over the classes. */
  readonly softLabels?: true;
  /** Whether the loss is an entropy, and so measured in nats. */
  readonly isCrossEntropy?: true;
  /** Only for heads that networks cannot be trained with here: why. */
  readonly notTrainable?: string;
}

export type HeadFamily =
  | "classification"
  | "regression"
  | "counts"
  | "distribution"
  | "ordinal"
  | "survival"
  | "ranking";

/** The label summary a head reads; `nothing` where the labels play no part. */
export type LabelForm = "classes" | "binary" | "numbers" | "directions" | "survival" | "nothing";

/** A class index or a number; a distribution over classes or a direction; or a survival label, [time, 1 if the event happened]. */
export type Label = number | ArrayLike<number>;

/**
 * How an optimum is known. At a `boundary` the infimum lies at infinity or at the edge of the domain, and a stated finite
 * value stands in for it.
 */
export type OptimumKind = "closed form" | "numeric" | "boundary" | "none";

/** A formula twice: plain text for terminals, and LaTeX. */
export type Expression = readonly [plain: string, latex: string];

export interface Formula {
  /** The loss of one row. */
  readonly loss: Expression;
  /** The optimal constant output. */
  readonly optimum: Expression;
  /** The expected loss there. */
  readonly expected: Expression;
}

export type Framework =
  | "torch"
  | "keras"
  | "optax"
  | "tfjs"
  | "sklearn"
  | "xgboost"
  | "lightgbm"
  | "catboost"
  | "other";

export interface FrameworkName {
  readonly framework: Framework;
  /** As one writes it in code: `torch.nn.CrossEntropyLoss`, `reg:tweedie`. */
  readonly name: string;
  /** Options that make this head compute what that one does by default. */
  readonly options?: Readonly<Record<string, number | string>>;
  /** Conventions: logits or probabilities, what it divides by, epsilons. */
  readonly note: string;
}

/** One column of labels as distinct labels with weights: what the functions of a cell read. */
export interface LabelColumn<Y = Label> {
  /** Distinct labels: class indices, 0 and 1, numbers in increasing order, or [time, event]. */
  readonly labels: ArrayLike<Y>;
  /** Weight of each, same length. */
  readonly weights: ArrayLike<number>;
  /** Total weight. */
  readonly weight: number;
  readonly rows: number;
  /** Weighted mean and variance of number labels (0 for others). */
  readonly mean: number;
  readonly variance: number;
  /** Weighted mean of the squared length of a label: 1 for class indices, mean y² for others. */
  readonly squares: number;
  /** Weighted mean entropy of the label of a row, in nats: 0 unless labels are soft. */
  readonly labelEntropy: number;
  /** Whether the rows' class labels are distributions rather than indices. */
  readonly distributions: boolean;
  /** Where a message should point: `class`, or the column's name. */
  readonly place: string;
  readonly classNames?: readonly string[];
  /** Number of rows that stands in for a count of zero (see pseudoCount.ts). */
  readonly pseudoCount: number;
}

export interface Optimum {
  readonly output: number[];
  readonly kind: OptimumKind;
  readonly warnings?: readonly string[];
}

/** The mathematics of one cell. `output` is raw, of length `width`; options are resolved (see `CellOptions`). */
export interface HeadFunctions<O, Y extends Label = Label> {
  /** Number of outputs. Default 1. */
  width?(column: LabelColumn<Y>, options: O): number;
  /** The loss of one row, before reduction. Absent where the loss is a property of a whole batch (dice, contrastive). */
  loss?(output: OutputVector, label: Y, options: O): number;
  /** Its gradient with respect to the output. */
  gradient?(output: OutputVector, label: Y, options: O): number[];
  /** What the row adds to the divisor of reduction `mean`, in units of its sample weight. Default 1, as for any distribution. */
  rowWeight?(label: Y, options: O): number;
  /** The mean loss of all rows at a constant output, where there is a shorter way than averaging `loss` over the labels. */
  expected?(output: OutputVector, column: LabelColumn<Y>, options: O): number;
  /** A message about labels that the type allows but the head does not; undefined for valid labels. */
  refuse?(column: LabelColumn<Y>, options: O): string | undefined;
  optimum(column: LabelColumn<Y>, options: O): Optimum;
  /** From outputs to predictions; a function where the head's options choose it (see `linkOf`). */
  readonly link: Link | LinkOfOptions<O>;
  /** The output shifted along the directions that do not matter, so that it is centred. Only for unidentifiable heads. */
  centre?(output: OutputVector): number[];
  /** Each label's loss under normal noise of this variance on every output, where there is a shorter way. */
  rowLosses?(output: OutputVector, column: LabelColumn<Y>, variance: number, options: O): RowLoss[];
  /** An upper bound of the mean excess loss under mean-zero noise of this variance on every output (docs/theory.md, The band). */
  gap?(output: OutputVector, column: LabelColumn<Y>, variance: number, options: O): ExcessLoss;
}

/** The loss of a label's rows: its mean over noise on the outputs, and its variance. */
export interface RowLoss {
  readonly mean: number;
  readonly variance: number;
}

export interface ExcessLoss {
  /** The excess lies between 0 and this. */
  readonly value: number;
  /** `exact` for Gaussian noise, or an upper `bound`. */
  readonly kind: "exact" | "bound";
}

/** A method's type, so that a head of particular options is one of any options. */
export type LinkOfOptions<O> = { of(options: O): Link }["of"];

/** The link of a head under resolved options. */
export const linkOf = ({ link }: Pick<Head, "link">, options: ResolvedOptions): Link =>
  typeof link === "function" ? link(options) : link;

/** A LaTeX formula in code, backslashes as they are. */
export const tex = String.raw;

/** A label in an algebra: class indices and numbers are one number per row, all others a vector per row. */
export type LabelIn<Y, S, V> = Y extends number ? S : V;

/** The loss of one row before reduction, in any algebra. */
export type LossIn<O, Y> = {
  of<S, V>(m: Algebra<S, V>, output: V, label: LabelIn<Y, S, V>, options: O): S;
}["of"];

/**
 * Makes a head of its description and mathematics: checks these against the types that follow from its options and
 * labels, which the table of all heads forgets, and reads the loss in float64.
 *
 * The loss is a function of an algebra, `loss(m, output, label, options)`; options with one number per column are given
 * to it as numbers of the algebra.
 */
export function defineHead<const S extends OptionSpecs, Y extends Label = number>({
  loss,
  ...head
}: HeadDescription & { readonly options: S } & Omit<HeadFunctions<CellOptions<S>, Y>, "loss"> & {
    loss?<N, V>(m: Algebra<N, V>, output: V, label: LabelIn<Y, N, V>, options: CellOptions<S, N>): N;
  }): Head {
  if (loss === undefined) return head;
  return {
    ...head,
    lossIn: loss as LossIn<ResolvedOptions, Label>,
    loss: (output, label, options) =>
      loss(float64Algebra, output, label as LabelIn<Y, number, OutputVector>, options as CellOptions<S>),
  };
}
