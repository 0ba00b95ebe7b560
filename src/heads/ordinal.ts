import { log1pExp, log1pExpInverse } from "../math/log1pExp.ts";
import { logit, sigmoid } from "../math/logit.ts";
import { sum } from "../math/sum.ts";
import type { Algebra } from "./algebra.ts";
import { float64Algebra } from "./float64Algebra.ts";
import { defineHead, type HeadDescription, type LabelColumn, type Optimum, tex } from "./head.ts";
import { described, sigmoidLink } from "./links.ts";
import { choice, wholeNumbers } from "./options.ts";
import { className, withPseudoCount } from "./pseudoCount.ts";

/** K ordered classes and K − 1 outputs: one for each boundary between two neighbouring classes. */
const onBoundaries = {
  family: "ordinal",
  reads: "classes",
  domain: wholeNumbers,
  identifiable: true,
  convex: true,
  width: ({ labels }: LabelColumn<number>) => labels.length - 1,
} as const satisfies Partial<HeadDescription> & Record<string, unknown>;

const atLeastTwo =
  (head: string) =>
  ({ labels }: LabelColumn<number>) =>
    labels.length < 2 ? `invalid labels for ${head}: ${labels.length} class; allowed: 2 or more` : undefined;

/** Weight of the classes from k on: how many rows have y ≥ k. */
const atLeast = ({ weights }: LabelColumn<number>) =>
  Array.from(weights, (_, k) => sum(Array.from(weights).slice(k)));

/** Loss of each boundary: −log sigmoid of its output where the label lies above it, −log of the rest where not. */
const boundaryLosses = <S, V>(m: Algebra<S, V>, output: V, y: S): V =>
  m.zip(output, m.indices(m.width(output)), (z, k) => m.log1pExp(m.ifLess(k, y, m.neg(z), z)));
const boundarySlope = (z: number, above: boolean) => (above ? -sigmoid(-z) : sigmoid(z));

/** The log-odds of yes and no rows at each boundary, with a pseudo-count where one of them is missing. */
function logOdds(
  column: LabelColumn<number>,
  pairs: readonly (readonly [no: number, yes: number])[],
): Optimum {
  const warnings: string[] = [];
  const output = pairs.map((pair, k) => {
    const name = (yes: number) =>
      `classes ${yes === 1 ? "above" : "up to"} ${className(column)(k).slice("class ".length)}`;
    const filled = withPseudoCount(pair, column, name);
    warnings.push(...filled.warnings);
    return Math.log(filled.counts[1] / filled.counts[0]);
  });
  return { output, kind: warnings.length > 0 ? "boundary" : "closed form", warnings };
}

export const coral = defineHead({
  ...onBoundaries,
  name: "coral",
  summary: "CORAL: ordered classes, by boundaries",
  options: { over: choice(["sum", "mean"], "whether the K - 1 losses of a row are added or averaged") },
  link: described(sigmoidLink, "P(y > k) = sigmoid(z_k)"),
  refuse: atLeastTwo("coral"),
  loss: (m, output, y, { over }) =>
    m.div(m.sum(boundaryLosses(m, output, y)), over === "mean" ? m.width(output) : 1),
  gradient: (output, y, { over }) =>
    Array.from(output, (z, k) => boundarySlope(z, y > k) / (over === "mean" ? output.length : 1)),
  optimum(column) {
    const from = atLeast(column);
    return logOdds(
      column,
      from.slice(1).map((above) => [column.weight - above, above]),
    );
  },
  formula: {
    loss: [
      "sum_k -log sigmoid(z_k) if y > k, else -log sigmoid(-z_k)",
      tex`\ell(z,y)=-\sum_{k=0}^{K-2}\left([y>k]\log\sigma(z_k)+[y\le k]\log\sigma(-z_k)\right)`,
    ],
    optimum: ["z_k = logit P(y > k)", tex`z_k^*=\operatorname{logit}P(y>k)`],
    expected: ["sum_k Hb(P(y > k)) (divided by K - 1 with over=mean)", tex`L^*=\sum_k H_b(P(y>k))`],
  },
  derivation:
    "Every boundary has a binary cross-entropy with a bias of its own; the boundaries share the weights of the layer, not the biases. P(y > k) decreases with k, so the biases come out in order.",
  reference: "Cao, Mirjalili and Raschka (2020), arXiv 1901.07884",
  names: [
    {
      framework: "other",
      name: "coral_pytorch.losses.coral_loss",
      note: "sum over boundaries, mean over rows; preinit_bias sets a data-independent ramp instead",
    },
  ],
});

export const corn = defineHead({
  ...onBoundaries,
  name: "corn",
  summary: "CORN: ordered classes, by conditional answers",
  options: {},
  link: described(sigmoidLink, "P(y > k | y >= k) = sigmoid(z_k)"),
  refuse: atLeastTwo("corn"),
  loss(m, output, y) {
    const losses = boundaryLosses(m, output, y);
    return m.sum(m.zip(losses, m.indices(m.width(output)), (loss, k) => m.ifLess(y, k, 0, loss)));
  },
  gradient: (output, y) => Array.from(output, (z, k) => (k <= y ? boundarySlope(z, y > k) : 0)),
  optimum(column) {
    const from = atLeast(column);
    return logOdds(
      column,
      from.slice(1).map((above, k) => [column.weights[k], above]),
    );
  },
  formula: {
    loss: [
      "sum over k <= y of -log sigmoid(z_k) if y > k, else -log sigmoid(-z_k)",
      tex`\ell(z,y)=-\sum_{k\le y}\left([y>k]\log\sigma(z_k)+[y=k]\log\sigma(-z_k)\right)`,
    ],
    optimum: ["z_k = logit P(y > k | y >= k)", tex`z_k^*=\operatorname{logit}P(y>k\mid y\ge k)`],
    expected: [
      "H(p), the entropy of the classes",
      tex`L^*=H(p)=\sum_k\tfrac{n_k}{N}H_b\left(P(y>k\mid y\ge k)\right)`,
    ],
  },
  derivation:
    "The probability of a class is the product of the conditional probabilities on the way to it, so the loss of a row is -log P(y), and the mean at the optimum is the entropy of the classes.",
  reference: "Shi, Cao and Raschka (2021), arXiv 2111.08851",
  names: [
    {
      framework: "other",
      name: "coral_pytorch.losses.corn_loss",
      note: "divides by the rows of all tasks together (or, in some copies, by the number of classes), not by the rows",
    },
  ],
});

/** Thresholds from outputs: the first as it is, the others by steps that softplus keeps above 0. */
function thresholds<S, V>(m: Algebra<S, V>, output: V): V {
  const steps = m.zip(output, m.indices(m.width(output)), (z, k) => m.ifLess(0, k, m.log1pExp(z), z));
  return m.cumulativeSum(steps);
}

/** The outputs of rising thresholds. */
const fromThresholds = (theta: readonly number[]) =>
  theta.map((t, k) => (k === 0 ? t : log1pExpInverse(t - theta[k - 1])));

/** log P(y = k): the difference of two sigmoids, taken in the tail where both are small. */
function logBetween<S, V>(m: Algebra<S, V>, low: S, high: S): S {
  const middle = m.add(low, high);
  const a = m.ifLess(0, middle, m.neg(high), low);
  const b = m.ifLess(0, middle, m.neg(low), high);
  // sigmoid(b) − sigmoid(a) = (e^b − e^a) / ((1 + e^a)(1 + e^b))
  const difference = m.add(b, m.log(m.neg(m.expm1(m.sub(a, b)))));
  return m.sub(m.sub(difference, m.log1pExp(a)), m.log1pExp(b));
}

/** Stands for infinity: a threshold that no output reaches. */
const beyond = 1e30;

/** The thresholds below and above a class. */
function bounds<S, V>(m: Algebra<S, V>, theta: V, y: S): readonly [low: S, high: S] {
  const all = m.concat([-beyond, theta, beyond]);
  return [m.pick(all, y), m.pick(all, m.add(y, 1))];
}

export const cumulativeLink = defineHead({
  ...onBoundaries,
  name: "cumulative-link",
  summary: "proportional odds with rising thresholds",
  options: {},
  link: {
    name: "cumulative",
    text: "P(y <= k) = sigmoid(t_k),  t_0 = z_0,  t_k = t_(k-1) + softplus(z_k)",
    apply: (output) => Array.from(thresholds(float64Algebra, output), sigmoid),
    inverse: (prediction) => fromThresholds(Array.from(prediction, logit)),
    low: 0,
    high: 1,
  },
  convex: false,
  refuse: atLeastTwo("cumulative-link"),
  loss: (m, output, y) => m.neg(logBetween(m, ...bounds(m, thresholds(m, output), y))),
  gradient(output, y) {
    const theta = Array.from(thresholds(float64Algebra, output));
    const [low, high] = bounds(float64Algebra, theta, y);
    const logP = logBetween(float64Algebra, low, high);
    // dP / dθ = p (1 − p) at each of the two thresholds, over P
    const pull = (t: number) => Math.exp(-log1pExp(-t) - log1pExp(t) - logP);
    const inTheta = theta.map((_, k) => (k === y ? -pull(high) : k === y - 1 ? pull(low) : 0));
    // a step moves its own threshold and all later ones
    return inTheta.map((_, k) => sum(inTheta.slice(k)) * (k === 0 ? 1 : sigmoid(output[k])));
  },
  optimum(column) {
    const { counts, warnings } = withPseudoCount(column.weights, column, className(column));
    const total = sum(counts);
    const theta = counts.slice(1).map((_, k) => {
      const below = sum(counts.slice(0, k + 1));
      return Math.log(below / (total - below));
    });
    return {
      output: fromThresholds(theta),
      kind: warnings.length > 0 ? "boundary" : "closed form",
      warnings,
    };
  },
  formula: {
    loss: [
      "-log(sigmoid(t_y) - sigmoid(t_(y-1))),  t_0 = z_0,  t_k = t_(k-1) + softplus(z_k)",
      tex`\ell(z,y)=-\log\left(\sigma(\theta_y)-\sigma(\theta_{y-1})\right),\quad\theta_0=z_0,\ \theta_k=\theta_{k-1}+\operatorname{softplus}(z_k)`,
    ],
    optimum: [
      "t_k = logit P(y <= k);  z_k = softplus^-1(t_k - t_(k-1))",
      tex`\theta_k^*=\operatorname{logit}P(y\le k),\quad z_k^*=\operatorname{softplus}^{-1}(\theta_k^*-\theta_{k-1}^*)`,
    ],
    expected: ["H(p), the entropy of the classes", tex`L^*=H(p)`],
  },
  derivation:
    "K - 1 thresholds can give the classes any probabilities, so the best probabilities are the class frequencies, and these determine the thresholds. Thresholds must rise: softplus turns free outputs into positive steps.",
  reference: "McCullagh (1980), Regression models for ordinal data",
  names: [
    {
      framework: "other",
      name: "spacecutter.losses.CumulativeLinkLoss",
      note: "holds the thresholds themselves: those are logit P(y <= k)",
    },
  ],
});
