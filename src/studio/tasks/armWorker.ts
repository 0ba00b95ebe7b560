import { epochBatches } from "../../data/batches.ts";
import { imageExamples } from "../../data/dataset.ts";
import type { ArmName } from "../../experiment/arms.ts";
import { armBias } from "../../experiment/arms.ts";
import { originalLayers } from "../../experiment/originalLayers.ts";
import { layersNetwork } from "../../experiment/plannedModel.ts";
import { armWeights, initialOutputs } from "../../experiment/trial.ts";
import { rmsprop } from "../../graph/optimizers.ts";
import { solve } from "../../heads/solve.ts";
import { fromCounts } from "../../labels/fromCounts.ts";
import { meanRow } from "../../math/meanRow.ts";
import { createTrainer } from "../../runtime/trainer.ts";
import { liveData } from "./liveData.ts";
import { pageRuntime } from "./ort.ts";

/** What an arm of the live experiment is trained with; all but the arm is the same for both. */
export interface LiveSettings {
  readonly arm: ArmName;
  /** Training images of each class. */
  readonly counts: readonly number[];
  readonly seed: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  /** Where CIFAR-10 is served; made-up images without it. */
  readonly imagesAt?: string;
}

/** To the worker: the settings first, then how it shall go on. */
export type ToArm = LiveSettings | "run" | "pause" | "step";

export type FromArm =
  | { readonly kind: "state"; readonly text: string }
  | {
      readonly kind: "batch";
      readonly epoch: number;
      readonly batchLoss: number;
      readonly runningLoss: number;
      /** Wall time of the step, in seconds. */
      readonly seconds: number;
    }
  | { readonly kind: "done" }
  | { readonly kind: "problem"; readonly message: string };

const send = (message: FromArm) => (self as unknown as Worker).postMessage(message);

/** Steps that may still be made before the next word; Infinity while running. */
let allowed = Number.POSITIVE_INFINITY;
let goOn = () => {};

self.onmessage = ({ data }: MessageEvent<ToArm>) => {
  if (typeof data === "object") {
    train(data).catch((error: Error) => send({ kind: "problem", message: error.message }));
    return;
  }
  if (data === "pause") allowed = 0;
  if (data === "run") allowed = Number.POSITIVE_INFINITY;
  if (data === "step") allowed = 1;
  goOn();
};

/** Lets messages in, and waits while the arm is paused. */
async function turn(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve));
  while (allowed === 0) {
    await new Promise<void>((resolve) => {
      goOn = resolve;
    });
  }
  allowed -= 1;
}

async function train(settings: LiveSettings): Promise<void> {
  const { counts, seed, epochs, batchSize, learningRate } = settings;
  send({ kind: "state", text: "preparing images" });
  const { dataset, rows } = await liveData(settings);
  const input = { name: "images", shape: dataset.train.shape, imageScale: 1 / 255 };
  const network = layersNetwork({ layers: originalLayers }, input, counts.length);
  send({ kind: "state", text: "starting the engine (14 MB, fetched once)" });
  const trainer = await createTrainer(pageRuntime, {
    model: network.network,
    examples: imageExamples(dataset.train),
    loss: "softmax",
    optimizer: rmsprop({ learningRate }),
    weights: armWeights(network, seed, await biasOf(settings)),
    batchSize: Math.min(batchSize, rows.length),
  });
  send({ kind: "state", text: "training" });
  for (let epoch = 0; epoch < epochs; epoch++) {
    let [lossSum, seen] = [0, 0];
    for (const batch of epochBatches(rows, batchSize, seed, epoch)) {
      await turn();
      const start = performance.now();
      const { loss } = await trainer.step(batch);
      const seconds = (performance.now() - start) / 1000;
      lossSum += loss * batch.length;
      seen += batch.length;
      send({ kind: "batch", epoch, batchLoss: loss, runningLoss: lossSum / seen, seconds });
    }
  }
  send({ kind: "done" });

  /** The arm's output bias; the calibrated one needs this network's outputs on the first batch. */
  async function biasOf({ arm }: LiveSettings): Promise<number[]> {
    const prior = solve("softmax", fromCounts(counts)).bias;
    if (arm !== "calibrated") return armBias(arm, { prior, meanOutput: [] });
    const [first] = epochBatches(rows, batchSize, seed, 0);
    const outputs = await initialOutputs(
      { runtime: pageRuntime, plan: { batchSize }, network, data: { train: imageExamples(dataset.train) } },
      seed,
      first,
    );
    return armBias(arm, { prior, meanOutput: meanRow(outputs, counts.length) });
  }
}
