import { sum } from "../math/sum.ts";
import { type Comparison, comparisons } from "./comparison.ts";
import { type MeasureName, measuresOf } from "./measures.ts";
import type { Plan } from "./plan.ts";
import type { Trial, Versions } from "./record.ts";
import { type Setting, settingsOf } from "./settings.ts";

/** A measure over several seeds: `sd` is the sample standard deviation, and `values` has one value per seed. */
export interface OverSeeds<Value> {
  readonly mean: Value;
  readonly sd: Value;
  readonly values: readonly Value[];
}

/** One arm: each measure as a number, or over several seeds as mean, sd and values; and the lists of its trials. */
export type ArmSummary = Readonly<Partial<Record<MeasureName, number | OverSeeds<number>>>> & {
  /** Running mean of the training loss after each batch. */
  readonly losses: readonly number[] | OverSeeds<readonly number[]>;
  /** Of each class, where the labels are classes. */
  readonly recall?: readonly number[] | OverSeeds<readonly number[]>;
  readonly outputBias: readonly number[] | OverSeeds<readonly number[]>;
  readonly band: Trial["band"] | readonly Trial["band"][];
  readonly inBand: boolean | readonly boolean[];
};

/** The arms of one setting, and their differences. */
export interface SettingSummary {
  readonly arms: Readonly<Record<string, ArmSummary>>;
  /** The first arm that is not the baseline, against the baseline; null where there is one arm only. */
  readonly comparison: Comparison | null;
  /** Further arms, each against the baseline. */
  readonly furtherComparisons: readonly Comparison[];
}

interface SummaryHead {
  readonly plan: Plan;
  readonly versions: Versions;
  readonly seeds: readonly number[];
}

/** The results of a run, in summary.json and --json. Nothing in it depends on when, where or how fast the run was. */
export interface Summary extends SummaryHead, SettingSummary {}

/** The results of a plan with a grid: one summary per setting. */
export interface SweepSummary extends SummaryHead {
  readonly settings: readonly (SettingSummary & Pick<Setting, "name" | "values" | "labels" | "hash">)[];
}

/** Summarizes the trials of one arm, one per seed. */
export function summarizeArm(trials: readonly Trial[]): ArmSummary {
  const single = trials.length === 1;
  const numbers = measuresOf(trials).map(({ name, of }) => {
    const values = trials.map((trial) => of(trial) ?? Number.NaN);
    return [name, single ? values[0] : { mean: mean(values), sd: sampleDeviation(values), values }];
  });
  const recalls = trials.flatMap(({ test }) => (test.recall ? [test.recall] : []));
  const lists = (values: (readonly number[])[]) =>
    single
      ? values[0]
      : { mean: columns(values).map(mean), sd: columns(values).map(sampleDeviation), values };
  const each = <Value>(values: Value[]) => (single ? values[0] : values);
  return {
    ...(Object.fromEntries(numbers) as Partial<Record<MeasureName, number>>),
    losses: lists(trials.map(({ runningLosses }) => runningLosses)),
    ...(recalls.length > 0 && { recall: lists(recalls) }),
    outputBias: lists(trials.map(({ outputBias }) => outputBias)),
    band: each(trials.map(({ band }) => band)),
    inBand: each(trials.map(({ inBand }) => inBand)),
  };
}

/** Summarizes the trials of a plan without a grid, or of one setting. */
export function summarizeSetting(plan: Plan, trials: readonly Trial[]): SettingSummary {
  const [comparison = null, ...furtherComparisons] = comparisons(trials);
  const arms = plan.arms.map((arm) => [arm, summarizeArm(trials.filter((trial) => trial.arm === arm))]);
  return { arms: Object.fromEntries(arms), comparison, furtherComparisons };
}

/** @param trials all trials of the plan, in its order */
export function summarize(plan: Plan, versions: Versions, trials: readonly Trial[]): Summary | SweepSummary {
  const head = { plan, versions, seeds: plan.seeds };
  if (plan.grid === undefined) return { ...head, ...summarizeSetting(plan, trials) };
  const settings = settingsOf(plan).map(({ name, values, labels, hash }) => {
    const own = trials.filter((trial) => trial.plan === hash);
    return { name, values, labels, hash, ...summarizeSetting(plan, own) };
  });
  return { ...head, settings };
}

const mean = (values: readonly number[]) => sum(values) / values.length;

/** With divisor n - 1; 0 for one value. */
function sampleDeviation(values: readonly number[]): number {
  const middle = mean(values);
  return values.length < 2
    ? 0
    : Math.sqrt(sum(values.map((value) => (value - middle) ** 2)) / (values.length - 1));
}

/** The i-th numbers of all lists, for each i up to the shortest list's length. */
function columns(lists: readonly (readonly number[])[]): number[][] {
  return Array.from({ length: Math.min(...lists.map(({ length }) => length)) }, (_, i) =>
    lists.map((list) => list[i]),
  );
}
