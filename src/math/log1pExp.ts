/**
 * log(1 + eˣ), the softplus, without overflow or loss of digits.
 * Source: Mächler (2012), "Accurately computing log(1 − exp(−|a|))", eq. 10.
 */
export function log1pExp(x: number): number {
  if (x <= -37) return Math.exp(x);
  if (x <= 18) return Math.log1p(Math.exp(x));
  return x <= 33.3 ? x + Math.exp(-x) : x;
}

/** The inverse of the softplus: log(eʸ − 1) for y > 0; −∞ at 0. */
export function log1pExpInverse(y: number): number {
  return y > 33.3 ? y : y + Math.log(-Math.expm1(-y));
}

/** log log(1 + eˣ): the logarithm of the softplus, which is x itself far below 0. */
export const logSoftplus = (x: number): number => (x < -37 ? x : Math.log(log1pExp(x)));
