import { random } from "../math/random.ts";
import { sum } from "../math/sum.ts";
import type { Difference, StepsSaved, Trial } from "./record.ts";

/** How two arms differ over the seeds that both have: always `arm` minus `baseline`. */
export interface Comparison {
  readonly arm: string;
  readonly baseline: string;
  readonly initialLoss: Difference;
  readonly finalLoss: Difference;
  readonly testLoss: Difference;
  readonly testLossReweighted: Difference;
  readonly testAccuracy: Difference;
  readonly balancedAccuracy: Difference;
  readonly stepsSaved: StepsSaved;
}

const figures = {
  initialLoss: (trial: Trial) => trial.initialLoss,
  finalLoss: (trial: Trial) => finalOf(trial.runningLosses),
  testLoss: (trial: Trial) => trial.test.loss,
  testLossReweighted: (trial: Trial) => trial.testReweighted.loss,
  testAccuracy: (trial: Trial) => trial.test.accuracy,
  balancedAccuracy: (trial: Trial) => trial.test.balancedAccuracy,
};

export const finalOf = (values: readonly number[]): number => values[values.length - 1] ?? Number.NaN;

/** The arms that a comparison sets side by side: each but the first with the baseline, `zero` or else the first. */
export function comparisons(trials: readonly Trial[]): Comparison[] {
  const arms = [...new Set(trials.map(({ arm }) => arm))];
  const baseline = arms.includes("zero") ? "zero" : arms[0];
  return arms.filter((arm) => arm !== baseline).map((arm) => compareArms(trials, arm, baseline));
}

/** Compares two arms, paired by seed. */
export function compareArms(trials: readonly Trial[], arm: string, baseline: string): Comparison {
  const pairs = trials
    .filter((trial) => trial.arm === arm)
    .flatMap((trial) => {
      const partner = trials.find((other) => other.arm === baseline && other.seed === trial.seed);
      return partner ? [[trial, partner] as const] : [];
    });
  const differences = Object.fromEntries(
    Object.entries(figures).map(([name, figure]) => [
      name,
      difference(pairs.map(([a, b]) => figure(a) - figure(b))),
    ]),
  ) as Record<keyof typeof figures, Difference>;
  return {
    arm,
    baseline,
    ...differences,
    stepsSaved: overSeeds(
      pairs.map(([a, b]) => stepsSaved(a, b)),
      pairs[0][1].runningLosses.length,
    ),
  };
}

/** Steps until the baseline's running loss is at most the arm's loss before training; null if it never is. */
function stepsSaved(arm: Trial, baseline: Trial): number | null {
  const step = baseline.runningLosses.findIndex((loss) => loss <= arm.initialLoss);
  return step < 0 ? null : step + 1;
}

/** @param steps of the run: what a seed counts that has no number */
function overSeeds(values: readonly (number | null)[], steps: number): StepsSaved {
  const { mean, low, high } = difference(values.map((value) => value ?? steps));
  return { values, never: values.filter((value) => value === null).length, mean, low, high };
}

const resamples = 10_000;

/**
 * Mean of paired differences with the percentile bootstrap's 95 % interval (Efron and Tibshirani 1993, chapter 13):
 * 10,000 resamples of the seeds. With few seeds such intervals are a little too narrow. A single seed has no interval.
 */
export function difference(values: readonly number[]): Difference {
  const mean = sum(values) / values.length;
  if (values.length < 2) return { mean, low: null, high: null, values, distinguishable: false };
  const { integer } = random(0, "bootstrap");
  const means = Float64Array.from({ length: resamples }, () => {
    let total = 0;
    for (let i = 0; i < values.length; i++) total += values[integer(values.length)];
    return total / values.length;
  }).sort();
  const [low, high] = [means[Math.floor(0.025 * resamples)], means[Math.ceil(0.975 * resamples) - 1]];
  return { mean, low, high, values, distinguishable: low > 0 || high < 0 };
}
