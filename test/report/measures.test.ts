import { expect, test } from "vitest";
import { comparisons } from "../../src/experiment/comparison.ts";
import { comparedMeasures, type Measure, measures } from "../../src/experiment/measures.ts";
import { summarizeArm } from "../../src/experiment/summary.ts";
import { htmlReport } from "../../src/report/htmlReport.ts";
import { comparisonTable, runTable } from "../../src/report/runTable.ts";
import { makeTrials } from "../plot/trials.ts";
import { reportInput } from "./reportInput.ts";

/** Trials with all measures, though no loss has all of them. */
const trials = makeTrials(["zero", "prior"], 3).map((trial) => {
  const shares = { rocAuc: trial.test.loss / 8, averagePrecision: trial.test.loss / 9 };
  const errors = {
    absoluteError: trial.test.loss,
    squaredError: 2 * trial.test.loss,
    deviance: 3 * trial.test.loss,
  };
  return { ...trial, test: { ...trial.test, ...shares, ...errors } };
});
const arms = Object.fromEntries(
  ["zero", "prior"].map((name) => [name, summarizeArm(trials.filter(({ arm }) => arm === name))]),
);
const [comparison] = comparisons(trials);
/** Text as it is without line breaks, whatever the width of its columns. */
const letters = (text: string) => text.replace(/[\s|-]/g, "").toLowerCase();

test.each(measures.map((measure): [string, Measure] => [measure.name, measure]))(
  "%s has a row in the summary, the terminal table and the report",
  async (_, { name, title, of }) => {
    const values = trials.filter(({ arm }) => arm === "zero").map(of);
    expect(arms.zero[name as keyof typeof arms.zero]).toMatchObject({ values });
    const page = await htmlReport(reportInput(3, trials));
    expect(page.toLowerCase()).toContain(`<th scope="row">${title.toLowerCase()}`);
    const firstColumn = runTable({ arms })
      .split("\n")
      .map((line) => line.slice(0, 34))
      .join("");
    expect(letters(firstColumn)).toContain(letters(title));
  },
);

test.each(
  comparedMeasures.map((measure): [string, (typeof comparedMeasures)[number]] => [measure.name, measure]),
)("%s is compared, and its difference is in the terminal table", (_, { name, title, of }) => {
  const own = (arm: string) => trials.filter((trial) => trial.arm === arm).map(of);
  const [zero, prior] = [own("zero"), own("prior")];
  expect(comparison[name]!.values).toEqual(prior.map((value, i) => value! - zero[i]!));
  const firstColumn = comparisonTable(comparison)
    .split("\n")
    .map((line) => line.slice(0, 34))
    .join("");
  expect(letters(firstColumn)).toContain(letters(title));
});

test("no two measures share a name or a title", () => {
  for (const key of ["name", "title"] as const) {
    expect(new Set(measures.map((measure) => measure[key])).size).toBe(measures.length);
  }
});
