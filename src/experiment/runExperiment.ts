import type { Plan } from "./plan.ts";
import type { Trial } from "./record.ts";
import { inOrder, type SeedTask, type Shard, seedTasks, trialKeys, unfinished } from "./settings.ts";
import type { TrialMaterials } from "./trialNetwork.ts";
import { TrialPool, type TrialPoolObserver } from "./trialPool.ts";
import type { TrialSetting } from "./trialSettings.ts";

/** Callbacks while an experiment runs. */
export interface RunObserver extends TrialPoolObserver {
  /**
   * Called once the data are loaded, before the first trial.
   *
   * @param todo the tasks that are not finished
   */
  onStart?(todo: readonly SeedTask[], started: StartedRun): void;
}

/** What a run works with. */
export interface StartedRun {
  readonly materials: TrialMaterials;
  /** In the order of the plan. */
  readonly settings: readonly TrialSetting[];
}

export interface ExperimentOptions {
  readonly plan: Plan;
  readonly materials: TrialMaterials | Promise<TrialMaterials>;
  /** Trials that are finished already. */
  readonly finished?: readonly Trial[];
  /** Runs only this shard of the plan. */
  readonly shard?: Shard;
  /** Number of threads. Arms are trained at the same time; if there are more threads than arms, the arms share them. */
  readonly workers: number;
  readonly observer?: RunObserver;
  /** Ends the run immediately; finished trials have been reported by then. */
  readonly signal?: AbortSignal;
}

/**
 * Runs every arm of every seed of every setting of a plan, as many at the same time as there are workers, and returns all
 * trials in the order of the plan.
 *
 * @throws InputError where the plan does not fit the data; the signal's reason where it is aborted
 */
export async function runExperiment(options: ExperimentOptions): Promise<Trial[]> {
  const { plan, finished = [], shard, workers, observer, signal } = options;
  const tasks = seedTasks(plan, shard);
  const todo = unfinished(tasks, finished);
  if (todo.length === 0) return inOrder(finished, tasks);
  signal?.throwIfAborted();
  const arms = Math.min(workers, trialKeys(todo).length);
  const pool = new TrialPool(plan, arms, Math.floor(workers / arms));
  const aborted = new Promise<never>((_, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  const complete = async () => {
    const materials = await options.materials;
    const settings = pool.start(materials);
    observer?.onStart?.(todo, { materials, settings });
    const parts = Math.ceil(arms / todo.length);
    return (await Promise.all(todo.map((task) => pool.complete(task, parts, observer)))).flat();
  };
  try {
    const trials = await Promise.race([complete(), aborted]);
    return inOrder([...finished, ...trials], tasks);
  } finally {
    await pool.close();
  }
}
