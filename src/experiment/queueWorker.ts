import type { Job, Worker } from "bullmq";
import { InputError } from "../errors.ts";
import type { Plan } from "./plan.ts";
import type { Versions } from "./record.ts";
import { trialLine } from "./trialLines.ts";
import type { TrialMaterials } from "./trialNetwork.ts";
import { TrialPool } from "./trialPool.ts";
import {
  type JobResult,
  maxAttempts,
  type QueueConnection,
  queueName,
  readJob,
  type TrialJob,
} from "./trialQueue.ts";

export interface QueueWorkerOptions {
  readonly connection: QueueConnection;
  readonly versions: Omit<Versions, "data">;
  /** Time after which the job of a lost worker goes to another; workers renew their hold twice as often. */
  readonly lockMilliseconds: number;
  /** Threads: arms trained at the same time. */
  readonly workers: number;
  readonly load: (plan: Plan) => Promise<TrialMaterials>;
  readonly hash: (plan: Plan, materials: TrialMaterials) => Promise<string>;
  /** Told of each job that is done or failed. */
  readonly onJob: (job: TrialJob, error?: Error) => void;
  /** Ends the worker; the job at hand goes to another. */
  readonly signal: AbortSignal;
}

/**
 * Takes jobs of trials from a queue until it is told to stop.
 *
 * @throws InputError where this machine can't do a job: its data is missing or different
 */
export async function serveQueue(options: QueueWorkerOptions): Promise<void> {
  const { connection, versions, lockMilliseconds, signal, onJob } = options;
  const executor = new JobExecutor(options);
  const { bullmq, redis } = connection;
  let refusal: Error | undefined;
  let stop = () => {};
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
  const own = redis.duplicate();
  const worker: Worker<TrialJob, JobResult> = new bullmq.Worker(
    queueName(versions),
    async (job: Job<TrialJob, JobResult>, token?: string) => {
      try {
        return await executor.execute(readJob(job.data));
      } catch (error) {
        if (!(error instanceof UnfitWorkerError) && !signal.aborted && !executor.isClosed) throw error;
        // Back into the queue, for another worker: this is no attempt at the job.
        if (error instanceof UnfitWorkerError) refusal = error;
        stop();
        await job.moveToDelayed(Date.now() + 1000, token);
        throw new bullmq.DelayedError();
      }
    },
    {
      connection: own,
      lockDuration: lockMilliseconds,
      stalledInterval: lockMilliseconds,
      maxStalledCount: maxAttempts - 1,
    },
  );
  worker.on("error", () => {}); // the connection: it reconnects
  worker.on("completed", (job) => onJob(job.data));
  worker.on("failed", (job, error) => job && onJob(job.data, error));
  await stopped;
  const closed = worker.close(); // takes no further job, and waits for the one at hand
  await executor.close();
  await closed;
  own.disconnect();
  if (refusal) throw new InputError(refusal.message);
  signal.throwIfAborted();
}

/** This machine can't do a job that another may be able to do. */
class UnfitWorkerError extends Error {}

/** Executes jobs, and keeps the threads of the last setting for further jobs of it. */
class JobExecutor {
  isClosed = false;
  readonly #options: QueueWorkerOptions;
  #pool: { readonly hash: string; readonly pool: TrialPool } | undefined;
  #loaded: { readonly key: string; readonly materials: TrialMaterials } | undefined;

  constructor(options: QueueWorkerOptions) {
    this.#options = options;
  }

  async execute({ plan, task, versions }: TrialJob): Promise<JobResult> {
    const pool = await this.#poolOf(plan, task.plan, versions.data);
    const seconds = new Map<string, number>();
    const trials = await pool.complete(
      { ...task, setting: 0 },
      Math.min(this.#options.workers, task.arms.length),
      {
        onTrial: ({ arm }, time) => void seconds.set(arm, time),
      },
    );
    return {
      trials: trials.map((trial) => ({ line: trialLine(trial), seconds: seconds.get(trial.arm)! })),
    };
  }

  /** Ends the job at hand, and refuses further ones. */
  async close(): Promise<void> {
    this.isClosed = true;
    await this.#pool?.pool.close();
  }

  async #poolOf(plan: Plan, hash: string, data: string): Promise<TrialPool> {
    if (this.isClosed) throw new Error("stopped");
    if (this.#pool?.hash === hash) return this.#pool.pool;
    await this.#pool?.pool.close();
    this.#pool = undefined;
    const materials = await this.#materialsOf(plan, data);
    if (this.isClosed) throw new Error("stopped");
    const pool = new TrialPool(plan, this.#options.workers);
    pool.start(materials);
    this.#pool = { hash, pool };
    return pool;
  }

  async #materialsOf(plan: Plan, data: string): Promise<TrialMaterials> {
    const key = JSON.stringify({ ...plan, seeds: [], layers: [], counts: plan.counts?.length });
    if (this.#loaded?.key === key) return this.#loaded.materials;
    const { load, hash } = this.#options;
    const name = plan.data ?? plan.dataset;
    const materials = await load(plan).catch((error: Error) => {
      throw new UnfitWorkerError(`this worker has no ${name}: ${error.message}`);
    });
    const found = await hash(plan, materials);
    if (found !== data) {
      throw new UnfitWorkerError(`this worker's ${name} is different: its hash is ${found}, not ${data}`);
    }
    this.#loaded = { key, materials };
    return materials;
  }
}
