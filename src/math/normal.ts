/** The standard normal density. */
export const normalDensity = (x: number) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);

/**
 * P(X ≤ x) − P(X ≤ −x) for a standard normal X: odd in x, to full precision.
 * Source: Marsaglia (2004), "Evaluating the normal distribution", the series x + x³/3 + x⁵/(3·5) + …
 */
export function normalCentral(x: number): number {
  if (Math.abs(x) > 8.5) return Math.sign(x);
  let term = x;
  let total = x;
  for (let k = 3; Math.abs(term) > 1e-17 * Math.abs(total); k += 2) {
    term *= (x * x) / k;
    total += term;
  }
  return 2 * total * normalDensity(x);
}
