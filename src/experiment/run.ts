import { epochBatches } from "../data/batches.ts";
import type { Dataset } from "../data/dataset.ts";
import { sample } from "../data/sample.ts";
import type { ArmName } from "./arms.ts";
import type { ArmContext, ArmProgress, ArmResult, ArmTask } from "./armWorker.ts";
import { type InitialCheck, initialChecks } from "./initialCheck.ts";
import type { Plan } from "./plan.ts";
import { makeModel } from "./plannedModel.ts";
import type { Trial } from "./record.ts";
import type { BatchResult, Training } from "./trial.ts";
import { WorkerPool } from "./workerPool.ts";

/** How much there is to do. */
export interface RunSizes {
  /** Trials that are not finished yet, and seeds to check before training. */
  readonly trials: number;
  readonly checks: number;
  /** Rows of the training subset and of the test set. */
  readonly trainCount: number;
  readonly testCount: number;
}

/** What is told while an experiment runs. */
export interface RunObserver {
  /** Called once the dataset is there. */
  onStart?(sizes: RunSizes): void;
  /** Rows of a seed's check before training that are done. */
  onCheckProgress?(seed: number, done: number): void;
  onCheck?(seed: number, checks: ReadonlyMap<ArmName, InitialCheck>): void;
  onBatch?(arm: ArmName, seed: number, batch: BatchResult): void;
  /** Test images that are done. */
  onTest?(arm: ArmName, seed: number, done: number): void;
  onTrial?(trial: Trial): void;
}

export interface RunOptions {
  readonly plan: Plan;
  readonly dataset: Dataset | Promise<Dataset>;
  /** Trials that need not be run again. */
  readonly finished?: readonly Trial[];
  /** Arms at once, each on a thread of its own. */
  readonly workers: number;
  readonly observer?: RunObserver;
  /** Ends the run at once; finished trials have been reported by then. */
  readonly signal?: AbortSignal;
}

type Pool = WorkerPool<ArmContext, ArmTask, ArmProgress, ArmResult>;

/**
 * Runs every arm of every seed of a plan, as many at once as there are workers, and returns all trials in the order of
 * the plan. Per seed: the check before training (one forward pass for all its arms), then each arm's training and test.
 *
 * @throws InputError where the plan does not fit the dataset; the signal's reason where it is aborted
 */
export async function runExperiment(options: RunOptions): Promise<Trial[]> {
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
      const work = runSeeds(pool, options, todo, Math.ceil(count / todo.length));
      trials.push(...(await Promise.race([work, aborted])));
    } finally {
      await pool.close();
    }
  }
  const place = ({ arm, seed }: Trial) =>
    plan.seeds.indexOf(seed) * plan.arms.length + plan.arms.indexOf(arm as ArmName);
  return trials.filter((trial) => place(trial) >= 0).sort((a, b) => place(a) - place(b));
}

/** @param shards parts that each seed's check is split into */
async function runSeeds(
  pool: Pool,
  { plan, dataset: loading, observer }: RunOptions,
  todo: readonly { seed: number; arms: ArmName[] }[],
  shards: number,
): Promise<Trial[]> {
  const dataset = await loading;
  const rows = sample(dataset.train.labels, plan.counts, dataset.classNames);
  makeModel(plan, dataset.train.shape); // a plan that makes no network is refused before any work
  pool.start({ plan, dataset, rows });
  observer?.onStart?.({
    trials: todo.reduce((total, { arms }) => total + arms.length, 0),
    checks: todo.length,
    trainCount: rows.length,
    testCount: dataset.test.count,
  });
  const labels = Uint8Array.from(rows, (row) => dataset.train.labels[row]);
  const places = Uint32Array.from(rows.keys());

  const runSeed = async ({ seed, arms }: { seed: number; arms: ArmName[] }) => {
    const outputs = await allOutputs(pool, seed, rows, shards, plan.counts.length, observer);
    const [firstBatch] = epochBatches(places, plan.batchSize, seed, 0);
    const checks = initialChecks(arms, plan.counts, { outputs, labels, firstBatch });
    observer?.onCheck?.(seed, checks);
    return Promise.all(arms.map((arm) => runArm(pool, arm, seed, checks.get(arm)!, observer)));
  };
  return (await Promise.all(todo.map(runSeed))).flat();
}

/** A seed's outputs before training on all rows, computed in parts side by side. */
async function allOutputs(
  pool: Pool,
  seed: number,
  rows: Uint32Array,
  shards: number,
  classes: number,
  observer: RunObserver | undefined,
): Promise<Float32Array> {
  const done = new Array<number>(shards).fill(0);
  const size = Math.ceil(rows.length / shards);
  const parts = done.map((_, i) =>
    pool.run({ kind: "outputs", seed, rows: rows.slice(i * size, (i + 1) * size) }, (progress) => {
      if ("checked" in progress) done[i] = progress.checked;
      observer?.onCheckProgress?.(
        seed,
        done.reduce((sum, part) => sum + part),
      );
    }),
  );
  const outputs = new Float32Array(rows.length * classes);
  (await Promise.all(parts)).forEach((part, i) => {
    outputs.set(part as Float32Array, i * size * classes);
  });
  return outputs;
}

async function runArm(
  pool: Pool,
  arm: ArmName,
  seed: number,
  check: InitialCheck,
  observer?: RunObserver,
): Promise<Trial> {
  const training = await pool.run({ kind: "training", seed, bias: check.outputBias }, (progress) => {
    if ("batch" in progress) observer?.onBatch?.(arm, seed, progress.batch);
    if ("tested" in progress) observer?.onTest?.(arm, seed, progress.tested);
  });
  const trial: Trial = { arm, seed, ...check, ...(training as Training) };
  observer?.onTrial?.(trial);
  return trial;
}
