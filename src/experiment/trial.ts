import { epochBatches } from "../data/batches.ts";
import { type ExampleSet, type ExperimentData, pickRows, rowsOfSet } from "../data/exampleSet.ts";
import type { Weights } from "../graph/initialWeights.ts";
import { partValues } from "../graph/outputParts.ts";
import { tensor } from "../graph/tensor.ts";
import type { ExampleInputs } from "../runtime/examples.ts";
import { perPlace } from "../runtime/networkLoss.ts";
import { createPredictor } from "../runtime/predictor.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { StepResult } from "../runtime/stepRunner.ts";
import { createTrainer, type Trainer } from "../runtime/trainer.ts";
import { evaluateOutputs, joinedEvaluation } from "./evaluation.ts";
import { makeOptimizer } from "./optimizerPlan.ts";
import type { Plan } from "./plan.ts";
import type { TrialNetwork } from "./plannedModel.ts";
import type { Evaluation, TrainingResult } from "./record.ts";
import { type TrialLoss, trialLoss } from "./trialLoss.ts";

/** What the arms of a run have in common. */
export interface TrialContext {
  readonly runtime: Runtime;
  readonly plan: Plan;
  readonly network: TrialNetwork;
  readonly data: ExperimentData;
  /** Rows of the training set that are trained on. */
  readonly rows: Uint32Array;
  /** Threads that share the work of one arm, with bit for bit the same results; 1 unless given. */
  readonly workers?: number;
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
  /** Awaited before each step; steps are then made one by one. For a page whose training can be paused. */
  beforeStep?(): Promise<void>;
  /** Called after each batch; returning false stops the training, and the network is then tested as it is. */
  onBatch?(batch: BatchResult): unknown;
  /** Called from time to time with the number of test rows that are done. */
  onTest?(done: number): void;
}

/**
 * Outputs of a seed's untrained network without output bias, (rows x places, K), as the first epoch of training would have
 * them. The arms of the seed add their own bias to these.
 */
export async function initialOutputs(
  {
    runtime,
    plan,
    network: { network, weights },
    data,
    workers,
  }: Pick<TrialContext, "runtime" | "network" | "workers"> & {
    readonly plan: Pick<Plan, "batchSize">;
    readonly data: { readonly train: ExampleInputs };
  },
  seed: number,
  rows: Uint32Array,
  onRows?: (done: number) => void,
): Promise<Float32Array> {
  const options = { model: network, examples: data.train, training: true, seed, workers };
  // A network that depends on the whole batch gets the batches that it is trained on.
  const predictor = await createPredictor(runtime, {
    ...options,
    ...(network.batchDependent && { microBatchSize: Math.min(plan.batchSize, rows.length) }),
  });
  performance.mark("sessions");
  const outputs = await predictor.outputs(weights(seed), rows, onRows);
  await predictor.dispose();
  performance.mark("initial outputs");
  return outputs;
}

/** The weights that an arm of a seed starts from. */
export function armWeights(
  { network, parts, weights }: TrialNetwork,
  seed: number,
  bias: readonly number[],
): Weights {
  let start = 0;
  const biases = parts.map(({ outputBias, width }) => {
    const { shape } = network.parameters.find(({ name }) => name === outputBias)!;
    start += width;
    return [outputBias, tensor("float32", shape, bias.slice(start - width, start))] as const;
  });
  return { ...weights(seed), ...Object.fromEntries(biases) };
}

/** What training writes down after each batch. */
type Curves = Pick<
  TrainingResult,
  "epochs" | "batchLosses" | "runningLosses" | "runningAccuracies" | "stepsPerEntry"
>;

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
  const { curves, stopped, best, weights, seconds } = await trainArm(context, seed, bias, observer);
  const tested = await testWeights(context, weights, observer);
  const epochTestLosses = context.plan.patience === undefined ? {} : { epochTestLosses: best.losses };
  return { result: { ...curves, ...tested, ...epochTestLosses, stopped }, weights, seconds };
}

/** Trains one arm of one seed. */
export async function trainArm(
  context: TrialContext,
  seed: number,
  bias: readonly number[],
  observer: TrialObserver,
): Promise<Training & Pick<TrainedArm, "weights" | "seconds">> {
  const { runtime, plan, network, data, rows, workers } = context;
  const { choice, labels, reported } = trialLoss(plan, network, data, rows);
  const trainer = await createTrainer(runtime, {
    ...choice,
    model: network.network,
    examples: { inputs: data.train.inputs, labels },
    optimizer: makeOptimizer(plan),
    weights: armWeights(network, seed, bias),
    batchSize: Math.min(plan.batchSize, rows.length),
    seed,
    workers,
  });
  performance.mark("sessions");
  const start = performance.now();
  const training = await train(trainer, context, { seed, reported }, observer);
  const seconds = (performance.now() - start) / 1000;
  const weights = training.best.weights ?? trainer.weights();
  await trainer.dispose();
  performance.mark("training");
  return { ...training, weights, seconds };
}

interface Training {
  readonly curves: Curves;
  readonly stopped: boolean;
  readonly best: BestEpoch;
}

/** Trainings of more steps than this write down every second one, every third, and so on. */
const maxEntries = 10_000;

/** The loop of the experiment: all epochs, batch by batch, unless the observer or the test loss stops it. */
async function train(
  trainer: Trainer,
  context: TrialContext,
  { seed, reported }: { readonly seed: number } & Pick<TrialLoss, "reported">,
  observer: TrialObserver,
): Promise<Training> {
  const { plan, rows } = context;
  const { curves, recordEpoch } = curveRecorder(context, reported, observer);
  const best = new BestEpoch(plan.patience);
  for (let epoch = 0; epoch < plan.epochs; epoch++) {
    const batches = epochBatches(rows, plan.batchSize, seed, epoch);
    const record = recordEpoch(epoch);
    let wanted: unknown = true;
    const runs = observer.beforeStep ? batches.map((batch) => [batch]) : [batches];
    for (const run of runs) {
      await observer.beforeStep?.();
      await trainer.steps(run, (result, i) => {
        wanted = record(result, run[i]);
        return wanted;
      });
      if (wanted === false) return { curves, stopped: true, best };
    }
    if (plan.patience === undefined) continue;
    const weights = trainer.weights();
    if (best.isOver((await testWeights(context, weights, {})).test.loss, weights)) break;
  }
  return { curves, stopped: false, best };
}

/** Writes down each step, and tells the observer, whose answer is returned. */
function curveRecorder(
  { plan, rows }: TrialContext,
  reported: TrialLoss["reported"],
  { onBatch }: TrialObserver,
) {
  const [epochs, batchLosses, runningLosses, runningAccuracies]: number[][] = [[], [], [], []];
  const stepsPerEntry = Math.ceil((plan.epochs * Math.ceil(rows.length / plan.batchSize)) / maxEntries);
  const curves: Curves = {
    ...{ epochs, batchLosses, runningLosses, runningAccuracies },
    ...(stepsPerEntry > 1 && { stepsPerEntry }),
  };
  let [step, lossSinceEntry] = [0, 0];
  const recordEpoch = (epoch: number) => {
    let [lossSum, correctSum, seen, labelled] = [0, 0, 0, 0];
    let wanted: unknown = true;
    return ({ loss: trained, correct, labels }: StepResult, batch: Uint32Array): unknown => {
      const loss = reported(trained, batch);
      lossSum += loss * batch.length;
      correctSum += correct;
      seen += batch.length;
      labelled += labels;
      step += 1;
      lossSinceEntry += loss;
      if (step % stepsPerEntry !== 0) return wanted;
      const batchLoss = lossSinceEntry / stepsPerEntry;
      lossSinceEntry = 0;
      const [runningLoss, runningAccuracy] = [lossSum / seen, correctSum / labelled];
      epochs.push(epoch);
      batchLosses.push(batchLoss);
      runningLosses.push(runningLoss);
      if (!Number.isNaN(correct)) runningAccuracies.push(runningAccuracy);
      // Steps of a run that was stopped are still written down, but no longer told.
      if (wanted !== false) wanted = onBatch?.({ step, epoch, batchLoss, runningLoss, runningAccuracy });
      return wanted;
    };
  };
  return { curves, recordEpoch };
}

/** Early stopping by the test loss: remembers the epoch with the lowest, and says when to stop. */
class BestEpoch {
  readonly losses: number[] = [];
  weights: Weights | undefined;
  readonly #patience: number | undefined;
  #best = Infinity;
  #since = 0;

  constructor(patience: number | undefined) {
    this.#patience = patience;
  }

  isOver(loss: number, weights: Weights): boolean {
    this.losses.push(loss);
    this.#since = loss < this.#best ? 0 : this.#since + 1;
    if (this.#since === 0) [this.#best, this.weights] = [loss, weights];
    return this.#since >= this.#patience!;
  }
}

/** Tests a network on all test rows: as they are, and with class counts in the plan also weighted by their frequencies. */
async function testWeights(
  { runtime, plan, network, data, rows, workers }: TrialContext,
  weights: Weights,
  { onTest }: TrialObserver,
): Promise<{ test: Evaluation; testTrainingMix?: Evaluation }> {
  const tested = rowsOfSet(data.test);
  const outputs = await testOutputs({ runtime, network, workers }, data.test, tested, weights, onTest);
  const parts = trialLoss(plan, network, data, rows).parts.map(({ data: { test }, ...part }, i) => ({
    ...part,
    labelled: {
      outputs: network.parts.length === 1 ? outputs : partValues(outputs, network.parts, i),
      labels: pickRows(test.labels, tested, test.labels.length / test.count),
      weights: test.weights && perPlace(part, pickRows(test.weights, tested, 1)),
    },
  }));
  const test = joinedEvaluation(
    parts.map(({ name, lossWeight, loss, labelled }) => ({
      name,
      lossWeight,
      evaluation: evaluateOutputs(loss, labelled),
    })),
  );
  if (plan.counts === undefined) return { test };
  const total = plan.counts.reduce((sum, count) => sum + count, 0);
  const frequencies = plan.counts.map((count) => count / total);
  const testTrainingMix = evaluateOutputs(parts[0].loss, parts[0].labelled, frequencies);
  performance.mark("test");
  return { test, testTrainingMix };
}

async function testOutputs(
  { runtime, network, workers }: Pick<TrialContext, "runtime" | "network" | "workers">,
  test: ExampleSet,
  rows: Uint32Array,
  weights: Weights,
  onTest: TrialObserver["onTest"],
): Promise<Float32Array> {
  const predictor = await createPredictor(runtime, { model: network.network, examples: test, workers });
  performance.mark("sessions");
  const outputs = await predictor.outputs(weights, rows, onTest);
  await predictor.dispose();
  return outputs;
}
