import { expect, test } from "vitest";
import { band } from "../../src/heads/band.ts";
import { solve } from "../../src/heads/solve.ts";
import type { ClassSummary } from "../../src/labels/summary.ts";

const counts = Float64Array.of(4000, 3700, 100, 4000, 400, 100, 50, 700, 700, 100);
const rows = 13_850;
const cifar: ClassSummary = {
  kind: "classes",
  counts,
  rows,
  ignored: 0,
  labelEntropy: 0,
  labelSquares: rows,
};

test("solve('softmax', counts) is the log frequency, and the label entropy its loss", () => {
  const solution = solve("softmax", cifar);
  expect(solution.bias[0]).toBeCloseTo(Math.log(4000 / 13_850), 14);
  expect(solution.expectedLoss).toBeCloseTo(1.6012265347398464, 12);
  expect(solution.lossAtZero).toBeCloseTo(Math.LN10, 12);
  expect(solution).toMatchObject({ kind: "closed form", identifiable: false, warnings: [] });
});

test("band(head, counts, settings) is L* ∓ z·SE, and the Jensen gap above", () => {
  const { standardError, low, high, gap } = band("softmax", cifar, { batchSize: 256, z: 2 });
  expect(standardError).toBeCloseTo(0.0521737, 6); // sqrt(Σ p log² p − H²) / 16, by numpy
  expect([low, high, gap]).toEqual(
    [1.6012265347398464 - 2 * standardError, 1.6012265347398464 + 2 * standardError, 0].map((x) =>
      expect.closeTo(x, 12),
    ),
  );
  expect(band("softmax", cifar, { batchSize: Infinity, outputVariance: 1 })).toMatchObject({
    gap: 0.5,
    standardError: 0,
  });
});
