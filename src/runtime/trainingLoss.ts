import { InputError } from "../errors.ts";
import { type GraphLoss, headLoss } from "../graph/headLoss.ts";
import type { TensorData } from "../graph/tensor.ts";
import { type BoundHead, bind } from "../heads/bind.ts";
import type { Head, Label } from "../heads/head.ts";
import { findHead } from "../heads/index.ts";
import type { Options } from "../heads/options.ts";
import { summaryOf } from "../heads/summaryOf.ts";
import type { LabelSummary } from "../labels/summary.ts";
import { sum } from "../math/sum.ts";

export interface LossChoice {
  /** A head, or a name of one: ours (`huber`) or a framework's (`torch.nn.HuberLoss`), which brings its conventions. */
  readonly loss: Head | string;
  /** Options of the loss, and `reduction` and `columns`. */
  readonly options?: Options;
  /** One weight per row, 0 or more; 1 each unless given. */
  readonly sampleWeights?: ArrayLike<number>;
  /** The rows that are trained on, from which `balanced` weights are computed; all unless given. */
  readonly rows?: ArrayLike<number>;
  /** Rows with this label are left out of the loss, as with PyTorch's `ignore_index`. For one label per row. */
  readonly ignoreLabel?: number;
}

/** What training needs of a loss on given labels. */
export interface BatchLoss {
  readonly graph: GraphLoss;
  /**
   * What the loss of each of these rows (places, where a row has several) is multiplied by, so that the sum is the reduced
   * loss of the batch.
   *
   * @throws InputError where there is nothing to divide by, as in a batch of ignored labels
   */
  weightsOf(rows: ArrayLike<number>): Float64Array;
}

/** A loss on given labels, ready to train with. */
export interface TrainingLoss extends BatchLoss {
  /** The head with its options, on the labels of the rows that are trained on; and what these labels say. */
  readonly bound: BoundHead;
  readonly summary: LabelSummary;
  /** The same loss on other labels, such as those of a test set. */
  over(labels: TensorData, sampleWeights?: ArrayLike<number>): LabelledRows;
}

/** Rows as the reduction of a loss reads them: the loss of the rows is the sum of weight x loss over that of `divisor`. */
export interface LabelledRows {
  /** The row's labels, one per cell. */
  labelsOf(row: number): readonly Label[];
  /** 0 for rows that are left out. */
  weightOf(row: number): number;
  /** What the row adds to the divisor. */
  divisorOf(row: number): number;
}

/**
 * Resolves a loss against the labels that a network is trained on.
 *
 * @param labels the labels of all rows, one row after another: class indices, or the K frequencies of a distribution;
 *   numbers or 0 and 1, one per column; [time, event]; or a direction
 * @param outputs outputs per row of the network
 * @throws InputError on a loss that cannot be trained with, invalid options, or labels and outputs that do not fit
 */
export function trainingLoss(
  choice: LossChoice,
  labels: TensorData,
  rows: number,
  outputs: number,
): TrainingLoss {
  const found = typeof choice.loss === "string" ? findHead(choice.loss) : { head: choice.loss, options: {} };
  const { head } = found;
  if (head.lossIn === undefined || head.notTrainable !== undefined) {
    throw new InputError(`cannot train with ${head.name}: ${head.notTrainable}`);
  }
  const labelSize = labels.length / rows;
  const isDistribution = head.reads === "classes" && labelSize > 1;
  if (isDistribution && !(head.softLabels && labelSize === outputs)) {
    throw new InputError(
      `${labelSize} numbers per label for ${head.name}; allowed: ${head.softLabels ? `1, or ${outputs} as the model has outputs` : 1}`,
    );
  }
  const ofRow = labelsOfRow(head, labels, labelSize);
  const weight = sampleWeights(choice, labels, rows);
  const kept = Array.from(choice.rows ?? weight.keys()).filter((row) => weight[row] > 0);
  if (kept.length === 0) throw new InputError(`no labels to train with: all ${rows} are left out`);
  const summary = numberedAs(kept, () =>
    summaryOf(
      head,
      kept.flatMap(ofRow),
      kept.length,
      outputs,
      kept.map((row) => weight[row]),
    ),
  );
  const bound = bind(head, summary, { ...found.options, ...choice.options });
  if (bound.outputs !== outputs) {
    throw new InputError(
      `the model has ${outputs} outputs, but ${head.name} needs ${bound.outputs} for labels of ${labelSize} numbers per row`,
    );
  }
  const columns = bound.options.columns as "mean" | "sum";
  const termsOf = divisorTerms(weight, divisorTerm(bound, ofRow));
  return {
    graph: headLoss({ head, cellOptions: bound.cellOptions, columns, labelSize }),
    bound,
    summary,
    over(others, sampleWeightsOfOthers) {
      const own = { ...choice, sampleWeights: sampleWeightsOfOthers };
      const weights = sampleWeights(own, others, others.length / labelSize);
      const labelsOf = labelsOfRow(head, others, labelSize);
      const divisor = divisorTerm(bound, labelsOf);
      return {
        labelsOf,
        weightOf: (row) => weights[row],
        divisorOf: (row) => (weights[row] === 0 ? 0 : divisor(row, weights[row])),
      };
    },
    weightsOf(batch) {
      // Plain loops: batches of small networks take microseconds.
      const weights = new Float64Array(batch.length);
      for (let i = 0; i < weights.length; i++) weights[i] = weight[batch[i]];
      if (bound.options.reduction === "sum") return weights;
      const divisor = sum(termsOf(batch));
      if (divisor > 0) {
        for (let i = 0; i < weights.length; i++) weights[i] /= divisor;
        return weights;
      }
      throw new InputError(
        `nothing to divide the loss of a batch of ${batch.length} rows by: their weights in ${head.name} sum to ${divisor}; use larger batches, or reduction: "rows" or "sum"`,
      );
    },
  };
}

/** What `summarise` returns; a row that it refuses by its position among `rows` is refused by its own number, from 1. */
function numberedAs(rows: readonly number[], summarise: () => LabelSummary): LabelSummary {
  try {
    return summarise();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(
      error.message.replace(/(?<=\brow )\d+/, (position) => String(rows[Number(position) - 1] + 1)),
    );
  }
}

/** Weight of each row; 0 where its label is ignored. */
function sampleWeights(choice: LossChoice, labels: TensorData, rows: number): Float64Array {
  const { sampleWeights: given, ignoreLabel } = choice;
  if (given !== undefined && given.length !== rows) {
    throw new InputError(`${given.length} sample weights for ${rows} rows; allowed: one per row`);
  }
  if (ignoreLabel !== undefined && labels.length !== rows) {
    throw new InputError(`ignoreLabel with ${labels.length / rows} numbers per label; allowed with 1`);
  }
  const weights = Float64Array.from({ length: rows }, (_, row) => given?.[row] ?? 1);
  const bad = weights.findIndex((weight) => !(weight >= 0 && weight < Infinity));
  if (bad >= 0)
    throw new InputError(`invalid sample weight of row ${bad}: ${weights[bad]}; allowed: 0 or more`);
  return weights.map((weight, row) => (Number(labels[row]) === ignoreLabel ? 0 : weight));
}

/** The labels of a row as a head reads them: one per column, or one of several numbers. */
function labelsOfRow(head: Head, labels: TensorData, size: number): (row: number) => Label[] {
  const numbers = (row: number) => Array.from({ length: size }, (_, k) => Number(labels[row * size + k]));
  const perColumn = head.reads === "binary" || head.reads === "numbers" || size === 1;
  return perColumn ? numbers : (row) => [numbers(row)];
}

/** What the rows of a batch add to the divisor; each row's term is computed once. */
function divisorTerms(weight: Float64Array, term: (row: number, weight: number) => number) {
  const known = new Float64Array(weight.length).fill(NaN);
  return (batch: ArrayLike<number>): Float64Array => {
    const terms = new Float64Array(batch.length);
    for (let i = 0; i < terms.length; i++) {
      const row = batch[i];
      if (Number.isNaN(known[row])) known[row] = weight[row] === 0 ? 0 : term(row, weight[row]);
      terms[i] = known[row];
    }
    return terms;
  };
}

/** What a row adds to the divisor: 1 where that is the number of rows, else its weight times that of its labels. */
function divisorTerm(
  { head, options, columns, cellOptions }: BoundHead,
  ofRow: (row: number) => Label[],
): (row: number, weight: number) => number {
  if (options.reduction === "rows") return () => 1;
  const { rowWeight } = head;
  if (rowWeight === undefined || columns[0].distributions) return (_, weight) => weight;
  if (options.columns === "sum" && columns.length > 1) {
    throw new InputError(
      `cannot train with ${head.name} and columns: "sum" where each column has a divisor of its own; use columns: "mean"`,
    );
  }
  return (row, weight) => {
    const own = ofRow(row).map((label, j) => rowWeight(label, cellOptions[j]));
    return (weight * sum(own)) / own.length;
  };
}
