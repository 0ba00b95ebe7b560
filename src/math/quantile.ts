/**
 * The τ-quantile of weighted points in increasing order: the smallest value at which the weight up to and including it
 * reaches τ of the total. Where it reaches τ exactly, every number up to the next value is a quantile (and minimises the
 * pinball loss); the middle of that interval is taken, as `numpy.median` does.
 *
 * @param values increasing; `weights` the same length, 0 or more, not all 0
 */
export function weightedQuantile(values: ArrayLike<number>, weights: ArrayLike<number>, tau: number): number {
  let total = 0;
  for (let i = 0; i < weights.length; i++) total += weights[i];
  const wanted = tau * total;
  const rounding = total * 2.3e-16 * weights.length;
  let reached = 0;
  for (let i = 0; i < values.length; i++) {
    if (weights[i] === 0) continue;
    reached += weights[i];
    if (reached < wanted - rounding) continue;
    if (reached > wanted + rounding) return values[i];
    const next = nextWeighted(weights, i);
    return next < 0 ? values[i] : values[i] + (values[next] - values[i]) / 2;
  }
  return values[values.length - 1];
}

function nextWeighted(weights: ArrayLike<number>, from: number): number {
  for (let i = from + 1; i < weights.length; i++) if (weights[i] > 0) return i;
  return -1;
}
