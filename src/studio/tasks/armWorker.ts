import { epochBatches } from "../../data/batches.ts";
import type { ArmName } from "../../experiment/arms.ts";
import { armBias } from "../../experiment/arms.ts";
import { originalLayers } from "../../experiment/originalLayers.ts";
import type { Plan } from "../../experiment/plan.ts";
import { layersNetwork } from "../../experiment/plannedModel.ts";
import { initialOutputs, type TrialContext, trainArm } from "../../experiment/trial.ts";
import { solve } from "../../heads/solve.ts";
import { fromCounts } from "../../labels/fromCounts.ts";
import { meanRow } from "../../math/meanRow.ts";
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
  const { arm, counts, seed, epochs, batchSize, learningRate } = settings;
  send({ kind: "state", text: "preparing images" });
  const { data, rows } = await liveData(settings);
  const plan: Plan = {
    dataset: "synthetic",
    counts: [...counts],
    arms: [arm],
    seeds: [seed],
    layers: originalLayers,
    ...{ epochs, batchSize, learningRate },
  };
  const network = layersNetwork(plan, data.inputs[0], counts.length);
  const context = { runtime: pageRuntime, plan, network, data, rows };
  send({ kind: "state", text: "starting the engine (14 MB, fetched once)" });
  let start = 0;
  await trainArm(context, seed, await biasOf(context, arm, seed), {
    async beforeStep() {
      await turn();
      start = performance.now();
    },
    onBatch({ epoch, batchLoss, runningLoss }) {
      const seconds = (performance.now() - start) / 1000;
      send({ kind: "batch", epoch, batchLoss, runningLoss, seconds });
    },
  });
  send({ kind: "done" });
}

/** The arm's output bias; the calibrated one needs this network's outputs on the first batch. */
async function biasOf(context: TrialContext, arm: ArmName, seed: number): Promise<number[]> {
  const { plan, rows } = context;
  const prior = solve("softmax", fromCounts(plan.counts!)).bias;
  if (arm !== "calibrated") return armBias(arm, { prior, meanOutput: [] });
  const [first] = epochBatches(rows, plan.batchSize, seed, 0);
  const outputs = await initialOutputs(context, seed, first);
  return armBias(arm, { prior, meanOutput: meanRow(outputs, prior.length) });
}
