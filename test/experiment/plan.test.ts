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

test("the original network has 122,570 parameters and one output per class", () => {
  const { parameters, output, outputBias } = makeModel(resolvePlan({}), { shape: [32, 32, 3] }, 10);
  const sizes = parameters.map(({ shape }) => shape.reduce((a, b) => a * b));
  expect(sizes.reduce((a, b) => a + b)).toBe(122_570);
  expect(output).toEqual([10]);
  expect(outputBias).toBe("dense_1.bias");
});

test.each([
  [{ batchsize: 3 }, "plan: unknown key: batchsize; did you mean batchSize?"],
  [{ arms: ["zero", "priro"] }, "plan: arms, entry 2: unknown arm: priro; did you mean prior?"],
  [{ arms: [] }, "invalid plan: arms: []; expected at least 1 entry"],
  [{ arms: ["zero", "zero"] }, "invalid plan: arms: zero is given twice; expected different arms"],
  [{ seeds: [1, 2, 1] }, "invalid plan: seeds: 1 is given twice; expected different seeds"],
  [{ dataset: "mnist" }, "plan: dataset: unknown dataset: mnist; known: cifar10, synthetic"],
  [{ counts: [5, -3] }, "invalid plan: counts, entry 2: -3; expected a number of at least 1"],
  [{ counts: [5, 0] }, "invalid plan: counts, entry 2: 0; expected a number of at least 1"],
  [{ counts: [5, 1.5] }, "invalid plan: counts, entry 2: 1.5; expected a whole number"],
  [{ epochs: "three" }, 'invalid plan: epochs: "three"; expected a number'],
  [{ batchSize: 0 }, "invalid plan: batchSize: 0; expected a number of at least 1"],
  [{ learningRate: 0 }, "invalid plan: learningRate: 0; expected a number of more than 0"],
  [
    { layers: [{ flatten: {} }, { conv3d: {} }] },
    "plan: layers, entry 2: unknown layer: conv3d; did you mean conv2d?",
  ],
  [
    { layers: ["flatten"] },
    'invalid plan: layers, entry 1: "flatten"; expected one kind of layer, as in flatten: {}',
  ],
  [
    { layers: [{ dense: { units: 0 } }] },
    "invalid plan: layers, entry 1, dense, units: 0; expected a number of at least 1",
  ],
  [
    { layers: [{ dense: { unit: 3 } }] },
    "plan: layers, entry 1, dense: unknown key: unit; did you mean units?",
  ],
  [[1], "invalid plan: [1]; expected keys with values"],
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
  expect(() => makeModel(plan, { shape: [8, 8, 3] }, 10)).toThrow(
    "layers: dense takes vectors, got shape [8,8,3]; put flatten() before it",
  );
});
