import { CompensatedSums } from "./compensatedSums.ts";

/** Total weight, weighted mean, and the weighted sum of squared deviations from it. */
export interface Moments {
  readonly weight: number;
  readonly mean: number;
  readonly squaredDeviations: number;
}

export const noMoments: Moments = { weight: 0, mean: 0, squaredDeviations: 0 };

/** Moments of values in memory: compensated sums, the deviations taken about the mean in a second pass. */
export function moments(
  values: ArrayLike<number>,
  weights: ArrayLike<number>,
  length = values.length,
): Moments {
  const sums = new CompensatedSums(4);
  // Taken about a value of the data, so that the mean of values far from 0 keeps its last digits.
  const origin = values[0];
  for (let i = 0; i < length; i++) {
    sums.add(0, weights[i]);
    sums.add(1, weights[i] * (values[i] - origin));
  }
  const weight = sums.value(0);
  if (!(weight > 0)) return noMoments;
  const mean = origin + sums.value(1) / weight;
  for (let i = 0; i < length; i++) {
    const deviation = values[i] - mean;
    sums.add(2, weights[i] * deviation);
    sums.add(3, weights[i] * deviation * deviation);
  }
  // The second term takes out what rounding of the mean put in (Chan, Golub & LeVeque, 1983, eq. 1.7).
  return { weight, mean, squaredDeviations: Math.max(0, sums.value(3) - sums.value(2) ** 2 / weight) };
}

/** Moments of two sets of rows together (Chan, Golub & LeVeque, The American Statistician 37, 1983, eq. 2.1). */
export function mergeMoments(a: Moments, b: Moments): Moments {
  if (a.weight === 0) return b;
  if (b.weight === 0) return a;
  const weight = a.weight + b.weight;
  const apart = b.mean - a.mean;
  return {
    weight,
    mean: a.mean + apart * (b.weight / weight),
    squaredDeviations:
      a.squaredDeviations + b.squaredDeviations + apart * apart * a.weight * (b.weight / weight),
  };
}
