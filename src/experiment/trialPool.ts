import { epochBatches } from "../data/batches.ts";
import { pickRows } from "../data/exampleSet.ts";
import { partValues } from "../graph/outputParts.ts";
import { elementCount } from "../graph/tensor.ts";
import { placesOf } from "../runtime/examples.ts";
import { perPlace } from "../runtime/networkLoss.ts";
import { biasesOfPart } from "./arms.ts";
import type { ArmContext, ArmProgress, ArmResult, ArmTask, ArmTraining } from "./armWorker.ts";
import { initialLosses, joinedInitialLosses } from "./initialLoss.ts";
import type { Plan } from "./plan.ts";
import type { InitialLoss, Trial, TrialKey } from "./record.ts";
import type { SeedTask } from "./settings.ts";
import type { BatchResult } from "./trial.ts";
import { trialLoss } from "./trialLoss.ts";
import type { TrialMaterials } from "./trialNetwork.ts";
import { type TrialSetting, trialSettings } from "./trialSettings.ts";
import { WorkerPool } from "./workerPool.ts";

/** Callbacks while trials are completed. */
export interface TrialPoolObserver {
  /** Training images on which the initial loss of a task is measured so far. */
  onInitialRows?(task: SeedTask, done: number): void;
  onInitialLosses?(task: SeedTask, losses: ReadonlyMap<string, InitialLoss>): void;
  onBatch?(key: TrialKey, batch: BatchResult): void;
  /** Test images that are done. */
  onTest?(key: TrialKey, done: number): void;
  /** @param seconds wall time of its training */
  onTrial?(trial: Trial, seconds: number): void;
  /** The trained network of a trial as a file, where the pool was told to hand them out. */
  onTrained?(key: TrialKey, file: Uint8Array): void;
}

/** Completes the trials of a plan on worker threads: one arm per worker, which may have threads of its own. */
export class TrialPool {
  readonly #plan: Plan;
  readonly #pool: WorkerPool<ArmContext, ArmTask, ArmProgress, ArmResult>;
  #materials: TrialMaterials | undefined;
  #settings: readonly TrialSetting[] = [];
  readonly #threads: number;

  /**
   * Starts the workers, so that they load their modules while the dataset is loaded.
   *
   * @param threads that share the work of one arm
   */
  constructor(plan: Plan, workers: number, threads = 1) {
    this.#plan = plan;
    this.#threads = threads;
    this.#pool = new WorkerPool(new URL("./armWorker.js", import.meta.url), workers);
  }

  /**
   * @returns the settings of the plan, in order
   * @throws InputError where the plan does not fit the data
   */
  start(materials: TrialMaterials): readonly TrialSetting[] {
    this.#materials = materials;
    this.#settings = trialSettings(this.#plan, materials);
    const settings = this.#settings.map(({ plan, rows }) => ({ plan, rows }));
    this.#pool.start({ ...materials, settings, threads: this.#threads });
    return this.#settings;
  }

  /**
   * Completes the trials of one seed: the initial losses (one forward pass for all arms), then training and test of each
   * arm.
   *
   * @param parts that the forward pass is split into, for several threads
   */
  async complete(task: SeedTask, parts = 1, observer: TrialPoolObserver = {}): Promise<Trial[]> {
    const { data, biases } = this.#materials!;
    const { plan, rows, network } = this.#settings[task.setting];
    const { batchDependent, places, output } = network.network;
    const width = elementCount(output) * places;
    const { measured, firstBatch } = measuredRows(plan, rows, task.seed, width, batchDependent);
    const outputs = await this.#initialOutputs(task, measured, width, batchDependent ? 1 : parts, observer);
    const { parts: outputParts } = network;
    const { weights } = data.train;
    const perPart = trialLoss(plan, network, data, rows).parts.map((part, i) => {
      const { labels } = part.data.train;
      const losses = initialLosses(
        task.arms,
        part.loss,
        {
          outputs: outputParts.length === 1 ? outputs : partValues(outputs, outputParts, i),
          labels: pickRows(labels, measured, labels.length / data.train.count),
          weights: weights && perPlace(part, pickRows(weights, measured, 1)),
          firstBatch: placesOf(part, firstBatch),
        },
        { asIs: part.asIs, files: biasesOfPart(biases, outputParts, i) },
      );
      return { name: part.name, lossWeight: part.lossWeight, losses };
    });
    const losses = joinedInitialLosses(perPart);
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

  /** A seed's outputs before training, (rows x places, K), computed in parts at the same time. */
  async #initialOutputs(
    task: SeedTask,
    rows: Uint32Array,
    width: number,
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
    const outputs = new Float32Array(rows.length * width);
    (await Promise.all(tasks)).forEach((part, i) => {
      outputs.set(part as Float32Array, i * size * width);
    });
    return outputs;
  }

  async #completeTrial(
    key: TrialKey,
    setting: number,
    initial: InitialLoss,
    observer: TrialPoolObserver,
  ): Promise<Trial> {
    const task = {
      kind: "training",
      setting,
      seed: key.seed,
      bias: initial.outputBias,
      exported: observer.onTrained !== undefined && key.seed === this.#plan.seeds[0],
    } as const;
    const trained = await this.#pool.execute(task, (progress) => {
      if ("batch" in progress) observer.onBatch?.(key, progress.batch);
      if ("tested" in progress) observer.onTest?.(key, progress.tested);
    });
    const { result, seconds, trained: file } = trained as ArmTraining;
    const trial: Trial = { ...key, ...initial, ...result };
    if (file) observer.onTrained?.(key, file);
    observer.onTrial?.(trial, seconds);
    return trial;
  }
}

/** Most outputs that the initial loss is measured on. */
const maxOutputs = 2 ** 25;

/**
 * The rows that the initial loss is measured on, and which of them are the first batch of training. All rows in order, if
 * their outputs fit into memory; for networks that depend on the whole batch, the batches of the first epoch.
 */
function measuredRows(
  { batchSize }: Plan,
  rows: Uint32Array,
  seed: number,
  width: number,
  batchDependent: boolean,
): { measured: Uint32Array; firstBatch: Uint32Array } {
  const positions = Uint32Array.from(rows.keys());
  const batches = epochBatches(positions, batchSize, seed, 0);
  const most = Math.max(batches[0].length, Math.floor(maxOutputs / width / batchSize) * batchSize);
  if (!batchDependent && rows.length <= most) return { measured: rows, firstBatch: batches[0] };
  const order = batches.flatMap((batch) => [...batch]).slice(0, most);
  return {
    measured: Uint32Array.from(order, (position) => rows[position]),
    firstBatch: Uint32Array.from(batches[0].keys()),
  };
}
