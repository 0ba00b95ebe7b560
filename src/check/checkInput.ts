import type { Head, Label } from "../heads/head.ts";
import type { Options } from "../heads/options.ts";
import type { LabelSummary } from "../labels/summary.ts";

/** Smallest and largest number, and their root mean square. */
export interface ValueRange {
  readonly low: number;
  readonly high: number;
  readonly size: number;
}

export interface CheckInput {
  /** A head, or a name of one: ours or a framework's. */
  readonly head: Head | string;
  /** What the untrained network computes for a sample of inputs: N × K numbers, row-major. */
  readonly outputs: ArrayLike<number>;
  /** Whether `outputs` are raw outputs (before the link; the default) or predictions: whatever your program passes to its loss. */
  readonly given?: "outputs" | "predictions";
  /** N labels, or N × C row-major where the head has C columns. */
  readonly labels: ArrayLike<Label>;
  /** N, the number of rows. */
  readonly rows: number;
  /** The labels of all training data, or their summary. Default: the labels of these rows. */
  readonly training?: LabelSummary | TrainingLabels;
  /** The loss's options and `reduction`, `columns`, `pseudoCount`. */
  readonly options?: Options;
  /** The bias of the output layer, if known. */
  readonly bias?: ArrayLike<number>;
  /** Whether the output layer has a bias; language models often have none. Default true. */
  readonly hasBias?: boolean;
  /** The loss that the program reports for these rows. */
  readonly reportedLoss?: number;
  /** Range and root mean square of the network's inputs. */
  readonly data?: ValueRange;
  /** Label of rows to leave out, as the program's loss does; their share tells whether the program's mean counts them. */
  readonly ignoreIndex?: number;
  /** Rows that belong to one input, one after the other (pixels, tokens), ignored ones included. Default 1. */
  readonly rowsPerInput?: number;
  /** Batches whose gradients the program adds up before a step (micro-batches). */
  readonly accumulate?: number;
  /** Whether equal outputs for all inputs are intended, even if their loss is not the one that the bias gives. */
  readonly allowConstant?: boolean;
}

/** All training labels, in the form of `CheckInput.labels`. */
export interface TrainingLabels extends Pick<CheckInput, "labels" | "rows"> {
  /** Names of the classes. */
  readonly names?: readonly string[];
}
