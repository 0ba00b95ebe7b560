import { readFile } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";
import { basename } from "node:path";
import type { Command } from "commander";
import type { Dataset } from "../data/dataset.ts";
import { InputError } from "../errors.ts";
import type { Plan, PlanInput } from "../experiment/plan.ts";
import type { Environment, Trial } from "../experiment/record.ts";
import type { Summary } from "../experiment/summary.ts";
import { version } from "../version.ts";
import { interruptible } from "./interrupt.ts";
import { numberList } from "./numbers.ts";
import { list, positiveNumber, wholeNumber } from "./options.ts";

/** The options of a run, as commander hands them over. */
interface RunOptions {
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

/** Adds the options that all commands share which run an experiment. */
export function addRunOptions(command: Command): Command {
  return command
    .option("--dataset <name>", "cifar10, or synthetic: small made-up images, for a quick look")
    .option("--counts <list>", "training images of each class, with commas between", numberList)
    .option("--arms <list>", "of zero, prior and calibrated, with commas between", list)
    .option("--seed <number>", "seed of the first trial (33)", wholeNumber(0))
    .option("--seeds <number>", "number of paired seeds, from the first on (1)", wholeNumber(1))
    .option("--epochs <number>", "epochs of training (1)", wholeNumber(1))
    .option("--batch-size <number>", "rows of a batch (256)", wholeNumber(1))
    .option("--learning-rate <number>", "learning rate of RMSprop (0.001)", positiveNumber)
    .option("--workers <number>", "arms at once (as many as there are cores)", wholeNumber(1))
    .option("--out <folder>", "folder of the run (runs/ and the plan's name)")
    .option("--fresh", "start over: forget the finished trials of the run's folder")
    .option("--onnx", "write the untrained network of each arm (first seed) as ONNX")
    .option("--json", "print one JSON document");
}

/** Runs an experiment as its options say, and prints what came out. */
export async function runCommand(options: RunOptions): Promise<void> {
  const { plan, name } = await readPlan(options);
  const summary = await interruptible((signal) => run(plan, options.out ?? `runs/${name}`, options, signal));
  if (options.json) {
    console.log(JSON.stringify(summary));
    return;
  }
  const { comparisonTable, runTable } = await import("./runTable.ts");
  const { comparison, furtherComparisons, files } = summary;
  const compared = [comparison, ...furtherComparisons].filter((pair) => pair !== null);
  const parts = [runTable(summary), ...compared.map(comparisonTable)];
  console.log(
    `\n${parts.join("\n\n")}\n\n${options.out ?? `runs/${name}`} holds ${Object.keys(files).join(", ")}`,
  );
}

/** The plan of the file, if one is given, with the options' values over it. */
async function readPlan(options: RunOptions): Promise<{ plan: Plan; name: string }> {
  const { resolvePlan } = await import("../experiment/plan.ts");
  const file = options.plan === undefined ? {} : await parsePlan(options.plan);
  resolvePlan(file, options.plan);
  const { dataset, counts, arms, seed, seeds, epochs, batchSize, learningRate } = options;
  const given = {
    dataset,
    counts,
    arms,
    epochs,
    batchSize,
    learningRate,
    seeds: seedList(file, seed, seeds),
  };
  const over = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const plan = resolvePlan({ ...file, ...over }, "options");
  const name =
    options.plan === undefined
      ? `${plan.dataset}-imbalanced`
      : basename(options.plan).replace(/\.[^.]+$/, "");
  return { plan, name };
}

/** Seeds that follow each other, from the given one or the plan's first. */
function seedList(file: PlanInput, first?: number, count?: number): number[] | undefined {
  if (first === undefined && count === undefined) return undefined;
  const start = first ?? file.seeds?.[0] ?? 33;
  return Array.from({ length: count ?? 1 }, (_, i) => start + i);
}

async function parsePlan(path: string): Promise<PlanInput> {
  const { parseDocument } = await import("yaml");
  const text = await readFile(path, "utf8").catch((error: Error) => {
    throw new InputError(`can't read the plan ${path}: ${error.message}`);
  });
  const document = parseDocument(text);
  const [problem] = document.errors;
  if (problem) throw new InputError(`${path}: ${problem.message.split("\n")[0]}`);
  const plan = document.toJS() as unknown;
  if (plan !== null && (typeof plan !== "object" || Array.isArray(plan))) {
    throw new InputError(
      `${path}: a plan is a list of keys with values, as in plans/cifar10-imbalanced.yaml`,
    );
  }
  return (plan ?? {}) as PlanInput;
}

async function loadDataset(plan: Plan, signal: AbortSignal): Promise<Dataset> {
  if (plan.dataset === "synthetic") {
    const { syntheticDataset } = await import("../data/synthetic.ts");
    return syntheticDataset({ classes: plan.counts.length });
  }
  const [{ loadCifar10 }, { fetchDisplay }] = await Promise.all([
    import("../data/cifar10.ts"),
    import("./fetchDisplay.ts"),
  ]);
  const display = fetchDisplay(plan.dataset);
  return loadCifar10({ ...display, signal }).finally(() => display.end());
}

async function run(plan: Plan, path: string, options: RunOptions, signal: AbortSignal): Promise<Summary> {
  const [{ openRunFolder }, { runExperiment }, { runDisplay }] = await Promise.all([
    import("../experiment/runFolder.ts"),
    import("../experiment/run.ts"),
    import("./runDisplay.ts"),
  ]);
  const workers = options.workers ?? availableParallelism();
  const folder = await openRunFolder(path, plan, options.fresh ?? false);
  if (folder.finished.length > 0) {
    console.error(`${folder.finished.length} trials are finished already in ${path}; --fresh starts over`);
  }
  const dataset = loadDataset(plan, signal);
  dataset.catch(() => {}); // reported where it is awaited
  const display = await runDisplay(plan);
  const observer = {
    ...display,
    onTrial: (trial: Trial) => {
      folder.addTrial(trial);
      display.onTrial?.(trial);
    },
  };
  try {
    const trials = await runExperiment({
      plan,
      dataset,
      finished: folder.finished,
      workers,
      observer,
      signal,
    });
    const { writeRunFiles } = await import("../experiment/runFiles.ts");
    const { classNames, test } = await dataset;
    const environment = await describeEnvironment(workers);
    return await writeRunFiles(folder, {
      plan,
      environment,
      trials,
      classNames,
      testCount: test.count,
      imageShape: options.onnx ? test.shape : undefined,
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
