import { type Moments, mergeMoments } from "./moments.ts";
import { numberColumn } from "./numberColumn.ts";
import { collectPoints } from "./points.ts";
import type { NumberSummary } from "./summary.ts";

/** Some values of one column together. */
export interface Bucket {
  /** A value that stands for all of them. */
  readonly value: number;
  readonly weight: number;
  readonly rows: number;
  /** Weighted sums of the deviations of the values from the center, and of their squares. */
  readonly deviations: number;
  readonly squares: number;
}

/**
 * The summary of one real-valued column from buckets of it. Mean and variance are those of the values, which the sums of
 * the deviations say exactly; ranks are those of the buckets' values.
 *
 * @param center what the deviations are taken from; near the mean, so that their sums keep their digits
 * @param rankError the largest error of a rank, as a fraction of all weight
 */
export function fromBuckets(
  buckets: readonly Bucket[],
  { center, rankError, name }: { readonly center: number; readonly rankError: number; readonly name: string },
): NumberSummary {
  const values = Float64Array.from(buckets, ({ value }) => value);
  const weights = Float64Array.from(buckets, ({ weight }) => weight);
  const sums = buckets
    .filter(({ weight }) => weight > 0)
    .map((bucket) => momentsOf(bucket, center))
    .reduce(mergeMoments);
  const signs = buckets.reduce((sum, { value, weight }) => sum + Math.sign(value) * weight, 0);
  return {
    kind: "numbers",
    columns: [numberColumn({ ...collectPoints(values, weights), rankError: rankError * sums.weight }, sums)],
    rows: buckets.reduce((sum, { rows }) => sum + rows, 0),
    meanDirection: Float64Array.of(signs / sums.weight),
    names: [name],
  };
}

function momentsOf({ weight, deviations, squares }: Bucket, center: number): Moments {
  const apart = deviations / weight;
  return { weight, mean: center + apart, squaredDeviations: Math.max(0, squares - deviations * apart) };
}
