import fc from "fast-check";
import { expect, test } from "vitest";
import { fnv1a64, seededRandom, splitmix64, xoshiro128starstar } from "../../src/math/seededRandom.ts";

const take = <T>(n: number, next: () => T): T[] => Array.from({ length: n }, next);
const seeds = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });

test("xoshiro128starstar(state) is the reference implementation", () => {
  // Output of xoshiro128starstar.c, version 1.1, from state {1, 2, 3, 4}.
  expect(take(10, xoshiro128starstar(Uint32Array.of(1, 2, 3, 4)))).toEqual([
    11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
  ]);
});

test("splitmix64(state) is the reference implementation", () => {
  // Output of splitmix64.c from state 1234567.
  expect(take(5, splitmix64(1234567n))).toEqual([
    6457827717110365317n,
    3203168211198807973n,
    9817491932198370423n,
    4593380528125082431n,
    16408922859458223821n,
  ]);
});

test("fnv1a64(text) has the published values", () => {
  expect(["", "a", "foobar"].map(fnv1a64)).toEqual([
    0xcbf29ce484222325n,
    0xaf63dc4c8601ec8cn,
    0x85944171f73967e8n,
  ]);
});

test("random(seed, stream) gives the same numbers again, and others for another seed or stream", () => {
  fc.assert(
    fc.property(seeds, fc.string(), (seed, stream) => {
      const numbers = take(4, seededRandom(seed, stream).uniform);
      expect(take(4, seededRandom(seed, stream).uniform)).toEqual(numbers);
      expect(take(4, seededRandom(seed, `${stream}x`).uniform)).not.toEqual(numbers);
      expect(take(4, seededRandom(seed === 0 ? 1 : seed - 1, stream).uniform)).not.toEqual(numbers);
    }),
  );
});

test("random(33) never changes, so that a seed keeps its experiment across versions", () => {
  const { uniform, integer, normal, shuffle } = seededRandom(33, "example");
  expect([uniform(), integer(1000), normal(), normal(), shuffle([0, 1, 2, 3, 4, 5])]).toMatchInlineSnapshot(`
    [
      0.7106321906452208,
      702,
      -1.1819256121056736,
      2.2628615379807417,
      [
        5,
        4,
        1,
        0,
        2,
        3,
      ],
    ]
  `);
});

test("random(seed) refuses what is not a whole number from 0 to 2^53 - 1", () => {
  for (const seed of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
    expect(() => seededRandom(seed)).toThrow(
      `invalid seed: ${seed}; a seed is a whole number from 0 to 2^53 - 1`,
    );
  }
});

test("uniform() lies in [0, 1) with mean 1/2 and variance 1/12", () => {
  const values = take(100_000, seededRandom(1).uniform);
  expect(values.every((value) => value >= 0 && value < 1)).toBe(true);
  const { mean, variance } = moments(values);
  expect(Math.abs(mean - 1 / 2)).toBeLessThan(5 * Math.sqrt(1 / 12 / values.length));
  expect(Math.abs(variance - 1 / 12)).toBeLessThan(0.002);
});

test("normal() has the moments of a standard normal", () => {
  const values = take(100_000, seededRandom(2).normal);
  const { mean, variance, skewness, kurtosis } = moments(values);
  const n = values.length;
  expect(Math.abs(mean)).toBeLessThan(5 / Math.sqrt(n));
  expect(Math.abs(variance - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
  expect(Math.abs(skewness)).toBeLessThan(5 * Math.sqrt(6 / n));
  expect(Math.abs(kurtosis - 3)).toBeLessThan(5 * Math.sqrt(24 / n));
});

test("integer(n) takes each value in [0, n) equally often", () => {
  for (const n of [1, 2, 3, 10, 1000]) {
    const counts = new Uint32Array(n);
    const rows = 100 * n + 20_000;
    const { integer } = seededRandom(n);
    for (let i = 0; i < rows; i++) counts[integer(n)]++;
    // Pearson's statistic: mean n - 1, variance about 2 (n - 1).
    const statistic = counts.reduce((sum, count) => sum + (count - rows / n) ** 2 / (rows / n), 0);
    expect(statistic).toBeLessThanOrEqual(n - 1 + 5 * Math.sqrt(2 * (n - 1)));
  }
});

test("integer(n) does not favour small values where n does not divide 2^32", () => {
  const n = 3 * 2 ** 30; // taking the remainder alone would put half of the values below n / 3
  const { integer } = seededRandom(7);
  const below = take(20_000, () => integer(n)).filter((value) => value < n / 3).length;
  expect(Math.abs(below / 20_000 - 1 / 3)).toBeLessThan(0.02);
});

test("integer(n) refuses an empty, fractional or too large range", () => {
  for (const n of [0, -1, 1.5, Number.NaN, 2 ** 32 + 1]) {
    expect(() => seededRandom(1).integer(n)).toThrow(`invalid range: ${n}`);
  }
  expect(seededRandom(1).integer(2 ** 32)).toBeLessThan(2 ** 32);
});

test("shuffle(values) keeps the values", () => {
  fc.assert(
    fc.property(seeds, fc.uint32Array(), (seed, values) => {
      expect(seededRandom(seed).shuffle(values.slice()).sort()).toEqual(values.slice().sort());
    }),
  );
});

test("shuffle(values) makes each order equally often", () => {
  const { shuffle } = seededRandom(3);
  const counts: Record<string, number> = {};
  for (let i = 0; i < 24_000; i++) {
    const order = shuffle([1, 2, 3, 4]).join("");
    counts[order] = (counts[order] ?? 0) + 1;
  }
  expect(Object.keys(counts)).toHaveLength(24);
  expect(Math.max(...Object.values(counts).map((count) => Math.abs(count - 1000)))).toBeLessThan(160);
});

/** Mean, population variance, skewness and kurtosis. */
function moments(values: readonly number[]) {
  const average = (f: (value: number) => number) =>
    values.reduce((sum, value) => sum + f(value), 0) / values.length;
  const mean = average((value) => value);
  const variance = average((value) => (value - mean) ** 2);
  const skewness = average((value) => ((value - mean) / Math.sqrt(variance)) ** 3);
  const kurtosis = average((value) => ((value - mean) / Math.sqrt(variance)) ** 4);
  return { mean, variance, skewness, kurtosis };
}
