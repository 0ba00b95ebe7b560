import { log1pExp, log1pExpInverse } from "../math/log1pExp.ts";
import { sigmoid } from "../math/logit.ts";
import type { Algebra } from "./algebra.ts";
import type { HeadDescription, LabelColumn } from "./head.ts";
import { anyNumber, choice } from "./options.ts";

/** Two outputs per column: the location of a distribution and its scale. */
export const onLocationAndScale = {
  family: "distribution",
  reads: "numbers",
  domain: anyNumber,
  identifiable: true,
  convex: false,
  width: () => 2,
} as const satisfies Partial<HeadDescription> & Record<string, unknown>;

/** How an output becomes a scale, whose logarithm the losses need. */
export interface Scale {
  /** log of the scale at an output. */
  readonly log: <S, V>(m: Algebra<S, V>, z: S) => S;
  /** Its derivative. */
  readonly slope: (z: number) => number;
  /** The output of a log scale. */
  readonly inverse: (logScale: number) => number;
}

export const logScale: Scale = { log: (_, z) => z, slope: () => 1, inverse: (l) => l };
export const halfLog: Scale = { log: (m, z) => m.mul(z, 0.5), slope: () => 0.5, inverse: (l) => 2 * l };
export const softplusScale: Scale = {
  log: (m, z) => m.logSoftplus(z),
  slope: (z) => (z < -37 ? 1 : sigmoid(z) / log1pExp(z)),
  inverse: (l) => log1pExpInverse(Math.exp(l)),
};
/** The output is the variance itself, raised to epsilon where it is less (as PyTorch does). */
export const clampedVariance = (epsilon: number): Scale => ({
  log: (m, z) => m.mul(m.log(m.max(z, epsilon)), 0.5),
  slope: (z) => (z > epsilon ? 0.5 / z : 0),
  inverse: (l) => Math.max(Math.exp(2 * l), epsilon),
});

/** Squared distance in units of twice the variance: (z − y)² / 2 e^(−2 log sd). */
export function normalExponent<S, V>(m: Algebra<S, V>, error: S, logSd: S): S {
  return m.mul(m.mul(error, error), m.mul(m.exp(m.mul(logSd, -2)), 0.5));
}

export const constantOption = choice(
  ["dropped", "kept"],
  "the constant of the density, which no output changes",
);
export const halfLog2Pi = 0.5 * Math.log(2 * Math.PI);

/** A warning where the best scale would be 0. */
export const constantLabels = ({ labels, place }: LabelColumn<number>, what: string) =>
  `all labels of ${place} are ${labels[0]}: the optimal ${what} is 0; epsilon is used instead, so that the bias is finite`;
