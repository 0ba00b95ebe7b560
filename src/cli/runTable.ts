import type { ArmSummary, OverSeeds, Summary } from "../experiment/summary.ts";
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
    return `${formats[format](value.mean)} ± ${formats[format](value.sd)}`;
  };
  const body = rows.map(([title, name, format]) => [
    title,
    ...Object.values(arms).map((arm) => cell(arm, name, format)),
  ]);
  return table(["", ...Object.keys(arms)], body, {
    align: ["left", ...Object.keys(arms).map(() => "right" as const)],
  });
}
