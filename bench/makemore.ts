// One training of makemore's network, as plans/makemore.yaml describes it, through the API of the package. Compiled and run
// by bench/makemore.mjs.
import { type ImageSet, imageExamples } from "../src/data/dataset.ts";
import { loadNames, nameCharacters } from "../src/data/names.ts";
import { initialWeights } from "../src/graph/initialWeights.ts";
import { dense, flatten } from "../src/graph/layers.ts";
import { sequential } from "../src/graph/model.ts";
import { sgd } from "../src/graph/optimizers.ts";
import { embedding } from "../src/graph/sequenceLayers.ts";
import { type Tensor, tensor } from "../src/graph/tensor.ts";
import { seededRandom } from "../src/math/seededRandom.ts";
import { nodeRuntime } from "../src/runtime/node.ts";
import { createPredictor } from "../src/runtime/predictor.ts";
import { createTrainer } from "../src/runtime/trainer.ts";

const classes = nameCharacters.length;
const model = sequential([3], [embedding(classes, 10), flatten(), dense(200, "tanh"), dense(classes)]);

/** Standard deviations of the initial weights, all normal: as the lecture begins, and after its two corrections. */
const starts: Record<string, Record<string, number>> = {
  begun: { "embedding.embeddings": 1, "dense.kernel": 1, "dense.bias": 1, "dense_1.kernel": 1 },
  output: { "embedding.embeddings": 1, "dense.kernel": 1, "dense.bias": 1, "dense_1.kernel": 0.01 },
  tanh: { "embedding.embeddings": 1, "dense.kernel": 0.2, "dense.bias": 0.01, "dense_1.kernel": 0.01 },
};

function weightsOf(start: string, arm: string, seed: number, labels: Uint8Array): Record<string, Tensor> {
  const parameters = model.parameters.map((parameter) => {
    const standardDeviation = starts[start][parameter.name] ?? 0;
    return { ...parameter, initializer: { kind: "normal", standardDeviation } as const };
  });
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) counts[label] += 1;
  const bias = counts.map((count) => (arm === "prior" ? Math.log(count / labels.length) : 0));
  const weights = initialWeights({ ...model, parameters }, seed);
  return { ...weights, "dense_1.bias": tensor("float32", [classes], bias) };
}

/** Mean cross-entropy over all rows of a set, in float64. */
async function lossOf(set: ImageSet, weights: Record<string, Tensor>): Promise<number> {
  const options = { model, examples: imageExamples(set), microBatchSize: 4096 };
  const predictor = await createPredictor(await nodeRuntime(), options);
  const outputs = await predictor.outputs(
    weights,
    Uint32Array.from({ length: set.count }, (_, i) => i),
  );
  await predictor.dispose();
  let sum = 0;
  for (let row = 0; row < set.count; row++) {
    const z = outputs.subarray(row * classes, (row + 1) * classes);
    const most = Math.max(...z);
    sum += Math.log(z.reduce((total, x) => total + Math.exp(x - most), 0)) + most - z[set.labels[row]];
  }
  return sum / set.count;
}

/** Everything that a training needs, and its steps in blocks, so that they can be timed beside another program's. */
export async function makemore(options: {
  readonly start: string;
  readonly arm: string;
  readonly seed: number;
  readonly steps: number;
  readonly folder: string;
}) {
  const { train, validation } = await loadNames({ cacheFolder: options.folder });
  const weights = weightsOf(options.start, options.arm, options.seed, train.labels);
  const trainer = await createTrainer(await nodeRuntime(), {
    model,
    examples: imageExamples(train),
    loss: "softmax",
    optimizer: sgd({ learningRate: { start: 0.1, steps: [{ after: options.steps / 2, rate: 0.01 }] } }),
    weights,
    batchSize: 32,
  });
  const { integer } = seededRandom(options.seed, "order");
  return {
    parameters: model.parameters.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b), 0),
    initialLoss: await lossOf(train, weights),
    /** Makes so many steps, on rows drawn with replacement. */
    async advance(steps: number) {
      const batches = Array.from({ length: steps }, () =>
        Uint32Array.from({ length: 32 }, () => integer(train.count)),
      );
      await trainer.steps(batches);
    },
    async finish() {
      const trained = trainer.weights();
      await trainer.dispose();
      return { train: await lossOf(train, trained), validation: await lossOf(validation, trained) };
    },
  };
}
