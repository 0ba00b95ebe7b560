import { epochBatches } from "../data/batches.ts";
import { type Dataset, imageExamples } from "../data/dataset.ts";
import { initialWeights, type Weights } from "../graph/initialWeights.ts";
import type { Model } from "../graph/model.ts";
import { rmsprop } from "../graph/optimizers.ts";
import { tensor } from "../graph/tensor.ts";
import { createPredictor } from "../runtime/predictor.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { createTrainer, type Trainer } from "../runtime/trainer.ts";
import { evaluateOutputs } from "./evaluation.ts";
import type { Plan } from "./plan.ts";
import type { TrainingResult } from "./record.ts";

/** What the arms of a run have in common. */
export interface TrialContext {
  readonly runtime: Runtime;
  readonly plan: Plan;
  readonly model: Model;
  readonly dataset: Dataset;
  /** Rows of the training set that are trained on. */
  readonly rows: Uint32Array;
}

/** What an observer is told after each batch. */
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
  /** Called after each batch; returning false stops the training, and the network is then tested as it is. */
  onBatch?(batch: BatchResult): unknown;
  /** Called from time to time with the number of test images that are done. */
  onTest?(done: number): void;
}

/**
 * Outputs of a seed's untrained network without output bias, (rows.length, K). The arms of the seed add their own bias
 * to these.
 */
export async function initialOutputs(
  { runtime, model, dataset }: Pick<TrialContext, "runtime" | "model" | "dataset">,
  seed: number,
  rows: Uint32Array,
  onRows?: (done: number) => void,
): Promise<Float32Array> {
  const predictor = await createPredictor(runtime, { model, examples: imageExamples(dataset.train) });
  performance.mark("sessions");
  const outputs = await predictor.outputs(initialWeights(model, seed), rows, onRows);
  await predictor.dispose();
  performance.mark("initial outputs");
  return outputs;
}

/** The weights that an arm of a seed starts from. */
export function armWeights(model: Model, seed: number, bias: readonly number[]): Weights {
  return { ...initialWeights(model, seed), [model.outputBias]: tensor("float32", [bias.length], bias) };
}

/** What training writes down after each batch. */
type Curves = Pick<TrainingResult, "epochs" | "batchLosses" | "runningLosses" | "runningAccuracies">;

/** A trained and tested arm. */
export interface TrainedArm {
  readonly result: TrainingResult;
  readonly weights: Weights;
  /** Wall time of training alone, in seconds. */
  readonly seconds: number;
}

/** Trains one arm of one seed, and tests it. */
export async function runTrial(
  context: TrialContext,
  seed: number,
  bias: readonly number[],
  observer: TrialObserver = {},
): Promise<TrainedArm> {
  const { runtime, plan, model, dataset, rows } = context;
  const trainer = await createTrainer(runtime, {
    model,
    examples: imageExamples(dataset.train),
    loss: "softmax",
    optimizer: rmsprop({ learningRate: plan.learningRate }),
    weights: armWeights(model, seed, bias),
    batchSize: Math.min(plan.batchSize, rows.length),
  });
  performance.mark("sessions");
  const start = performance.now();
  const { curves, stopped } = await train(trainer, context, seed, observer);
  const seconds = (performance.now() - start) / 1000;
  const weights = trainer.weights();
  await trainer.dispose();
  performance.mark("training");
  const result = { ...curves, ...(await testWeights(context, weights, observer)), stopped };
  return { result, weights, seconds };
}

/** The loop of the experiment: all epochs, batch by batch, unless the observer stops it. */
async function train(
  trainer: Trainer,
  { plan, rows }: TrialContext,
  seed: number,
  observer: TrialObserver,
): Promise<{ curves: Curves; stopped: boolean }> {
  const [epochs, batchLosses, runningLosses, runningAccuracies]: number[][] = [[], [], [], []];
  const curves = { epochs, batchLosses, runningLosses, runningAccuracies };
  for (let epoch = 0; epoch < plan.epochs; epoch++) {
    let [lossSum, correctSum, seen] = [0, 0, 0];
    for (const batch of epochBatches(rows, plan.batchSize, seed, epoch)) {
      const { loss, correct } = await trainer.step(batch);
      lossSum += loss * batch.length;
      correctSum += correct;
      seen += batch.length;
      const [runningLoss, runningAccuracy] = [lossSum / seen, correctSum / seen];
      const step = epochs.push(epoch);
      batchLosses.push(loss);
      runningLosses.push(runningLoss);
      runningAccuracies.push(runningAccuracy);
      const wanted = observer.onBatch?.({ step, epoch, batchLoss: loss, runningLoss, runningAccuracy });
      if (wanted === false) return { curves, stopped: true };
    }
  }
  return { curves, stopped: false };
}

/** Tests a network on all test images: as they are, and weighted by the class frequencies of the training subset. */
async function testWeights(
  { runtime, plan, model, dataset }: TrialContext,
  weights: Weights,
  { onTest }: TrialObserver,
) {
  const { test } = dataset;
  const predictor = await createPredictor(runtime, { model, examples: imageExamples(test) });
  performance.mark("sessions");
  const outputs = await predictor.outputs(
    weights,
    Uint32Array.from({ length: test.count }, (_, i) => i),
    onTest,
  );
  await predictor.dispose();
  const classes = plan.counts.length;
  const total = plan.counts.reduce((sum, count) => sum + count, 0);
  const frequencies = plan.counts.map((count) => count / total);
  const result = {
    test: evaluateOutputs(outputs, test.labels, classes),
    testTrainingMix: evaluateOutputs(outputs, test.labels, classes, frequencies),
  };
  performance.mark("test");
  return result;
}
