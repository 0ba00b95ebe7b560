import { type Comparison, comparedBy } from "../experiment/comparison.ts";
import { type ComparedMeasure, isCompared, type Measure, measuresNamed } from "../experiment/measures.ts";
import type { Difference } from "../experiment/record.ts";
import type { SweepSummary } from "../experiment/summary.ts";
import type { SweepEffectsData } from "../plot/figures/sweepEffects.ts";
import { table } from "../plot/table.ts";
import { signed } from "./verdict.ts";

/** An arm against the baseline in one setting of a sweep. */
interface SweepRow {
  readonly setting: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly comparison: Comparison;
}

const rowsOf = ({ settings }: SweepSummary): SweepRow[] =>
  settings.flatMap(({ name, labels, comparison, furtherComparisons }) =>
    [comparison, ...furtherComparisons].flatMap((pair) =>
      pair === null ? [] : [{ setting: name, labels, comparison: pair }],
    ),
  );

/** The headline measures that the comparisons have. */
const headlinesOf = (rows: readonly { readonly comparison: Comparison }[]): readonly ComparedMeasure[] =>
  measuresNamed(rows.flatMap(({ comparison }) => Object.keys(comparison)))
    .filter(isCompared)
    .filter(({ headline }) => headline);

const titleOf = ({ title, unit }: Measure) => title + (unit === "fraction" ? " (points)" : "");
const inUnit = ({ unit }: Measure, value: number) => (unit === "fraction" ? 100 * value : value);

/** The data of the figure: the headline measures, in the units of their titles. */
export function sweepEffectsData(summary: SweepSummary): SweepEffectsData {
  const rows = rowsOf(summary);
  const effects = headlinesOf(rows).flatMap((measure) =>
    rows.map(({ setting, comparison }) => {
      const { mean, low, high } = comparison[measure.name]!;
      const shown = (value: number | null) => (value === null ? null : inUnit(measure, value));
      return {
        setting,
        arm: comparison.arm,
        measure: titleOf(measure),
        mean: inUnit(measure, mean),
        low: shown(low),
        high: shown(high),
      };
    }),
  );
  return { baseline: rows[0]?.comparison.baseline ?? "", effects };
}

/** A difference with a star where its interval excludes 0. */
const starred = ({ unit }: Measure, { mean, distinguishable }: Difference) =>
  signed(mean, unit) + (distinguishable ? "*" : " ");

/** The differences of all settings in one table, and in how many of them each arm is better or worse. */
export function sweepTable(summary: SweepSummary): string {
  const rows = rowsOf(summary);
  if (rows.length === 0) return "Only one arm: nothing to compare.";
  const [{ labels, comparison }] = rows;
  const keys = Object.keys(labels);
  const headlines = headlinesOf(rows);
  const effects = table(
    [
      ...keys,
      `minus ${comparison.baseline}`,
      ...headlines.map(({ title, unit }) => title + (unit === "fraction" ? ", points" : "")),
    ],
    rows.map(({ labels, comparison }) => [
      ...Object.values(labels),
      comparison.arm,
      ...headlines.map((measure) => starred(measure, comparison[measure.name]!)),
    ]),
    { align: [...keys.map(() => "right" as const), "left", ...headlines.map(() => "right" as const)] },
  );
  const verdicts = table(
    ["arm", "measure", "better in", "worse in", "settings"],
    sweepVerdicts(summary).map(({ arm, title, better, worse, settings }) => [
      arm,
      title,
      ...[better, worse, settings].map(String),
    ]),
  );
  return `${effects}\n\n* the 95 % interval excludes 0; other differences may be noise\n\n${verdicts}`;
}

/** In how many settings a measure of an arm is better, and in how many worse, than the baseline's. */
interface SweepVerdict {
  readonly arm: string;
  readonly title: string;
  readonly better: number;
  readonly worse: number;
  readonly settings: number;
}

/** One verdict per arm and headline measure. Differences whose interval holds 0 are neither better nor worse. */
export function sweepVerdicts(summary: SweepSummary): SweepVerdict[] {
  const rows = rowsOf(summary);
  const comparisons = rows.map(({ comparison }) => comparison);
  return [...new Set(comparisons.map(({ arm }) => arm))].flatMap((arm) => {
    const own = comparisons.filter((comparison) => comparison.arm === arm);
    return headlinesOf(rows).map(({ name, title, better }) => {
      const clear = own.map((comparison) => comparison[name]!).filter((d) => d.distinguishable);
      const gains = clear.filter(({ mean }) => mean < 0 === (better === "lower")).length;
      return { arm, title, better: gains, worse: clear.length - gains, settings: own.length };
    });
  });
}

/** One line per setting, arm and measure, as CSV. */
export function sweepCsv(summary: SweepSummary): string {
  const keys = Object.keys(summary.settings[0].values);
  const lines = summary.settings.flatMap(({ values, comparison, furtherComparisons }) =>
    [comparison, ...furtherComparisons].flatMap((pair) =>
      pair === null
        ? []
        : comparedBy(pair).map(([{ name, unit }, { mean, low, high, distinguishable }]) => {
            const cells = keys.map((key) => csvCell(values[key]));
            return [...cells, pair.arm, pair.baseline, name, unit, mean, low, high, distinguishable].join(
              ",",
            );
          }),
    ),
  );
  const head = [
    ...keys,
    "arm",
    "baseline",
    "measure",
    "unit",
    "difference",
    "low",
    "high",
    "distinguishable",
  ];
  return `${[head.join(","), ...lines].join("\n")}\n`;
}

const csvCell = (value: unknown) =>
  typeof value === "object" ? `"${JSON.stringify(value).replaceAll('"', '""')}"` : String(value);
