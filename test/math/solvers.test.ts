import fc from "fast-check";
import { expect, test } from "vitest";
import { minimize } from "../../src/math/minimize.ts";
import { normalRule, uniformRule } from "../../src/math/quadrature.ts";
import { weightedQuantile } from "../../src/math/quantile.ts";
import { increasingRoot, increasingRootFrom } from "../../src/math/root.ts";

test("increasingRoot(f, low, high) finds roots of any size to the last digits", () => {
  fc.assert(
    fc.property(fc.double({ min: -300, max: 300, noNaN: true }), fc.constantFrom(-1, 1), (power, sign) => {
      const root = sign * 2 ** power;
      const found = increasingRoot(
        (x) => Math.sign(x - root) * Math.abs(x - root) ** 0.5,
        -(2 ** 301),
        2 ** 301,
      );
      expect(Math.abs(found - root)).toBeLessThanOrEqual(4e-16 * Math.abs(root));
    }),
  );
});

test("increasingRoot(f, low, high) takes a jump over zero as a root, and the nearer end where there is none", () => {
  expect(increasingRoot((x) => (x < 2.5 ? -1 : 3), 0, 10)).toBeCloseTo(2.5, 14);
  expect(increasingRoot((x) => x + 5, 0, 10)).toBe(0);
  expect(increasingRoot((x) => x - 50, 0, 10)).toBe(10);
});

test("increasingRootFrom(f, start) needs no bracket", () => {
  expect(increasingRootFrom((x) => x - 1e9, 0)).toBeCloseTo(1e9, 5);
  expect(increasingRootFrom((x) => Math.tanh(x + 40), 3)).toBeCloseTo(-40, 13);
});

test("weightedQuantile(values, weights, tau) minimises the pinball loss", () => {
  const row = fc.record({ y: fc.integer({ min: -5, max: 5 }), w: fc.integer({ min: 0, max: 4 }) });
  fc.assert(
    fc.property(
      fc.array(row, { minLength: 1 }),
      fc.double({ min: 0.05, max: 0.95, noNaN: true }),
      (rows, tau) => {
        fc.pre(rows.some(({ w }) => w > 0));
        const sorted = [...rows].sort((a, b) => a.y - b.y);
        const loss = (z: number) =>
          sorted.reduce((total, { y, w }) => total + w * (y > z ? tau * (y - z) : (1 - tau) * (z - y)), 0);
        const best = Math.min(...sorted.map(({ y }) => loss(y)));
        const found = weightedQuantile(
          sorted.map(({ y }) => y),
          sorted.map(({ w }) => w),
          tau,
        );
        expect(loss(found)).toBeLessThanOrEqual(best + 1e-9);
      },
    ),
  );
});

test("weightedQuantile takes the middle of a tie, as numpy.median does", () => {
  expect(weightedQuantile([1, 2, 3, 10], [1, 1, 1, 1], 0.5)).toBe(2.5);
  expect(weightedQuantile([1, 2, 3], [1, 0, 1], 0.5)).toBe(2);
});

test("minimize(f, start) ends at the minimum of Rosenbrock's valley", () => {
  const { at, slope } = minimize(
    ([x, y]) => {
      const [a, b] = [1 - x, y - x * x];
      return { value: a * a + 100 * b * b, gradient: [-2 * a - 400 * x * b, 200 * b] };
    },
    [-1.2, 1],
  );
  expect(at).toEqual([1, 1].map((x) => expect.closeTo(x, 9)));
  expect(slope).toBeLessThan(1e-9);
});

test("uniformRule(n) integrates polynomials of degree 2n - 1 exactly, normalRule the normal's moments", () => {
  const { points, weights } = uniformRule(5);
  const mean = (power: number) => points.reduce((total, x, i) => total + weights[i] * x ** power, 0);
  for (let power = 0; power < 10; power++)
    expect(mean(power)).toBeCloseTo(power % 2 ? 0 : 1 / (power + 1), 14);
  const normal = normalRule(61);
  const moment = (power: number) =>
    normal.points.reduce((total, x, i) => total + normal.weights[i] * x ** power, 0);
  expect([0, 1, 2, 3, 4].map(moment)).toEqual([1, 0, 1, 0, 3].map((m) => expect.closeTo(m, 10)));
});
