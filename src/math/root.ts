/**
 * The root of an increasing function on [low, high], by bisection with regula falsi steps (the ITP idea kept simple: a
 * secant step is taken only where it falls inside the bracket, and every other step halves it), down to neighbouring floats.
 * Where the function has no sign change on the bracket, the end nearer to zero is returned. A jump over zero counts as a root.
 */
export function increasingRoot(f: (x: number) => number, low: number, high: number): number {
  let fLow = f(low);
  let fHigh = f(high);
  if (!(fLow < 0)) return low;
  if (!(fHigh > 0)) return high;
  for (let step = 0; step < 2200; step++) {
    const half = low + (high - low) / 2;
    const secant = low - (fLow / (fHigh - fLow)) * (high - low);
    const x = step % 2 === 0 && secant > low && secant < high ? secant : half;
    if (half <= low || half >= high) break;
    const y = f(x);
    if (y === 0) return x;
    if (y < 0) [low, fLow] = [x, y];
    else [high, fHigh] = [x, y];
  }
  return Math.abs(fLow) <= Math.abs(fHigh) ? low : high;
}

/** As `increasingRoot`, from a point and a step: the bracket is widened by doubling, within [least, most]. */
export function increasingRootFrom(
  f: (x: number) => number,
  start: number,
  step: number,
  least = Number.NEGATIVE_INFINITY,
  most = Number.POSITIVE_INFINITY,
): number {
  let low = start;
  let high = start;
  for (let d = step; f(low) > 0 && low > least; d *= 2) low = Math.max(least, low - d);
  for (let d = step; f(high) < 0 && high < most; d *= 2) high = Math.min(most, high + d);
  return increasingRoot(f, low, high);
}
