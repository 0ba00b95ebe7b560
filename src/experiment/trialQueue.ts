import { createHash } from "node:crypto";
import { z } from "zod";
import { InputError } from "../errors.ts";
import { type Plan, resolvePlan } from "./plan.ts";
import type { Trial, Versions } from "./record.ts";
import type { SeedTask } from "./settings.ts";
import { parseTrial } from "./trialLines.ts";

/** What a job of the queue holds: the trials of one seed of a setting, and what they must be made with. */
export interface TrialJob {
  /** The plan of the setting, without a grid. */
  readonly plan: Plan;
  readonly task: SeedTask;
  readonly versions: Versions;
}

/** What a job returns: each trial as a line of trials.jsonl, with the time of its training. */
export interface JobResult {
  readonly trials: readonly { readonly line: string; readonly seconds: number }[];
}

const resultSchema: z.ZodType<JobResult> = z.strictObject({
  trials: z.array(z.strictObject({ line: z.string(), seconds: z.number() })),
});

/** The trials of a job's result. */
export function jobTrials(result: unknown, where: string): { trial: Trial; seconds: number }[] {
  const parsed = resultSchema.safeParse(result);
  if (!parsed.success) throw new InputError(`${where}: not a result of this version`);
  return parsed.data.trials.map(({ line, seconds }) => ({ trial: parseTrial(line, where), seconds }));
}

/** Jobs of the same trials have the same id, so that they are in the queue once. */
export const jobId = ({ plan, seed, arms }: SeedTask, { data }: Versions) =>
  [plan, seed, ...arms, data.slice(0, 16)].join("-");

/** Attempts at a job that fails, and restarts of one whose worker was lost, before it counts as failed. */
export const maxAttempts = 3;

/** Programs of the same versions share a queue; others can't take its jobs by mistake. */
export function queueName({ baserate, node, runtime }: Omit<Versions, "data">): string {
  const hash = createHash("sha256")
    .update(JSON.stringify([baserate, node, runtime]))
    .digest("hex");
  return `baserate-${hash.slice(0, 16)}`;
}

/** Redis hash of all queue names with their versions, so that a worker of others can say so. */
const registry = "baserate:queues";

export type QueueConnection = Awaited<ReturnType<typeof connectQueue>>;

/**
 * Connects to Redis. The connection reconnects by itself when it drops later.
 *
 * @param address redis://, or rediss:// for TLS; with user and password where needed
 * @throws InputError where the packages are missing, or the server can't be reached
 */
export async function connectQueue(address: string) {
  const shown = withoutPassword(address);
  const { bullmq, Redis } = await import("./loadQueue.ts").then(({ loadQueue }) => loadQueue());
  const redis = new Redis(address, {
    lazyConnect: true,
    ...(process.env.REDISCLI_AUTH === undefined ? {} : { password: process.env.REDISCLI_AUTH }),
    maxRetriesPerRequest: null, // as BullMQ needs it: commands wait for the connection to come back
    retryStrategy: (times: number) => Math.min(100 * 2 ** times, 5000),
  });
  const failure = new Promise<Error>((resolve) => redis.once("error", resolve));
  redis.on("error", () => {}); // while it reconnects; commands wait
  const outcome = await Promise.race([redis.connect().then(() => redis.ping()), failure]).catch(
    (error) => error,
  );
  if (outcome instanceof Error) {
    redis.disconnect();
    throw new InputError(
      `can't use the queue ${shown}: ${outcome.message || (outcome as NodeJS.ErrnoException).code}`,
    );
  }
  return { bullmq, redis, shown };
}

/** An address as it may be printed. */
export function withoutPassword(address: string): string {
  const url = parseUrl(address);
  if (url === null || !/^rediss?:$/.test(url.protocol)) {
    throw new InputError("invalid address of a queue; expected redis://host:port or rediss://host:port");
  }
  return `${url.protocol}//${url.host}${url.pathname}`;
}

function parseUrl(address: string): URL | null {
  try {
    return new URL(address);
  } catch {
    return null;
  }
}

/** Makes a queue known to workers. */
export const registerQueue = ({ redis }: QueueConnection, versions: Omit<Versions, "data">) =>
  redis.hset(registry, queueName(versions), describeVersions(versions));

/** @throws InputError where there are queues, but none for these versions */
export async function requireQueue(
  { redis, shown }: QueueConnection,
  versions: Omit<Versions, "data">,
): Promise<void> {
  const queues = await redis.hgetall(registry);
  if (queueName(versions) in queues || Object.keys(queues).length === 0) return;
  throw new InputError(
    `${shown} has sweeps for ${Object.values(queues).join(" and for ")} alone; this worker has ${describeVersions(versions)}`,
  );
}

const describeVersions = ({ baserate, node, runtime }: Omit<Versions, "data">) =>
  `baserate ${baserate} with Node.js ${node} and ${runtime}`;

/** The job's plan, validated: what is in the queue was written by another program. */
export function readJob(data: TrialJob): TrialJob {
  return { ...data, plan: resolvePlan(data.plan, (key) => `job: ${key ?? "plan"}`) };
}
