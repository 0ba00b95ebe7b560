import { epochBatches } from "../data/batches.ts";
import type { Dataset } from "../data/dataset.ts";
import { losses } from "../graph/losses.ts";
import { initialWeights, type Model, type Weights } from "../graph/model.ts";
import { rmsprop } from "../graph/optimizers.ts";
import { tensor } from "../graph/tensor.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { createPredictor, createTrainer } from "../runtime/trainer.ts";
import { evaluateOutputs } from "./evaluation.ts";
import type { Plan } from "./plan.ts";
import type { Trial } from "./record.ts";

/** What the arms of a run have in common. */
export interface TrialContext {
  readonly runtime: Runtime;
  readonly plan: Plan;
  readonly model: Model;
  readonly dataset: Dataset;
  /** Rows of the training set that are trained on. */
  readonly rows: Uint32Array;
}

/** What an observer hears after each batch. */
export interface BatchResult {
  /** Number of the step over all epochs, from 1. */
  readonly step: number;
  /** From 0. */
  readonly epoch: number;
  readonly batchLoss: number;
  /** Mean loss and accuracy over the rows of the epoch so far: what Keras logs. */
  readonly runningLoss: number;
  readonly runningAccuracy: number;
}

export interface TrialObserver {
  /** Called after each batch; returning false stops the arm, which is then tested as it stands. */
  onBatch?(batch: BatchResult): unknown;
  /** Called as the test images are worked off. */
  onTest?(done: number): void;
}

/** What training an arm and testing it gives: a trial without the check before training. */
export type Training = Pick<
  Trial,
  | "epochs"
  | "batchLosses"
  | "runningLosses"
  | "runningAccuracies"
  | "test"
  | "testReweighted"
  | "trainSeconds"
  | "stopped"
>;

/**
 * Outputs of a seed's untrained network without output bias, (rows.length, K): all arms of the seed start from these,
 * each with its own bias added.
 */
export async function initialOutputs(
  { runtime, model, dataset }: TrialContext,
  seed: number,
  rows: Uint32Array,
  onRows?: (done: number) => void,
): Promise<Float32Array> {
  const predictor = await createPredictor(runtime, { model, examples: dataset.train });
  const outputs = await predictor.outputs(initialWeights(model, seed), rows, onRows);
  await predictor.dispose();
  return outputs;
}

/** The weights that an arm of a seed starts from. */
export function armWeights(model: Model, seed: number, bias: readonly number[]): Weights {
  return { ...initialWeights(model, seed), [model.outputBias]: tensor("float32", [bias.length], bias) };
}

/** Trains one arm of one seed, and tests it: the loop of the experiment. */
export async function runTrial(
  context: TrialContext,
  seed: number,
  bias: readonly number[],
  observer: TrialObserver = {},
): Promise<{ training: Training; weights: Weights }> {
  const { runtime, plan, model, dataset, rows } = context;
  const trainer = await createTrainer(runtime, {
    model,
    examples: dataset.train,
    loss: losses.softmax,
    optimizer: rmsprop({ learningRate: plan.learningRate }),
    weights: armWeights(model, seed, bias),
    batchSize: Math.min(plan.batchSize, rows.length),
  });
  const curves = {
    epochs: [] as number[],
    batchLosses: [] as number[],
    runningLosses: [] as number[],
    runningAccuracies: [] as number[],
  };
  let stopped = false;
  const start = performance.now();
  for (let epoch = 0; epoch < plan.epochs && !stopped; epoch++) {
    let [lossSum, correctSum, seen] = [0, 0, 0];
    for (const batch of epochBatches(rows, plan.batchSize, seed, epoch)) {
      const { loss, correct } = await trainer.step(batch);
      lossSum += loss * batch.length;
      correctSum += correct;
      seen += batch.length;
      const result = {
        epoch,
        batchLoss: loss,
        runningLoss: lossSum / seen,
        runningAccuracy: correctSum / seen,
      };
      curves.epochs.push(epoch);
      curves.batchLosses.push(result.batchLoss);
      curves.runningLosses.push(result.runningLoss);
      curves.runningAccuracies.push(result.runningAccuracy);
      stopped = observer.onBatch?.({ ...result, step: curves.epochs.length }) === false;
      if (stopped) break;
    }
  }
  const trainSeconds = (performance.now() - start) / 1000;
  const weights = trainer.weights();
  await trainer.dispose();
  return {
    training: { ...curves, ...(await testWeights(context, weights, observer)), trainSeconds, stopped },
    weights,
  };
}

/** Tests a network on all test images: as they are, and weighted to the mix of the training subset. */
async function testWeights(
  { runtime, plan, model, dataset }: TrialContext,
  weights: Weights,
  { onTest }: TrialObserver,
) {
  const { test } = dataset;
  const predictor = await createPredictor(runtime, { model, examples: test });
  const outputs = await predictor.outputs(
    weights,
    Uint32Array.from({ length: test.count }, (_, i) => i),
    onTest,
  );
  await predictor.dispose();
  const classes = plan.counts.length;
  const total = plan.counts.reduce((sum, count) => sum + count, 0);
  const shares = plan.counts.map((count) => count / total);
  return {
    test: evaluateOutputs(outputs, test.labels, classes),
    testReweighted: evaluateOutputs(outputs, test.labels, classes, shares),
  };
}
