import { InputError } from "../errors.ts";
import type { LabelSummary } from "../labels/summary.ts";
import { seededRandom } from "../math/seededRandom.ts";
import { sum } from "../math/sum.ts";
import { version } from "../version.ts";
import { type Band, band } from "./band.ts";
import { bind } from "./bind.ts";
import type { Framework, FrameworkName, Head } from "./head.ts";
import { findHead } from "./index.ts";
import type { Options } from "./options.ts";
import { optimalOutput, solve } from "./solve.ts";

/** What the lines for a framework contain. */
export interface SnippetValues {
  /** Comments about the loss and the labels, one a line. */
  readonly about: readonly string[];
  readonly bias: readonly number[];
  /** Whether only differences between outputs count, so that the variance is taken about each row's mean. */
  readonly centred: boolean;
  /** Whether the framework's loss is a sum over rows. The check is of its mean. */
  readonly isSum: boolean;
  /** The check of the initial loss, or why there is none. */
  readonly check: SnippetCheck | string;
}

/** The range of the initial loss, by the variance of the outputs without bias. */
export interface SnippetCheck {
  readonly expectedLoss: number;
  /** What the variance adds to the loss: at most, or at least where it is negative. */
  readonly gap: ByVariance;
  /** Variance of a row's loss: over the batch size, the squared standard error of its mean. */
  readonly rowVariance: ByVariance;
}

/** A line in the variance, or its values at `variances`. */
export type ByVariance =
  | { readonly at0: number; readonly slope: number }
  | { readonly table: readonly number[] };

/** Where the gap is not a line in the variance, it is written down at these variances, and interpolated. */
export const variances: readonly number[] = [0, 0.001, 0.01, 0.03, 0.1, 0.3, 1, 3, 10];

/**
 * The numbers of a snippet, and what it says about its loss.
 *
 * @param library the framework that the lines are for, as the catalogue calls it; undefined if it has no losses
 * @throws InputError on a head without a bias
 */
export function snippetValues(
  loss: string,
  labels: LabelSummary | undefined,
  options: Options,
  library: Framework | undefined,
): SnippetValues {
  const { head, framework, options: implied } = findHead(loss);
  const solution = solve(loss, labels, options);
  if (solution.expectedLoss === null || solution.kind === "none") {
    throw new InputError(`no snippet for ${head.name}: ${solution.reason}; instead: ${solution.instead}`);
  }
  const rows = labels === undefined ? "" : `, ${Math.round(labels.rows)} rows`;
  const first = `baserate ${version}: ${framework?.name ?? head.name}${rows}, expected loss ${solution.expectedLoss.toFixed(6)} (${solution.reduction})`;
  const all = { ...implied, ...options };
  return {
    about: [first, ...(framework ? [] : namesIn(head, library, all))],
    bias: solution.bias,
    centred: solution.centredBias !== undefined,
    isSum: bind(head, labels, all).options.reduction === "sum",
    check: head.loss ? checkOf(loss, labels, options) : `${head.notTrainable}`,
  };
}

function checkOf(loss: string, labels: LabelSummary | undefined, options: Options): SnippetCheck {
  const found = findHead(loss);
  const at = (outputVariance: number) => band(loss, labels, { batchSize: 1, outputVariance, options });
  const [zero, one, two] = [0, 1, 2].map(at);
  const { expectedLoss } = zero;
  const rowVariance = ({ standardError }: Band) => standardError ** 2;
  if (Math.abs(two.gap - 2 * one.gap) <= 1e-9 * Math.abs(two.gap)) {
    const [start, end] = [zero, one].map(rowVariance);
    return {
      expectedLoss,
      gap: { at0: 0, slope: one.gap },
      rowVariance: { at0: start, slope: end - start },
    };
  }
  const bound = bind(found.head, labels, { ...found.options, ...options });
  const bias = optimalOutput(bound);
  const moved = directions(bias.length, found.head.centre !== undefined);
  const rows = variances.map((variance) => {
    const shifted = moved.map((direction) =>
      band(loss, labels, {
        batchSize: 1,
        bias: bias.map((b, k) => b + direction[k] * Math.sqrt(variance)),
        options,
      }),
    );
    const noisy = at(variance);
    return {
      gap: Math.max(noisy.gap, ...shifted.map((other) => other.expectedLoss - expectedLoss)),
      rowVariance: Math.max(...[noisy, ...shifted].map(rowVariance)),
    };
  });
  return {
    expectedLoss,
    gap: { table: rows.map(({ gap }) => gap) },
    rowVariance: { table: rows.map((row) => row.rowVariance) },
  };
}

/**
 * Ways in which an untrained network can move the outputs of all rows alike, each with a mean square of 1. Along some of
 * them a loss can grow more than the mean over noise of the same size: by a kink, or by a curvature that differs.
 */
function directions(outputs: number, isCentred: boolean): number[][] {
  if (outputs === 1) return [[1], [-1]];
  const { normal } = seededRandom(0, "directions");
  // Many outputs move alike in every direction, and a loss of each label takes K^2 steps.
  const count = Math.max(8, Math.min(64, Math.floor(5e6 / outputs ** 2)));
  return Array.from({ length: count }, () => {
    const drawn = Array.from({ length: outputs }, () => normal());
    const middle = isCentred ? sum(drawn) / outputs : 0;
    const centred = drawn.map((value) => value - middle);
    const size = Math.sqrt(sum(centred.map((value) => value ** 2)) / outputs);
    return centred.map((value) => value / size);
  });
}

/** The framework's own losses that are this head, with the options in which they differ from it. */
function namesIn(head: Head, library: Framework | undefined, options: Options): string[] {
  const own = head.names.filter(({ framework }) => framework === library);
  return own.map((name) => {
    const changed = differences(name, options);
    const hint = changed === "" ? "" : `; by default ${changed}, for which give --loss ${name.name}`;
    return `${name.name}: ${name.note}${hint}`;
  });
}

/** Options that a framework's loss implies and that were not given; the reduction matters only with weights. */
function differences({ options = {} }: FrameworkName, given: Options): string {
  return Object.entries(options)
    .filter(([name, value]) => !["reduction", "smoothedWeight"].includes(name) && given[name] !== value)
    .map(([name, value]) => `${name}=${value}`)
    .join(", ");
}
