import { availableParallelism } from "node:os";
import type { Command } from "commander";
import { serveQueue } from "../../experiment/queueWorker.ts";
import { connectQueue, requireQueue, type TrialJob } from "../../experiment/trialQueue.ts";
import { hashMaterials, loadMaterials, softwareVersions } from "../experimentSetup.ts";
import { interruptible } from "../interrupt.ts";
import { wholeNumber } from "../options.ts";

interface WorkerFlags {
  readonly workers?: number;
  readonly lostAfter: number;
}

export function describe(command: Command): void {
  command
    .description(
      "Takes trials from a queue that compare --queue has filled, and trains them until it is stopped.",
    )
    .argument("<address>", "the queue: redis://host:port, or rediss:// for TLS")
    .option(
      "--workers <number>",
      "number of arms to train at the same time (default: the number of cores)",
      wholeNumber(1),
    )
    .option(
      "--lost-after <seconds>",
      "time after which the trials of a lost worker are given to another",
      wholeNumber(1),
      30,
    )
    .addHelpText(
      "after",
      "\nGive a password in the address or in the environment variable REDISCLI_AUTH.\n\nExample:\n  $ baserate worker redis://localhost:6379",
    )
    .action((address: string, flags: WorkerFlags) => interruptible((signal) => work(address, flags, signal)));
}

async function work(address: string, flags: WorkerFlags, signal: AbortSignal): Promise<void> {
  const connection = await connectQueue(address);
  try {
    const versions = await softwareVersions();
    await requireQueue(connection, versions);
    console.error(`waiting for trials of ${connection.shown}; Ctrl-C stops`);
    await serveQueue({
      connection,
      versions,
      workers: flags.workers ?? availableParallelism(),
      lockMilliseconds: 1000 * flags.lostAfter,
      load: (plan) => loadMaterials(plan, signal),
      hash: hashMaterials,
      onJob: (job, error) => console.error(jobText(job, error)),
      signal,
    });
  } finally {
    connection.redis.disconnect();
  }
}

const jobText = ({ task }: TrialJob, error?: Error) =>
  `${task.plan}, seed ${task.seed}, ${task.arms.join(" and ")}: ${error ? `failed: ${error.message}` : "done"}`;
