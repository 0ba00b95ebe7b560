// Trials per hour with 1, 2 and 4 workers of a queue, beside `compare` without one: `node bench/sweep.mjs [seeds, default 12]`.
// The build must be there, and redis-server. A worker trains one arm at a time. The time is that of `compare`, from its
// start to its report; workers and Redis are started before.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { runBaserate } from "./process.mjs";
import { startRedis } from "./redis.mjs";

const seeds = Number(process.argv[2] ?? 12);
const cli = join(import.meta.dirname, "..", "dist", "cli.js");
const folder = mkdtempSync(join(tmpdir(), "baserate-sweep-"));
const plan = join(folder, "plan.yaml");
/** The summary that every way must give. */
let first;
writeFileSync(
  plan,
  JSON.stringify({
    dataset: "synthetic",
    counts: [1000, 900, 500, 100],
    seeds: Array.from({ length: seeds }, (_, i) => i + 1),
    arms: ["zero", "prior"],
    epochs: 4,
    batchSize: 64,
    layers: [
      { conv2d: { filters: 32, kernel: [3, 3], activation: "relu" } },
      { maxPool2d: { kernel: [2, 2] } },
      { flatten: {} },
      { dense: { units: 64, activation: "relu" } },
    ],
  }),
);

try {
  console.log(`${availableParallelism()} cores, ${2 * seeds} trials\n`);
  console.log("| how | seconds | trials per hour |\n|---|---|---|");
  for (const workers of [1, 2]) await measure(`compare --workers ${workers}`, ["--workers", `${workers}`]);
  for (const workers of [1, 2, 4]) await withWorkers(workers);
} finally {
  rmSync(folder, { recursive: true });
}

async function measure(what, options) {
  const out = mkdtempSync(join(folder, "run-"));
  const { seconds } = await runBaserate(cli, ["compare", plan, "--out", join(out, "run"), ...options]);
  console.log(`| ${what} | ${seconds.toFixed(1)} | ${Math.round((2 * seeds * 3600) / seconds)} |`);
  const summary = readFileSync(join(out, "run", "summary.json"), "utf8");
  first ??= summary;
  if (summary !== first) throw new Error(`${what} gave another summary`);
}

async function withWorkers(count) {
  const redis = await startRedis(folder);
  const workers = Array.from({ length: count }, () =>
    spawn(process.execPath, [cli, "worker", redis.address, "--workers", "1"], {
      stdio: ["ignore", "ignore", "pipe"],
    }),
  );
  try {
    await Promise.all(workers.map(({ stderr }) => once(stderr, "data"))); // each says that it is waiting
    await measure(`queue, ${count} ${count === 1 ? "worker" : "workers"}`, ["--queue", redis.address]);
  } finally {
    for (const worker of workers) worker.kill();
    redis.stop();
  }
}
