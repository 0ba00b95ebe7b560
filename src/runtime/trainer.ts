import type { Weights } from "../graph/initialWeights.ts";
import type { Network } from "../graph/network.ts";
import type { Optimizer } from "../graph/optimizers.ts";
import type { Tensor } from "../graph/tensor.ts";
import { slotName } from "../graph/trainStep.ts";
import { type Examples, emptyTensor, rowCount } from "./examples.ts";
import { loadSteps } from "./loadSteps.ts";
import { networkLoss } from "./networkLoss.ts";
import type { Runtime, RuntimeOptions } from "./runtime.ts";
import type { StepResult, StepRunner } from "./stepRunner.ts";
import type { BatchLoss, LossChoice } from "./trainingLoss.ts";

export interface TrainerOptions extends RuntimeOptions, Omit<LossChoice, "loss"> {
  /** As in `LossChoice`, or a loss that is ready. */
  readonly loss: LossChoice["loss"] | BatchLoss;
  readonly model: Network;
  readonly optimizer: Optimizer;
  readonly examples: Examples;
  /** Initial values of the parameters and the fixed tensors; they are not modified. */
  readonly weights: Weights;
  /** Largest batch. */
  readonly batchSize: number;
  /** See `TrainStepOptions`. Networks that depend on the whole batch are computed whole. */
  readonly microBatchSize?: number;
  /** Seed of the noise of dropout layers; 0 unless given. */
  readonly seed?: number;
  /**
   * Threads that share the micro-batches of a step, with bit for bit the same results; 1 unless given. Small steps, and
   * those of networks that depend on the whole batch, are made by one.
   */
  readonly workers?: number;
}

/** A network in training: its weights and the optimizer's state, updated step by step. */
export interface Trainer {
  /** One step on the given rows, at most `batchSize`. */
  step(rows: ArrayLike<number>): Promise<StepResult>;
  /**
   * A step on each of the given batches, in order; where steps are small, many in one run of the graph, with bit for bit
   * the same results. `onStep` hears of each step; returning false ends the training after the run that it was part of.
   */
  steps(
    batches: readonly ArrayLike<number>[],
    onStep?: (result: StepResult, batch: number) => unknown,
  ): Promise<void>;
  /** Parameters and state by name, as of now. */
  weights(): Weights;
  dispose(): Promise<void>;
}

/** A run of many steps is to take about this long, so that progress is seen and a training can be stopped. */
const millisecondsPerRun = 50;

/** Creates the training step for a runtime, and the state that it updates. */
export async function createTrainer(runtime: Runtime, options: TrainerOptions): Promise<Trainer> {
  const { model, optimizer, examples, batchSize } = options;
  const rows = rowCount(model, examples);
  const { loss: chosen } = options;
  const isReady = typeof chosen === "object" && "weightsOf" in chosen;
  const loss = isReady ? chosen : networkLoss(model, { ...options, loss: chosen }, examples.labels, rows);
  const runners = new Map<number, Promise<StepRunner>>();
  /** A batch that is computed whole can't be padded: then there is a graph for each size of a batch. */
  const runnerOf = (rows: number) => {
    const size = model.batchDependent ? rows : batchSize;
    const known = runners.get(size) ?? loadSteps(runtime, { ...options, batchSize: size }, loss);
    runners.set(size, known);
    return known;
  };
  await runnerOf(batchSize);
  let variables: Record<string, Tensor> = { ...options.weights };
  for (const { name, shape } of model.parameters)
    for (const slot of optimizer.slots) variables[slotName(name, slot)] = emptyTensor("float32", shape);
  let done = 0;
  let stepsPerRun = 1;

  /** The batches of the next run: as many as it may have, of one size where each is computed whole. */
  const nextRun = (batches: readonly ArrayLike<number>[], from: number, maxSteps: number) => {
    const run = batches.slice(from, from + Math.min(maxSteps, stepsPerRun));
    const other = model.batchDependent ? run.findIndex(({ length }) => length !== run[0].length) : -1;
    return other < 0 ? run : run.slice(0, other);
  };
  const steps: Trainer["steps"] = async (batches, onStep) => {
    const wrong = batches.find(({ length }) => !(length >= 1 && length <= batchSize));
    if (wrong) throw new RangeError(`a batch of ${wrong.length} rows; allowed: 1 to ${batchSize}`);
    for (let from = 0; from < batches.length; ) {
      const runner = await runnerOf(batches[from].length);
      const run = nextRun(batches, from, runner.maxSteps);
      const start = performance.now();
      const { results, next } = await runner.run(variables, run, done);
      const perStep = (performance.now() - start) / run.length;
      stepsPerRun = Math.max(1, Math.min(Math.floor(millisecondsPerRun / perStep), 4 * run.length));
      variables = next;
      done += run.length;
      const answers = results.map((result, i) => onStep?.(result, from + i));
      if (answers.includes(false)) return;
      from += run.length;
    }
  };
  const names = [...model.parameters, ...model.fixed].map(({ name }) => name);
  return {
    async step(rows) {
      const results: StepResult[] = [];
      await steps([rows], (result) => results.push(result));
      return results[0];
    },
    steps,
    weights: () => Object.fromEntries(names.map((name) => [name, variables[name]])),
    async dispose() {
      for (const runner of runners.values()) await (await runner).dispose();
    },
  };
}
