import { type Band, band } from "../heads/band.ts";
import type { Options } from "../heads/options.ts";
import { type Solution, solve } from "../heads/solve.ts";
import type { LabelSummary } from "../labels/summary.ts";
import { type SolveFigures, solveFigures } from "../report/solveFigures.ts";

/** A question as the page asks it. */
export interface Question {
  /** A name of the loss, ours or a framework's. */
  readonly loss: string;
  /** Undefined where the loss reads no labels. */
  readonly labels: LabelSummary | undefined;
  readonly options: Options;
  /** Rows of the batch that the first loss is measured on. */
  readonly batchSize: number;
}

export interface Answer {
  readonly solution: Solution;
  /** Of a network whose outputs do not vary; absent where the loss has none. */
  readonly band?: Band;
  /** Absent where there is no bias. */
  readonly figures?: SolveFigures;
}

/**
 * All that the page shows of a question, as plain data (it may come from a worker).
 *
 * @throws InputError as `solve` does
 */
export function answer({ loss, labels, options, batchSize }: Question): Answer {
  const solution = solve(loss, labels, options);
  if (solution.kind === "none") return { solution };
  return {
    solution,
    band: band(loss, labels, { batchSize, options }),
    figures: solveFigures(loss, labels, options, solution),
  };
}
