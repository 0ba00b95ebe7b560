import type { Trial } from "./record.ts";

/** One number that a trial yields. */
export interface Measure {
  /** Key in the summary and in comparisons. */
  readonly name: string;
  /** What tables call it. */
  readonly title: string;
  /** Losses as the loss function has them (cross-entropies: nats); fractions in [0, 1], shown in percent; errors in the labels' unit. */
  readonly unit: "loss" | "fraction" | "number";
  /** The direction of an improvement; left out where arms are not compared by it. */
  readonly better?: "lower" | "higher";
  /** Whether the first lines of a report name it. */
  readonly headline?: true;
  /** Undefined where the loss of the trial does not allow it. */
  of(trial: Trial): number | undefined;
}

/**
 * Every measure of a trial, in the order of all tables. Comparison, summary, terminal, HTML report and verdict read this
 * table: a new measure is a new row.
 */
export const measures = [
  {
    name: "expectedLoss",
    title: "expected loss",
    unit: "loss",
    of: ({ expectedLoss }: Trial) => expectedLoss,
  },
  {
    name: "initialLoss",
    title: "initial loss",
    unit: "loss",
    better: "lower",
    headline: true,
    of: ({ initialLoss }: Trial) => initialLoss,
  },
  {
    // running mean over the last epoch, as the two below it
    name: "finalLoss",
    title: "final training loss",
    unit: "loss",
    better: "lower",
    headline: true,
    of: ({ runningLosses }: Trial) => lastOf(runningLosses),
  },
  {
    name: "accuracy",
    title: "final training accuracy",
    unit: "fraction",
    better: "higher",
    of: ({ runningAccuracies }: Trial) => lastOf(runningAccuracies),
  },
  {
    name: "testLoss",
    title: "test loss",
    unit: "loss",
    better: "lower",
    headline: true,
    of: ({ test }: Trial) => test.loss,
  },
  {
    name: "testAccuracy",
    title: "test accuracy",
    unit: "fraction",
    better: "higher",
    of: ({ test }: Trial) => test.accuracy,
  },
  {
    name: "balancedAccuracy",
    title: "balanced test accuracy",
    unit: "fraction",
    better: "higher",
    headline: true,
    of: ({ test }: Trial) => test.balancedAccuracy,
  },
  {
    name: "rocAuc",
    title: "test area under the ROC curve",
    unit: "fraction",
    better: "higher",
    headline: true,
    of: ({ test }: Trial) => test.rocAuc,
  },
  {
    name: "averagePrecision",
    title: "test average precision",
    unit: "fraction",
    better: "higher",
    headline: true,
    of: ({ test }: Trial) => test.averagePrecision,
  },
  {
    name: "absoluteError",
    title: "test mean absolute error",
    unit: "number",
    better: "lower",
    headline: true,
    of: ({ test }: Trial) => test.absoluteError,
  },
  {
    name: "squaredError",
    title: "test mean squared error",
    unit: "number",
    better: "lower",
    of: ({ test }: Trial) => test.squaredError,
  },
  {
    name: "deviance",
    title: "test mean deviance",
    unit: "number",
    better: "lower",
    of: ({ test }: Trial) => test.deviance,
  },
  {
    // each class of the test set weighted by its frequency in the training subset, as the one below it
    name: "testLossTrainingMix",
    title: "test loss on the training mix",
    unit: "loss",
    better: "lower",
    headline: true,
    of: ({ testTrainingMix }: Trial) => testTrainingMix?.loss,
  },
  {
    name: "testAccuracyTrainingMix",
    title: "test accuracy on the training mix",
    unit: "fraction",
    better: "higher",
    of: ({ testTrainingMix }: Trial) => testTrainingMix?.accuracy,
  },
] as const satisfies readonly Measure[];

/** The name of a row of the table. */
export type TableName = (typeof measures)[number]["name"];

/** A row of the table; or a measure of one of several outputs, after its name: `age: testLoss`. */
export type MeasureName = TableName | `${string}: ${TableName}`;

/** A measure with its name in results. */
export type NamedMeasure = Measure & { readonly name: MeasureName };

/** A measure that arms are compared by. */
export type ComparedMeasure = NamedMeasure & { readonly better: "lower" | "higher" };
export type ComparedName = ComparedMeasure["name"];

/** The rows of the table that arms are compared by. */
export const comparedMeasures = measures.filter((measure) => "better" in measure);

/** The measures that these trials have: those of the table, and those of each output where there are several. */
export function measuresOf(trials: readonly Trial[]): readonly NamedMeasure[] {
  const outputs = Object.keys(trials[0]?.outputs ?? {});
  const all = [
    ...measures,
    ...outputs.flatMap((output) => measures.map((measure) => ofOutput(output, measure))),
  ];
  return all.filter(({ of }) => trials.some((trial) => of(trial) !== undefined));
}

/** The measures of these names, in the order of the table, those of outputs last; other names are left out. */
export function measuresNamed(names: Iterable<string>): readonly NamedMeasure[] {
  const given = new Set(names);
  const outputs = new Set([...given].flatMap((name) => (name.includes(": ") ? [splitName(name)[0]] : [])));
  const all = [
    ...measures,
    ...[...outputs].flatMap((output) => measures.map((measure) => ofOutput(output, measure))),
  ];
  return all.filter(({ name }) => given.has(name));
}

export const isCompared = (measure: NamedMeasure): measure is ComparedMeasure => measure.better !== undefined;

function splitName(name: string): [output: string, measure: string] {
  const at = name.lastIndexOf(": ");
  return [name.slice(0, at), name.slice(at + 2)];
}

/** A measure of one of several outputs. Training writes down the loss of all together alone. */
const ofOutput = (output: string, measure: (typeof measures)[number]): NamedMeasure => ({
  ...measure,
  name: `${output}: ${measure.name}`,
  title: `${output}: ${measure.title}`,
  of: (trial) => {
    const test = trial.test.outputs?.[output];
    const initial = trial.outputs?.[output];
    if (!test || !initial) return undefined;
    return measure.of({
      ...trial,
      ...initial,
      test,
      testTrainingMix: undefined,
      runningLosses: [],
      runningAccuracies: [],
    });
  },
});

const lastOf = (values: readonly number[]): number | undefined => values.at(-1);
