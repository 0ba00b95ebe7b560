import { datasets } from "../data/datasets.ts";
import { validateCounts } from "../data/imbalancedSubset.ts";
import { InputError } from "../errors.ts";
import { resolveAll } from "../heads/bind.ts";
import { findHead } from "../heads/index.ts";
import { isDatabaseAddress, passwordIn } from "../tables/databases/address.ts";
import { requirePlace } from "../tables/sql/rowsQuery.ts";
import { outputPlans } from "./outputPlans.ts";
import type { Plan } from "./plan.ts";
import { makeModel } from "./plannedModel.ts";
import { settingsOf } from "./settings.ts";

/**
 * Validates what a plan says about its dataset, before the dataset is fetched.
 *
 * @throws InputError where the counts do not fit the dataset's classes, or the layers its images
 */
export function validatePlan(plan: Plan): void {
  for (const { loss, lossOptions = {}, output } of outputPlans(plan)) {
    if (loss === undefined) continue;
    const { head, options } = findHead(loss);
    const { reduction } = resolveAll(head, { ...options, ...lossOptions });
    if (plan.heads !== undefined && reduction === "sum") {
      throw new InputError(
        `output ${output}: losses of several outputs are added as means; leave out reduction: sum, and give the output a weight`,
      );
    }
  }
  if (plan.data !== undefined) {
    validateDatabase(plan.data, plan);
    return;
  }
  for (const { plan: setting } of settingsOf(plan)) {
    const { counts = [] } = setting;
    const { classNames, shape, trainCounts } = datasets[plan.dataset].facts(counts.length);
    validateCounts(counts, trainCounts, classNames);
    if (setting.model === undefined) makeModel(setting, { shape, imageScale: 1 / 255 }, counts.length);
  }
}

/** @throws InputError where a database cannot be read as the plan says, or its address would write a password into the run */
function validateDatabase(data: string, plan: Plan): void {
  const { table, query, where, labels, testData, testLabels } = plan;
  const other = [labels, testData, testLabels].find((path) => path !== undefined && isDatabaseAddress(path));
  if (other !== undefined) {
    throw new InputError(
      "only --data can be a database, with its labels in --column; a share of its rows is kept for the test (--test-share)",
    );
  }
  if (!isDatabaseAddress(data)) {
    if ((table ?? query ?? where) === undefined) return;
    throw new InputError(
      `--table, --query and --where say which rows of a database to read, and ${data} is a file; leave them out`,
    );
  }
  requirePlace(plan);
  if (!passwordIn(data)) return;
  throw new InputError(
    "the address of the database has a password, which the folder of the run would show; leave it out, and set PGPASSWORD, MYSQL_PWD or CLICKHOUSE_PASSWORD",
  );
}
