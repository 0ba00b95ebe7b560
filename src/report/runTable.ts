import type { Comparison } from "../experiment/comparison.ts";
import { comparedMeasures, type Measure, measures } from "../experiment/measures.ts";
import type { ArmSummary, Summary } from "../experiment/summary.ts";
import { table } from "../plot/table.ts";
import { intervalText, shortVerdict, signed, stepsSavedText } from "./verdict.ts";

const formats = {
  nats: (value: number) => value.toFixed(4),
  fraction: (value: number) => `${(100 * value).toFixed(2)} %`,
};

/** The measures of a run's arms, in 80 columns; over several seeds as mean ± standard deviation. */
export function runTable({ arms }: Pick<Summary, "arms">): string {
  const rows = measures.map(({ name, title, unit }) => [
    title,
    ...Object.values(arms).map((arm) => measureText(arm[name], unit)),
  ]);
  return table(["", ...Object.keys(arms)], rows, {
    align: ["left", ...Object.keys(arms).map(() => "right" as const)],
  });
}

function measureText(value: ArmSummary["initialLoss"], unit: Measure["unit"]): string {
  const format = formats[unit];
  if (typeof value === "number") return format(value);
  return `${format(value.mean)} ± ${format(value.sd)}`.replace(" % ±", " ±");
}

/** Each difference between two arms with its interval and verdict, in 80 columns. */
export function comparisonTable(comparison: Comparison): string {
  const { arm, baseline, stepsSaved } = comparison;
  const rows = comparedMeasures.map((measure) => {
    const { name, title, unit } = measure;
    const difference = comparison[name];
    return [
      unit === "fraction" ? `${title}, points` : title,
      signed(difference.mean, unit),
      intervalText(difference, unit) ?? "-",
      shortVerdict(measure, difference),
    ];
  });
  const head = [`${arm} minus ${baseline}`, "difference", "95 % interval", "verdict"];
  return `${table(head, rows, { align: ["left", "right", "right", "left"] })}\n\n${stepsSavedText(stepsSaved, arm, baseline)}`;
}
