import { availableParallelism } from "node:os";
import { basename, dirname, join } from "node:path";
import type { Command } from "commander";
import { InputError } from "../errors.ts";
import type { Plan, PlanInput } from "../experiment/plan.ts";
import type { Environment } from "../experiment/record.ts";
import type { RunObserver } from "../experiment/runExperiment.ts";
import type { RunFolder } from "../experiment/runFolder.ts";
import type { Shard } from "../experiment/settings.ts";
import { loadDataset, machineName, softwareVersions } from "./experimentSetup.ts";
import { interruptible } from "./interrupt.ts";
import { numberList } from "./numbers.ts";
import { list, positiveNumber, wholeNumber } from "./options.ts";

/** The options of an experiment, as commander returns them. */
export interface ExperimentFlags {
  readonly plan?: string;
  readonly dataset?: string;
  readonly counts?: number[];
  readonly arms?: string[];
  readonly seed?: number;
  readonly seeds?: number;
  readonly epochs?: number;
  readonly batchSize?: number;
  readonly learningRate?: number;
  readonly out?: string;
  readonly fresh?: true;
  readonly shard?: Shard;
  readonly queue?: string;
  readonly workers?: number;
  readonly onnx?: true;
  readonly json?: true;
}

/** Adds the options of the commands that run an experiment. */
export function addExperimentOptions(command: Command): Command {
  return command
    .option("--dataset <name>", "cifar10, or synthetic: small made-up images, for a quick look")
    .option("--counts <list>", "training images of each class, separated by commas", numberList)
    .option("--arms <list>", "any of zero, prior and calibrated, separated by commas", list)
    .option("--seed <number>", "seed of the first trial (33)", wholeNumber(0))
    .option("--seeds <number>", "number of paired seeds, counted up from the first (1)", wholeNumber(1))
    .option("--epochs <number>", "epochs of training (1)", wholeNumber(1))
    .option("--batch-size <number>", "rows per batch (256)", wholeNumber(1))
    .option("--learning-rate <number>", "learning rate of RMSprop (0.001)", positiveNumber)
    .option("--workers <number>", "arms to train at the same time (the number of cores)", wholeNumber(1))
    .option("--out <folder>", "folder of the run (runs/ and the name of the plan)")
    .option("--fresh", "start over: delete the finished trials in the folder of the run")
    .option("--onnx", "write the untrained network of each arm (first seed) as ONNX")
    .option("--json", "print one JSON document");
}

/** Completes the experiment that the flags describe, and prints its results. */
export async function completeExperiment(flags: ExperimentFlags): Promise<void> {
  const { plan, name } = await planOf(flags);
  const out = flags.out ?? `runs/${name}`;
  performance.mark("start");
  const { shard } = flags;
  if (shard !== undefined && flags.queue !== undefined) {
    throw new InputError("--shard and --queue cannot be combined: a queue hands out the trials itself");
  }
  if (shard !== undefined) {
    const { requireShard } = await import("../experiment/settings.ts");
    requireShard(plan, shard);
  }
  const path = shard === undefined ? out : join(out, `shard-${shard.index}-of-${shard.count}`);
  await interruptible(async (signal) => {
    const { folder, environment, trials } =
      flags.queue === undefined
        ? await completeTrials(plan, path, flags, signal)
        : await completeQueued(plan, path, flags.queue, flags.fresh ?? false, signal);
    if (shard !== undefined) return printShard(folder, shard, trials.length, flags.json ?? false);
    const [{ writeRunFiles }, { datasets }, { printRun }] = await Promise.all([
      import("../report/runFiles.ts"),
      import("../data/datasets.ts"),
      import("./printRun.ts"),
    ]);
    performance.mark("waiting for the workers");
    const { classNames, testCount, shape } = datasets[plan.dataset].facts(plan.counts.length);
    const imageShape = flags.onnx ? shape : undefined;
    const input = { plan, environment, trials, classNames, testCount, imageShape };
    await printRun(await writeRunFiles(folder, input), path, flags.json ?? false);
  });
}

function printShard({ path }: RunFolder, { index, count }: Shard, trials: number, json: boolean): void {
  if (json) console.log(JSON.stringify({ shard: `${index}/${count}`, folder: path, trials }));
  else {
    console.log(
      `shard ${index}/${count}: ${trials} trials in ${path}; baserate merge ${dirname(path)} makes the report of all shards`,
    );
  }
}

/** Has workers complete the trials; loaded only for a queue. */
async function completeQueued(...args: Parameters<typeof import("./queuedTrials.ts").completeQueuedTrials>) {
  const { completeQueuedTrials } = await import("./queuedTrials.ts");
  return completeQueuedTrials(...args);
}

/** The plan of the file, if one is given, with the values of the options. All that needs no data is validated. */
async function planOf(flags: ExperimentFlags): Promise<{ plan: Plan; name: string }> {
  const [{ resolvePlan }, { validatePlan }] = await Promise.all([
    import("../experiment/plan.ts"),
    import("../experiment/validatePlan.ts"),
  ]);
  const file = flags.plan === undefined ? {} : await planInFile(flags.plan);
  const { dataset, counts, arms, seed, seeds, epochs, batchSize, learningRate } = flags;
  const given = {
    dataset,
    counts,
    arms,
    epochs,
    batchSize,
    learningRate,
    seeds: seedList(file, seed, seeds),
  };
  const options = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const varied = Object.keys(file.grid ?? {}).find((key) => key in options);
  if (varied !== undefined) {
    throw new InputError(
      `invalid ${optionName(varied)}: the grid of ${flags.plan} has values for it already`,
    );
  }
  const plan = resolvePlan({ ...file, ...options }, optionName);
  validatePlan(plan);
  if (plan.grid !== undefined && flags.onnx) {
    throw new InputError(`invalid --onnx: ${flags.plan} has a grid, so there is no single network per arm`);
  }
  const name =
    flags.plan === undefined ? `${plan.dataset}-imbalanced` : basename(flags.plan).replace(/\.[^.]+$/, "");
  return { plan, name };
}

/** `--batch-size` for the key batchSize. */
const optionName = (key = "options") => `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

async function planInFile(path: string): Promise<PlanInput> {
  const [{ readPlanFile }, { resolvePlan }] = await Promise.all([
    import("../experiment/planFile.ts"),
    import("../experiment/plan.ts"),
  ]);
  const plan = await readPlanFile(path);
  resolvePlan(plan, (key) => (key === undefined ? path : `${path}: ${key}`));
  return plan;
}

/** Consecutive seeds, from the given one or the plan's first. */
function seedList(file: PlanInput, first?: number, count?: number): number[] | undefined {
  if (first === undefined && count === undefined) return undefined;
  const start = first ?? file.seeds?.[0] ?? 33;
  return Array.from({ length: count ?? 1 }, (_, i) => start + i);
}

/** Runs the trials that are not finished yet, and returns all trials of the plan or of its shard. */
async function completeTrials(plan: Plan, path: string, flags: ExperimentFlags, signal: AbortSignal) {
  const [{ openRunFolder }, { rowsOfPlan }, { runExperiment }, { runDisplay }, { datasets }] =
    await Promise.all([
      import("../experiment/runFolder.ts"),
      import("../experiment/settings.ts"),
      import("../experiment/runExperiment.ts"),
      import("./runDisplay.ts"),
      import("../data/datasets.ts"),
    ]);
  const workers = flags.workers ?? availableParallelism();
  const folder = await openRunFolder(path, plan, flags.fresh ?? false);
  const { finished } = folder;
  if (finished.length > 0) {
    console.error(`${path} contains ${finished.length} finished trials; --fresh starts over`);
  }
  const dataset = loadDataset(plan, signal, rowsOfPlan(plan));
  dataset.catch(() => {}); // reported where it is awaited
  const display = runDisplay(plan);
  const software = await softwareVersions();
  const observer: RunObserver = {
    ...display,
    onStart(todo, dataset) {
      folder.begin({ ...software, data: datasets[plan.dataset].hash(dataset) });
      display.onStart(todo, dataset);
    },
    onTrial(trial, seconds) {
      folder.addTrial(trial, seconds);
      display.onTrial(trial, seconds);
    },
  };
  try {
    const { shard } = flags;
    const trials = await runExperiment({ plan, dataset, finished, shard, workers, observer, signal });
    const environment: Environment = { ...folder.versions!, machine: machineName(), workers };
    return { folder, environment, trials };
  } finally {
    display.end();
    await folder.close();
  }
}
