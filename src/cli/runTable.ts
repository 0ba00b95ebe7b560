import type { Comparison } from "../experiment/compare.ts";
import type { Difference } from "../experiment/record.ts";
import type { ArmSummary, OverSeeds, Summary } from "../experiment/summary.ts";
import { type Quantity, quantities, signed, stepsSavedText } from "../plot/verdict.ts";
import { table } from "./table.ts";

/** What a number is shown as: a loss in nats or a share in percent. */
const formats = {
  loss: (value: number) => value.toFixed(4),
  share: (value: number) => `${(100 * value).toFixed(2)} %`,
};

/** The rows of the table: what is shown of an arm, and how. */
const rows: [string, keyof ArmSummary, keyof typeof formats][] = [
  ["expected loss", "expectedLoss", "loss"],
  ["loss before training", "initialLoss", "loss"],
  ["final training loss", "finalLoss", "loss"],
  ["final training accuracy", "accuracy", "share"],
  ["test loss", "testLoss", "loss"],
  ["test accuracy", "testAccuracy", "share"],
  ["test balanced accuracy", "balancedAccuracy", "share"],
  ["test loss, training mix", "testLossReweighted", "loss"],
  ["test accuracy, training mix", "testAccuracyReweighted", "share"],
];

/** A run's figures by arm, in 80 columns; over several seeds as mean ± standard deviation. */
export function runTable({ arms }: Summary): string {
  const cell = (arm: ArmSummary, name: keyof ArmSummary, format: keyof typeof formats) => {
    const value = arm[name] as number | OverSeeds<number>;
    if (typeof value === "number") return formats[format](value);
    return `${formats[format](value.mean)} ± ${formats[format](value.sd)}`.replace(" % ±", " ±");
  };
  const body = rows.map(([title, name, format]) => [
    title,
    ...Object.values(arms).map((arm) => cell(arm, name, format)),
  ]);
  return table(["", ...Object.keys(arms)], body, {
    align: ["left", ...Object.keys(arms).map(() => "right" as const)],
  });
}

/** What an arm bought: each difference to the baseline with its interval and what it says, in 80 columns. */
export function comparisonTable(comparison: Comparison): string {
  const { arm, baseline, stepsSaved } = comparison;
  const body = Object.entries(quantities).map(([name, quantity]) => {
    const difference = comparison[name as keyof typeof quantities];
    const { mean, low, high } = difference;
    const interval =
      low === null || high === null ? "-" : `${signed(low, quantity.unit)} to ${signed(high, quantity.unit)}`;
    return [
      `${quantity.name}${unit(quantity)}`,
      signed(mean, quantity.unit),
      interval,
      shortVerdict(quantity, difference),
    ];
  });
  const head = [`${arm} minus ${baseline}`, "difference", "95 % interval", "verdict"];
  return `${table(head, body, { align: ["left", "right", "right", "left"] })}\n\n${stepsSavedText(stepsSaved, arm, baseline)}`;
}

const unit = (quantity: Quantity) => (quantity.unit === "fraction" ? ", points" : "");

/** A difference whose interval holds 0 can't be told apart from noise. */
function shortVerdict({ better }: Quantity, { mean, values, distinguishable }: Difference): string {
  if (values.length < 2) return "one seed: may be noise";
  if (!distinguishable) return "may be noise";
  return mean < 0 === (better === "lower") ? "better" : "worse";
}
