import { availableParallelism, cpus } from "node:os";
import { basename } from "node:path";
import type { Command } from "commander";
import type { Dataset } from "../data/dataset.ts";
import type { Plan, PlanInput } from "../experiment/plan.ts";
import type { Environment, Trial } from "../experiment/record.ts";
import type { RunDocument } from "../report/runFiles.ts";
import { version } from "../version.ts";
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

/** Completes the experiment that the options describe, and prints its results. */
export async function completeExperiment(flags: ExperimentFlags): Promise<void> {
  const { plan, name } = await planOf(flags);
  const path = flags.out ?? `runs/${name}`;
  const document = await interruptible((signal) => completeRun(plan, path, flags, signal));
  if (flags.json) {
    console.log(JSON.stringify(document));
    return;
  }
  const { comparisonTable, runTable } = await import("../report/runTable.ts");
  const { comparison, furtherComparisons, files } = document;
  const compared = [comparison, ...furtherComparisons].filter((pair) => pair !== null);
  const parts = [runTable(document), ...compared.map(comparisonTable)];
  console.log(`\n${parts.join("\n\n")}\n\n${path} contains ${Object.keys(files).join(", ")}`);
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
  const plan = resolvePlan({ ...file, ...options }, optionName);
  validatePlan(plan);
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

async function loadDataset({ dataset: name, counts }: Plan, signal: AbortSignal): Promise<Dataset> {
  const [{ datasets }, { fetchProgress }] = await Promise.all([
    import("../data/datasets.ts"),
    import("./fetchProgress.ts"),
  ]);
  const progress = fetchProgress(name);
  return datasets[name].load(counts.length, { ...progress, signal }).finally(progress.end);
}

async function completeRun(
  plan: Plan,
  path: string,
  flags: ExperimentFlags,
  signal: AbortSignal,
): Promise<RunDocument> {
  const [{ openRunFolder }, { runExperiment }, { runDisplay }] = await Promise.all([
    import("../experiment/runFolder.ts"),
    import("../experiment/runExperiment.ts"),
    import("./runDisplay.ts"),
  ]);
  const workers = flags.workers ?? availableParallelism();
  const folder = await openRunFolder(path, plan, flags.fresh ?? false);
  const { finished } = folder;
  if (finished.length > 0) {
    console.error(`${path} contains ${finished.length} finished trials; --fresh starts over`);
  }
  const dataset = loadDataset(plan, signal);
  dataset.catch(() => {}); // reported where it is awaited
  const display = runDisplay(plan);
  const onTrial = (trial: Trial, seconds: number) => {
    folder.addTrial(trial, seconds);
    display.onTrial(trial, seconds);
  };
  try {
    const observer = { ...display, onTrial };
    const trials = await runExperiment({ plan, dataset, finished, workers, observer, signal });
    const { writeRunFiles } = await import("../report/runFiles.ts");
    const { classNames, test } = await dataset;
    return await writeRunFiles(folder, {
      plan,
      environment: await describeEnvironment(workers),
      trials,
      classNames,
      testCount: test.count,
      imageShape: flags.onnx ? test.shape : undefined,
    });
  } finally {
    display.end();
    await folder.close();
  }
}

async function describeEnvironment(workers: number): Promise<Environment> {
  const { nodeRuntime } = await import("../runtime/node.ts");
  const runtime = await nodeRuntime();
  const [{ model }] = cpus();
  return {
    baserate: version,
    node: process.version,
    runtime: `${runtime.name} ${runtime.version}`,
    machine: `${model.trim()}, ${availableParallelism()} cores, ${process.platform} ${process.arch}`,
    workers,
  };
}
