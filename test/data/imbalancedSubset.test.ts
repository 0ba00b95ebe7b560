import fc from "fast-check";
import { expect, test } from "vitest";
import { imbalancedSubset } from "../../src/data/imbalancedSubset.ts";

const names = ["cat", "dog", "frog"];
const labels = Uint8Array.of(1, 0, 2, 0, 1, 2, 0, 0, 2, 1);

test("imbalancedSubset(labels, counts) keeps the first of each class, in dataset order", () => {
  expect([...imbalancedSubset(labels, [2, 1, 3], names)]).toEqual([0, 1, 2, 3, 5, 8]);
});

test("imbalancedSubset(labels, all there are) is every row", () => {
  expect([...imbalancedSubset(labels, [4, 3, 3], names)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test("imbalancedSubset(labels, counts) takes the earliest rows of each class", () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(sizes, fc.infiniteStream(fc.nat()), (supply, numbers) => {
      const order = supply.flatMap((count, k) => Array.from({ length: count }, () => k));
      const labels = Uint8Array.from(
        order.map((k) => [numbers.next().value as number, k]).sort((a, b) => a[0] - b[0]),
        ([, k]) => k,
      );
      const counts = supply.map((count) => 1 + ((numbers.next().value as number) % count));
      const rows = [...imbalancedSubset(labels, counts, supply.map(String))];
      expect(rows).toEqual([...new Set(rows)].sort((a, b) => a - b));
      counts.forEach((count, k) => {
        const ofClass = [...labels.keys()].filter((row) => labels[row] === k);
        expect(rows.filter((row) => labels[row] === k)).toEqual(ofClass.slice(0, count));
      });
    }),
  );
});

test("imbalancedSubset(labels, counts) names the class, the count and what is available", () => {
  for (const bad of [0, -5, 2.5, Number.NaN, Number.POSITIVE_INFINITY, 4]) {
    expect(() => imbalancedSubset(labels, [1, bad, 1], names)).toThrow(
      `invalid class count: ${bad} for class 1 (dog); expected a whole number from 1 to 3, the number of its training images`,
    );
  }
});

test("imbalancedSubset(labels, counts) says how many counts it expects", () => {
  expect(() => imbalancedSubset(labels, [1, 1], names)).toThrow(
    "invalid class counts: got 2, expected one for each of the 3 classes (cat, dog, frog)",
  );
  expect(() => imbalancedSubset(labels, [1, 1, 1, 1], names)).toThrow("invalid class counts: got 4");
});
