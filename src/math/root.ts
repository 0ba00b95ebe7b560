/**
 * The root of an increasing function on [low, high], down to neighbouring floats, by Chandrupatla's method: inverse
 * quadratic interpolation where it is safe, bisection elsewhere. A jump over zero counts as a root; where the function
 * does not change sign, the end nearer to zero is returned.
 * Source: Chandrupatla (1997), "A new hybrid quadratic/bisection algorithm for finding the zero of a nonlinear
 * function without using derivatives".
 */
export function increasingRoot(f: (x: number) => number, low: number, high: number): number {
  let [a, b] = [high, low];
  let [fa, fb] = [f(high), f(low)];
  if (!(fb < 0)) return low;
  if (!(fa > 0)) return high;
  let [c, fc] = [a, fa];
  let share = 0.5;
  for (let step = 0; step < 2100; step++) {
    const x = a + share * (b - a);
    const fx = f(x);
    if (Math.sign(fx) === Math.sign(fa)) [c, fc] = [a, fa];
    else [c, b, fc, fb] = [b, a, fb, fa];
    [a, fa] = [x, fx];
    const [best, fBest] = Math.abs(fa) < Math.abs(fb) ? [a, fa] : [b, fb];
    const tolerance = (2.3e-16 * Math.abs(best) + 5e-324) / Math.abs(b - a);
    if (fBest === 0 || tolerance > 0.5) return best;
    const xi = (a - b) / (c - b);
    const phi = (fa - fb) / (fc - fb);
    const safe = phi ** 2 < xi && (1 - phi) ** 2 < 1 - xi;
    share = safe
      ? (fa / (fb - fa)) * (fc / (fb - fc)) + ((c - a) / (b - a)) * (fa / (fc - fa)) * (fb / (fc - fb))
      : 0.5;
    share = Math.min(1 - tolerance, Math.max(tolerance, share));
  }
  return Math.abs(fa) < Math.abs(fb) ? a : b;
}

/** As `increasingRoot`, without a bracket: from `start`, steps are doubled until the sign changes. */
export function increasingRootFrom(f: (x: number) => number, start: number, step = 1): number {
  let [low, high] = [start, start];
  for (let d = step; f(low) > 0 && d < 1e300; d *= 2) low -= d;
  for (let d = step; f(high) < 0 && d < 1e300; d *= 2) high += d;
  return increasingRoot(f, low, high);
}
