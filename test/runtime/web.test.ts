import * as ort from "onnxruntime-web/wasm";
import { expect, test } from "vitest";
import { syntheticDataset } from "../../src/data/synthetic.ts";
import { initialWeights } from "../../src/graph/initialWeights.ts";
import { conv2d, dense, flatten, maxPool2d, rescaling } from "../../src/graph/layers.ts";
import { sequential } from "../../src/graph/model.ts";
import { rmsprop } from "../../src/graph/optimizers.ts";
import { nodeRuntime } from "../../src/runtime/node.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { createTrainer } from "../../src/runtime/trainer.ts";
import { webRuntime } from "../../src/runtime/web.ts";

test("the browser's runtime trains as the native one does, but for rounding", async () => {
  ort.env.wasm.numThreads = 1;
  const model = sequential(
    [10, 10, 3],
    [
      rescaling(1 / 255),
      conv2d(4, [3, 3], { activation: "relu" }),
      maxPool2d([2, 2]),
      conv2d(6, [3, 3]),
      flatten(),
      dense(4),
    ],
  );
  const { train } = syntheticDataset({ classes: 4, trainCount: 60, testCount: 1, shape: [10, 10, 3] });
  const trained = async (runtime: Runtime) => {
    const options = {
      model,
      examples: { inputs: { images: train.images }, labels: train.labels },
      loss: "softmax",
      optimizer: rmsprop(),
      weights: initialWeights(model, 5),
      batchSize: 24,
    };
    const trainer = await createTrainer(runtime, options);
    const results = [];
    for (const start of [0, 24, 48]) {
      const rows = Array.from({ length: Math.min(24, 60 - start) }, (_, i) => start + i);
      results.push((await trainer.step(rows)).loss);
    }
    await trainer.dispose();
    return results;
  };
  const [native, web] = [await trained(await nodeRuntime()), await trained(webRuntime(ort))];
  native.forEach((loss, i) => {
    expect(web[i]).toBeCloseTo(loss, 4);
  });
});
