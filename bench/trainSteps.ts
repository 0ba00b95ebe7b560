import { initialWeights } from "../src/graph/initialWeights.ts";
import type { Layer } from "../src/graph/layer.ts";
import { conv2d, dense, flatten, maxPool2d, rescaling } from "../src/graph/layers.ts";
import { sequential } from "../src/graph/model.ts";
import { rmsprop } from "../src/graph/optimizers.ts";
import { elementCount, type Tensor, tensor } from "../src/graph/tensor.ts";
import { toFastOnnx } from "../src/graph/toOnnx.ts";
import { trainStep } from "../src/graph/trainStep.ts";
import { seededRandom } from "../src/math/seededRandom.ts";
import { trainingLoss } from "../src/runtime/trainingLoss.ts";

/** conv2d by the definition: a Conv op, which pools and optimizers know nothing about. */
function plainConv2d(filters: number, kernel: [number, number]): Layer {
  const { pooled: _, ...layer } = conv2d(filters, kernel, { activation: "relu" });
  return {
    ...layer,
    apply: (graph, x, [weights, bias]) => {
      const y = graph.op(
        "Conv",
        [graph.transpose(x, [0, 3, 1, 2]), graph.transpose(weights, [3, 2, 0, 1]), bias],
        {},
      );
      return graph.transpose(graph.op("Relu", [y]), [0, 2, 3, 1]);
    },
  };
}

/** The original experiment's network and optimizer, a batch of 256. */
function step(conv: (filters: number, kernel: [number, number]) => Layer, microBatchSize: number) {
  const batchSize = 256;
  const model = sequential(
    [32, 32, 3],
    [
      rescaling(1 / 255),
      conv(32, [3, 3]),
      maxPool2d([2, 2]),
      conv(64, [3, 3]),
      maxPool2d([2, 2]),
      conv(64, [3, 3]),
      flatten(),
      dense(64, "relu"),
      dense(10),
    ],
  );
  const graph = trainStep({
    model,
    loss: trainingLoss(
      { loss: "softmax" },
      Uint8Array.from({ length: 10 }, (_, k) => k),
      10,
      10,
    ).graph,
    optimizer: rmsprop(),
    types: { inputs: { images: "uint8" }, labels: "uint8" },
    microBatchSize,
    microBatches: microBatchSize === batchSize ? [] : [batchSize / microBatchSize],
  });
  const { integer } = seededRandom(1, "bench");
  const given: Record<string, Tensor> = initialWeights(model, 1);
  const fill: Record<string, () => number> = {
    images: () => integer(256),
    labels: () => integer(10),
    weights: () => 1 / batchSize,
    count: () => batchSize / microBatchSize,
    step: () => 1,
  };
  const feeds = Object.fromEntries(
    graph.inputs.map(({ name, dtype, shape }) => [
      name,
      given[name] ??
        tensor(dtype, shape, Array.from({ length: elementCount(shape) }, fill[name] ?? (() => 0))),
    ]),
  );
  return { model: toFastOnnx(graph), feeds };
}

/** The same training step from plain operators in a single micro-batch, and as it is. */
export const trainSteps = {
  plain: () => step(plainConv2d, 256),
  "as it is": () => step((filters, kernel) => conv2d(filters, kernel, { activation: "relu" }), 16),
};

export { sessionOptions } from "../src/runtime/ortSession.ts";
