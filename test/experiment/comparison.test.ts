import fc from "fast-check";
import { expect, test } from "vitest";
import { compareArms, comparisons, difference } from "../../src/experiment/comparison.ts";
import { evaluateOutputs, rowLosses } from "../../src/experiment/evaluation.ts";
import { summarizeArm } from "../../src/experiment/summary.ts";
import { seededRandom } from "../../src/math/seededRandom.ts";
import { trainingLoss } from "../../src/runtime/trainingLoss.ts";
import { makeTrial } from "../plot/trials.ts";

test("a difference's interval holds its mean, and 0 just where it is not distinguishable", () => {
  const values = fc.array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: 2, maxLength: 12 });
  fc.assert(
    fc.property(values, (values) => {
      const { mean, low, high, distinguishable } = difference(values);
      expect(low).toBeLessThanOrEqual(mean + 1e-12);
      expect(high).toBeGreaterThanOrEqual(mean - 1e-12);
      expect(distinguishable).toBe(!(low! <= 0 && high! >= 0));
    }),
    { numRuns: 30 },
  );
});

test("the bootstrap interval of a normal sample's mean is near mean ± 1.96 sd / sqrt(n)", () => {
  const { normal } = seededRandom(1);
  const values = Array.from({ length: 200 }, () => 3 + normal());
  const { mean, low, high } = difference(values);
  const sd = Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length);
  expect((high! - low!) / 2).toBeCloseTo((1.96 * sd) / Math.sqrt(200), 2);
  expect((high! + low!) / 2).toBeCloseTo(mean, 1);
});

test("a single value has no interval and can't be told apart from noise", () => {
  expect(difference([-0.7])).toEqual({
    mean: -0.7,
    low: null,
    high: null,
    values: [-0.7],
    distinguishable: false,
    seedsNeeded: null,
  });
});

const zero = { ...makeTrial({ arm: "zero", seed: 1 }), runningLosses: [2.3, 2, 1.7, 1.6, 1.5] };
const prior = { ...makeTrial({ arm: "prior", seed: 1 }), initialLoss: 1.6 };

test("stepsSaved is the first step at which the baseline's running loss is at most the arm's loss before training", () => {
  expect(compareArms([zero, prior], "prior", "zero").stepsSaved).toEqual({
    values: [4],
    never: 0,
    mean: 4,
    low: null,
    high: null,
  });
});

test("a baseline that never gets there has null steps, and counts with all of the run's", () => {
  const early = { ...prior, initialLoss: 1.2 };
  expect(compareArms([zero, early], "prior", "zero").stepsSaved).toEqual({
    values: [null],
    never: 1,
    mean: 5,
    low: null,
    high: null,
  });
});

test("arms are paired by seed, and compared with zero where there is one", () => {
  const trials = ["prior", "zero", "calibrated"].flatMap((arm) =>
    [1, 2, 3].map((seed) => makeTrial({ arm, seed })),
  );
  const all = comparisons(trials);
  expect(all.map(({ arm, baseline }) => `${arm} - ${baseline}`)).toEqual([
    "prior - zero",
    "calibrated - zero",
  ]);
  expect(all[0].initialLoss!.values).toEqual(
    [1, 2, 3].map(
      (seed) => makeTrial({ arm: "prior", seed }).initialLoss - makeTrial({ arm: "zero", seed }).initialLoss,
    ),
  );
  expect(comparisons(trials.filter(({ arm }) => arm === "prior"))).toEqual([]);
});

test("one seed is summed up as numbers, several as mean, sd and values", () => {
  expect(summarizeArm([zero]).finalLoss).toBe(1.5);
  const other = { ...zero, seed: 2, runningLosses: [2.3, 1.7] };
  const { finalLoss, losses } = summarizeArm([zero, other]);
  expect(finalLoss).toEqual({ mean: 1.6, sd: expect.closeTo(Math.sqrt(0.02), 12), values: [1.5, 1.7] });
  expect(losses).toMatchObject({ values: [zero.runningLosses, other.runningLosses] });
});

const labels = Uint8Array.from([0, 0, 0, 1, 1, 2]);
const loss = trainingLoss({ loss: "softmax" }, labels, 6, 3);
const outputs = Float32Array.from([3, 0, 0, 3, 0, 0, 0, 3, 0, 0, 3, 0, 0, 0, 3, 0, 0, 3]);

test("evaluateOutputs counts hits by class, and weights classes by given shares", () => {
  const plain = evaluateOutputs(loss, { outputs, labels });
  expect(plain.recall).toEqual([2 / 3, 1 / 2, 1]);
  expect(plain.accuracy).toBeCloseTo(4 / 6, 12);
  expect(plain.balancedAccuracy).toBeCloseTo((2 / 3 + 1 / 2 + 1) / 3, 12);
  const weighted = evaluateOutputs(loss, { outputs, labels }, [0.5, 0.5, 0]);
  expect(weighted.accuracy).toBeCloseTo((2 / 3 + 1 / 2) / 2, 12);
  const losses = rowLosses(loss.bound, outputs, loss.over(labels), [0, 0, 0]);
  expect(plain.loss).toBeCloseTo(losses.reduce((a, b) => a + b) / 6, 12);
});

test("a bias shifts rowLosses as it shifts the outputs", () => {
  const bias = [0.5, -1, 2];
  const shifted = Float32Array.from(outputs, (z, i) => z + bias[i % 3]);
  const rows = loss.over(labels);
  expect([...rowLosses(loss.bound, outputs, rows, bias)]).toEqual([
    ...rowLosses(loss.bound, shifted, rows, [0, 0, 0]),
  ]);
});
