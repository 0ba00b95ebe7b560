import { expect, test } from "vitest";
import { activation, dense } from "../../src/graph/layers.ts";
import { sequential } from "../../src/graph/model.ts";
import { batchNorm } from "../../src/graph/normalizationLayers.ts";
import { adam, adamW, type Optimizer, rmsprop, sgd } from "../../src/graph/optimizers.ts";
import { tensor } from "../../src/graph/tensor.ts";
import { nodeRuntime } from "../../src/runtime/node.ts";
import { createTrainer } from "../../src/runtime/trainer.ts";
import fixture from "../files/engine/torch-steps.json" with { type: "json" };

// What PyTorch computes, in float64: see scripts/fixtures/torch_step.py.

const framework = "pytorch";
const optimizers: Record<keyof typeof fixture.steps, Optimizer> = {
  nesterov: sgd({ learningRate: 0.05, momentum: 0.9, nesterov: true }),
  weightDecay: sgd({ learningRate: 0.05, weightDecay: 0.1 }),
  adam: adam({ learningRate: 0.01, framework }),
  adamW: adamW({ learningRate: 0.01, weightDecay: 0.1, framework }),
  rmsprop: rmsprop({ learningRate: 0.01, framework }),
  clipped: sgd({ learningRate: 0.05, clipNorm: fixture.clipNorm }),
};

const model = sequential([5], [batchNorm(), dense(4), activation("tanh"), dense(3)]);
const examples = {
  inputs: { images: Float32Array.from(fixture.inputs) },
  labels: Int32Array.from(fixture.labels),
};
const { batchSize } = fixture;
const batches = [0, 1, 2].map((step) => Array.from({ length: batchSize }, (_, i) => step * batchSize + i));
const weights = Object.fromEntries(
  Object.entries(fixture.initial).map(([name, { shape, data }]) => [name, tensor("float32", shape, data)]),
);

/** PyTorch keeps an average of the unbiased variance, we of the biased one, as Keras does. */
const toBiased = (name: string, after: number, steps: number) => {
  if (name !== "batchNorm.variance") return after;
  const kept = 0.99 ** steps;
  return kept + (after - kept) * ((batchSize - 1) / batchSize);
};

test.each(Object.entries(optimizers))("%s makes three steps as PyTorch does", async (name, optimizer) => {
  const runtime = await nodeRuntime();
  const options = { model, examples, weights, optimizer, loss: "softmax", batchSize };
  const trainer = await createTrainer(runtime, options);
  for (const [step, wanted] of fixture.steps[name as keyof typeof optimizers].entries()) {
    const { loss } = await trainer.step(batches[step]);
    expect(loss).toBeCloseTo(wanted.loss, 5);
    const found = trainer.weights();
    for (const [parameter, { data }] of Object.entries(wanted.weights)) {
      data.forEach((value, i) => {
        const difference = Math.abs(Number(found[parameter].data[i]) - toBiased(parameter, value, step + 1));
        expect(difference, `${parameter}, step ${step}`).toBeLessThan(1e-5);
      });
    }
  }
  await trainer.dispose();
});
