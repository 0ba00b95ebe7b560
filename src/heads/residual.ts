import { increasingRoot } from "../math/root.ts";
import type { Algebra } from "./algebra.ts";
import { type HeadDescription, type LabelColumn, tex } from "./head.ts";
import { identityLink } from "./links.ts";
import { anyNumber } from "./options.ts";

/** What the losses of the residual r = z − y share; the output is the prediction itself. */
export const onResidual = {
  family: "regression",
  reads: "numbers",
  domain: anyNumber,
  link: identityLink,
  identifiable: true,
  convex: true,
} as const satisfies Partial<HeadDescription> & Record<string, unknown>;

/** The loss of a residual, in any algebra. */
type ResidualLoss<O> = { of<S, V>(m: Algebra<S, V>, residual: S, options: O): S }["of"];

/** The loss of a row whose residual has the given loss. */
export const ofResidual =
  <O>(loss: ResidualLoss<O>) =>
  <S, V>(m: Algebra<S, V>, output: V, y: S, options: O): S =>
    loss(m, m.sub(m.entry(output, 0), y), options);

export const meanAtRoot = [
  "the mean loss at the root",
  tex`L^*=\frac{\sum_i w_i\,\ell(z^*,y_i)}{\sum_i w_i}`,
] as const;

/**
 * The minimum of Σ w ρ(z − y) for a convex ρ: the root of Σ w ρ'(z − y), which is increasing in z and changes sign between
 * the smallest and the largest label. Iterated to neighbouring floats: one Newton or Friedman step is not the minimum.
 */
export function rootOfSlopes({ labels, weights }: LabelColumn<number>, slope: (residual: number) => number) {
  const mean = (z: number) => {
    let total = 0;
    for (let i = 0; i < labels.length; i++) total += weights[i] * slope(z - labels[i]);
    return total;
  };
  const { low, high } = weightedRange(labels, weights);
  return { output: [increasingRoot(mean, low, high)], kind: "numeric" as const };
}

/** The smallest and the largest label that weigh something. */
function weightedRange(labels: ArrayLike<number>, weights: ArrayLike<number>): { low: number; high: number } {
  let first = 0;
  let last = labels.length - 1;
  while (weights[first] === 0) first++;
  while (weights[last] === 0) last--;
  return { low: labels[first], high: labels[last] };
}
