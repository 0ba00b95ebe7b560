import type { CauseName } from "./cause.ts";
import { bestBits, priorOfOthers, randomNumbersLike, scoreOf, withPriors } from "./lossScores.ts";
import type { ExplanationName, LossFacts, LossTerm } from "./lossTerm.ts";
import { checkFacts, lossTerms } from "./lossTerms.ts";
import { outputDeviation } from "./outputDeviation.ts";
import { type ReportedNumber, reportedNumber } from "./reportedNumber.ts";
import { settleLine } from "./settleLine.ts";

/** One way to arrive at a reported loss. The number is consistent with it, which does not prove that it is the cause. */
export interface LossExplanation {
  readonly name: ExplanationName;
  /** The cause as `checkOutputs` names it; undefined where nothing is wrong. */
  readonly cause?: CauseName;
  /** `8 x ln 32000`. */
  readonly formula: string;
  /** What that is, as a sentence without a full stop. */
  readonly what: string;
  /** What the formula gives; null where it allows a whole range. */
  readonly value: number | null;
  /** The reported number minus `value`; null for a range. */
  readonly difference: number | null;
  /** Standard deviation of the outputs that would explain the difference, where outputs are not large already: see docs/why.md. */
  readonly outputDeviation?: number;
  /** Bits that the explanation saves in writing down the number, after the cost of its assumptions: see docs/why.md. */
  readonly bits: number;
  /** Probability of this among all explanations, "something else" included. */
  readonly share: number;
  /** How often a random number of this size and precision finds an explanation as good; null for a loss of 0. */
  readonly chance: number | null;
  readonly fix: string;
  /** The command that would settle it. */
  readonly settle: string;
}

export interface LossVerdict {
  readonly loss: number;
  /** Largest difference between the printed number and the loss, by its number of digits. */
  readonly rounding: number;
  /** The explanations that the number is consistent with, the best first; empty where nothing known explains it. */
  readonly explanations: readonly LossExplanation[];
  /** Probability that it is something else, which nothing here explains. */
  readonly unexplained: number;
}

/** Explanations less probable than this are not listed, nor more than so many. */
const minShare = 0.03;
const maxExplanations = 6;

/**
 * Explains a loss that a program reports by what is known of the program.
 *
 * @param loss the number, best as the text that was printed: its digits say how precise it is (`"82.99"`, `"~14"`)
 * @returns explanations that the number is consistent with, the best first (docs/why.md says how they are ranked)
 * @throws InputError on a text that is no finite number, or facts out of range
 */
export function explainLoss(loss: number | string, facts: LossFacts = {}): LossVerdict {
  checkFacts(facts);
  const number = reportedNumber(loss);
  const terms = withPriors(lossTerms(facts));
  const scored = terms.map((term) => ({ term, bits: scoreOf(term, number) }));
  const evidence = scored.reduce((sum, { bits }) => sum + 2 ** bits, priorOfOthers);
  const best = scored
    .filter(({ bits }) => 2 ** bits > minShare * evidence)
    .sort((a, b) => b.bits - a.bits)
    .slice(0, maxExplanations);
  const random = best.length > 0 ? randomNumbersLike(number).map((at) => bestBits(terms, at)) : [];
  return {
    loss: number.value,
    rounding: number.rounding,
    explanations: best.map(({ term, bits }) => ({
      ...explained(term, number),
      bits,
      share: 2 ** bits / evidence,
      chance: number.value === 0 ? null : random.filter((r) => r >= bits).length / random.length,
      settle: settleLine(term, String(loss), facts),
    })),
    unexplained: priorOfOthers / evidence,
  };
}

function explained(
  { name, cause, formula, what, value, shape, fix, classes }: LossTerm,
  { value: loss }: ReportedNumber,
): Omit<LossExplanation, "bits" | "share" | "chance" | "settle"> {
  const known = { name, cause, formula, what, fix };
  if (shape.kind === "range") return { ...known, value: null, difference: null };
  const deviation =
    shape.kind === "large" && classes !== undefined ? outputDeviation(loss, classes) : undefined;
  return {
    ...known,
    value,
    difference: loss - value,
    ...(deviation !== undefined && {
      what: `${what}, by a standard deviation near ${Number(deviation.toPrecision(2))}`,
      outputDeviation: deviation,
    }),
  };
}
