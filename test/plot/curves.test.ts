import fc from "fast-check";
import { expect, test } from "vitest";
import { divergence, moveApart, overSeeds, visibleIndices } from "../../src/plot/curves.ts";

const loss = fc.oneof(
  { weight: 20, arbitrary: fc.double({ min: 0, max: 5, noNaN: true }) },
  fc.constant(Number.NaN),
);
const curve = fc.array(loss, { minLength: 1, maxLength: 600, size: "max" });

test("overSeeds(curves) leaves out what is not finite or not there, and counts the rest", () => {
  const steps = overSeeds([
    [1, 2, 3],
    [3, Number.NaN],
    [5, Number.POSITIVE_INFINITY],
  ]);
  expect(steps).toEqual([
    { mean: 3, low: 1, high: 5, seeds: 3 },
    { mean: 2, low: 2, high: 2, seeds: 1 },
    { mean: 3, low: 3, high: 3, seeds: 1 },
  ]);
  expect(overSeeds([[Number.NaN]])[0]).toEqual({ mean: NaN, low: NaN, high: NaN, seeds: 0 });
  expect(overSeeds([])).toEqual([]);
});

test("overSeeds([curve]) = the curve, where it is finite", () => {
  fc.assert(
    fc.property(curve, (values) => {
      expect(overSeeds([values]).map(({ mean }) => mean)).toEqual(values);
    }),
    { numRuns: 20 },
  );
});

test("divergence(curve) is the first step that is not finite", () => {
  expect(divergence([1, Number.POSITIVE_INFINITY, Number.NaN])).toBe(1);
  expect(divergence([1, 2])).toBeUndefined();
});

test("visibleIndices(values, columns) keep ends, lowest and highest in order, and every gap", () => {
  fc.assert(
    fc.property(curve, fc.integer({ min: 1, max: 150 }), (values, columns) => {
      const kept = visibleIndices(values, columns);
      const shown = kept.map((i) => values[i]);
      const finite = values.filter(Number.isFinite);
      expect([kept[0], kept.at(-1)]).toEqual([0, values.length - 1]);
      expect(kept.every((index, i) => i === 0 || index > kept[i - 1])).toBe(true);
      expect(Math.min(...shown.filter(Number.isFinite))).toBe(Math.min(...finite));
      expect(Math.max(...shown.filter(Number.isFinite))).toBe(Math.max(...finite));
      const gaps = (list: number[]) =>
        list.filter((v, i) => Number.isNaN(v) && !Number.isNaN(list[i - 1])).length;
      expect(gaps(shown)).toBe(gaps(values));
    }),
    { numRuns: 200 },
  );
});

test("moveApart(positions, gap, low, high) keeps the order, the gap and the range where there is room", () => {
  const inside = fc.array(fc.double({ min: 0, max: 300, noNaN: true }), { maxLength: 12 });
  fc.assert(
    fc.property(inside, (positions) => {
      const placed = moveApart(positions, 14, 0, 300);
      const sorted = [...placed].sort((a, b) => a - b);
      expect(sorted.every((p, i) => i === 0 || p - sorted[i - 1] > 14 - 1e-9)).toBe(true);
      expect(placed.every((p) => p >= 0 && p <= 300)).toBe(true);
      const ordered = positions.every((p, i) => positions.every((q, j) => p >= q || placed[i] < placed[j]));
      expect(ordered).toBe(true);
    }),
  );
});

test("moveApart leaves alone what is already apart", () => {
  expect(moveApart([200, 10, 50], 14, 0, 300)).toEqual([200, 10, 50]);
});
