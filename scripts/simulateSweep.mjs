// A sweep of 100,000 jobs over 1,000 workers, on a real Redis, with trials that take no time:
// `node scripts/simulateSweep.mjs [jobs] [workers]`. It starts `redis-server` on a free port of the loopback, and prints
// jobs per minute, the memory of Redis and of this program, and how many results were lost or came twice.
//
// Watcher and queue are the program's own (src/experiment/watchQueue.ts); a worker is BullMQ's, as in queueWorker.ts, but
// returns the record of another trial at once. All workers are in this one process, which with Redis shares the machine's cores.
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "tsdown";

const [jobs = 100_000, workers = 1000] = process.argv.slice(2).map(Number);
const results = fileURLToPath(new URL("../bench/results", import.meta.url));
mkdirSync(results, { recursive: true });
const folder = mkdtempSync(join(results, "sweep-"));
const planInput = { dataset: "synthetic", counts: [20, 10], arms: ["zero"], batchSize: 30 };
const port = await freePort();
const redis = spawn("redis-server", [
  "--port",
  String(port),
  "--bind",
  "127.0.0.1",
  "--save",
  "",
  "--dir",
  folder,
]);
redis.on("error", (error) => {
  console.error(`simulateSweep: redis-server can't be started: ${error.message}`);
  process.exit(2);
});
try {
  const { connectQueue, queueName, resolvePlan, seedTasks, watchQueue } = await sources();
  const connection = await retry(() => connectQueue(`redis://127.0.0.1:${port}`));
  const versions = { baserate: "simulated", node: "simulated", runtime: "simulated", data: "0".repeat(64) };
  const plan = resolvePlan({ ...planInput, seeds: Array.from({ length: jobs }, (_, i) => i) });
  const trial = recordedTrial();
  const took = new Map();
  const { bullmq, redis: client } = connection;
  const pool = Array.from({ length: workers }, () => {
    const worker = new bullmq.Worker(
      queueName(versions),
      async ({ data: { task } }) => ({
        trials: task.arms.map((arm) => ({
          line: JSON.stringify({ ...trial, plan: task.plan, seed: task.seed, arm }),
          seconds: 0,
        })),
      }),
      { connection: client.duplicate(), lockDuration: 30_000, stalledInterval: 30_000 },
    );
    return worker.on("error", () => {});
  });
  const start = performance.now();
  let last = start;
  const failed = await watchQueue({
    connection,
    plan,
    versions,
    todo: seedTasks(plan),
    onTrial: ({ seed }) => took.set(seed, (took.get(seed) ?? 0) + 1),
    onState: ({ done, total, workers }) => {
      if (performance.now() - last < 10_000) return;
      last = performance.now();
      console.error(`${done} of ${total} done, ${workers} workers`);
    },
    signal: new AbortController().signal,
  });
  const minutes = (performance.now() - start) / 60_000;
  const memory = /used_memory_peak:(\d+)/.exec(await client.info("memory"))[1];
  console.log(
    `${jobs} jobs, ${workers} workers: ${minutes.toFixed(1)} minutes, ${Math.round(jobs / minutes)} jobs per minute`,
  );
  console.log(`Redis ${megabytes(memory)}, this program ${megabytes(process.memoryUsage().rss)}`);
  const twice = [...took.values()].filter((count) => count > 1).length;
  console.log(`${jobs - took.size} lost, ${twice} twice, ${failed.length} failed`);
  process.exitCode = took.size === jobs && twice === 0 && failed.length === 0 ? 0 : 1;
  await Promise.all(pool.map((worker) => worker.close(true)));
} finally {
  redis.kill();
  rmSync(folder, { recursive: true, force: true });
}
process.exit(); // a thousand connections may still be closing

/** The record of one real trial, of a tiny plan: each job returns it with its own key. */
function recordedTrial() {
  const plan = join(folder, "plan.yaml");
  writeFileSync(plan, JSON.stringify({ ...planInput, counts: [20, 10], seeds: [0] }));
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

function megabytes(bytes) {
  return `${Math.round(Number(bytes) / 2 ** 20)} MB`;
}

async function retry(action) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await action();
    } catch (error) {
      if (attempt === 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function freePort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => probe.once("listening", resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** The program's own modules, compiled into the folder: inside the package, where they find their dependencies. */
async function sources() {
  const entry = Object.fromEntries(
    ["trialQueue", "watchQueue", "plan", "settings"].map((name) => [
      name,
      fileURLToPath(new URL(`../src/experiment/${name}.ts`, import.meta.url)),
    ]),
  );
  await build({ entry, outDir: folder, config: false, logLevel: "silent", dts: false, clean: false });
  const modules = await Promise.all(
    Object.keys(entry).map((name) => {
      const file = readdirSync(folder).find((file) => new RegExp(`^${name}\\.m?js$`).test(file));
      return import(pathToFileURL(join(folder, file)).href);
    }),
  );
  return Object.assign({}, ...modules);
}
