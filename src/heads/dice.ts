import { logit, sigmoid } from "../math/logit.ts";
import { defineHead, type Head, type LabelColumn, tex } from "./head.ts";
import { sigmoidLink } from "./links.ts";
import { type NumberOption, notNegative, number, unitInterval } from "./options.ts";
import { answerName, withPseudoCount } from "./pseudoCount.ts";

/**
 * Overlap losses compare the sums over a whole batch (of pixels), not single rows. At a constant prediction p the sums
 * over N rows are Σ p y = N p q, Σ p = N p, Σ y = N q.
 */
const onOverlap = {
  family: "classification",
  reads: "binary",
  domain: unitInterval,
  link: sigmoidLink,
  convex: false,
  notTrainable: "its loss is one number for a whole batch, not a mean over rows",
} as const;

export const squaredDice = defineHead({
  ...onOverlap,
  name: "squared-dice",
  summary: "soft dice loss with squares in the denominator",
  options: {},
  identifiable: true,
  expected: ([z], { mean: q, squares }) => {
    const p = sigmoid(z);
    return 1 - (2 * p * q) / (p * p + squares);
  },
  optimum(column) {
    const counts = [(1 - column.squares) * column.weight, column.squares * column.weight];
    const filled = withPseudoCount(counts, column, answerName(column));
    const frequency = filled.counts[1] / (filled.counts[0] + filled.counts[1]);
    return {
      output: [logit(Math.sqrt(frequency))],
      kind: filled.warnings.length > 0 ? "boundary" : "closed form",
      warnings: filled.warnings,
    };
  },
  formula: {
    loss: [
      "1 - 2 sum(p y) / (sum p^2 + sum y^2), over the batch,  p = sigmoid(z)",
      tex`\ell=1-\frac{2\sum_i p_i y_i}{\sum_i p_i^2+\sum_i y_i^2},\quad p=\sigma(z)`,
    ],
    optimum: ["logit(sqrt q),  q the frequency of yes", tex`z^*=\operatorname{logit}\sqrt q`],
    expected: ["1 - sqrt q", tex`L^*=1-\sqrt q`],
  },
  derivation: "At a constant p the loss is 1 - 2 p q / (p^2 + q), whose derivative is zero at p^2 = q.",
  reference: "Milletari, Navab and Ahmadi (2016), V-Net, arXiv 1606.04797",
  names: [
    {
      framework: "other",
      name: "monai.losses.DiceLoss(squared_pred=True)",
      note: "adds 1e-5 above and below the fraction; mean over batch and channels",
    },
  ],
});

const adviceForOverlap =
  "start from the bias of its companion, sigmoid cross-entropy (the logit of the frequency of yes), and train with both losses added";

interface Overlap {
  readonly name: string;
  readonly summary: string;
  readonly options: Readonly<Record<string, NumberOption>>;
  /** The loss at a constant p, for a frequency q of yes; `smooth` is divided by the number of rows. */
  readonly at: (p: number, q: number, smooth: number, o: Readonly<Record<string, number>>) => number;
  readonly loss: Head["formula"]["loss"];
  readonly limit: Head["formula"]["expected"];
  readonly reference: string;
  readonly names: Head["names"];
}

const smoothOption = {
  smooth: number(0, notNegative, "added to numerator and denominator (each a sum over the batch)"),
};

const overlapHead = ({ at, loss, limit, options, ...rest }: Overlap): Head =>
  defineHead({
    ...onOverlap,
    ...rest,
    options: { ...options, ...smoothOption },
    identifiable: false,
    expected: ([z], { mean, rows }: LabelColumn<number>, o) => at(sigmoid(z), mean, o.smooth / rows, o),
    optimum: () => ({ output: [0], kind: "none" }),
    none: {
      reason:
        "at a constant prediction p the loss is monotonic in p: the optimum is p = 1 (or p = 0, where smooth outweighs the positives), which no finite output reaches",
      instead: adviceForOverlap,
    },
    formula: { loss, optimum: ["none finite: p -> 1", tex`z^*\to+\infty`], expected: limit },
    derivation:
      "At a constant p the sign of the derivative does not depend on p. Without smoothing the fraction increases with p for every frequency q above 0, so the loss decreases all the way to p = 1. With s it decreases where s is large against the positives of the batch, and the best constant is then p = 0.",
  });

export const dice = overlapHead({
  name: "dice",
  summary: "soft dice loss, linear denominator",
  options: {},
  at: (p, q, s) => 1 - (2 * p * q + s) / (p + q + s),
  loss: [
    "1 - (2 sum(p y) + s) / (sum p + sum y + s), over the batch",
    tex`\ell=1-\frac{2\sum_i p_i y_i+s}{\sum_i p_i+\sum_i y_i+s}`,
  ],
  limit: ["limit at p = 1: (1 - q) / (1 + q);  1 - q / (1/2 + q) at bias 0", tex`\lim L=\frac{1-q}{1+q}`],
  reference: "Sudre et al. (2017), arXiv 1707.03237",
  names: [
    {
      framework: "keras",
      name: "keras.losses.Dice",
      note: "takes probabilities; adds epsilon 1e-7 below the fraction; over the whole batch unless axis is given",
    },
    {
      framework: "optax",
      name: "optax.dice_loss",
      note: "takes logits unless apply_softmax=False; adds smooth 1 above and below",
    },
  ],
});

export const tversky = overlapHead({
  name: "tversky",
  summary: "Tversky loss: dice with unequal errors",
  options: {
    alpha: number(0.5, notNegative, "weight of false positives"),
    beta: number(0.5, notNegative, "weight of false negatives"),
  },
  at: (p, q, s, { alpha, beta }) => 1 - (p * q + s) / (p * q + alpha * p * (1 - q) + beta * (1 - p) * q + s),
  loss: [
    "1 - (TP + s) / (TP + a FP + b FN + s),  TP = sum p y, FP = sum p (1 - y), FN = sum (1 - p) y",
    tex`\ell=1-\frac{TP+s}{TP+\alpha FP+\beta FN+s}`,
  ],
  limit: ["limit at p = 1: 1 - q / (q + a (1 - q))", tex`\lim L=1-\frac{q}{q+\alpha(1-q)}`],
  reference: "Salehi, Erdogmus and Gholipour (2017), arXiv 1706.05721",
  names: [
    {
      framework: "keras",
      name: "keras.losses.Tversky",
      note: "takes probabilities; alpha 0.5 weighs false positives, beta 0.5 false negatives",
    },
  ],
});

export const jaccard = overlapHead({
  name: "jaccard",
  summary: "soft Jaccard loss: overlap over union",
  options: {},
  at: (p, q, s) => 1 - (p * q + s) / (p + q - p * q + s),
  loss: [
    "1 - (sum(p y) + s) / (sum p + sum y - sum(p y) + s), over the batch",
    tex`\ell=1-\frac{\sum_i p_i y_i+s}{\sum_i p_i+\sum_i y_i-\sum_i p_i y_i+s}`,
  ],
  limit: ["limit at p = 1: 1 - q", tex`\lim L=1-q`],
  reference: "Rahman and Wang (2016), Optimizing intersection-over-union",
  names: [],
});
