/** log(p / (1 − p)); ∓∞ at 0 and 1. */
export function logit(p: number): number {
  return Math.log(p) - Math.log1p(-p);
}

/** 1 / (1 + e⁻ˣ), the inverse of the logit. The smaller of the two exponentials is taken, so neither end loses digits. */
export function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const e = Math.exp(x);
  return e / (1 + e);
}
