import fc from "fast-check";
import { expect, test } from "vitest";
import { mergeSummaries } from "../../src/labels/mergeSummaries.ts";
import { compact } from "../../src/labels/points.ts";
import { summarizeNumbers } from "../../src/labels/summarize.ts";
import type { NumberColumn } from "../../src/labels/summary.ts";

/** The largest distance between the true and the sketched share of weight at or below a value, over all values. */
function worstRank(column: NumberColumn, values: readonly number[], weights: readonly number[]): number {
  const order = values.map((_, i) => i).sort((i, j) => values[i] - values[j]);
  let worst = 0;
  let [truth, sketched, next] = [0, 0, 0];
  order.forEach((i, n) => {
    truth += weights[i];
    if (n + 1 < order.length && values[order[n + 1]] === values[i]) return;
    while (next < column.values.length && column.values[next] <= values[i])
      sketched += column.weights[next++];
    worst = Math.max(worst, Math.abs(truth - sketched) / column.weight);
  });
  return worst;
}

const weighted = fc.array(
  fc.tuple(
    fc.oneof(fc.double({ min: -1e9, max: 1e9, noNaN: true }), fc.integer({ min: 0, max: 5 })),
    fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 10_000 })),
  ),
  { minLength: 1, maxLength: 400 },
);

test("every rank read off a sketch is right within its rank error, whatever values and weights", () => {
  fc.assert(
    fc.property(weighted, fc.integer({ min: 8, max: 100 }), (rows, maxExact) => {
      const [values, weights] = [rows.map(([value]) => value), rows.map(([, weight]) => weight)];
      const [column] = summarizeNumbers(values, { weights, maxExact }).columns;
      expect(worstRank(column, values, weights)).toBeLessThanOrEqual(column.rankError + 1e-12);
      expect(column.exact).toBe(column.rankError === 0);
      expect(column.values.length).toBeLessThanOrEqual(maxExact);
    }),
    { numRuns: 300 },
  );
});

test("the rank error of merged sketches holds for the whole", () => {
  fc.assert(
    fc.property(weighted, weighted, (a, b) => {
      const of = (rows: typeof a) =>
        summarizeNumbers(
          rows.map(([value]) => value),
          { weights: rows.map(([, weight]) => weight), maxExact: 16 },
        );
      const rows = [...a, ...b];
      const [column] = mergeSummaries(of(a), of(b)).columns;
      const worst = worstRank(
        column,
        rows.map(([value]) => value),
        rows.map(([, weight]) => weight),
      );
      expect(worst).toBeLessThanOrEqual(column.rankError + 1e-12);
    }),
  );
});

test("compact(points, size) adds less than 1/size of the weight to the rank error, 1/(2 size) for equal weights", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 300 }),
      fc.integer({ min: 1, max: 40 }),
      (weights, size) => {
        const values = Float64Array.from(weights, (_, i) => i);
        const total = weights.reduce((a, b) => a + b);
        const sketch = compact({ values, weights: Float64Array.from(weights), rankError: 0 }, size);
        expect(sketch.values.length).toBeLessThanOrEqual(size);
        expect(sketch.weights.reduce((a, b) => a + b)).toBe(total);
        expect(sketch.rankError).toBeLessThanOrEqual(total / size);
        const even = compact(
          { values, weights: new Float64Array(values.length).fill(1), rankError: 0 },
          size,
        );
        expect(even.rankError).toBeLessThanOrEqual(Math.ceil(values.length / size) / 2);
      },
    ),
  );
});

test("the default sketch of 1.5 million distinct values is right to a few millionths", () => {
  const n = 1_500_000;
  // 0 to n - 1, each once, in an order that jumps about (a step prime to n).
  const [column] = summarizeNumbers(Float64Array.from({ length: n }, (_, i) => (i * 700_001) % n)).columns;
  expect(column.exact).toBe(false);
  expect(column.rankError).toBeLessThan(5e-6);
  let sketched = 0;
  let worst = 0;
  column.values.forEach((value, i) => {
    // Just below the point, and at it.
    worst = Math.max(worst, Math.abs(sketched - value));
    sketched += column.weights[i];
    worst = Math.max(worst, Math.abs(sketched - (value + 1)));
  });
  expect(worst / n).toBeLessThanOrEqual(column.rankError);
});

test("moments stay exact far from 0, and in a sketch", () => {
  // Deviations of -1, 0, 1 about 10^9: variance 2/3.
  const rows = Array.from({ length: 30_000 }, (_, i) => 1e9 + (i % 3) - 1);
  const [column] = summarizeNumbers(rows).columns;
  expect(column.mean).toBe(1e9);
  expect(column.variance).toBeCloseTo(2 / 3, 13);
  const [sketched] = summarizeNumbers(
    Array.from({ length: 30_000 }, (_, i) => 1e9 + i),
    { maxExact: 64 },
  ).columns;
  expect(sketched.mean).toBe(1e9 + 29_999 / 2);
  expect(sketched.variance / ((30_000 ** 2 - 1) / 12)).toBeCloseTo(1, 13);
});

test("-0 and 0 are one value", () => {
  expect([...summarizeNumbers([0, -0, 1]).columns[0].weights]).toEqual([2, 1]);
});

test("NaN, infinities and rows of another width are refused, with the row", () => {
  expect(() => summarizeNumbers([1, Number.NaN])).toThrow(
    "invalid label in row 2: NaN; labels are finite numbers",
  );
  expect(() => summarizeNumbers([[1, Number.POSITIVE_INFINITY]], { names: ["x", "y"] })).toThrow(
    "row 1, column y: Infinity",
  );
  expect(() => summarizeNumbers([[1, 2], [3]])).toThrow("row 2 has 1 numbers, not 2");
});

test("meanDirection is the weighted mean of rows scaled to length 1", () => {
  const { meanDirection } = summarizeNumbers(
    [
      [3, 4],
      [0, 2],
      [0, 0],
    ],
    { weights: [1, 2, 1] },
  );
  expect(meanDirection[0]).toBeCloseTo(0.6 / 4, 15);
  expect(meanDirection[1]).toBeCloseTo((0.8 + 2) / 4, 15);
});
