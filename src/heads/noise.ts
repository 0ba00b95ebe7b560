import { normalRule, type Rule, uniformRule } from "../math/quadrature.ts";
import { seededRandom } from "../math/seededRandom.ts";
import { type BoundHead, cellOutput } from "./bind.ts";
import { meanLoss } from "./meanLoss.ts";

/** Random numbers added to every output independently: uniform on ±size, or normal with standard deviation `size`. */
export interface Noise {
  readonly shape: "uniform" | "normal";
  readonly size: number;
}

/** A mean over the noise, with the standard error of its simulation: 0 where it is a quadrature. */
export interface NoisyMean {
  readonly value: number;
  readonly error: number;
}

/** Points in each direction, for cells of one and of two outputs. */
const ruleSizes = { uniform: [32, 12], normal: [101, 41] } as const;

/**
 * The expected loss at `output` plus noise that is the same for all rows. Cells share no outputs, so the mean of their
 * sum is the sum of their means; in a cell of one or two outputs it is a product rule, in a wider one a seeded
 * simulation with antithetic pairs. With several columns the error is an upper bound, as if theirs added up.
 */
export function noisyLoss(bound: BoundHead, output: ArrayLike<number>, noise: Noise): NoisyMean {
  const means = bound.columns.map((column, j) => {
    const cell = cellOutput(bound, output, j);
    const lossAt = (z: number[]) => meanLoss(bound.head, z, column, bound.cellOptions[j]);
    const base = lossAt(cell);
    const excess = (shift: readonly number[]) => lossAt(cell.map((z, i) => z + noise.size * shift[i])) - base;
    const mean = cell.length <= 2 ? productMean : simulatedMean;
    return mean(excess, cell.length, noise);
  });
  const reduce = (of: (mean: NoisyMean) => number) =>
    bound.combine(bound.columns.map(({ weight }, j) => weight * of(means[j])));
  return {
    value: bound.expectedLoss(output) + reduce(({ value }) => value),
    error: reduce(({ error }) => error),
  };
}

function productMean(f: (shift: readonly number[]) => number, width: number, { shape }: Noise): NoisyMean {
  const { points, weights }: Rule = (shape === "uniform" ? uniformRule : normalRule)(
    ruleSizes[shape][width - 1],
  );
  let value = 0;
  for (let i = 0; i < points.length; i++) {
    if (width === 1) value += weights[i] * f([points[i]]);
    else for (let k = 0; k < points.length; k++) value += weights[i] * weights[k] * f([points[i], points[k]]);
  }
  return { value, error: 0 };
}

/** Antithetic pairs: what is odd in the noise cancels, and it is the larger part. */
function simulatedMean(f: (shift: readonly number[]) => number, width: number, { shape }: Noise): NoisyMean {
  const source = seededRandom(0, "noise");
  const draw = shape === "normal" ? source.normal : () => 2 * source.uniform() - 1;
  // Standard error near 1e-4 nats at PyTorch's default bias; more would be felt when the command line starts.
  const pairs = Math.max(8, Math.min(64, Math.floor(5e5 / width ** 2)));
  let total = 0;
  let squares = 0;
  for (let i = 0; i < pairs; i++) {
    const shift = Array.from({ length: width }, draw);
    const pair = (f(shift) + f(shift.map((x) => -x))) / 2;
    total += pair;
    squares += pair * pair;
  }
  const value = total / pairs;
  return { value, error: Math.sqrt(Math.max(0, squares / pairs - value * value) / pairs) };
}
