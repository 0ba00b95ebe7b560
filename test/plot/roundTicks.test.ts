import fc from "fast-check";
import { expect, test } from "vitest";
import { roundTicks } from "../../src/plot/roundTicks.ts";

test("roundTicks(low, high, 6, 1) are whole numbers within the range, at most nine of them", () => {
  for (let high = 1; high < 100_000; high = Math.ceil(high * 1.3)) {
    const ticks = roundTicks(0.5, high + 0.5, 6, 1);
    expect(ticks.length).toBeGreaterThanOrEqual(1);
    expect(ticks.length).toBeLessThanOrEqual(9);
    expect(ticks.every((t) => Number.isInteger(t) && t >= 0.5 && t <= high + 0.5)).toBe(true);
  }
  expect(roundTicks(0, 55, 6, 1)).toEqual([0, 10, 20, 30, 40, 50]);
});

test("roundTicks(low, high, count) are evenly spaced and within the range, count/2.6 to count + 1 of them", () => {
  const bound = fc.double({ min: -1e6, max: 1e6, noNaN: true });
  fc.assert(
    fc.property(bound, fc.double({ min: 1e-3, max: 1e6, noNaN: true }), (low, width) => {
      const ticks = roundTicks(low, low + width, 6);
      expect(ticks.length).toBeGreaterThanOrEqual(2);
      expect(ticks.length).toBeLessThanOrEqual(7);
      const slack = 1e-8 * (width + Math.abs(low));
      expect(ticks.every((t) => t >= low - slack && t <= low + width + slack)).toBe(true);
    }),
  );
  expect(roundTicks(1.44, 2.31, 5)).toEqual([1.6, 1.8, 2, 2.2]);
  expect(roundTicks(0.05, 0.45, 5)).toEqual([0.1, 0.2, 0.3, 0.4]);
});

test("roundTicks(x, x, count) = [x]", () => {
  expect(roundTicks(2.3, 2.3, 5)).toEqual([2.3]);
});

test("roundTicks(low, high) are finitely many numbers, whatever the range", () => {
  const bound = fc.double({ noNaN: true, noDefaultInfinity: true });
  fc.assert(
    fc.property(bound, bound, (a, b) => {
      const ticks = roundTicks(Math.min(a, b), Math.max(a, b), 6);
      expect(ticks.length).toBeLessThan(20);
      expect(ticks.every(Number.isFinite)).toBe(true);
    }),
    { numRuns: 5000 },
  );
  expect(roundTicks(0, 1.24e-322, 2)).toEqual([0]);
});
