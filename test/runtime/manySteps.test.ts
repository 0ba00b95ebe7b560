import { expect, test } from "vitest";
import { initialWeights } from "../../src/graph/initialWeights.ts";
import { activation, dense, flatten } from "../../src/graph/layers.ts";
import { type Model, sequential } from "../../src/graph/model.ts";
import { batchNorm, dropout } from "../../src/graph/normalizationLayers.ts";
import { adam, adamW, type Optimizer, rmsprop, sgd } from "../../src/graph/optimizers.ts";
import { embedding } from "../../src/graph/sequenceLayers.ts";
import { seededRandom } from "../../src/math/seededRandom.ts";
import { nodeRuntime } from "../../src/runtime/node.ts";
import type { StepResult } from "../../src/runtime/stepRunner.ts";
import { createTrainer } from "../../src/runtime/trainer.ts";

const runtime = await nodeRuntime();
const rows = 200;
const { integer } = seededRandom(1, "data");
const examples = {
  inputs: { images: Uint8Array.from({ length: 3 * rows }, () => integer(7)) },
  labels: Uint8Array.from({ length: rows }, () => integer(4)),
};
const words = [embedding(7, 5), flatten(), dense(16, "tanh")];
const plain = sequential([3], [...words, dense(4)]);
const withNoise = sequential([3], [...words, dropout(0.3), dense(4)]);
const withState = sequential([3], [...words, batchNorm({ momentum: 0.9 }), activation("relu"), dense(4)]);
/** The last batch is shorter than the others. */
const batches = Array.from({ length: 26 }, (_, i) =>
  Array.from({ length: i % 5 === 4 ? 3 : 8 }, () => integer(rows)),
);

interface Setup {
  readonly model?: Model;
  readonly optimizer?: Optimizer;
  readonly microBatchSize?: number;
  readonly seed?: number;
}

async function train(together: boolean, { model = plain, optimizer = sgd(), ...options }: Setup) {
  const trainer = await createTrainer(runtime, {
    ...options,
    model,
    optimizer,
    examples,
    loss: "softmax",
    weights: initialWeights(model, 3),
    batchSize: 8,
  });
  const results: StepResult[] = [];
  if (together) await trainer.steps(batches, (result) => results.push(result));
  else for (const batch of batches) results.push(await trainer.step(batch));
  const weights = trainer.weights();
  await trainer.dispose();
  return { results, weights };
}

test.each<[string, Setup]>([
  ["gradient descent", {}],
  [
    "a schedule",
    { optimizer: sgd({ learningRate: { start: 0.5, warmUp: 3, steps: [{ after: 9, rate: 0.1 }] } }) },
  ],
  ["momentum, clipped", { optimizer: sgd({ momentum: 0.9, nesterov: true, clipNorm: 0.1 }) }],
  ["adam", { optimizer: adam() }],
  ["adamW with a cosine", { optimizer: adamW({ learningRate: { start: 0.01, cosine: { over: 20 } } }) }],
  ["rmsprop in micro-batches", { optimizer: rmsprop(), microBatchSize: 3 }],
  ["dropout", { model: withNoise }],
  ["batch normalisation, with batches of two sizes", { model: withState }],
])("many steps in one run give the same as single steps, bit for bit: %s", async (_, setup) => {
  const [together, single] = [await train(true, setup), await train(false, setup)];
  expect(together).toEqual(single);
  expect(together.results).toHaveLength(batches.length);
});

test("dropout depends on the seed, and on nothing else", async () => {
  const [one, again, other] = await Promise.all(
    [1, 1, 2].map((seed) => train(true, { model: withNoise, seed })),
  );
  expect(again).toEqual(one);
  expect(other.results[0]).not.toEqual(one.results[0]);
});

test("running averages move in training, and the predictions of a trained network use them", async () => {
  const { weights } = await train(true, { model: withState });
  const initial = initialWeights(withState, 3);
  expect(weights["batchNorm.mean"]).not.toEqual(initial["batchNorm.mean"]);
  expect(Object.keys(weights)).toEqual(Object.keys(initial));
});

test("a training that is stopped hears of no step after its run", async () => {
  const trainer = await createTrainer(runtime, {
    model: plain,
    optimizer: sgd(),
    examples,
    loss: "softmax",
    weights: initialWeights(plain, 3),
    batchSize: 8,
  });
  let heard = 0;
  await trainer.steps(batches, () => {
    heard += 1;
    return false;
  });
  await trainer.dispose();
  expect(heard).toBe(1);
});
