import type { ComparedMeasure, Measure } from "../experiment/measures.ts";
import type { Difference, StepsSaved } from "../experiment/record.ts";

/** A number with its sign (a true minus), with as many decimals as its unit needs; fractions in percent. */
export function signed(value: number, unit: Measure["unit"]): string {
  if (!Number.isFinite(value)) return "not finite";
  const [shown, decimals] = unit === "fraction" ? [100 * value, 2] : [value, 4];
  const size = Math.abs(shown);
  const text = unit === "number" ? size.toPrecision(4) : size.toFixed(decimals);
  return Number(text) === 0 ? text : (shown < 0 ? "−" : "+") + text;
}

export const differenceText = (value: number, unit: Measure["unit"]) =>
  unit === "fraction" && Number.isFinite(value)
    ? `${signed(value, unit)} percentage points`
    : signed(value, unit);

/** The 95 % interval of a difference; undefined for a single seed. */
export const intervalText = ({ low, high }: Difference, unit: Measure["unit"]) =>
  low === null || high === null ? undefined : `${signed(low, unit)} to ${signed(high, unit)}`;

/** What a difference shows, as a sentence. A single seed, or an interval that contains 0, shows nothing. */
export function verdict({ better }: ComparedMeasure, difference: Difference, arm: string): string {
  const seeds = difference.values.length;
  if (!Number.isFinite(difference.mean)) return "no verdict, since not every value is finite";
  if (seeds < 2) return "a single seed can't be told apart from noise";
  if (!difference.distinguishable)
    return `can't be told apart from noise with ${seeds} seeds${needed(difference)}`;
  const direction = difference.mean < 0 ? "lower" : "higher";
  return `${direction} with ${arm}: ${direction === better ? "better" : "worse"}`;
}

/** More seeds than anybody runs. */
const maxSeeds = 10_000;

/** Seeds that a difference of the size seen would take to be told from noise; undefined where that is not known. */
export function seedsText({ seedsNeeded, values }: Difference): string | undefined {
  if (seedsNeeded === null) return undefined;
  if (seedsNeeded > maxSeeds) return `more than ${maxSeeds.toLocaleString("en-US")}`;
  return `about ${Math.max(seedsNeeded, values.length + 1).toLocaleString("en-US")}`;
}

function needed(difference: Difference): string {
  const text = seedsText(difference);
  return text === undefined ? "" : `; a difference of this size would take ${text}`;
}

/** The same in a word or two, for a table. */
export function shortVerdict(
  { better }: ComparedMeasure,
  { mean, values, distinguishable }: Difference,
): string {
  if (values.length < 2) return "one seed: may be noise";
  if (!distinguishable) return "may be noise";
  return mean < 0 === (better === "lower") ? "better" : "worse";
}

/** How many steps the arm's start saves. */
export function stepsSavedText(saved: StepsSaved, arm: string, baseline: string): string {
  const { values, never, mean, low, high } = saved;
  const goal = `until its running loss had fallen to the initial loss of ${arm}`;
  if (never === values.length)
    return `The running loss of ${baseline} never fell to the initial loss of ${arm}.`;
  if (values.length === 1) return `${baseline} needed ${mean} steps ${goal} (one seed).`;
  const interval =
    low === null || high === null ? "" : ` (95\u00a0% interval ${low.toFixed(1)} to ${high.toFixed(1)})`;
  const bound = never > 0 ? "at least " : "";
  const rest = never > 0 ? `; in ${never} of ${values.length} seeds it never did` : "";
  return `${baseline} needed ${bound}${mean.toFixed(1)} steps on average${interval} ${goal}${rest}.`;
}
