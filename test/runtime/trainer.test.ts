import { expect, test } from "vitest";
import { epochBatches } from "../../src/data/batches.ts";
import { syntheticDataset } from "../../src/data/synthetic.ts";
import { initialWeights } from "../../src/graph/initialWeights.ts";
import { conv2d, dense, flatten, maxPool2d, rescaling } from "../../src/graph/layers.ts";
import { sequential } from "../../src/graph/model.ts";
import { rmsprop } from "../../src/graph/optimizers.ts";
import { nodeRuntime } from "../../src/runtime/node.ts";
import { createPredictor } from "../../src/runtime/predictor.ts";
import { createTrainer, type TrainerOptions } from "../../src/runtime/trainer.ts";

const runtime = await nodeRuntime();
const model = sequential(
  [8, 8, 3],
  [rescaling(1 / 255), conv2d(6, [3, 3], { activation: "relu" }), maxPool2d([2, 2]), flatten(), dense(4)],
);
const { train } = syntheticDataset({ seed: 1, classes: 4, trainCount: 200, testCount: 1, shape: [8, 8, 3] });
const examples = { inputs: { images: train.images }, labels: train.labels };
const rows = Uint32Array.from({ length: train.count }, (_, i) => i);
const common = {
  model,
  examples,
  loss: "softmax",
  optimizer: rmsprop(),
  weights: initialWeights(model, 7),
};

async function lossesOfEpochs(options: Partial<TrainerOptions> & { batchSize: number }, epochs = 1) {
  const trainer = await createTrainer(runtime, { ...common, ...options });
  const result = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (const batch of epochBatches(rows, options.batchSize, 3, epoch))
      result.push(await trainer.step(batch));
  }
  const weights = trainer.weights();
  await trainer.dispose();
  return { result, weights };
}

test("the micro-batches of a batch do not change the result beyond rounding", async () => {
  const whole = await lossesOfEpochs({ batchSize: 64, microBatchSize: 64 });
  const split = await lossesOfEpochs({ batchSize: 64, microBatchSize: 16 });
  whole.result.forEach(({ loss, correct }, i) => {
    expect(split.result[i].loss).toBeCloseTo(loss, 4);
    expect(split.result[i].correct).toBe(correct);
  });
});

test("the same seed gives the same losses and weights, bit for bit", async () => {
  const options = { batchSize: 32, microBatchSize: 16 };
  expect(await lossesOfEpochs(options)).toEqual(await lossesOfEpochs(options));
});

test("training learns the classes of the synthetic images", async () => {
  const { result } = await lossesOfEpochs({ batchSize: 20, optimizer: rmsprop({ learningRate: 0.01 }) }, 10);
  expect(result.at(-1)!.loss).toBeLessThan(0.5 * result[0].loss);
  expect(result.at(-1)!.correct).toBeGreaterThan(17);
});

test("the first loss of a trainer is the mean loss of the predictor's outputs", async () => {
  const batch = rows.subarray(0, 50);
  const predictor = await createPredictor(runtime, { model, examples, microBatchSize: 16 });
  const outputs = await predictor.outputs(common.weights, batch);
  await predictor.dispose();
  const rowLosses = Array.from(batch, (row, i) => {
    const z = [...outputs.subarray(4 * i, 4 * i + 4)];
    return Math.log(z.reduce((sum, value) => sum + Math.exp(value), 0)) - z[train.labels[row]];
  });
  const trainer = await createTrainer(runtime, { ...common, batchSize: 64, microBatchSize: 32 });
  const { loss } = await trainer.step(batch);
  await trainer.dispose();
  expect(loss).toBeCloseTo(rowLosses.reduce((sum, value) => sum + value) / 50, 5);
});

test("a batch of no rows, or of too many, is an error that says what is allowed", async () => {
  const trainer = await createTrainer(runtime, { ...common, batchSize: 8 });
  await expect(trainer.step([])).rejects.toThrow("a batch of 0 rows; allowed: 1 to 8");
  await expect(trainer.step(rows.subarray(0, 9))).rejects.toThrow("a batch of 9 rows; allowed: 1 to 8");
  await trainer.dispose();
});
