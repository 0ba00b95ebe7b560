export interface Minimum {
  readonly at: number[];
  readonly value: number;
  /** Largest component of the gradient there, in size. */
  readonly slope: number;
  readonly iterations: number;
}

/** A function's value and gradient. */
export type Differentiable = (x: readonly number[]) => {
  readonly value: number;
  readonly gradient: readonly number[];
};

const memory = 20;

/**
 * A local minimum of a smooth function by L-BFGS with Armijo backtracking: the global one where the function is convex.
 * Ends where no step lowers the value any more in float64, or the gradient is below `tolerance`.
 * Source: Nocedal and Wright (2006), Numerical Optimization, algorithms 7.4 and 3.1; near the minimum, where rounding
 * hides what a step gains, the gradient decides as in Hager and Zhang (2005), doi 10.1137/030601880.
 */
export function minimize(
  f: Differentiable,
  start: readonly number[],
  tolerance = 1e-12,
  limit = 1000,
): Minimum {
  let x = [...start];
  let { value, gradient } = f(x);
  const steps: { s: number[]; y: number[]; sy: number }[] = [];
  let iterations = 0;
  for (; iterations < limit && largest(gradient) > tolerance; iterations++) {
    let direction = descent(gradient, steps);
    if (!(dot(direction, gradient) < 0)) {
      steps.length = 0;
      direction = gradient.map((g) => -g);
    }
    const next = lineSearch(f, x, value, gradient, direction, steps.length === 0);
    if (next === undefined) {
      if (steps.length === 0) break;
      steps.length = 0; // the curvature remembered may be stale: once more along the gradient
      continue;
    }
    const s = next.x.map((z, i) => z - x[i]);
    const y = next.gradient.map((g, i) => g - gradient[i]);
    const sy = dot(s, y);
    if (sy > 0) steps.push({ s, y, sy });
    if (steps.length > memory) steps.shift();
    ({ x, value, gradient } = next);
  }
  return { at: x, value, slope: largest(gradient), iterations };
}

const dot = (a: readonly number[], b: readonly number[]) => {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i] * b[i];
  return total;
};
const largest = (values: readonly number[]) => values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);

/** Minus the inverse Hessian, as the last steps show it, times the gradient (the two-loop recursion). */
function descent(
  gradient: readonly number[],
  steps: readonly { s: number[]; y: number[]; sy: number }[],
): number[] {
  let d = gradient.map((g) => -g);
  const shares: number[] = [];
  for (let k = steps.length - 1; k >= 0; k--) {
    shares[k] = dot(steps[k].s, d) / steps[k].sy;
    d = d.map((v, i) => v - shares[k] * steps[k].y[i]);
  }
  const last = steps.at(-1);
  if (last) d = d.map((v) => (v * last.sy) / dot(last.y, last.y));
  for (let k = 0; k < steps.length; k++) {
    const extra = shares[k] - dot(steps[k].y, d) / steps[k].sy;
    d = d.map((v, i) => v + extra * steps[k].s[i]);
  }
  return d;
}

/** Values of a long sum that differ by less, relative to their size, are equal but for rounding. */
const rounding = 1e-14;

/** The first of steps 1, ½, ¼, … that lowers the value enough, or that leaves it and shrinks the gradient. */
function lineSearch(
  f: Differentiable,
  x: readonly number[],
  value: number,
  gradient: readonly number[],
  direction: readonly number[],
  first: boolean,
) {
  const slope = dot(direction, gradient);
  const noise = rounding * Math.abs(value);
  let step = first ? Math.min(1, 1 / Math.sqrt(dot(direction, direction))) : 1;
  for (let k = 0; k < 60; k++, step /= 2) {
    const to = x.map((z, i) => z + step * direction[i]);
    const next = f(to);
    const lower = next.value < value && next.value <= value + 1e-4 * step * slope;
    const level = next.value <= value + noise && largest(next.gradient) < 0.9 * largest(gradient);
    if (lower || level) return { x: to, ...next };
  }
  return undefined;
}
