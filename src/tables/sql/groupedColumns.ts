/** Columns that a grouped query has beside the labels. Their names are their own, so that no label column is mistaken for one. */
export const own = {
  /** Number of rows in the group. */
  rows: "baserate_rows",
  /** Sum of their weights; left out where there is no weight column. */
  weight: "baserate_weight",
  /** The lowest of the weights: one below 0 is refused, as it is in a row. */
  lowestWeight: "baserate_lowest_weight",
  /** Number of rows that have a weight. */
  weightedRows: "baserate_weighted_rows",
  /** Number of rows with text in place of a number, from engines that read it as 0 or NULL. */
  invalid: "baserate_invalid",
  /** The largest error of a rank inside the bucket, as a fraction of all weight; 0 for a single value. */
  rankError: "baserate_rank_error",
  /** A value near the mean of all, the same in each row. */
  center: "baserate_center",
  /** Weighted sum of the deviations from the center. */
  deviations: "baserate_deviations",
  /** Weighted sum of the squared deviations from the center. */
  squares: "baserate_squares",
} as const;

/** Number of distinct values that a grouped query gives one by one; more come in as many buckets. */
export const buckets = 65_536;
