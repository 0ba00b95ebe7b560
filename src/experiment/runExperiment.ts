import { epochBatches } from "../data/batches.ts";
import type { Dataset } from "../data/dataset.ts";
import { imbalancedSubset } from "../data/imbalancedSubset.ts";
import type { ArmName } from "./arms.ts";
import type { ArmContext, ArmProgress, ArmResult, ArmTask } from "./armWorker.ts";
import { initialLosses } from "./initialLoss.ts";
import type { Plan } from "./plan.ts";
import { makeModel } from "./plannedModel.ts";
import type { InitialLoss, Trial } from "./record.ts";
import type { BatchResult, TrainedArm } from "./trial.ts";
import { WorkerPool } from "./workerPool.ts";

/** How much there is to do. */
export interface RunSizes {
  /** Trials that are not finished yet, and their seeds. */
  readonly trials: number;
  readonly seeds: number;
  /** Rows of the training subset and of the test set. */
  readonly trainCount: number;
  readonly testCount: number;
}

/** What is told while an experiment runs. */
export interface RunObserver {
  /** Called once the dataset is there. */
  onStart?(sizes: RunSizes): void;
  /** Training images on which a seed's initial loss is measured so far. */
  onInitialRows?(seed: number, done: number): void;
  onInitialLosses?(seed: number, losses: ReadonlyMap<ArmName, InitialLoss>): void;
  onBatch?(arm: ArmName, seed: number, batch: BatchResult): void;
  /** Test images that are done. */
  onTest?(arm: ArmName, seed: number, done: number): void;
  /** @param seconds wall time of its training */
  onTrial?(trial: Trial, seconds: number): void;
}

export interface ExperimentOptions {
  readonly plan: Plan;
  readonly dataset: Dataset | Promise<Dataset>;
  /** Trials that are finished already. */
  readonly finished?: readonly Trial[];
  /** Arms trained at the same time, each on a thread of its own. */
  readonly workers: number;
  readonly observer?: RunObserver;
  /** Ends the run immediately; finished trials have been reported by then. */
  readonly signal?: AbortSignal;
}

type Pool = WorkerPool<ArmContext, ArmTask, ArmProgress, ArmResult>;

/**
 * Runs every arm of every seed of a plan, as many at the same time as there are workers, and returns all trials in the
 * order of the plan. Per seed: the initial loss (one forward pass for all arms), then the training and test of each arm.
 *
 * @throws InputError where the plan does not fit the dataset; the signal's reason where it is aborted
 */
export async function runExperiment(options: ExperimentOptions): Promise<Trial[]> {
  const { plan, finished = [], workers, signal } = options;
  const isFinished = (arm: string, seed: number) =>
    finished.some((trial) => trial.arm === arm && trial.seed === seed);
  const open = plan.seeds.map((seed) => ({ seed, arms: plan.arms.filter((arm) => !isFinished(arm, seed)) }));
  const trials = [...finished];
  const todo = open.filter(({ arms }) => arms.length > 0);
  if (todo.length > 0) {
    signal?.throwIfAborted();
    const count = Math.min(
      workers,
      todo.reduce((sum, { arms }) => sum + arms.length, 0),
    );
    const pool: Pool = new WorkerPool(new URL("./armWorker.js", import.meta.url), count);
    const aborted = new Promise<never>((_, reject) => {
      signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
    try {
      const work = completeSeeds(pool, options, todo, Math.ceil(count / todo.length));
      trials.push(...(await Promise.race([work, aborted])));
    } finally {
      await pool.close();
    }
  }
  const place = ({ arm, seed }: Trial) =>
    plan.seeds.indexOf(seed) * plan.arms.length + plan.arms.indexOf(arm as ArmName);
  return trials.filter((trial) => place(trial) >= 0).sort((a, b) => place(a) - place(b));
}

/** @param parts that the forward pass of each seed is split into */
async function completeSeeds(
  pool: Pool,
  { plan, dataset: loading, observer }: ExperimentOptions,
  todo: readonly { seed: number; arms: ArmName[] }[],
  parts: number,
): Promise<Trial[]> {
  const dataset = await loading;
  const rows = imbalancedSubset(dataset.train.labels, plan.counts, dataset.classNames);
  makeModel(plan, dataset.train.shape); // a plan whose layers do not fit is refused before any work
  pool.start({ plan, dataset, rows });
  observer?.onStart?.({
    trials: todo.reduce((total, { arms }) => total + arms.length, 0),
    seeds: todo.length,
    trainCount: rows.length,
    testCount: dataset.test.count,
  });
  const labels = Uint8Array.from(rows, (row) => dataset.train.labels[row]);
  const positions = Uint32Array.from(rows.keys());

  const completeSeed = async ({ seed, arms }: { seed: number; arms: ArmName[] }) => {
    const outputs = await allOutputs(pool, seed, rows, parts, plan.counts.length, observer);
    const [firstBatch] = epochBatches(positions, plan.batchSize, seed, 0);
    const initial = initialLosses(arms, plan.counts, { outputs, labels, firstBatch });
    observer?.onInitialLosses?.(seed, initial);
    return Promise.all(arms.map((arm) => completeTrial(pool, arm, seed, initial.get(arm)!, observer)));
  };
  return (await Promise.all(todo.map(completeSeed))).flat();
}

/** A seed's outputs before training on all rows, computed in parts at the same time. */
async function allOutputs(
  pool: Pool,
  seed: number,
  rows: Uint32Array,
  parts: number,
  classes: number,
  observer: RunObserver | undefined,
): Promise<Float32Array> {
  const done = new Array<number>(parts).fill(0);
  const size = Math.ceil(rows.length / parts);
  const tasks = done.map((_, i) =>
    pool.execute({ kind: "outputs", seed, rows: rows.slice(i * size, (i + 1) * size) }, (progress) => {
      if ("checked" in progress) done[i] = progress.checked;
      observer?.onInitialRows?.(
        seed,
        done.reduce((sum, part) => sum + part),
      );
    }),
  );
  const outputs = new Float32Array(rows.length * classes);
  (await Promise.all(tasks)).forEach((part, i) => {
    outputs.set(part as Float32Array, i * size * classes);
  });
  return outputs;
}

async function completeTrial(
  pool: Pool,
  arm: ArmName,
  seed: number,
  initial: InitialLoss,
  observer?: RunObserver,
): Promise<Trial> {
  const task = { kind: "training", seed, bias: initial.outputBias } as const;
  const trained = await pool.execute(task, (progress) => {
    if ("batch" in progress) observer?.onBatch?.(arm, seed, progress.batch);
    if ("tested" in progress) observer?.onTest?.(arm, seed, progress.tested);
  });
  const { result, seconds } = trained as TrainedArm;
  const trial: Trial = { arm, seed, ...initial, ...result };
  observer?.onTrial?.(trial, seconds);
  return trial;
}
