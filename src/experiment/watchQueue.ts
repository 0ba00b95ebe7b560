import { setTimeout as sleep } from "node:timers/promises";
import type { Queue } from "bullmq";
import type { Plan } from "./plan.ts";
import type { Trial, Versions } from "./record.ts";
import { type SeedTask, type Setting, settingsOf } from "./settings.ts";
import {
  type JobResult,
  jobId,
  jobTrials,
  maxAttempts,
  type QueueConnection,
  queueName,
  registerQueue,
  type TrialJob,
} from "./trialQueue.ts";

/** How far the jobs of a sweep have come. */
export interface QueueState {
  readonly done: number;
  readonly failed: number;
  readonly total: number;
  /** Workers connected to the queue. */
  readonly workers: number;
}

export interface QueuedSweep {
  readonly connection: QueueConnection;
  readonly plan: Plan;
  readonly versions: Versions;
  readonly todo: readonly SeedTask[];
  readonly onTrial: (trial: Trial, seconds: number) => void;
  readonly onState: (state: QueueState) => void;
  /** Stops watching; the sweep goes on. */
  readonly signal: AbortSignal;
}

/** What the functions below need of a sweep. */
interface Jobs extends Pick<QueuedSweep, "versions" | "onTrial"> {
  readonly queue: TrialsQueue;
  readonly settings: readonly Setting[];
}

/** A task whose job failed for good. */
export interface FailedTask {
  readonly task: SeedTask;
  readonly reason: string;
}

/** Milliseconds between two looks at the queue, and the number of jobs looked at: the first ones that are open. */
const pause = 500;
const window = 500;
/** Seconds for which Redis keeps the results of jobs, for other watchers. */
const keptSeconds = 7 * 24 * 3600;

/** Puts the tasks of a sweep into a queue and waits for them. Jobs that Redis has lost are added again. */
export async function watchQueue(sweep: QueuedSweep): Promise<FailedTask[]> {
  const { connection, plan, versions, todo, onTrial, onState, signal } = sweep;
  const { bullmq, redis } = connection;
  const own = redis.duplicate();
  const queue: TrialsQueue = new bullmq.Queue(queueName(versions), { connection: own });
  queue.on("error", () => {}); // the connection: it reconnects
  const jobs = { queue, settings: settingsOf(plan), versions, onTrial };
  try {
    await registerQueue(connection, versions);
    for (let i = 0; i < todo.length; i += window) {
      await Promise.all(todo.slice(i, i + window).map((task) => addOnce(jobs, task)));
      signal.throwIfAborted();
    }
    const failed: FailedTask[] = [];
    let pending = [...todo];
    while (pending.length > 0) {
      const looked = pending.slice(0, window);
      const outcomes = await Promise.all(looked.map((task) => look(jobs, task)));
      failed.push(...outcomes.filter((outcome) => typeof outcome === "object"));
      const open = looked.filter((_, i) => outcomes[i] === "open");
      pending = [...open, ...pending.slice(window)];
      const done = todo.length - pending.length - failed.length;
      onState({ total: todo.length, failed: failed.length, done, workers: await queue.getWorkersCount() });
      if (pending.length > 0) await sleep(pause, undefined, { signal });
    }
    return failed;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    await queue.close();
    own.disconnect();
  }
}

type TrialsQueue = Queue<TrialJob, JobResult>;

/** A job holds its own seed and arms alone: the size of a plan grows with its seeds, and so would that of every job. */
const add = ({ queue, settings, versions }: Jobs, task: SeedTask) =>
  queue.add(
    "trials",
    { plan: { ...settings[task.setting].plan, seeds: [task.seed], arms: [...task.arms] }, task, versions },
    {
      jobId: jobId(task, versions),
      attempts: maxAttempts,
      backoff: { type: "fixed", delay: 1000 },
      removeOnComplete: { age: keptSeconds },
      removeOnFail: { age: keptSeconds },
    },
  );

/** Adds a job that is not in the queue yet. One that failed before is asked for again: it starts anew. */
async function addOnce(jobs: Jobs, task: SeedTask): Promise<void> {
  const job = await jobs.queue.getJob(jobId(task, jobs.versions));
  if ((await job?.getState()) === "failed") await job!.remove();
  await add(jobs, task);
}

/** Looks at a job: collects its trials, or says that it is open or has failed. */
async function look(jobs: Jobs, task: SeedTask): Promise<"done" | "open" | FailedTask> {
  const { queue, versions, onTrial } = jobs;
  const id = jobId(task, versions);
  // The state before the job: a job that is completed between the two would be without its result.
  const state = await queue.getJobState(id);
  const job = await queue.getJob(id);
  if (job !== undefined && state === "completed") {
    for (const { trial, seconds } of jobTrials(job.returnvalue, `job ${job.id}`)) onTrial(trial, seconds);
    return "done";
  }
  if (job !== undefined && state === "failed") return { task, reason: job.failedReason };
  if (job === undefined) await add(jobs, task); // Redis was restarted without it
  return "open";
}
