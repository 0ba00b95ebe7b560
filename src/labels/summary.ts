/**
 * What the labels say: the one record every head reads. Four kinds, all weighted (a weight of 1 a row when none is
 * given), all mergeable, none of them holding the rows themselves.
 *
 * Weights here are *sample* weights, which belong to the data. Class weights, pos_weight and label smoothing belong to
 * the loss: they are options of a head.
 */
export type LabelSummary = ClassSummary | BinarySummary | NumberSummary | SurvivalSummary;

/** Each row has one of K classes (an index), or a distribution over them (one-hot, soft labels). */
export interface ClassSummary {
  readonly kind: "classes";
  /** Weighted number of rows of each class; fractional where labels are soft. Length K. */
  readonly counts: Float64Array;
  /** Rows counted, unweighted, without ignored ones. */
  readonly rows: number;
  /** Rows left out because their label was the ignore index. */
  readonly ignored: number;
  /** Sum over rows of weight times the entropy of that row's own label, in nats: 0 unless labels are soft. */
  readonly labelEntropy: number;
  /** Sum over rows of weight times the sum of that label's squared shares: the total weight unless labels are soft. */
  readonly labelSquares: number;
  /** Set where the rows are distributions, one-hot ones included, rather than class indices. */
  readonly distributions?: boolean;
  /** Names of the classes, in the order of `counts`, if they have any. */
  readonly names?: readonly string[];
}

/** Each row has L independent yes/no labels (L = 1 for plain binary); values in [0, 1] count as fractions. */
export interface BinarySummary {
  readonly kind: "binary";
  /** Weighted number of positives in each column. Length L. */
  readonly positives: Float64Array;
  /** Weighted sum of the squared labels of each column: equal to `positives` unless labels are fractions. Length L. */
  readonly squares: Float64Array;
  /** Total weight in each column (missing entries are left out). Length L. */
  readonly totals: Float64Array;
  readonly rows: number;
  readonly names?: readonly string[];
}

/** Each row has D real numbers (D = 1 for plain regression). */
export interface NumberSummary {
  readonly kind: "numbers";
  readonly columns: readonly NumberColumn[];
  readonly rows: number;
  /** Weighted mean of the rows scaled to length 1 (rows of zeros count as zero). Length D. */
  readonly meanDirection: Float64Array;
  readonly names?: readonly string[];
}

/** One real-valued target: its distribution as weighted points, and its exact moments. */
export interface NumberColumn {
  /** Distinct values in increasing order; centroids of a sketch where `exact` is false. */
  readonly values: Float64Array;
  /** Weight of each value, same length. */
  readonly weights: Float64Array;
  /** Total weight, mean and weighted variance (population form), compensated sums over all rows, also of a sketch. */
  readonly weight: number;
  readonly mean: number;
  readonly variance: number;
  /** Whether `values` and `weights` are the whole distribution. */
  readonly exact: boolean;
  /** The largest error of a quantile's rank read off the points, as a fraction of the weight; 0 where exact. */
  readonly rankError: number;
}

/** Each row has a time (above 0) and says whether the event happened then, or the row was only seen until then (censored). */
export interface SurvivalSummary {
  readonly kind: "survival";
  /** Distinct times in increasing order. Length T. */
  readonly times: Float64Array;
  /** Weight of the rows whose event happened at each time. Length T. */
  readonly events: Float64Array;
  /** Weight of the rows censored at each time: still at risk then, gone afterwards. Length T. */
  readonly censored: Float64Array;
  readonly rows: number;
}
