import fc from "fast-check";
import { expect, test } from "vitest";
import { averagePrecision, rocAuc } from "../../src/math/ranking.ts";

const rows = fc.array(fc.record({ score: fc.integer({ min: 0, max: 5 }), label: fc.constantFrom(0, 1) }), {
  minLength: 2,
  maxLength: 30,
});

test("rocAuc is the share of pairs in which the positive scores higher, ties counted half", () => {
  fc.assert(
    fc.property(rows, (rows) => {
      const [positives, negatives] = [1, 0].map((label) => rows.filter((row) => row.label === label));
      fc.pre(positives.length > 0 && negatives.length > 0);
      let wins = 0;
      for (const p of positives)
        for (const n of negatives) wins += p.score > n.score ? 1 : p.score === n.score ? 0.5 : 0;
      const scores = rows.map(({ score }) => score);
      const labels = rows.map(({ label }) => label);
      const found = rocAuc(scores, labels, new Array(rows.length).fill(1));
      expect(found).toBeCloseTo(wins / (positives.length * negatives.length), 12);
    }),
  );
});

test("averagePrecision of scikit-learn's example, and a weight of 2 as the row twice", () => {
  expect(averagePrecision([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1], [1, 1, 1, 1])).toBeCloseTo(0.8333333333, 9);
  const twice = averagePrecision([3, 2, 2, 1], [1, 0, 0, 1], [1, 1, 1, 1]);
  expect(averagePrecision([3, 2, 1], [1, 0, 1], [1, 2, 1])).toBeCloseTo(twice, 12);
});
