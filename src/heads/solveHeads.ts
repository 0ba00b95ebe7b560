import { InputError } from "../errors.ts";
import type { LabelSummary } from "../labels/summary.ts";
import { sum } from "../math/sum.ts";
import type { Head } from "./head.ts";
import type { Options } from "./options.ts";
import { type Solution, solve } from "./solve.ts";

/** One output of a network with several. */
export interface WeightedHead {
  readonly name: string;
  readonly head: Head | string;
  readonly labels: LabelSummary | undefined;
  readonly options?: Options;
  /** Its factor in the total loss; default 1. */
  readonly weight?: number;
}

export interface CombinedSolution {
  readonly parts: Readonly<Record<string, Solution>>;
  /** Σ weight · loss; null where a part's is unknown. */
  readonly expectedLoss: number | null;
  readonly lossAtZero: number | null;
  readonly lossAtTorchDefault: number | null;
  /** Warnings of all parts, each preceded by the name of its part. */
  readonly warnings: readonly string[];
}

/**
 * Solves several heads whose weighted losses are added, as in a detector or a multi-task network. The parts share no
 * outputs, so each keeps its own optimum.
 *
 * @throws InputError on a negative weight, two parts of one name, or what `solve` refuses
 */
export function solveHeads(parts: readonly WeightedHead[]): CombinedSolution {
  const solutions: Record<string, Solution> = {};
  for (const { name, head, labels, options, weight = 1 } of parts) {
    if (name in solutions)
      throw new InputError(`invalid parts: two are named ${name}; each needs its own name`);
    if (!(weight >= 0 && weight < Infinity)) {
      throw new InputError(`invalid weight of ${name}: ${weight}; allowed: a number of at least 0`);
    }
    solutions[name] = solve(head, labels, options);
  }
  const total = (loss: (solution: Solution) => number | null) => {
    const losses = parts.map(({ name, weight = 1 }) => ({ loss: loss(solutions[name]), weight }));
    const counted = losses.filter(({ weight }) => weight > 0);
    return counted.some(({ loss }) => loss === null)
      ? null
      : sum(counted.map((part) => part.weight * part.loss!));
  };
  return {
    parts: solutions,
    expectedLoss: total((solution) => solution.expectedLoss),
    lossAtZero: total((solution) => solution.lossAtZero),
    lossAtTorchDefault: total((solution) => solution.lossAtTorchDefault),
    warnings: parts.flatMap(({ name }) => solutions[name].warnings.map((warning) => `${name}: ${warning}`)),
  };
}
