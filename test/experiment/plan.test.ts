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

test("makemore's plan has the network of the lecture, 11,897 parameters", () => {
  const plan = resolvePlan(
    parse(readFileSync(join(import.meta.dirname, "../../plans/makemore.yaml"), "utf8")),
  );
  for (const initial of plan.grid!.initial!) {
    const { parameters, output } = makeModel({ ...plan, initial }, { shape: [3] }, 27);
    const sizes = parameters.map(({ shape }) => shape.reduce((a, b) => a * b));
    expect(sizes.reduce((a, b) => a + b)).toBe(11_897);
    expect(output).toEqual([27]);
  }
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
  [{ dataset: "mnist" }, "plan: dataset: unknown dataset: mnist; known: cifar10, synthetic, names"],
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
  [{ learningRate: "fast" }, 'invalid plan: learningRate: "fast"; expected a number, or keys with values'],
  [{ learningRate: { start: 0 } }, "invalid plan: learningRate, start: 0; expected a number of more than 0"],
  [{ learningRate: { start: 0.1, step: [] } }, "plan: learningRate: unknown key: step; did you mean steps?"],
  [
    { learningRate: { start: 0.1, cosine: { over: 5 }, warmUp: 9 } },
    "invalid learningRate: a cosine over 5 steps with a warm-up of 9; expected more steps than the warm-up has",
  ],
  [{ optimizer: { adm: {} } }, "plan: optimizer: unknown key: adm; did you mean adam?"],
  [{ optimizer: { adam: { beta: 1 } } }, "plan: optimizer, adam: unknown key: beta; did you mean beta1?"],
  [{ optimizer: {} }, "invalid optimizer: none; expected one, as in adamW: { weightDecay: 0.01 }"],
  [{ optimizer: { sgd: {}, adam: {} } }, "invalid optimizer: sgd and adam; expected one"],
  [
    { layers: [{ residual: { layers: [{ dense: { unit: 3 } }] } }] },
    "plan: layers, entry 1, residual, layers, entry 1, dense: unknown key: unit; did you mean units?",
  ],
  [
    { initial: { "dense.kernel": -1 } },
    "invalid plan: initial, dense.kernel: -1; expected a number of at least 0",
  ],
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

test("initial values are set by the names of parameters, but for the bias that the arms set", () => {
  const layers = [{ dense: { units: 3 } }, { batchNorm: {} }];
  const model = (initial: Record<string, number>) =>
    makeModel(resolvePlan({ layers, initial }), { shape: [4] }, 10).parameters.map(
      ({ initializer }) => initializer.kind,
    );
  expect(model({ "dense.kernel": 0.5 })).toEqual([
    "normal",
    "zeros",
    "ones",
    "zeros",
    "glorotUniform",
    "zeros",
  ]);
  expect(() => model({ "dense.kernl": 1 })).toThrow(
    "initial: unknown parameter: dense.kernl; did you mean dense.kernel?",
  );
  expect(() => model({ "dense_1.bias": 1 })).toThrow("initial: dense_1.bias is what the arms set");
});

test("every kind of layer can stand in a plan, and residual sums keep their shape", () => {
  const layers = [
    { conv1d: { filters: 4, kernel: 3, padding: "same" as const } },
    { residual: { layers: [{ layerNorm: {} }, { dropout: { rate: 0.1 } }] } },
    { lstm: { units: 3, returnSequences: true } },
    { gru: { units: 5 } },
    { activation: { name: "silu" as const } },
    { batchNorm: { momentum: 0.9 } },
  ];
  const { output, fixed, noise } = makeModel(resolvePlan({ layers }), { shape: [6, 2] }, 3);
  expect(output).toEqual([3]);
  expect(fixed.map(({ name }) => name)).toEqual(["batchNorm.mean", "batchNorm.variance"]);
  expect(noise(7).map(({ shape }) => shape)).toEqual([[7, 6, 4]]);
});
