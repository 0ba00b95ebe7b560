import fc from "fast-check";
import { expect, test } from "vitest";
import { sample } from "../../src/data/sample.ts";

const names = ["cat", "dog", "frog"];
const labels = Uint8Array.of(1, 0, 2, 0, 1, 2, 0, 0, 2, 1);

test("sample(labels, quotas) keeps the first of each class, in dataset order", () => {
  expect([...sample(labels, [2, 1, 3], names)]).toEqual([0, 1, 2, 3, 5, 8]);
});

test("sample(labels, all there are) is every row", () => {
  expect([...sample(labels, [4, 3, 3], names)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test("sample(labels, quotas) meets every quota with the earliest rows of the class", () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(sizes, fc.infiniteStream(fc.nat()), (supply, numbers) => {
      const order = supply.flatMap((count, k) => Array.from({ length: count }, () => k));
      const labels = Uint8Array.from(
        order.map((k) => [numbers.next().value as number, k]).sort((a, b) => a[0] - b[0]),
        ([, k]) => k,
      );
      const quotas = supply.map((count) => 1 + ((numbers.next().value as number) % count));
      const rows = [...sample(labels, quotas, supply.map(String))];
      expect(rows).toEqual([...new Set(rows)].sort((a, b) => a - b));
      quotas.forEach((quota, k) => {
        const ofClass = [...labels.keys()].filter((row) => labels[row] === k);
        expect(rows.filter((row) => labels[row] === k)).toEqual(ofClass.slice(0, quota));
      });
    }),
  );
});

test("sample(labels, quotas) names class, count and supply of a count that is not allowed", () => {
  for (const bad of [0, -5, 2.5, Number.NaN, Number.POSITIVE_INFINITY, 4]) {
    expect(() => sample(labels, [1, bad, 1], names)).toThrow(
      `invalid class count: ${bad} for class 1 (dog); give a whole number from 1 to 3, all that the training set has`,
    );
  }
});

test("sample(labels, quotas) says how many counts it wants", () => {
  expect(() => sample(labels, [1, 1], names)).toThrow(
    "wrong number of class counts: 2; give one for each of the 3 classes (cat, dog, frog)",
  );
  expect(() => sample(labels, [1, 1, 1, 1], names)).toThrow("wrong number of class counts: 4");
});
