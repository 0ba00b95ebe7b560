import type { Difference } from "../experiment/record.ts";

/** What is compared between two arms. */
export interface Quantity {
  name: string;
  /** Losses in nats; fractions in [0, 1], shown in percent. */
  unit: "nats" | "fraction";
  better: "lower" | "higher";
}

/** One quantity of two arms over paired seeds: first minus second. */
export interface Comparison {
  quantity: Quantity;
  difference: Difference;
}

/** How many steps the baseline needs until its running loss is where the arm's started; null where it never got there. */
export interface StepsSaved {
  /** One a seed. */
  values: readonly (number | null)[];
  mean: number | null;
  low: number | null;
  high: number | null;
}

/** A number with its sign (a true minus), as many decimals as its unit needs. */
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
export function verdict({ quantity, difference }: Comparison, arm: string): string {
  const seeds = difference.values.length;
  if (!Number.isFinite(difference.mean)) return "not every loss was finite: no verdict";
  if (seeds < 2) return "a single seed: can't be told apart from noise";
  if (!difference.distinguishable) return `can't be told apart from noise with ${seeds} seeds`;
  const direction = difference.mean < 0 ? "lower" : "higher";
  return `${direction} with ${arm}: ${direction === quantity.better ? "better" : "worse"}`;
}

/** What the head start is worth, in steps of the baseline. */
export function stepsSavedText(saved: StepsSaved, arm: string, baseline: string): string {
  const reached = saved.values.filter((value) => value !== null);
  const seeds = saved.values.length;
  const goal = `for its running loss to fall to where ${arm} started`;
  if (reached.length === 0)
    return `${baseline} never got there: in this run its running loss did not fall to where ${arm} started.`;
  if (seeds === 1) return `${baseline} needed ${reached[0]} steps ${goal} (one seed).`;
  if (saved.mean === null || saved.low === null || saved.high === null || reached.length < seeds) {
    const range = `${Math.min(...reached)} to ${Math.max(...reached)}`;
    return `${baseline} needed ${range} steps ${goal}; in ${seeds - reached.length} of ${seeds} seeds it never got there.`;
  }
  const interval = `95\u00a0% interval ${saved.low.toFixed(1)} to ${saved.high.toFixed(1)}`;
  return `${baseline} needed ${saved.mean.toFixed(1)} steps on average (${interval}) ${goal}.`;
}
