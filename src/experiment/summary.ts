import { sum } from "../math/sum.ts";
import { type Comparison, comparisons, finalOf } from "./compare.ts";
import type { Plan } from "./plan.ts";
import type { Environment, Trial } from "./record.ts";

/** A figure over several seeds; `sd` is the sample standard deviation, `values` one a seed. */
export interface OverSeeds<Value> {
  readonly mean: Value;
  readonly sd: Value;
  readonly values: readonly Value[];
}

/** The figures of one arm in one trial. */
interface ArmFigures {
  readonly expectedLoss: number;
  readonly initialLoss: number;
  /** Running mean of the training loss at the end of the last epoch; accuracy likewise. */
  readonly finalLoss: number;
  readonly accuracy: number;
  readonly testLoss: number;
  readonly testAccuracy: number;
  readonly balancedAccuracy: number;
  /** On the test set weighted to the mix of the training subset. */
  readonly testLossReweighted: number;
  readonly testAccuracyReweighted: number;
  readonly trainSeconds: number;
}

/** One arm: its figures, for several seeds each as mean, sd and values; and what belongs to each. */
export type ArmSummary = { readonly [Name in keyof ArmFigures]: number | OverSeeds<number> } & {
  /** Running mean of the training loss after each batch. */
  readonly losses: readonly number[] | OverSeeds<readonly number[]>;
  readonly recall: readonly number[] | OverSeeds<readonly number[]>;
  readonly outputBias: readonly number[] | OverSeeds<readonly number[]>;
  readonly band: Trial["band"] | readonly Trial["band"][];
  readonly inBand: boolean | readonly boolean[];
};

/** What a run came to: the document of `--json` and of summary.json. */
export interface Summary {
  readonly plan: Plan;
  readonly environment: Environment;
  readonly seeds: readonly number[];
  readonly arms: Readonly<Record<string, ArmSummary>>;
  /** The first arm beside the baseline, against it; null where there is one arm only. */
  readonly comparison: Comparison | null;
  /** Further arms, each against the baseline. */
  readonly furtherComparisons: readonly Comparison[];
  /** Paths of the files written. */
  readonly files: Readonly<Record<string, string>>;
}

function armFigures(trial: Trial): ArmFigures {
  return {
    expectedLoss: trial.expectedLoss,
    initialLoss: trial.initialLoss,
    finalLoss: finalOf(trial.runningLosses),
    accuracy: finalOf(trial.runningAccuracies),
    testLoss: trial.test.loss,
    testAccuracy: trial.test.accuracy,
    balancedAccuracy: trial.test.balancedAccuracy,
    testLossReweighted: trial.testReweighted.loss,
    testAccuracyReweighted: trial.testReweighted.accuracy,
    trainSeconds: trial.trainSeconds,
  };
}

/** Sums up one arm's trials, one a seed. */
export function summarizeArm(trials: readonly Trial[]): ArmSummary {
  const figures = trials.map(armFigures);
  const single = trials.length === 1;
  const names = Object.keys(figures[0]) as (keyof ArmFigures)[];
  const numbers = names.map((name) => {
    const values = figures.map((figure) => figure[name]);
    return [name, single ? values[0] : { mean: mean(values), sd: sampleDeviation(values), values }];
  });
  const lists = (values: (readonly number[])[]) =>
    single
      ? values[0]
      : { mean: columns(values).map(mean), sd: columns(values).map(sampleDeviation), values };
  const each = <Value>(values: Value[]) => (single ? values[0] : values);
  return {
    ...(Object.fromEntries(numbers) as Record<keyof ArmFigures, number | OverSeeds<number>>),
    losses: lists(trials.map(({ runningLosses }) => runningLosses)),
    recall: lists(trials.map(({ test }) => test.recall)),
    outputBias: lists(trials.map(({ outputBias }) => outputBias)),
    band: each(trials.map(({ band }) => band)),
    inBand: each(trials.map(({ inBand }) => inBand)),
  };
}

export function summarize(
  plan: Plan,
  environment: Environment,
  trials: readonly Trial[],
  files: Record<string, string>,
): Summary {
  const [comparison = null, ...furtherComparisons] = comparisons(trials);
  const arms = plan.arms.map((arm) => [arm, summarizeArm(trials.filter((trial) => trial.arm === arm))]);
  return {
    plan,
    environment,
    seeds: plan.seeds,
    arms: Object.fromEntries(arms),
    comparison,
    furtherComparisons,
    files,
  };
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
