/** Points and weights of a rule that turns a mean over a distribution into a finite weighted mean. Weights sum to 1. */
export interface Rule {
  readonly points: readonly number[];
  readonly weights: readonly number[];
}

/**
 * The mean over the uniform distribution on [−1, 1] by Gauss and Legendre's rule of n points: exact for polynomials of
 * degree 2n − 1. The roots are found by Newton's method from Tricomi's estimate (Hale and Townsend 2013).
 */
export function uniformRule(n: number): Rule {
  const points: number[] = [];
  const weights: number[] = [];
  for (let i = 0; i < n; i++) {
    let x = -Math.cos((Math.PI * (i + 0.75)) / (n + 0.5));
    let slope = 1;
    for (let step = 0; step < 10; step++) {
      let [previous, value] = [0, 1];
      for (let k = 1; k <= n; k++)
        [previous, value] = [value, ((2 * k - 1) * x * value - (k - 1) * previous) / k];
      slope = (n * (x * value - previous)) / (x * x - 1);
      x -= value / slope;
    }
    points.push(x);
    weights.push(1 / ((1 - x * x) * slope * slope));
  }
  return { points, weights };
}

/**
 * The mean over the standard normal distribution by the trapezoidal rule of n points on [−8.5, 8.5]: for smooth
 * functions its error falls faster than any power of the step, and kinks do it little harm (Trefethen and Weideman
 * 2014, "The exponentially convergent trapezoidal rule").
 */
export function normalRule(n: number): Rule {
  const points = Array.from({ length: n }, (_, i) => -8.5 + (17 * i) / (n - 1));
  const density = points.map((x) => Math.exp((-x * x) / 2));
  const total = density.reduce((a, b) => a + b, 0);
  return { points, weights: density.map((d) => d / total) };
}
