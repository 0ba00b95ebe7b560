import { type Moments, mergeMoments, moments, noMoments } from "./moments.ts";
import { collectPoints, compact, mergePoints, noPoints, type Sketch } from "./points.ts";
import type { NumberColumn } from "./summary.ts";

/**
 * The number of distinct values up to which a column's distribution is kept whole: 16 MB. Past it, values are compacted
 * to a quarter as many points each time they grow beyond it, adding at most 1/2^18 of the weight to the rank error, which is
 * tracked as it happens: some 10^-5 in all after 10^7 distinct values, 10^-4 after 10^8.
 *
 * Kept our own, in these few lines: labels need a bound of the *rank*, weights, and the same result every time.
 * DDSketch bounds the relative error of values, t-digest bounds nothing, KLL has no weights and is random.
 */
export const maxExact = 2 ** 20;

/** Rows taken in before they are sorted into the points. */
const maxPending = 2 ** 18;

/** Gathers one real-valued column. Values must be finite and weights valid: the caller checks. */
export class NumberColumnBuilder {
  private readonly cap: number;
  private points: Sketch = noPoints;
  private sums: Moments = noMoments;
  private values = new Float64Array(1024);
  private weights = new Float64Array(1024);
  private pending = 0;
  private pendingWeighted = false;

  constructor(cap = maxExact) {
    this.cap = cap;
  }

  add(value: number, weight: number): void {
    if (this.pending === this.values.length) this.makeRoom();
    // 0 - 0 is 0 where the value is -0, which would sort apart from 0.
    this.values[this.pending] = value + 0;
    this.weights[this.pending++] = weight;
    if (weight !== 1) this.pendingWeighted = true;
  }

  column(): NumberColumn {
    this.flush();
    return numberColumn(this.points, this.sums);
  }

  private makeRoom(): void {
    if (this.values.length >= Math.min(maxPending, this.cap)) {
      this.flush();
      return;
    }
    const [values, weights] = [this.values, this.weights];
    this.values = new Float64Array(2 * values.length);
    this.weights = new Float64Array(2 * weights.length);
    this.values.set(values);
    this.weights.set(weights);
  }

  private flush(): void {
    const values = this.values.subarray(0, this.pending);
    const weights = this.weights.subarray(0, this.pending);
    this.sums = mergeMoments(this.sums, moments(values, weights));
    const points = collectPoints(values, this.pendingWeighted ? weights : undefined);
    this.points = withinCap(mergePoints(this.points, points), this.cap);
    this.pending = 0;
    this.pendingWeighted = false;
  }
}

/** The column of a distribution with these moments. */
export function numberColumn({ values, weights, rankError }: Sketch, sums: Moments): NumberColumn {
  return {
    values,
    weights,
    weight: sums.weight,
    mean: sums.mean,
    variance: sums.weight > 0 ? sums.squaredDeviations / sums.weight : 0,
    exact: rankError === 0,
    rankError: sums.weight > 0 ? rankError / sums.weight : 0,
  };
}

export function withinCap(points: Sketch, cap = maxExact): Sketch {
  return points.values.length <= cap ? points : compact(points, Math.ceil(cap / 4));
}
