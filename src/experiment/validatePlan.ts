import { datasets } from "../data/datasets.ts";
import { validateCounts } from "../data/imbalancedSubset.ts";
import type { Plan } from "./plan.ts";
import { makeModel } from "./plannedModel.ts";
import { settingsOf } from "./settings.ts";

/**
 * Validates what a plan says about its dataset, before the dataset is fetched.
 *
 * @throws InputError where the counts do not fit the dataset's classes, or the layers its images
 */
export function validatePlan(plan: Plan): void {
  const [first, ...rest] = settingsOf(plan).map((setting) => setting.plan);
  const { classNames, shape, trainCounts } = datasets[plan.dataset].facts(first.counts.length);
  for (const { counts, layers } of [first, ...rest]) {
    validateCounts(counts, trainCounts, classNames);
    makeModel({ counts, layers }, shape);
  }
}
