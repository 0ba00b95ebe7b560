import { describe, expect, test } from "vitest";
import { initialWeights, type Weights } from "../../src/graph/initialWeights.ts";
import { dense } from "../../src/graph/layers.ts";
import { sequential } from "../../src/graph/model.ts";
import { adam, sgd } from "../../src/graph/optimizers.ts";
import { numbers } from "../../src/graph/tensor.ts";
import { rowLoss } from "../../src/heads/bind.ts";
import type { Head, Label } from "../../src/heads/head.ts";
import { findHead, heads } from "../../src/heads/index.ts";
import type { Options } from "../../src/heads/options.ts";
import { type SeededRandom, seededRandom } from "../../src/math/seededRandom.ts";
import { nodeRuntime } from "../../src/runtime/node.ts";
import { createTrainer, type TrainerOptions } from "../../src/runtime/trainer.ts";
import { optionCombinations } from "../heads/combinations.ts";

const runtime = await nodeRuntime();
const rows = 24;
const all = Array.from({ length: rows }, (_, i) => i);
const inputs = 3;

/** The label of a row, as a head reads it, in a few columns where it may have several; and how many outputs that needs. */
function drawLabel(head: Head, draw: SeededRandom): number[] {
  if (head.reads === "survival") return [0.5 * (1 + draw.integer(8)), +(draw.uniform() < 0.7)];
  if (head.reads === "directions") return [draw.normal(), draw.normal(), 1 + draw.normal()];
  if (head.reads === "classes") return [draw.integer(4)];
  if (head.reads === "binary") return [0, 1].map(() => draw.integer(2));
  const positive = 0.2 - Math.log(1 - draw.uniform());
  return [head.domain.integer ? draw.integer(6) : head.domain.low === 0 ? positive : 1 + draw.normal()];
}

/** Outputs of a network for labels as `drawLabel` draws them. */
function outputsFor(head: Head, options: Options): number {
  if (head.reads === "survival") return head.name === "censored-exponential" ? 1 : 4;
  if (head.reads === "directions") return 3;
  if (head.reads === "classes") return head.family === "ordinal" ? 3 : 4;
  if (head.reads === "binary") return 2;
  return head.width?.(undefined as never, { components: 2, ...options }) ?? 1;
}

/** A network of one layer, and rows that it can learn something from. */
function setUp(head: Head, options: Options) {
  const draw = seededRandom(3, `${head.name} ${JSON.stringify(options)}`);
  const labels = all.map(() => drawLabel(head, draw));
  const images = Float32Array.from(labels.flatMap((label) => [label[0], draw.normal(), 1]));
  const model = sequential([inputs], [dense(outputsFor(head, options))]);
  const start = initialWeights(model, 5);
  const smaller = Object.entries(start).map(([name, { dtype, shape, data }]) => {
    // some outputs away from 0, where links clamp
    const values = Float32Array.from(data as Float32Array, (w) => 0.1 * w + 0.05);
    return [name, { dtype, shape, data: values }];
  });
  const weights: Weights = Object.fromEntries(smaller);
  return {
    model,
    weights,
    labels,
    examples: { inputs: { images }, labels: Float32Array.from(labels.flat()) },
  };
}

type SetUp = ReturnType<typeof setUp>;

/** The loss of the network in float64, by the mean of the rows' losses; `bias` is added to its outputs. */
function lossOf(head: Head, options: Options, { weights, labels, examples }: SetUp, bias: readonly number[]) {
  const [kernel, own] = ["dense.kernel", "dense.bias"].map((name) => numbers(weights[name]));
  const losses = labels.map((label, row) => {
    const output = bias.map((added, k) =>
      all
        .slice(0, inputs)
        .reduce(
          (z, i) => z + examples.inputs.images[row * inputs + i] * kernel[i * bias.length + k],
          own[k] + added,
        ),
    );
    const single: Label = label.length === 1 ? label[0] : label;
    return rowLoss(head, output, single, options);
  });
  return losses.reduce((a, b) => a + b) / rows;
}

const trainer = (made: SetUp, options: Partial<TrainerOptions> & Pick<TrainerOptions, "loss">) =>
  createTrainer(runtime, { ...made, optimizer: sgd({ learningRate: 1 }), batchSize: rows, ...options });

const cases = heads
  .filter(({ notTrainable }) => notTrainable === undefined)
  .flatMap((head) =>
    optionCombinations(head).map((options) => ({
      title: `${head.name} ${JSON.stringify(options)}`,
      head,
      options,
    })),
  );

describe.each(cases)("$title", ({ head, options }) => {
  const common = { loss: head, options: { ...options, reduction: "rows" } };
  const made = setUp(head, options);
  const outputs = outputsFor(head, options);

  test("the first loss of a trainer is the mean of the losses in float64, and its step their gradient", async () => {
    const one = await trainer(made, common);
    const { loss } = await one.step(all);
    const moved = numbers(one.weights()["dense.bias"]);
    await one.dispose();
    const zeros = new Array<number>(outputs).fill(0);
    const expected = lossOf(head, common.options, made, zeros);
    expect(Math.abs(loss - expected)).toBeLessThan(2e-6 * Math.max(1, Math.abs(expected)));
    const start = numbers(made.weights["dense.bias"]);
    zeros.forEach((_, k) => {
      const h = 1e-4;
      const [up, down] = [h, -h].map((step) => lossOf(head, common.options, made, zeros.with(k, step)));
      const slope = (up - down) / (2 * h);
      expect(Math.abs(start[k] - moved[k] - slope)).toBeLessThan(1e-4 * Math.max(1, Math.abs(slope)));
    });
  });

  test("training lowers the loss", async () => {
    const one = await trainer(made, { ...common, optimizer: adam({ learningRate: 0.03 }) });
    const losses: number[] = [];
    for (let step = 0; step < 60; step++) losses.push((await one.step(all)).loss);
    await one.dispose();
    expect(losses.at(-1)).toBeLessThan(losses[0] - 0.01);
  });
});

describe("what a batch's loss is divided by", () => {
  const { head } = findHead("softmax");
  const made = setUp(head, {});
  const classWeights = [1, 2, 0.5, 3];
  const sampleWeights = all.map((row) => 0.5 + (row % 3));
  const zeros = [0, 0, 0, 0];
  const weighted = (weights: readonly number[], reduction: "mean" | "rows" | "sum") => {
    const ofRow = (row: number) => ({
      ...made,
      labels: [made.labels[row]],
      examples: { ...made.examples, inputs: { images: made.examples.inputs.images.subarray(row * inputs) } },
    });
    const losses = all.map((row) => weights[row] * rows * lossOf(head, { classWeights }, ofRow(row), zeros));
    const divisors = {
      mean: all.reduce((sum, row) => sum + weights[row] * classWeights[made.labels[row][0]], 0),
      rows: weights.filter((weight) => weight > 0).length,
      sum: 1,
    };
    return losses.reduce((a, b) => a + b) / divisors[reduction];
  };

  test.each(["mean", "rows", "sum"] as const)(
    "reduction %s with class and sample weights",
    async (reduction) => {
      const one = await trainer(made, { loss: head, sampleWeights, options: { classWeights, reduction } });
      expect((await one.step(all)).loss).toBeCloseTo(weighted(sampleWeights, reduction), 4);
      await one.dispose();
    },
  );

  test("rows of the ignored label count for nothing", async () => {
    const one = await trainer(made, { loss: head, ignoreLabel: 2, options: { classWeights } });
    const { loss, correct } = await one.step(all);
    const weights = made.labels.map(([label]) => +(label !== 2));
    expect(loss).toBeCloseTo(weighted(weights, "mean"), 5);
    expect(correct).toBeLessThanOrEqual(weights.reduce((a, b) => a + b));
    await expect(one.step(all.filter((row) => made.labels[row][0] === 2))).rejects.toThrow(
      "nothing to divide the loss of a batch",
    );
    await one.dispose();
  });

  test("a framework's name brings its options: Keras divides by the number of rows", async () => {
    const [keras, ours] = await Promise.all(
      ["keras.losses.SparseCategoricalCrossentropy", "softmax"].map((loss) =>
        trainer(made, { loss, sampleWeights }),
      ),
    );
    const weight = sampleWeights.reduce((a, b) => a + b);
    const [first, second] = [(await keras.step(all)).loss, (await ours.step(all)).loss];
    expect(first).toBeCloseTo((second * weight) / rows, 5);
    await Promise.all([keras.dispose(), ours.dispose()]);
  });

  test("distributions over classes train as the indices that they stand for", async () => {
    const oneHot = Float32Array.from(made.labels.flatMap(([label]) => zeros.with(label, 1)));
    const soft = await trainer({ ...made, examples: { ...made.examples, labels: oneHot } }, { loss: head });
    const hard = await trainer(made, { loss: head });
    expect((await soft.step(all)).loss).toBeCloseTo((await hard.step(all)).loss, 6);
    await Promise.all([soft.dispose(), hard.dispose()]);
  });

  test("yes/no labels have a weight of the positives for each column", async () => {
    const { head: sigmoid } = findHead("sigmoid");
    const yesNo = setUp(sigmoid, {});
    const options = { posWeight: [3, 0.5] };
    const one = await trainer(yesNo, { loss: "sigmoid", options });
    const { loss, correct } = await one.step(all);
    expect(loss).toBeCloseTo(lossOf(sigmoid, options, yesNo, [0, 0]), 5);
    expect(Number.isInteger(correct)).toBe(true);
    await one.dispose();
  });
});

test.each([
  ["dice", {}, "cannot train with dice: its loss is one number for a whole batch"],
  ["nonsense", {}, "unknown loss: nonsense"],
  ["softmax", { sampleWeights: [1] }, "1 sample weights for 24 rows"],
  ["softmax", { options: { classWeights: [1, 2] } }, "invalid classWeights of softmax: 2 numbers"],
  ["gaussian-nll", {}, "the model has 4 outputs, but gaussian-nll needs 2"],
])("%s: what cannot be trained is refused before anything runs: %j", async (loss, options, message) => {
  const made = setUp(findHead("softmax").head, {});
  await expect(trainer(made, { loss, ...options })).rejects.toThrow(message);
});
