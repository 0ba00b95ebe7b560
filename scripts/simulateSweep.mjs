// A sweep of 100,000 jobs over 1,000 workers, on a real Redis, with trials that take no time:
// `node scripts/simulateSweep.mjs [jobs] [workers]`. It starts `redis-server` on a free port of the loopback, and prints
// jobs per minute, how many results were lost or came twice, and what a job costs the watcher, Redis and the workers.
//
// Watcher and queue are the program's own (src/experiment/watchQueue.ts); a worker is BullMQ's, as in queueWorker.ts, but
// returns the record of another trial at once. All workers are in one process, beside that of the watcher.
import { fork, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "bullmq";
import { Redis } from "ioredis";
import { compileSources } from "../bench/compileSources.mjs";
import { startRedis } from "../bench/redis.mjs";

const planInput = { dataset: "synthetic", counts: [20, 10], arms: ["zero"], batchSize: 30 };
if (process.send) process.once("message", serve);
else await simulate(...process.argv.slice(2).map(Number));

async function simulate(jobs = 100_000, workers = 1000) {
  const {
    exports: sources,
    folder,
    remove,
  } = await compileSources(
    ["trialQueue", "watchQueue", "plan", "settings"].map((name) => `src/experiment/${name}.ts`),
  );
  const redis = await startRedis(folder);
  const pool = fork(fileURLToPath(import.meta.url));
  try {
    const connection = await sources.connectQueue(redis.address);
    const versions = { baserate: "simulated", node: "simulated", runtime: "simulated", data: "0".repeat(64) };
    const plan = sources.resolvePlan({ ...planInput, seeds: Array.from({ length: jobs }, (_, i) => i) });
    const todo = sources.seedTasks(plan);
    const idle = await connections(redis);
    pool.send({
      address: redis.address,
      queue: sources.queueName(versions),
      workers,
      trial: recordedTrial(folder),
    });
    await once(pool, "message"); // all are waiting
    const connected = await connections(redis);
    const before = { redis: await processorSeconds(redis), own: process.cpuUsage() };
    const start = performance.now();
    const taken = new Map();
    const failed = await sources.watchQueue({
      connection,
      plan,
      versions,
      todo,
      onTrial: ({ seed }) => taken.set(seed, (taken.get(seed) ?? 0) + 1),
      onState: progress(start),
      signal: new AbortController().signal,
    });
    const seconds = (performance.now() - start) / 1000;
    const own = process.cpuUsage(before.own);
    pool.send("end");
    const [{ processor, memory }] = await once(pool, "message");
    const info = await redis.client.info("memory");
    const perMinute = Math.round((60 * jobs) / seconds);
    console.log(
      `${jobs} jobs, ${workers} workers: ${(seconds / 60).toFixed(1)} minutes, ${perMinute} jobs per minute`,
    );
    console.log(`connections per worker: ${((connected - idle) / workers).toFixed(1)}`);
    report("watcher", (own.user + own.system) / 1e6, process.memoryUsage().rss, jobs);
    report(
      "Redis",
      (await processorSeconds(redis)) - before.redis,
      /used_memory_peak:(\d+)/.exec(info)[1],
      jobs,
    );
    report("workers", processor, memory, jobs);
    const twice = [...taken.values()].filter((count) => count > 1).length;
    console.log(`${jobs - taken.size} lost, ${twice} twice, ${failed.length} failed`);
    process.exitCode = taken.size === jobs && twice === 0 && failed.length === 0 ? 0 : 1;
  } finally {
    pool.kill();
    redis.stop();
    remove();
  }
  process.exit();
}

/** The workers, in the process that was forked. */
async function serve({ address, queue, workers, trial }) {
  const connection = new Redis(address, { maxRetriesPerRequest: null });
  const execute = async ({ data: { task } }) => ({
    trials: task.arms.map((arm) => ({
      line: JSON.stringify({ ...trial, plan: task.plan, seed: task.seed, arm }),
      seconds: 0,
    })),
  });
  const pool = Array.from({ length: workers }, () =>
    new Worker(queue, execute, {
      connection: connection.duplicate(),
      lockDuration: 30_000,
      stalledInterval: 30_000,
    }).on("error", () => {}),
  );
  await Promise.all(pool.map((worker) => worker.waitUntilReady()));
  const before = process.cpuUsage();
  process.send("ready");
  await once(process, "message");
  const { user, system } = process.cpuUsage(before);
  process.send({ processor: (user + system) / 1e6, memory: process.memoryUsage().rss });
}

/** The record of one real trial, of a tiny plan: each job returns it with its own key. */
function recordedTrial(folder) {
  const plan = join(folder, "plan.yaml");
  writeFileSync(plan, JSON.stringify({ ...planInput, seeds: [0] }));
  const cli = fileURLToPath(new URL("../dist/cli.js", import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, [
    cli,
    "compare",
    plan,
    "--out",
    join(folder, "run"),
  ]);
  if (status !== 0) throw new Error(`the trial to return failed: ${stderr}`);
  return JSON.parse(readFileSync(join(folder, "run/trials.jsonl"), "utf8").split("\n")[0]);
}

async function processorSeconds({ client }) {
  const info = await client.info("cpu");
  return ["sys", "user"].reduce(
    (sum, kind) => sum + Number(new RegExp(`used_cpu_${kind}:(\\S+)`).exec(info)[1]),
    0,
  );
}

async function connections({ client }) {
  return Number(/connected_clients:(\d+)/.exec(await client.info("clients"))[1]);
}

function progress(start) {
  let last = start;
  return ({ done, total, workers }) => {
    if (performance.now() - last < 10_000) return;
    last = performance.now();
    console.error(`${done} of ${total} done, ${workers} workers`);
  };
}

function report(who, seconds, bytes, jobs) {
  const each = ((1000 * seconds) / jobs).toFixed(2);
  console.log(`${who}: ${each} ms of processor time per job, ${Math.round(bytes / 1e6)} MB`);
}
