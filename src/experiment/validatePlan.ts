import { datasets } from "../data/datasets.ts";
import { validateCounts } from "../data/imbalancedSubset.ts";
import { resolveAll } from "../heads/bind.ts";
import { findHead } from "../heads/index.ts";
import type { Plan } from "./plan.ts";
import { makeModel } from "./plannedModel.ts";
import { settingsOf } from "./settings.ts";

/**
 * Validates what a plan says about its dataset, before the dataset is fetched.
 *
 * @throws InputError where the counts do not fit the dataset's classes, or the layers its images
 */
export function validatePlan(plan: Plan): void {
  if (plan.loss !== undefined) resolveAll(findHead(plan.loss).head, plan.lossOptions ?? {});
  if (plan.data !== undefined) return;
  for (const { plan: setting } of settingsOf(plan)) {
    const { counts = [] } = setting;
    const { classNames, shape, trainCounts } = datasets[plan.dataset].facts(counts.length);
    validateCounts(counts, trainCounts, classNames);
    if (setting.model === undefined) makeModel(setting, { shape, imageScale: 1 / 255 }, counts.length);
  }
}
