import { epochBatches } from "../data/batches.ts";
import type { Dataset } from "../data/dataset.ts";
import { imbalancedSubset } from "../data/imbalancedSubset.ts";
import type { ArmContext, ArmProgress, ArmResult, ArmTask } from "./armWorker.ts";
import { initialLosses } from "./initialLoss.ts";
import type { Plan } from "./plan.ts";
import { makeModel } from "./plannedModel.ts";
import type { InitialLoss, Trial, TrialKey } from "./record.ts";
import { type SeedTask, settingsOf } from "./settings.ts";
import type { BatchResult, TrainedArm } from "./trial.ts";
import { WorkerPool } from "./workerPool.ts";

/** What is told while trials are completed. */
export interface TrialPoolObserver {
  /** Training images on which the initial loss of a task is measured so far. */
  onInitialRows?(task: SeedTask, done: number): void;
  onInitialLosses?(task: SeedTask, losses: ReadonlyMap<string, InitialLoss>): void;
  onBatch?(key: TrialKey, batch: BatchResult): void;
  /** Test images that are done. */
  onTest?(key: TrialKey, done: number): void;
  /** @param seconds wall time of its training */
  onTrial?(trial: Trial, seconds: number): void;
}

/** Completes the trials of a plan on worker threads, one arm per thread. */
export class TrialPool {
  readonly #plan: Plan;
  readonly #pool: WorkerPool<ArmContext, ArmTask, ArmProgress, ArmResult>;
  #context: ArmContext | undefined;

  /** Starts the threads, so that they load their modules while the dataset is loaded. */
  constructor(plan: Plan, workers: number) {
    this.#plan = plan;
    this.#pool = new WorkerPool(new URL("./armWorker.js", import.meta.url), workers);
  }

  /** @throws InputError where the plan does not fit the dataset */
  start(dataset: Dataset): void {
    const { train, classNames } = dataset;
    const settings = settingsOf(this.#plan).map(({ plan }) => {
      makeModel(plan, train.shape); // layers that do not fit are refused before any work
      return { plan, rows: imbalancedSubset(train.labels, plan.counts, classNames) };
    });
    this.#context = { dataset, settings };
    this.#pool.start(this.#context);
  }

  /**
   * Completes the trials of one seed: the initial losses (one forward pass for all arms), then training and test of each
   * arm.
   *
   * @param parts that the forward pass is split into, for several threads
   */
  async complete(task: SeedTask, parts = 1, observer: TrialPoolObserver = {}): Promise<Trial[]> {
    const { dataset, settings } = this.#context!;
    const { plan, rows } = settings[task.setting];
    const outputs = await this.#initialOutputs(task, rows, plan.counts.length, parts, observer);
    const labels = Uint8Array.from(rows, (row) => dataset.train.labels[row]);
    const [firstBatch] = epochBatches(Uint32Array.from(rows.keys()), plan.batchSize, task.seed, 0);
    const losses = initialLosses(task.arms, plan.counts, { outputs, labels, firstBatch });
    observer.onInitialLosses?.(task, losses);
    return Promise.all(
      task.arms.map((arm) => {
        const key = { plan: task.plan, seed: task.seed, arm };
        return this.#completeTrial(key, task.setting, losses.get(arm)!, observer);
      }),
    );
  }

  /** Ends all threads; those at work stop after their batch. */
  close(): Promise<void> {
    return this.#pool.close();
  }

  /** A seed's outputs before training on all rows, (rows, classes), computed in parts at the same time. */
  async #initialOutputs(
    task: SeedTask,
    rows: Uint32Array,
    classes: number,
    parts: number,
    observer: TrialPoolObserver,
  ): Promise<Float32Array> {
    const { setting, seed } = task;
    const done = new Array<number>(parts).fill(0);
    const size = Math.ceil(rows.length / parts);
    const tasks = done.map((_, i) => {
      const part = rows.slice(i * size, (i + 1) * size);
      return this.#pool.execute({ kind: "outputs", setting, seed, rows: part }, (progress) => {
        if ("checked" in progress) done[i] = progress.checked;
        observer.onInitialRows?.(
          task,
          done.reduce((sum, part) => sum + part),
        );
      });
    });
    const outputs = new Float32Array(rows.length * classes);
    (await Promise.all(tasks)).forEach((part, i) => {
      outputs.set(part as Float32Array, i * size * classes);
    });
    return outputs;
  }

  async #completeTrial(
    key: TrialKey,
    setting: number,
    initial: InitialLoss,
    observer: TrialPoolObserver,
  ): Promise<Trial> {
    const task = { kind: "training", setting, seed: key.seed, bias: initial.outputBias } as const;
    const trained = await this.#pool.execute(task, (progress) => {
      if ("batch" in progress) observer.onBatch?.(key, progress.batch);
      if ("tested" in progress) observer.onTest?.(key, progress.tested);
    });
    const { result, seconds } = trained as TrainedArm;
    const trial: Trial = { ...key, ...initial, ...result };
    observer.onTrial?.(trial, seconds);
    return trial;
  }
}
