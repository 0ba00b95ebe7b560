import fc from "fast-check";
import { expect, test } from "vitest";
import { resolvePlan } from "../../src/experiment/plan.ts";
import { trialKeyText } from "../../src/experiment/record.ts";
import {
  inOrder,
  requireShard,
  seedTasks,
  settingsOf,
  trialKeys,
  trialNames,
  unfinished,
} from "../../src/experiment/settings.ts";

const grid = { batchSize: [64, 256], learningRate: [0.001, 0.003, 0.01] };
const sweep = resolvePlan({ dataset: "synthetic", seeds: [1, 2, 3], grid });

test("a grid makes every combination of its values, and a plan without a grid is its own setting", () => {
  const settings = settingsOf(sweep);
  expect(settings.map(({ name }) => name)).toEqual(
    [64, 256].flatMap((size) =>
      [0.001, 0.003, 0.01].map((rate) => `batchSize ${size}, learningRate ${rate}`),
    ),
  );
  expect(settings[5].plan).toMatchObject({ batchSize: 256, learningRate: 0.01, seeds: [1, 2, 3] });
  expect(settings[5].plan.grid).toBeUndefined();
  const plan = resolvePlan({});
  expect(settingsOf(plan)).toMatchObject([{ name: "", values: {}, plan }]);
});

test("hashes tell settings apart, and do not depend on seeds, arms or the order in which a grid names them", () => {
  const hashes = settingsOf(sweep).map(({ hash }) => hash);
  expect(new Set(hashes).size).toBe(6);
  const other = resolvePlan({
    dataset: "synthetic",
    arms: ["zero"],
    grid: { learningRate: [0.01, 0.003, 0.001], batchSize: [256, 64] },
  });
  expect(
    settingsOf(other)
      .map(({ hash }) => hash)
      .sort(),
  ).toEqual([...hashes].sort());
  const single = resolvePlan({ dataset: "synthetic", batchSize: 256, learningRate: 0.01 });
  expect(settingsOf(single)[0].hash).toBe(hashes[5]);
});

test("lists in a grid are named by their position", () => {
  const plan = resolvePlan({
    dataset: "synthetic",
    grid: {
      counts: [
        [1, 2],
        [3, 4],
      ],
    },
  });
  expect(settingsOf(plan).map(({ name }) => name)).toEqual(["counts 1 of 2", "counts 2 of 2"]);
});

test("shards are disjoint, and together all trials, whatever their number", () => {
  const all = trialKeys(seedTasks(sweep)).map(trialKeyText);
  expect(all).toHaveLength(6 * 3 * 2);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 18 }), (count) => {
      const shards = Array.from({ length: count }, (_, i) =>
        trialKeys(seedTasks(sweep, { index: i + 1, count })).map(trialKeyText),
      );
      expect(shards.flat().sort()).toEqual([...all].sort());
      const sizes = shards.map(({ length }) => length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(2); // one seed of two arms
    }),
  );
});

test("more shards than seeds of settings are refused", () => {
  requireShard(sweep, { index: 18, count: 18 });
  expect(() => requireShard(sweep, { index: 3, count: 19 })).toThrow(
    "invalid --shard 3/19: the plan has 18 pairs of setting and seed; expected at most as many shards",
  );
});

test("unfinished and finished trials are together all, in the order of the plan", () => {
  const tasks = seedTasks(sweep);
  const all = trialKeys(tasks);
  fc.assert(
    fc.property(fc.subarray(all), (finished) => {
      const rest = trialKeys(unfinished(tasks, finished));
      expect(inOrder([...rest, ...finished], tasks)).toEqual(all);
      expect(rest).toHaveLength(all.length - finished.length);
    }),
  );
});

test("trials are named by setting, seed and arm", () => {
  const [{ hash }] = settingsOf(sweep);
  expect(trialNames(sweep)({ plan: hash, seed: 2, arm: "prior" })).toBe(
    "batchSize 64, learningRate 0.001, seed 2, prior",
  );
});

test.each([
  [{ grid: { batchsize: [1] } }, "plan: grid: unknown key: batchsize; did you mean batchSize?"],
  [{ grid: { batchSize: [] } }, "invalid plan: grid, batchSize: []; expected at least 1 entry"],
  [{ grid: { batchSize: 64 } }, "invalid plan: grid, batchSize: 64; expected a list"],
  [
    { grid: { learningRate: [0.1, 0.1] } },
    "invalid plan: grid, learningRate: 0.1 is given twice; expected different values",
  ],
])("%j is refused", (plan, message) => {
  expect(() => resolvePlan(plan)).toThrow(message);
});
