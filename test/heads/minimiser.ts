/**
 * Minimisers that share nothing with src: a scan and golden sections in one dimension, Nelder and Mead's simplex in
 * several, both from values alone; then Newton's steps on a gradient, to see how far the point itself is off.
 */

const golden = (Math.sqrt(5) - 1) / 2;

/** The least value of f on the real line: a scan over many sizes on both sides of `around`, then golden sections. */
export function minimumOnLine(
  f: (x: number) => number,
  around: readonly number[],
): { at: number; value: number } {
  const sizes = [0, ...Array.from({ length: 41 }, (_, i) => 10 ** (-4 + i / 4))];
  const points = [
    ...new Set(around.flatMap((centre) => sizes.flatMap((size) => [centre - size, centre + size]))),
  ]
    .filter((x) => Number.isFinite(f(x)))
    .sort((a, b) => a - b);
  let best = 0;
  for (let i = 1; i < points.length; i++) if (f(points[i]) < f(points[best])) best = i;
  let [low, high] = [points[Math.max(0, best - 1)], points[Math.min(points.length - 1, best + 1)]];
  for (let step = 0; step < 200; step++) {
    const [a, b] = [high - golden * (high - low), low + golden * (high - low)];
    if (f(a) <= f(b)) high = b;
    else low = a;
  }
  const candidates = [low, high, (low + high) / 2, points[best]];
  const at = candidates.reduce((x, y) => (f(y) < f(x) ? y : x));
  return { at, value: f(at) };
}

/** Nelder and Mead (1965), restarted around its own result until that no longer helps. */
export function simplexMinimum(f: (x: readonly number[]) => number, start: readonly number[], size = 1) {
  let best = { at: [...start], value: f(start) };
  for (let round = 0, edge = size; round < 12; round++, edge /= 4) {
    const next = nelderMead(f, best.at, edge);
    const gain = best.value - next.value;
    if (gain > 0) best = next;
    if (round >= 4 && gain <= 1e-15 * Math.abs(best.value)) break;
  }
  return best;
}

function nelderMead(f: (x: readonly number[]) => number, start: readonly number[], edge: number) {
  const n = start.length;
  const vertex = (at: number[]) => ({ at, value: finite(f(at)) });
  const simplex = [
    vertex([...start]),
    ...start.map((_, i) => vertex(start.map((x, k) => (k === i ? x + edge : x)))),
  ];
  for (let step = 0; step < 120 * n; step++) {
    simplex.sort((a, b) => a.value - b.value);
    const worst = simplex[n];
    if (worst.value - simplex[0].value <= 1e-16 * Math.abs(worst.value)) break;
    const centre = start.map((_, i) => simplex.slice(0, n).reduce((total, v) => total + v.at[i], 0) / n);
    const along = (t: number) => vertex(centre.map((c, i) => c + t * (worst.at[i] - c)));
    const reflected = along(-1);
    if (reflected.value < simplex[0].value) {
      const expanded = along(-2);
      simplex[n] = expanded.value < reflected.value ? expanded : reflected;
    } else if (reflected.value < simplex[n - 1].value) simplex[n] = reflected;
    else {
      const inside = along(reflected.value < worst.value ? -0.5 : 0.5);
      if (inside.value < Math.min(worst.value, reflected.value)) simplex[n] = inside;
      else {
        for (let k = 1; k <= n; k++)
          simplex[k] = vertex(simplex[k].at.map((x, i) => (x + simplex[0].at[i]) / 2));
      }
    }
  }
  simplex.sort((a, b) => a.value - b.value);
  return simplex[0];
}

const finite = (value: number) => (Number.isFinite(value) ? value : 1e300);

/**
 * Newton's steps towards a zero of a gradient, its Jacobian by central differences. Directions that the gradient does
 * not see (a softmax's shift) are left alone.
 */
export function newton(
  gradient: (x: readonly number[]) => readonly number[],
  start: readonly number[],
): number[] {
  let x = [...start];
  for (let step = 0; step < 40; step++) {
    const g = gradient(x);
    const jacobian = x.map((_, j) => {
      const h = 1e-5 * Math.max(1, Math.abs(x[j]));
      const [up, down] = [1, -1].map((side) => gradient(x.map((v, i) => (i === j ? v + side * h : v))));
      return up.map((u, i) => (u - down[i]) / (2 * h));
    });
    const move = solveLinear(jacobian, g);
    if (!move.every(Number.isFinite)) return x;
    const next = x.map((v, i) => v - move[i]);
    if (largest(gradient(next)) > largest(g)) return x;
    x = next;
  }
  return x;
}

export const largest = (values: readonly number[]) =>
  values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);

/** Gauss's elimination with full pivoting; pivots that are rounding errors count as free directions (no move). */
function solveLinear(columns: readonly (readonly number[])[], right: readonly number[]): number[] {
  const n = right.length;
  const rows = right.map((r, i) => [...columns.map((column) => column[i]), r]);
  const order: number[] = [];
  const scale = largest(columns.flat()) || 1;
  const used = new Set<number>();
  for (let step = 0; step < n; step++) {
    let [row, column, size] = [-1, -1, 1e-9 * scale];
    for (let i = step; i < n; i++) {
      for (let j = 0; j < n; j++) {
        if (!used.has(j) && Math.abs(rows[i][j]) > size) [row, column, size] = [i, j, Math.abs(rows[i][j])];
      }
    }
    if (row < 0) break;
    [rows[step], rows[row]] = [rows[row], rows[step]];
    used.add(column);
    order.push(column);
    for (let i = 0; i < n; i++) {
      if (i === step) continue;
      const factor = rows[i][column] / rows[step][column];
      for (let j = 0; j <= n; j++) rows[i][j] -= factor * rows[step][j];
    }
  }
  const x = new Array<number>(n).fill(0);
  order.forEach((column, step) => {
    x[column] = rows[step][n] / rows[step][column];
  });
  return x;
}
