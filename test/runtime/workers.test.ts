import { afterAll, expect, test } from "vitest";
import { initialWeights } from "../../src/graph/initialWeights.ts";
import { conv2d, dense, flatten, maxPool2d, rescaling } from "../../src/graph/layers.ts";
import { sequential } from "../../src/graph/model.ts";
import { adam, rmsprop, sgd } from "../../src/graph/optimizers.ts";
import { seededRandom } from "../../src/math/seededRandom.ts";
import { createPredictor } from "../../src/runtime/predictor.ts";
import { createTrainer } from "../../src/runtime/trainer.ts";

// The built package, since a thread needs a file that Node can run.
const built = new URL("../../dist/node.js", import.meta.url).href;
const { nodeRuntime }: typeof import("../../src/node.ts") = await import(built);
const runtime = await nodeRuntime();

const rows = 90;
const { integer } = seededRandom(1, "data");
const examples = {
  inputs: { images: Uint8Array.from({ length: rows * 20 * 20 * 3 }, () => integer(256)) },
  labels: Uint8Array.from({ length: rows }, () => integer(4)),
};
/** Outputs and gradients of this network come from all fast forms: tiles, pooled convolutions and products. */
const model = sequential(
  [20, 20, 3],
  [
    rescaling(1 / 255),
    conv2d(16, [3, 3], { activation: "relu" }),
    maxPool2d([2, 2]),
    conv2d(16, [3, 3], { activation: "relu" }),
    flatten(),
    dense(4),
  ],
);
/** Large enough to fill a run; the later ones leave some workers with less than their share, or nothing. */
const batches = [80, 80, 71, 33, 80, 9, 80].map((length) => Array.from({ length }, () => integer(rows)));

async function train(workers: number, optimizer: ReturnType<typeof sgd>, options = {}) {
  const trainer = await createTrainer(runtime, {
    model,
    optimizer,
    examples,
    loss: "softmax",
    weights: initialWeights(model, 3),
    batchSize: 1024,
    microBatchSize: 8,
    workers,
    ...options,
  });
  const results = [];
  for (const batch of batches) results.push(await trainer.step(batch.flatMap((row) => Array(12).fill(row))));
  const weights = trainer.weights();
  await trainer.dispose();
  return { results, weights };
}

afterAll(() => expect(threads).toBeGreaterThan(0));
let threads = 0;
const { loadOnThread } = runtime;
runtime.loadOnThread = (model) => {
  threads += 1;
  return loadOnThread!(model);
};

test.each([
  ["RMSprop", rmsprop()],
  ["Adam", adam()],
  ["gradient descent with momentum", sgd({ momentum: 0.9 })],
])("%s: steps are bit for bit the same on any number of threads", async (_, optimizer) => {
  const one = await train(1, optimizer);
  expect(await train(2, optimizer)).toEqual(one);
  expect(await train(3, optimizer)).toEqual(one);
});

test("a batch of few micro-batches, which have no groups, is shared too", async () => {
  const one = await train(1, sgd(), { microBatchSize: 256 });
  expect(await train(2, sgd(), { microBatchSize: 256 })).toEqual(one);
  expect(await train(4, sgd(), { microBatchSize: 256 })).toEqual(one);
});

test("class weights are those of the whole batch, whatever the share of a thread", async () => {
  const options = { options: { classWeights: [1, 5, 0.5, 2] } };
  expect(await train(2, sgd(), options)).toEqual(await train(1, sgd(), options));
});

test("outputs are bit for bit the same on any number of threads, and progress ends with all rows", async () => {
  const outputs = async (workers: number) => {
    const predictor = await createPredictor(runtime, { model, examples, microBatchSize: 8, workers });
    const done: number[] = [];
    const all = Uint32Array.from({ length: rows }, (_, row) => row);
    const result = await predictor.outputs(initialWeights(model, 3), all, (rows) => done.push(rows));
    await predictor.dispose();
    expect(done.at(-1)).toBe(rows);
    return result;
  };
  const one = await outputs(1);
  expect(await outputs(2)).toEqual(one);
  expect(await outputs(4)).toEqual(one);
});

test("a runtime without threads refuses several workers", async () => {
  const { loadOnThread: _, ...single } = runtime;
  const predictor = createPredictor(single, { model, examples, workers: 2 });
  await expect(predictor).rejects.toThrow("has no threads of its own: set workers to 1");
});

test("a thread passes on the runtime's error", async () => {
  await expect(loadOnThread!(new Uint8Array([1, 2, 3]))).rejects.toThrow(/model/i);
});
