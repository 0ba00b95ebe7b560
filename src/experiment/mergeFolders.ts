import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "../errors.ts";
import type { DataFacts } from "./dataFacts.ts";
import type { Plan } from "./plan.ts";
import { type Trial, trialKeyText, type Versions } from "./record.ts";
import {
  differentKey,
  readFacts,
  readPlan,
  readTrials,
  readVersions,
  requireSameVersions,
  runFileNames,
} from "./runFolder.ts";
import { inOrder, seedTasks, trialKeys, trialNames } from "./settings.ts";
import { trialLine } from "./trialLines.ts";

/** All trials of a plan, from several folders. */
export interface MergedRun {
  readonly plan: Plan;
  readonly versions: Versions;
  /** What is known of the data; undefined for a dataset by name. */
  readonly facts: DataFacts | undefined;
  /** In the order of the plan. */
  readonly trials: readonly Trial[];
  /** The folders that they were read from. */
  readonly folders: readonly string[];
  /** Trials that are in more than one folder, with equal results. */
  readonly doubled: number;
}

/**
 * Reads the trials of a plan from the folders of its shards.
 *
 * @param paths folders of shards, or folders that contain such folders
 * @throws InputError where plans, versions or data differ, a trial is missing, or one has two different results
 */
export async function mergeFolders(paths: readonly string[]): Promise<MergedRun> {
  const folders = [...new Set((await Promise.all(paths.map(shardFolders))).flat())];
  const [first, ...rest] = folders;
  const [plan, versions] = [await readPlan(first), await readVersions(first)];
  for (const folder of rest) {
    requireEqualPlans(first, plan, folder, await readPlan(folder));
    requireSameVersions(first, versions, folder, await readVersions(folder));
  }
  const { trials, doubled } = await union(folders, plan);
  const tasks = seedTasks(plan);
  const ordered = inOrder(trials, tasks);
  if (ordered.length < trialKeys(tasks).length) throw missing(plan, ordered);
  return { plan, versions, facts: await readFacts(first), trials: ordered, folders, doubled };
}

/** The folder itself if it contains trials, or else its subfolders that do. */
async function shardFolders(path: string): Promise<string[]> {
  const names = await readdir(path).catch((error: NodeJS.ErrnoException) => {
    throw new InputError(`can't read the folder ${path}: ${error.message}`);
  });
  const shards = names
    .filter((name) => /^shard-\d+-of-\d+$/.test(name))
    .sort()
    .map((name) => join(path, name))
    .filter((folder) => existsSync(join(folder, runFileNames.trials)));
  if (shards.length > 0) return shards;
  if (names.includes(runFileNames.trials)) return [path];
  throw new InputError(`${path} contains neither ${runFileNames.trials} nor folders named shard-1-of-16`);
}

function requireEqualPlans(path: string, plan: Plan, other: string, otherPlan: Plan): void {
  const key = differentKey(plan, otherPlan);
  if (key === undefined) return;
  const [a, b] = [plan, otherPlan].map((plan) => JSON.stringify(plan[key as keyof Plan]) ?? "none");
  throw new InputError(
    `different plans: ${path} has ${key} ${a}, and ${other} has ${b}; merge shards of one plan`,
  );
}

/** The trials of all folders, each once. */
async function union(folders: readonly string[], plan: Plan): Promise<Pick<MergedRun, "trials" | "doubled">> {
  const names = trialNames(plan);
  const known = new Set(trialKeys(seedTasks(plan)).map(trialKeyText));
  const found = new Map<string, { trial: Trial; line: string; folder: string }>();
  let doubled = 0;
  for (const folder of folders) {
    for (const trial of (await readTrials(folder)).trials) {
      const [key, line] = [trialKeyText(trial), trialLine(trial)];
      if (!known.has(key)) throw new InputError(`${folder}: the trial ${key} does not belong to its plan`);
      const before = found.get(key);
      if (before === undefined) found.set(key, { trial, line, folder });
      else if (before.line === line) doubled += 1;
      else {
        throw new InputError(
          `unequal results of ${names(trial)} in ${before.folder} and ${folder}; the machines compute differently, so run the sweep on machines of one kind`,
        );
      }
    }
  }
  return { trials: [...found.values()].map(({ trial }) => trial), doubled };
}

const maxListed = 5;

function missing(plan: Plan, trials: readonly Trial[]): InputError {
  const found = new Set(trials.map(trialKeyText));
  const keys = trialKeys(seedTasks(plan));
  const absent = keys.filter((key) => !found.has(trialKeyText(key))).map(trialNames(plan));
  const more = absent.length > maxListed ? `; and ${absent.length - maxListed} more` : "";
  return new InputError(
    `missing ${absent.length} of ${keys.length} trials: ${absent.slice(0, maxListed).join("; ")}${more}. Run their shards again, which continue where they stopped`,
  );
}
