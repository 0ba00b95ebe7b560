import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, dirname, join } from "node:path";
import type { Command } from "commander";
import { InputError } from "../errors.ts";
import type { Plan, PlanInput } from "../experiment/plan.ts";
import type { Environment } from "../experiment/record.ts";
import type { RunObserver } from "../experiment/runExperiment.ts";
import type { RunFolder } from "../experiment/runFolder.ts";
import type { Shard } from "../experiment/settings.ts";
import { hashMaterials, loadMaterials, machineName, softwareVersions } from "./experimentSetup.ts";
import { interruptible } from "./interrupt.ts";
import { numberList } from "./numbers.ts";
import { kebab, list, positiveNumber, wholeNumber } from "./options.ts";

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
  readonly optimizer?: string;
  readonly out?: string;
  readonly fresh?: true;
  readonly shard?: Shard;
  readonly queue?: string;
  readonly workers?: number;
  readonly onnx?: true;
  readonly dryRun?: true;
  readonly json?: true;
  /** Keys of the plan for a network and data of one's own. */
  readonly own?: Partial<PlanInput>;
}

/** Adds the options of the commands that run an experiment. */
export function addExperimentOptions(command: Command): Command {
  return command
    .option("--dataset <name>", "cifar10, or synthetic: small generated images, for a quick look")
    .option("--counts <list>", "training images of each class, separated by commas", numberList)
    .option("--arms <list>", "any of zero, prior and calibrated, separated by commas", list)
    .option("--seed <number>", "seed of the first trial (default: 33)", wholeNumber(0))
    .option(
      "--seeds <number>",
      "number of paired seeds: the first and those that follow it (default: 1)",
      wholeNumber(1),
    )
    .option("--epochs <number>", "number of epochs (default: 1)", wholeNumber(1))
    .option("--batch-size <number>", "rows per batch (default: 256)", wholeNumber(1))
    .option("--learning-rate <number>", "learning rate (default: 0.001)", positiveNumber)
    .addOption(
      command
        .createOption(
          "--optimizer <name>",
          "optimizer as in Keras (default: rmsprop); options and schedules are keys of a plan",
        )
        .choices(["sgd", "rmsprop", "adam", "adamW"]),
    )
    .option(
      "--workers <number>",
      "number of threads, shared by the arms that are trained at the same time (default: the number of cores)",
      wholeNumber(1),
    )
    .option("--out <folder>", "folder of the run (default: runs/NAME, named after the plan)")
    .option("--fresh", "start over: delete the finished trials in the folder of the run")
    .option("--onnx", "write the untrained network of each arm (first seed) as ONNX")
    .option("--dry-run", "print what would be trained and the expected losses, without training")
    .option("--json", "print one JSON document");
}

/** Completes the experiment that the flags describe, and prints its results. */
export async function completeExperiment(flags: ExperimentFlags): Promise<void> {
  const { plan, name } = await planOf(flags);
  if (flags.dryRun) return printDryRun(plan, flags);
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
    const [{ writeRunFiles }, { namedFacts }, { printRun }] = await Promise.all([
      import("../report/runFiles.ts"),
      import("../experiment/dataFacts.ts"),
      import("./printRun.ts"),
    ]);
    performance.mark("waiting for the workers");
    const { facts = namedFacts(plan) } = folder;
    const files = flags.onnx ? await networkFiles(plan, folder) : {};
    const input = { plan, environment, trials, facts, ...files };
    await printRun(await writeRunFiles(folder, input), path, flags.json ?? false);
  });
}

/** Loads what a run would load, and prints what it would train; nothing is written. */
async function printDryRun(plan: Plan, { shard, queue, json }: ExperimentFlags): Promise<void> {
  const other = shard !== undefined ? "--shard" : queue !== undefined ? "--queue" : undefined;
  if (other !== undefined) {
    throw new InputError(`--dry-run and ${other} cannot be combined: a dry run describes the whole plan`);
  }
  await interruptible(async (signal) => {
    const [{ dryRun }, { dryRunReport }] = await Promise.all([
      import("../experiment/dryRun.ts"),
      import("./dryRunReport.ts"),
    ]);
    const described = dryRun(plan, await loadMaterials(plan, signal));
    console.log(json ? JSON.stringify({ plan, ...described }) : dryRunReport(plan, described));
  });
}

function printShard({ path }: RunFolder, { index, count }: Shard, trials: number, json: boolean): void {
  if (json) console.log(JSON.stringify({ shard: `${index}/${count}`, folder: path, trials }));
  else {
    console.log(
      `shard ${index}/${count}: ${trials} trials in ${path}; baserate merge ${dirname(path)} writes the report of all shards`,
    );
  }
}

/** Has workers complete the trials; loaded only for a queue. */
async function completeQueued(...args: Parameters<typeof import("./queuedTrials.ts").completeQueuedTrials>) {
  const { completeQueuedTrials } = await import("./queuedTrials.ts");
  return completeQueuedTrials(...args);
}

/** The file of an arm's trained network; an arm may be the path of a bias. */
const trainedName = (arm: string) => `trained-${basename(arm).replace(/\.[^.]+$/, "")}.onnx`;

/** The networks of --onnx: those that were written when they were trained, or what the untrained ones are made of. */
async function networkFiles(plan: Plan, folder: RunFolder) {
  if (plan.model !== undefined) {
    const names = plan.arms.map(trainedName).filter((name) => existsSync(join(folder.path, name)));
    if (names.length < plan.arms.length) {
      console.error(
        `${folder.path} has no trained network for trials that were finished before --onnx; --fresh trains them again`,
      );
    }
    return { files: Object.fromEntries(names.map((name) => [name, join(folder.path, name)])) };
  }
  const [{ layersNetwork }, { datasets }] = await Promise.all([
    import("../experiment/plannedModel.ts"),
    import("../data/datasets.ts"),
  ]);
  const { counts = [] } = plan;
  const { shape } = datasets[plan.dataset].facts(counts.length);
  return { untrained: layersNetwork(plan, { name: "images", shape, imageScale: 1 / 255 }, counts.length) };
}

/** The plan of the file, if one is given, with the values of the options. All that needs no data is validated. */
async function planOf(flags: ExperimentFlags): Promise<{ plan: Plan; name: string }> {
  const [{ resolvePlan }, { validatePlan }] = await Promise.all([
    import("../experiment/plan.ts"),
    import("../experiment/validatePlan.ts"),
  ]);
  const file = flags.plan === undefined ? {} : await planInFile(flags.plan);
  const { dataset, counts, arms, seed, seeds, epochs, batchSize, learningRate, optimizer } = flags;
  const given = {
    ...flags.own,
    dataset,
    counts,
    arms,
    epochs,
    batchSize,
    learningRate,
    optimizer: optimizer && { [optimizer]: {} },
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
  if (plan.model === undefined && plan.data !== undefined && flags.onnx) {
    throw new InputError("--onnx needs a network from a file (--model), or a dataset by name");
  }
  if (plan.grid !== undefined && flags.onnx) {
    throw new InputError(`invalid --onnx: ${flags.plan} has a grid, so there is no single network per arm`);
  }
  const name = runName(flags, plan);
  return { plan, name };
}

/** The name of the run's folder: that of the plan's file, the network's file or the dataset. */
function runName({ plan: file }: ExperimentFlags, { model, data, dataset }: Plan): string {
  const named = (file ?? model ?? data)?.replace(/^(sqlite|duckdb):|\?.*$/g, "");
  return named === undefined ? `${dataset}-imbalanced` : basename(named).replace(/\.[^.]+$/, "");
}

/** `--batch-size` for the key batchSize. */
const optionName = (key = "options") => `--${kebab(key)}`;

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
  const [{ openRunFolder }, { runExperiment }, { runDisplay }, { dataOfRun }] = await Promise.all([
    import("../experiment/runFolder.ts"),
    import("../experiment/runExperiment.ts"),
    import("./runDisplay.ts"),
    import("./dataOfRun.ts"),
  ]);
  const workers = flags.workers ?? availableParallelism();
  const folder = await openRunFolder(path, plan, flags.fresh ?? false);
  const { finished } = folder;
  if (finished.length > 0) {
    console.error(`${path} contains ${finished.length} finished trials; --fresh starts over`);
  }
  let data = "";
  const materials = loadMaterials(plan, signal).then(async (loaded) => {
    data = await hashMaterials(plan, loaded);
    return loaded;
  });
  materials.catch(() => {}); // reported where it is awaited
  const display = runDisplay(plan);
  const software = await softwareVersions();
  const written: Promise<string>[] = [];
  const observer: RunObserver = {
    ...display,
    onStart(todo, started) {
      folder.begin({ ...software, data }, dataOfRun(plan, started.materials, started.settings));
      display.onStart(todo, started);
    },
    onTrial(trial, seconds) {
      folder.addTrial(trial, seconds);
      display.onTrial(trial, seconds);
    },
    ...(flags.onnx &&
      plan.model !== undefined && {
        onTrained({ arm }, bytes) {
          written.push(folder.write(trainedName(arm), bytes));
        },
      }),
  };
  try {
    const { shard } = flags;
    const trials = await runExperiment({ plan, materials, finished, shard, workers, observer, signal });
    await Promise.all(written);
    const environment: Environment = { ...folder.versions!, machine: machineName(), workers };
    return { folder, environment, trials };
  } finally {
    display.end();
    await folder.close();
  }
}
