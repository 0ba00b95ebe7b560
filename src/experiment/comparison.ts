import { seededRandom } from "../math/seededRandom.ts";
import { sum } from "../math/sum.ts";
import {
  type ComparedMeasure,
  type ComparedName,
  isCompared,
  measuresNamed,
  measuresOf,
} from "./measures.ts";
import type { Difference, StepsSaved, Trial } from "./record.ts";

/** How two arms differ over the seeds that both have: always `arm` minus `baseline`, one difference per measure they have. */
export type Comparison = Readonly<Partial<Record<ComparedName, Difference>>> & {
  readonly arm: string;
  readonly baseline: string;
  readonly stepsSaved: StepsSaved;
};

/** Compares each arm with the baseline: `zero`, or else the first arm. */
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
    measuresOf(trials)
      .filter(isCompared)
      .flatMap(({ name, of }) => {
        const values = pairs
          .map(([a, b]) => [of(a), of(b)])
          .filter(([a, b]) => a !== undefined && b !== undefined);
        return values.length === 0 ? [] : [[name, difference(values.map(([a, b]) => a! - b!))]];
      }),
  );
  return { arm, baseline, ...differences, stepsSaved: stepsSaved(pairs) };
}

/** The measures of a comparison with their differences. */
export const comparedBy = (comparison: Comparison): (readonly [ComparedMeasure, Difference])[] =>
  measuresNamed(Object.keys(comparison))
    .filter(isCompared)
    .flatMap((measure) => {
      const difference = comparison[measure.name];
      return difference ? [[measure, difference] as const] : [];
    });

/** Steps until the baseline's running loss is at most the arm's loss before training, over pairs of arm and baseline. */
function stepsSaved(pairs: readonly (readonly [arm: Trial, baseline: Trial])[]): StepsSaved {
  const values = pairs.map(([arm, baseline]) => {
    const step = baseline.runningLosses.findIndex((loss) => loss <= arm.initialLoss);
    return step < 0 ? null : (step + 1) * (baseline.stepsPerEntry ?? 1);
  });
  const steps = pairs[0][1].runningLosses.length * (pairs[0][1].stepsPerEntry ?? 1);
  const { mean, low, high } = difference(values.map((value) => value ?? steps));
  return { values, never: values.filter((value) => value === null).length, mean, low, high };
}

const resamples = 10_000;

/**
 * Mean of paired differences with its 95 % interval by the percentile bootstrap (Efron and Tibshirani 1993, chapter 13):
 * 10,000 resamples of the seeds. With few seeds such intervals are a little too narrow. A single seed has no interval.
 */
export function difference(values: readonly number[]): Difference {
  const mean = sum(values) / values.length;
  if (values.length < 2) {
    return { mean, low: null, high: null, values, distinguishable: false, seedsNeeded: null };
  }
  const { integer } = seededRandom(0, "bootstrap");
  const means = Float64Array.from({ length: resamples }, () => {
    let total = 0;
    for (let i = 0; i < values.length; i++) total += values[integer(values.length)];
    return total / values.length;
  }).sort();
  const [low, high] = [means[Math.floor(0.025 * resamples)], means[Math.ceil(0.975 * resamples) - 1]];
  const distinguishable = low > 0 || high < 0;
  return { mean, low, high, values, distinguishable, seedsNeeded: seedsNeeded(values, mean) };
}

/** Normal quantiles: of 97.5 %, for a two-sided test at 5 %, and of 80 %, the power. */
const quantiles = [1.959964, 0.841621];

/**
 * Pairs for which a paired test at 5 % tells a difference of this mean and standard deviation from 0 with a power of 80 %:
 * ((1.96 + 0.84) sd / mean)^2, by the normal approximation (Cohen 1988, chapter 2).
 */
function seedsNeeded(values: readonly number[], mean: number): number | null {
  const sd = Math.sqrt(sum(values.map((value) => (value - mean) ** 2)) / (values.length - 1));
  const needed = ((quantiles[0] + quantiles[1]) * sd) / mean;
  return Number.isFinite(needed) ? Math.max(2, Math.ceil(needed ** 2)) : null;
}
