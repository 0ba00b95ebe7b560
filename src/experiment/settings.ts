import { createHash } from "node:crypto";
import type { RowChoice } from "../data/datasetFile.ts";
import { firstOfEachClass } from "../data/imbalancedSubset.ts";
import { InputError } from "../errors.ts";
import type { Plan } from "./plan.ts";
import { type TrialKey, trialKeyText } from "./record.ts";

/** One combination of the values in a plan's grid; a plan without a grid has one setting. */
export interface Setting {
  /** The values that the grid's keys have here. */
  readonly values: Readonly<Record<string, unknown>>;
  /** These values as short texts: numbers as they are, lists (counts, layers) by their position in the grid. */
  readonly labels: Readonly<Record<string, string>>;
  /** All labels in one text; empty without a grid. */
  readonly name: string;
  /** The plan with these values, without its grid. */
  readonly plan: Plan;
  /** Names the setting in the keys of its trials. */
  readonly hash: string;
}

/** All combinations of a grid's values, the last key varying fastest. */
export function settingsOf({ grid = {}, ...plan }: Plan): Setting[] {
  let combinations: Pick<Setting, "values" | "labels">[] = [{ values: {}, labels: {} }];
  for (const [key, list] of Object.entries(grid)) {
    const label = (value: unknown, i: number) =>
      typeof value === "object" ? `${i + 1} of ${list.length}` : String(value);
    combinations = combinations.flatMap(({ values, labels }) =>
      list.map((value: unknown, i: number) => ({
        values: { ...values, [key]: value },
        labels: { ...labels, [key]: label(value, i) },
      })),
    );
  }
  return combinations.map(({ values, labels }) => {
    const settled: Plan = { ...plan, ...values };
    const name = Object.entries(labels)
      .map(([key, label]) => `${key} ${label}`)
      .join(", ");
    return { values, labels, name, plan: settled, hash: planHash(settled) };
  });
}

/** Chooses the training images that a plan reads: the most that any of its settings takes of each class. */
export function rowsOfPlan(plan: Plan): RowChoice {
  const counts = settingsOf(plan).map(({ plan }) => plan.counts ?? []);
  const most = counts[0].map((_, k) => Math.max(...counts.map((own) => own[k])));
  return (labels) => firstOfEachClass(labels, most);
}

/** Hash of all that determines a trial beside its seed and arm: 64 bits of SHA-256, in hex. */
function planHash({ seeds: _, arms: __, ...plan }: Plan): string {
  const { dataset, counts, epochs, batchSize, learningRate, layers, ...others } = plan;
  const own = Object.keys(others).length > 0 ? [others] : [];
  const text = JSON.stringify([dataset, counts, epochs, batchSize, learningRate, layers, ...own]);
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/** The trials of one seed of a setting. They share one forward pass for their initial losses. */
export interface SeedTask {
  /** Position of the setting in `settingsOf(plan)`, and its hash. */
  readonly setting: number;
  readonly plan: string;
  readonly seed: number;
  readonly arms: readonly string[];
}

/** A shard of a sweep: number `index`, counted from 1, of `count`. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** All tasks of a plan in order: settings, and within these seeds. Shards take turns. */
export function seedTasks(plan: Plan, shard: Shard = { index: 1, count: 1 }): SeedTask[] {
  return settingsOf(plan)
    .flatMap(({ hash }, setting) =>
      plan.seeds.map((seed) => ({ setting, plan: hash, seed, arms: plan.arms })),
    )
    .filter((_, i) => i % shard.count === shard.index - 1);
}

/** @throws InputError where there are more shards than tasks, so that some would be empty */
export function requireShard(plan: Plan, { index, count }: Shard): void {
  const tasks = seedTasks(plan).length;
  if (count > tasks) {
    throw new InputError(
      `invalid --shard ${index}/${count}: the plan has ${tasks} ${tasks === 1 ? "pair" : "pairs"} of setting and seed; expected at most as many shards`,
    );
  }
}

/** The keys of all trials of these tasks, in order. */
export const trialKeys = (tasks: readonly SeedTask[]): TrialKey[] =>
  tasks.flatMap(({ plan, seed, arms }) => arms.map((arm) => ({ plan, seed, arm })));

/** The tasks without the trials that are finished. */
export function unfinished(tasks: readonly SeedTask[], finished: readonly TrialKey[]): SeedTask[] {
  const done = new Set(finished.map(trialKeyText));
  return tasks
    .map((task) => ({
      ...task,
      arms: task.arms.filter((arm) => !done.has(trialKeyText({ ...task, arm }))),
    }))
    .filter(({ arms }) => arms.length > 0);
}

/** The trials that belong to the tasks, in the order of the tasks. */
export function inOrder<Key extends TrialKey>(trials: readonly Key[], tasks: readonly SeedTask[]): Key[] {
  const byKey = new Map(trials.map((trial) => [trialKeyText(trial), trial]));
  return trialKeys(tasks).flatMap((key) => byKey.get(trialKeyText(key)) ?? []);
}

/** Names trials in messages: `batchSize 64, seed 33, prior`, without a grid `seed 33, prior`. */
export function trialNames(plan: Plan): (key: TrialKey) => string {
  const names = new Map(settingsOf(plan).map(({ hash, name }) => [hash, name]));
  return ({ plan, seed, arm }) => {
    const setting = names.get(plan);
    return `${setting ? `${setting}, ` : ""}seed ${seed}, ${arm}`;
  };
}
