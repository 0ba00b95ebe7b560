import { type Comparison, comparedBy } from "../experiment/comparison.ts";
import { type Measure, measuresNamed } from "../experiment/measures.ts";
import type { ArmSummary, Summary } from "../experiment/summary.ts";
import { table } from "../plot/table.ts";
import { intervalText, seedsText, shortVerdict, signed, stepsSavedText } from "./verdict.ts";

const formats = {
  loss: (value: number) => value.toFixed(4),
  fraction: (value: number) => `${(100 * value).toFixed(2)} %`,
  number: (value: number) => value.toPrecision(5),
};

/** The measures of a run's arms, in 80 columns; over several seeds as mean ± standard deviation. */
export function runTable({ arms }: Pick<Summary, "arms">): string {
  const own = measuresNamed(Object.values(arms).flatMap((arm) => Object.keys(arm)));
  const rows = own.map(({ name, title, unit }) => [
    title,
    ...Object.values(arms).map((arm) => measureText(arm[name]!, unit)),
  ]);
  return table(["", ...Object.keys(arms)], rows, {
    align: ["left", ...Object.keys(arms).map(() => "right" as const)],
  });
}

function measureText(value: NonNullable<ArmSummary["initialLoss"]>, unit: Measure["unit"]): string {
  const format = formats[unit];
  if (typeof value === "number") return format(value);
  return `${format(value.mean)} ± ${format(value.sd)}`.replace(" % ±", " ±");
}

/** Each difference between two arms with its interval and verdict, in 80 columns. */
export function comparisonTable(comparison: Comparison): string {
  const { arm, baseline, stepsSaved } = comparison;
  const rows = comparedBy(comparison).map(([measure, difference]) => {
    const { title, unit } = measure;
    return [
      unit === "fraction" ? `${title}, points` : title,
      signed(difference.mean, unit),
      intervalText(difference, unit) ?? "-",
      shortVerdict(measure, difference),
    ];
  });
  const head = [`${arm} minus ${baseline}`, "difference", "95 % interval", "verdict"];
  const paragraphs = [
    table(head, rows, { align: ["left", "right", "right", "left"] }),
    ...seedsNeededText(comparison),
    stepsSavedText(stepsSaved, arm, baseline),
  ];
  return paragraphs.join("\n\n");
}

/** For differences that may be noise: how many seeds would tell. */
function seedsNeededText(comparison: Comparison): string[] {
  const unclear = comparedBy(comparison).flatMap(([{ title }, difference]) => {
    const text = difference.distinguishable ? undefined : seedsText(difference);
    return text === undefined ? [] : [`${title} ${text}`];
  });
  if (unclear.length === 0) return [];
  return [`Seeds that would tell differences of the size seen from noise: ${unclear.join("; ")}.`];
}
