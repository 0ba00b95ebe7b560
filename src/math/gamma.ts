/** Where Stirling's series is taken: below, the recurrence moves the argument up first. */
const far = 16;

/** log Γ(x) − ((x − ½) log x − x + ½ log 2π) for x ≥ 16. Source: Abramowitz and Stegun 6.1.41. */
function stirlingRest(x: number): number {
  const s = 1 / (x * x);
  return (1 / 12 - s * (1 / 360 - s * (1 / 1260 - s * (1 / 1680 - s * (1 / 1188 - s * (691 / 360360)))))) / x;
}

/** log Γ(x) for x > 0. */
export function logGamma(x: number): number {
  let shift = 0;
  for (; x < far; x++) shift += Math.log(x);
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + stirlingRest(x) - shift;
}

/** log (Γ(r + n) / Γ(r)) − n log r for n ≥ 0, r > 0: without the cancellation of two large logarithms. */
export function logRisingRatio(r: number, n: number): number {
  if (n === 0) return 0;
  if (n <= 64 && Number.isInteger(n)) {
    let total = 0;
    for (let k = 1; k < n; k++) total += Math.log1p(k / r);
    return total;
  }
  let total = 0;
  let x = r;
  for (; x < far; x++) total += Math.log1p(n / x);
  // Stirling at x + n and at x; the sum above moved r up to x, and n log r must be taken from the same place
  const stirling =
    (x - 0.5) * Math.log1p(n / x) + n * Math.log1p(n / x) - n + stirlingRest(x + n) - stirlingRest(x);
  return stirling + n * Math.log(x / r) - total;
}

/** ψ(x), the derivative of log Γ, for x > 0. Source: Abramowitz and Stegun 6.3.5 and 6.3.18. */
export function digamma(x: number): number {
  let shift = 0;
  for (; x < far; x++) shift += 1 / x;
  const s = 1 / (x * x);
  const series =
    s * (1 / 12 - s * (1 / 120 - s * (1 / 252 - s * (1 / 240 - s * (1 / 132 - s * (691 / 32760))))));
  return Math.log(x) - 0.5 / x - series - shift;
}

/** ψ(r + n) − ψ(r) for n ≥ 0, r > 0. */
export function digammaRise(r: number, n: number): number {
  if (n > 64 || !Number.isInteger(n)) return digamma(r + n) - digamma(r);
  let total = 0;
  for (let k = 0; k < n; k++) total += 1 / (r + k);
  return total;
}
