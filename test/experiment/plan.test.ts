import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { resolvePlan } from "../../src/experiment/plan.ts";
import { makeModel } from "../../src/experiment/plannedModel.ts";

test("the original experiment's plan file says what the defaults are", () => {
  const file = readFileSync(join(import.meta.dirname, "../../plans/cifar10-imbalanced.yaml"), "utf8");
  expect(resolvePlan(parse(file))).toEqual(resolvePlan({}));
});

test("the original network has 122,570 parameters and one output a class", () => {
  const { parameters, output, outputBias } = makeModel(resolvePlan({}), [32, 32, 3]);
  const sizes = parameters.map(({ shape }) => shape.reduce((a, b) => a * b));
  expect(sizes.reduce((a, b) => a + b)).toBe(122_570);
  expect(output).toEqual([10]);
  expect(outputBias).toBe("dense_1.bias");
});

test.each([
  [{ batchsize: 3 }, "plan: unknown key: batchsize; did you mean batchSize?"],
  [{ arms: ["zero", "priro"] }, "plan: arms: number 2: unknown arm: priro; did you mean prior?"],
  [{ arms: [] }, "plan: arms: invalid value []; give at least 1"],
  [{ arms: ["zero", "zero"] }, "plan: arms holds zero twice"],
  [{ seeds: [1, 2, 1] }, "plan: seeds holds 1 twice"],
  [{ dataset: "mnist" }, "plan: dataset: unknown dataset: mnist; known: cifar10, synthetic"],
  [{ counts: [5, -3] }, "plan: counts: number 2: invalid value -3; allowed: at least 1"],
  [{ counts: [5, 0] }, "plan: counts: number 2: invalid value 0; allowed: at least 1"],
  [{ counts: [5, 1.5] }, "plan: counts: number 2: invalid value 1.5; needed: a whole number"],
  [{ epochs: "three" }, 'plan: epochs: invalid value "three"; needed: number'],
  [{ batchSize: 0 }, "plan: batchSize: invalid value 0; allowed: at least 1"],
  [{ learningRate: 0 }, "plan: learningRate: invalid value 0; allowed: more than 0"],
  [
    { layers: [{ flatten: {} }, { conv3d: {} }] },
    "plan: layers: number 2: unknown layer: conv3d; did you mean conv2d?",
  ],
  [{ layers: ["flatten"] }, 'plan: layers: number 1: give one kind of layer, got "flatten"'],
  [
    { layers: [{ dense: { units: 0 } }] },
    "plan: layers: number 1: dense: units: invalid value 0; allowed: at least 1",
  ],
  [
    { layers: [{ dense: { unit: 3 } }] },
    "plan: layers: number 1: dense: unknown key: unit; did you mean units?",
  ],
  [[1], "plan: invalid value [1]; needed: object"],
])("%j is refused with one line", (plan, message) => {
  let text = "";
  try {
    resolvePlan(plan);
  } catch (error) {
    text = (error as Error).message;
  }
  expect(text.slice(0, message.length)).toBe(message);
  expect(text).not.toContain("\n");
});

test("layers that do not fit each other are refused", () => {
  const plan = resolvePlan({ layers: [{ dense: { units: 3 } }] });
  expect(() => makeModel(plan, [8, 8, 3])).toThrow(
    "layers: dense takes vectors, got shape [8,8,3]; put flatten() before it",
  );
});
