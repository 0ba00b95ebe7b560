import { expect, test } from "vitest";
import type { Weights } from "../../src/graph/initialWeights.ts";
import { conv2d, dense, flatten, maxPool2d, rescaling } from "../../src/graph/layers.ts";
import { sequential } from "../../src/graph/model.ts";
import { adam, type Optimizer, rmsprop, sgd } from "../../src/graph/optimizers.ts";
import { tensor } from "../../src/graph/tensor.ts";
import { nodeRuntime } from "../../src/runtime/node.ts";
import { createPredictor } from "../../src/runtime/predictor.ts";
import { createTrainer } from "../../src/runtime/trainer.ts";
import fixture from "../files/engine/keras-steps.json" with { type: "json" };

// What Keras computes, in float64: see scripts/fixtures/keras_step.py.

interface Encoded {
  readonly shape: readonly number[];
  readonly base64: string;
}

/** Keras's parameters by our names for them. */
type Parameters = Readonly<Record<string, Encoded>>;

const layerNames: Record<string, string> = {
  conv1: "conv2d",
  conv2: "conv2d_1",
  conv3: "conv2d_2",
  hidden: "dense",
  output: "dense_1",
};

const bytes = ({ base64 }: Encoded) => Uint8Array.from(Buffer.from(base64, "base64"));
const doubles = (array: Encoded) => new Float64Array(bytes(array).buffer);

const ours = (parameters: Parameters) =>
  Object.entries(parameters).map(([path, array]) => {
    const [layer, name] = path.split("/");
    return [`${layerNames[layer]}.${name}`, array] as const;
  });

const optimizers: Record<keyof typeof fixture.optimizers, Optimizer> = {
  rmsprop: rmsprop({ learningRate: 1e-3, rho: 0.9, epsilon: 1e-7 }),
  sgd: sgd({ learningRate: 0.05 }),
  momentum: sgd({ learningRate: 0.05, momentum: 0.9 }),
  adam: adam({ learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 }),
};

const runtime = await nodeRuntime();
const relu = { activation: "relu" } as const;
const layers = [
  rescaling(1 / 255),
  conv2d(4, [3, 3], relu),
  maxPool2d([2, 2]),
  conv2d(5, [3, 3], relu),
  maxPool2d([2, 2]),
  conv2d(6, [3, 3], relu),
  flatten(),
  dense(7, "relu"),
  dense(10),
];
const model = sequential([32, 32, 3], layers);
const examples = { inputs: { images: bytes(fixture.images) }, labels: Uint8Array.from(fixture.labels) };
const weights: Weights = Object.fromEntries(
  ours(fixture.initial).map(([name, array]) => [name, tensor("float32", array.shape, doubles(array))]),
);
const batch = (step: number) =>
  Array.from({ length: fixture.batchSize }, (_, i) => step * fixture.batchSize + i);

/** Largest absolute difference. */
const distance = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i])));

test("outputs of the untrained network are Keras's", async () => {
  const predictor = await createPredictor(runtime, { model, examples });
  const outputs = await predictor.outputs(weights, batch(0));
  await predictor.dispose();
  expect(distance(outputs, doubles(fixture.output))).toBeLessThan(1e-6);
});

for (const [name, optimizer] of Object.entries(optimizers)) {
  test(`losses and parameters after each of three steps of ${name} are Keras's`, async () => {
    const { batchSize } = fixture;
    const common = { model, examples, weights, optimizer, loss: "softmax" };
    const trainer = await createTrainer(runtime, { ...common, batchSize });
    for (const [step, expected] of fixture.optimizers[name as keyof typeof optimizers].steps.entries()) {
      const { loss } = await trainer.step(batch(step));
      expect(loss).toBeCloseTo(expected.loss, 5);
      const found = trainer.weights();
      for (const [parameter, array] of ours(expected.parameters)) {
        expect(distance(found[parameter].data as Float32Array, doubles(array)), parameter).toBeLessThan(5e-6);
      }
    }
    await trainer.dispose();
  });
}
