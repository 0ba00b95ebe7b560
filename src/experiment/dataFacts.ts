import { z } from "zod";
import { datasets } from "../data/datasets.ts";
import { countLabels, type ExperimentData, rowsOfSet, unitOf } from "../data/exampleSet.ts";
import { findHead } from "../heads/index.ts";
import type { Plan } from "./plan.ts";

/** What a report says of the data of a run; kept beside the trials, since files may be gone when reports are merged. */
export interface DataFacts {
  readonly name: string;
  /** What a row is called: `image`, `row`. */
  readonly unit: string;
  readonly trainCount: number;
  readonly testCount: number;
  /** In the order of the outputs, with rows that are trained on; where there is one class label per row. */
  readonly classes?: readonly { readonly name: string; readonly count: number }[];
  /** What was done to data and network: one sentence each. */
  readonly notes: readonly string[];
}

export const dataFactsSchema: z.ZodType<DataFacts> = z.strictObject({
  name: z.string(),
  unit: z.string(),
  trainCount: z.number(),
  testCount: z.number(),
  classes: z.array(z.strictObject({ name: z.string(), count: z.number() })).optional(),
  notes: z.array(z.string()),
});

/** The facts of data that are loaded, for the rows that a setting trains on. */
export function factsOf(
  plan: Plan,
  data: ExperimentData,
  rows: ArrayLike<number>,
  notes: readonly string[],
): DataFacts {
  const { name, unit, train, test, labelShape, classNames, outputs } = data;
  const { head } = findHead(plan.loss ?? "softmax");
  const isClass =
    outputs === undefined && head.reads === "classes" && labelShape.length === 0 && classNames !== undefined;
  const counts = isClass ? countLabels(train.labels, rows, classNames.length) : [];
  return {
    name,
    unit,
    trainCount: rows.length,
    testCount: rowsOfSet(test).length,
    ...(isClass && { classes: counts.map((count, k) => ({ name: classNames[k], count })) }),
    notes: [...data.notes, ...notes],
  };
}

/** The facts of a dataset by name, without loading it. */
export function namedFacts({ dataset, counts = [] }: Plan): DataFacts {
  const { classNames, testCount, shape } = datasets[dataset].facts(counts.length);
  return {
    name: dataset,
    unit: unitOf(shape),
    trainCount: counts.reduce((sum, count) => sum + count, 0),
    testCount,
    classes: counts.map((count, k) => ({ name: classNames[k], count })),
    notes: [],
  };
}

/** More classes than this make no readable figure. */
const maxShown = 60;

/** The classes, where they are so few that a figure can show each. */
export const shownClasses = ({ classes }: DataFacts) =>
  classes !== undefined && classes.length <= maxShown ? classes : undefined;
