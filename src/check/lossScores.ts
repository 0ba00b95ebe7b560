import { bitsSaved, maxBitsSaved } from "./lossDensity.ts";
import type { LossTerm } from "./lossTerm.ts";
import type { ReportedNumber } from "./reportedNumber.ts";

/** Prior probability of a cause that is not in the table. */
export const priorOfOthers = 0.2;

/** A term with the logarithm to base 2 of its prior probability. */
export interface PriorTerm extends LossTerm {
  readonly prior: number;
}

/** Bits that a number costs less to write down by a term, the term's own cost paid. */
export const scoreOf = ({ prior, value, shape }: PriorTerm, at: ReportedNumber) =>
  prior + bitsSaved(at, value, shape);

/** Terms of the same name and value once, with their weights added (the first stands for all), the most probable first. */
export function withPriors(terms: readonly LossTerm[]): PriorTerm[] {
  const byKey = new Map<string, LossTerm>();
  for (const term of terms) {
    const key = `${term.name} ${term.shape.kind} ${term.value.toPrecision(6)}`;
    const known = byKey.get(key);
    byKey.set(key, known ? { ...known, weight: known.weight + term.weight } : term);
  }
  const total = terms.reduce((sum, { weight }) => sum + weight, 0);
  return [...byKey.values()]
    .map((term) => ({ ...term, prior: Math.log2(((1 - priorOfOthers) * term.weight) / total) }))
    .sort((a, b) => b.prior - a.prior);
}

/** The score of the best explanation of a number. */
export function bestBits(terms: readonly PriorTerm[], at: ReportedNumber): number {
  const most = maxBitsSaved(at);
  let best = -Infinity;
  for (const term of terms) {
    if (term.prior + most <= best) break; // those that follow are less probable still
    best = Math.max(best, scoreOf(term, at));
  }
  return best;
}

/** How many random numbers are tried. */
const randomNumbers = 200;

/**
 * Random numbers of the same size and precision: evenly over one e-fold to either side on the logarithmic scale, with as
 * many decimals, on a regular grid.
 */
export const randomNumbersLike = ({ value, rounding }: ReportedNumber): ReportedNumber[] =>
  Array.from({ length: randomNumbers }, (_, i) => {
    const exact = value * Math.exp((2 * (i + 0.5)) / randomNumbers - 1);
    const unit = 2 * rounding;
    return { value: Math.round(exact / unit) * unit, rounding };
  });
