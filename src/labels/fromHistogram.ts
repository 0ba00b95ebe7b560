import { InputError } from "../errors.ts";
import { checkedWeight, checkNotEmpty } from "./accumulator.ts";
import { moments } from "./moments.ts";
import { numberColumn } from "./numberColumn.ts";
import { collectPoints } from "./points.ts";
import type { NumberSummary } from "./summary.ts";

/**
 * The summary of one real-valued target of which only a histogram is known: `counts` of single `values`, or of bins, whose
 * edges are then one more and increase. A bin stands at its middle, so mean and variance are as good as the bins are narrow,
 * and the rank of a value inside a bin is wrong by up to half of that bin's count: `rankError` says how much that is.
 */
export function fromHistogram(valuesOrEdges: ArrayLike<number>, counts: ArrayLike<number>): NumberSummary {
  const weights = Float64Array.from(counts, (count, i) => checkedWeight(count, i + 1));
  const values = Float64Array.from(valuesOrEdges);
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw new InputError(`invalid value in a histogram: ${values[bad]}; values are finite`);
  const binned = values.length === weights.length + 1;
  if (!binned && values.length !== weights.length) {
    throw new InputError(
      `${weights.length} counts need as many values or one more bin edge than counts, but got ${values.length}`,
    );
  }
  const unsorted = binned ? values.findIndex((edge, i) => i > 0 && !(edge > values[i - 1])) : -1;
  if (unsorted >= 0) {
    throw new InputError(`bin edges must increase, and ${values[unsorted]} follows ${values[unsorted - 1]}`);
  }
  const points = binned ? weights.map((_, i) => values[i] + (values[i + 1] - values[i]) / 2) : values;
  const sums = moments(points, weights);
  checkNotEmpty(weights.length, sums.weight);
  const rankError = binned ? weights.reduce((most, weight) => Math.max(most, weight / 2), 0) : 0;
  return {
    kind: "numbers",
    columns: [numberColumn({ ...collectPoints(points, weights), rankError }, sums)],
    rows: sums.weight,
    meanDirection: Float64Array.of(moments(points.map(Math.sign), weights).mean),
  };
}
