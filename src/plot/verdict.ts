import type { Comparison } from "../experiment/compare.ts";
import type { Difference, StepsSaved } from "../experiment/record.ts";

/** What two arms are compared by. */
export interface Quantity {
  name: string;
  /** Losses in nats; fractions in [0, 1], shown in percent. */
  unit: "nats" | "fraction";
  better: "lower" | "higher";
}

const inNats = (name: string): Quantity => ({ name, unit: "nats", better: "lower" });
const inPercent = (name: string): Quantity => ({ name, unit: "fraction", better: "higher" });

/** Every difference of a comparison, in the order of the report. */
export const quantities: Record<keyof Omit<Comparison, "arm" | "baseline" | "stepsSaved">, Quantity> = {
  initialLoss: inNats("Loss before training"),
  finalLoss: inNats("Final training loss"),
  testLoss: inNats("Test loss"),
  testLossReweighted: inNats("Test loss, re-weighted"),
  testAccuracy: inPercent("Test accuracy"),
  balancedAccuracy: inPercent("Balanced test accuracy"),
};

/** A number with its sign (a true minus), with as many decimals as its unit needs. */
export function signed(value: number, unit: Quantity["unit"]): string {
  if (!Number.isFinite(value)) return "not finite";
  const [shown, decimals] = unit === "fraction" ? [100 * value, 2] : [value, 4];
  const text = Math.abs(shown).toFixed(decimals);
  return Number(text) === 0 ? text : (shown < 0 ? "−" : "+") + text;
}

const unitText = { nats: "nats", fraction: "percentage points" };

export const differenceText = (value: number, unit: Quantity["unit"]) =>
  Number.isFinite(value) ? `${signed(value, unit)} ${unitText[unit]}` : "not finite";

/** What a difference says, in plain words; one seed, or an interval that holds 0, says nothing. */
export function verdict({ better }: Quantity, difference: Difference, arm: string): string {
  const seeds = difference.values.length;
  if (!Number.isFinite(difference.mean)) return "not every number was finite: no verdict";
  if (seeds < 2) return "a single seed: can't be told apart from noise";
  if (!difference.distinguishable) return `can't be told apart from noise with ${seeds} seeds`;
  const direction = difference.mean < 0 ? "lower" : "higher";
  return `${direction} with ${arm}: ${direction === better ? "better" : "worse"}`;
}

/** What the head start is worth, in steps of the baseline. */
export function stepsSavedText(saved: StepsSaved, arm: string, baseline: string): string {
  const { values, never, mean, low, high } = saved;
  const goal = `until its running loss was down at ${arm}'s loss before training`;
  if (never === values.length) {
    return `${baseline} never got there: its running loss stayed above ${arm}'s loss before training.`;
  }
  if (values.length === 1) return `${baseline} needed ${mean} steps ${goal} (one seed).`;
  const interval =
    low === null || high === null ? "" : ` (95\u00a0% interval ${low.toFixed(1)} to ${high.toFixed(1)})`;
  const bound = never > 0 ? "at least " : "";
  const rest = never > 0 ? `; in ${never} of ${values.length} seeds it never got there` : "";
  return `${baseline} needed ${bound}${mean.toFixed(1)} steps on average${interval} ${goal}${rest}.`;
}
