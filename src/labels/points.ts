/** A distribution as weighted points, their values strictly increasing. */
export interface Points {
  readonly values: Float64Array;
  readonly weights: Float64Array;
}

export const noPoints: Sketch = { rankError: 0, values: new Float64Array(), weights: new Float64Array() };

/** Points of unsorted values: equal values become one point. Points of weight 0 are dropped. */
export function collectPoints(values: Float64Array, weights: Float64Array | undefined): Sketch {
  if (weights === undefined) {
    const sorted = values.slice().sort();
    return { ...collapse(sorted, new Float64Array(sorted.length).fill(1)), rankError: 0 };
  }
  const order = Uint32Array.from(values.keys()).sort((i, j) => values[i] - values[j]);
  return {
    ...collapse(
      Float64Array.from(order, (i) => values[i]),
      Float64Array.from(order, (i) => weights[i]),
    ),
    rankError: 0,
  };
}

/** All points of two distributions; their rank errors add up. */
export function mergePoints(a: Sketch, b: Sketch): Sketch {
  if (a.values.length === 0) return b;
  if (b.values.length === 0) return a;
  const length = a.values.length + b.values.length;
  const values = new Float64Array(length);
  const weights = new Float64Array(length);
  for (let n = 0, i = 0, j = 0; n < length; n++) {
    if (j === b.values.length || a.values[i] <= b.values[j]) {
      values[n] = a.values[i];
      weights[n] = a.weights[i++];
    } else {
      values[n] = b.values[j];
      weights[n] = b.weights[j++];
    }
  }
  return { ...collapse(values, weights), rankError: a.rankError + b.rankError };
}

/** Makes one point of equal neighbours, in place, and cuts off what is left over. */
function collapse(values: Float64Array, weights: Float64Array): Points {
  let n = 0;
  for (let i = 0; i < values.length; i++) {
    if (!(weights[i] > 0)) continue;
    if (n > 0 && values[n - 1] === values[i]) weights[n - 1] += weights[i];
    else {
      values[n] = values[i];
      weights[n++] = weights[i];
    }
  }
  return n === values.length
    ? { values, weights }
    : { values: values.slice(0, n), weights: weights.slice(0, n) };
}

/** Points that hold their own rank error: the largest error in the weight below any value read off them. */
export interface Sketch extends Points {
  readonly rankError: number;
}

/**
 * At most `size` points in place of more, with the rank error that this adds to theirs (in the unit of the weights). The weight axis is cut into `size` equal buckets, a point falling into the one its middle lies in; a bucket
 * becomes one point at its weighted median, which is a value of the data. Only the ranks of values inside a bucket change,
 * by no more than the weight on one side of its median: less than the total weight over `size`, and half of that where
 * weights are equal.
 */
export function compact({ values, weights, rankError }: Sketch, size: number): Sketch {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const points = { values: new Float64Array(size), weights: new Float64Array(size) };
  let n = 0;
  let added = 0;
  let before = 0;
  const bucketOf = (middle: number) => Math.min(size - 1, Math.floor((middle / total) * size));
  for (let start = 0, end = 0; start < values.length; start = end) {
    const bucket = bucketOf(before + weights[start] / 2);
    let inside = 0;
    for (; end < values.length; end++) {
      if (bucketOf(before + inside + weights[end] / 2) > bucket) break;
      inside += weights[end];
    }
    const median = medianPoint(weights, start, end, inside);
    points.values[n] = values[median.index];
    points.weights[n++] = inside;
    added = Math.max(added, median.below, median.above);
    before += inside;
  }
  return {
    values: points.values.slice(0, n),
    weights: points.weights.slice(0, n),
    rankError: rankError + added,
  };
}

/** The point of start..end-1 at which half the weight is reached, and the weights on either side of it. */
function medianPoint(weights: Float64Array, start: number, end: number, total: number) {
  let below = 0;
  let index = start;
  while (index < end - 1 && below + weights[index] < total / 2) below += weights[index++];
  return { index, below, above: Math.max(0, total - below - weights[index]) };
}
