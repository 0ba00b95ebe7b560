import { logit, sigmoid } from "../math/logit.ts";
import { sum } from "../math/sum.ts";
import type { Algebra, OutputVector } from "./algebra.ts";
import { float64Algebra } from "./float64Algebra.ts";
import { defineHead, type LabelColumn, tex } from "./head.ts";
import { described, elementwise, identityLink } from "./links.ts";
import { unitInterval, wholeNumbers } from "./options.ts";
import { answerName, withPseudoCount } from "./pseudoCount.ts";
import { centre } from "./simplex.ts";

/** What the three losses of a margin s z, s = ±1, share: a fraction y is a mixture of no and yes. */
const onMargin = {
  family: "classification",
  reads: "binary",
  domain: unitInterval,
  options: {},
  identifiable: true,
  convex: true,
} as const;

const signLink = described(identityLink, "prediction = z, the class its sign");

/** The outputs are half the log-odds. */
const doubledSigmoidLink = elementwise("sigmoid of 2 z", "p = sigmoid(2 z)", {
  at: (m, z) => m.sigmoid(m.mul(z, 2)),
  inverse: (p) => logit(p) / 2,
  slope: (z) => 2 * sigmoid(2 * z) * sigmoid(-2 * z),
  low: 0,
  high: 1,
});

/** A loss of the margin. */
type MarginLoss = <S, V>(m: Algebra<S, V>, margin: S) => S;

/** The loss of a label y from 0 to 1: a mixture of the losses of yes (margin z) and no (margin −z). */
const mixture =
  (loss: MarginLoss) =>
  <S, V>(m: Algebra<S, V>, output: V, y: S): S => {
    const z = m.entry(output, 0);
    return m.add(m.mul(y, loss(m, z)), m.mul(m.sub(1, y), loss(m, m.neg(z))));
  };
const mixtureSlope = (y: number, z: number, slope: (margin: number) => number) => [
  y * slope(z) - (1 - y) * slope(-z),
];
const expected =
  (loss: MarginLoss) =>
  (output: OutputVector, { mean }: LabelColumn<number>) =>
    mixture(loss)(float64Algebra, output, mean);

const hingeLoss: MarginLoss = (m, margin) => m.max(0, m.sub(1, margin));

export const hinge = defineHead({
  ...onMargin,
  name: "hinge",
  summary: "hinge loss of yes/no labels read as +1, -1",
  link: signLink,
  loss: mixture(hingeLoss),
  gradient: ([z], y) => mixtureSlope(y, z, (margin) => (margin < 1 ? -1 : 0)),
  expected: expected(hingeLoss),
  optimum: ({ mean: q, place }) => ({
    output: [Math.sign(2 * q - 1)],
    kind: "closed form",
    warnings:
      q === 0.5 ? [`as many yes as no in ${place}: every output from -1 to 1 is optimal; 0 is used`] : [],
  }),
  formula: {
    loss: ["max(0, 1 - s z),  s = 2 y - 1", tex`\ell(z,y)=\max(0,1-sz),\quad s=2y-1`],
    optimum: [
      "sign(2 q - 1),  q the frequency of yes; anything from -1 to 1 where q = 1/2",
      tex`z^*=\operatorname{sign}(2q-1)`,
    ],
    expected: ["2 min(q, 1 - q)", tex`L^*=2\min(q,1-q)`],
  },
  derivation:
    "Between -1 and 1 the mean loss is 1 + (1 - 2q) z, and outside it only grows, so the end on the side of the majority is best. The frequency itself plays no part, so log-odds (as in the hinge layer of pylearn2) are wrong here.",
  reference: "Rosasco et al. (2004), Are loss functions all the same?",
  names: [
    {
      framework: "keras",
      name: "keras.losses.Hinge",
      options: { reduction: "rows" },
      note: "reads 0/1 labels as -1/+1; takes raw outputs",
    },
    {
      framework: "optax",
      name: "optax.hinge_loss",
      note: "labels are -1 and +1; no reduction, the mean is yours to take",
    },
    {
      framework: "xgboost",
      name: "binary:hinge",
      note: "xgboost starts from one Newton step, not from this optimum",
    },
    {
      framework: "sklearn",
      name: "sklearn.metrics.hinge_loss",
      note: "labels of any two kinds; divides by the sum of sample weights",
    },
  ],
});

const squaredHingeLoss: MarginLoss = (m, margin) => {
  const lack = hingeLoss(m, margin);
  return m.mul(lack, lack);
};

export const squaredHinge = defineHead({
  ...onMargin,
  name: "squared-hinge",
  summary: "squared hinge loss of labels read as +1 and -1",
  link: signLink,
  loss: mixture(squaredHingeLoss),
  gradient: ([z], y) => mixtureSlope(y, z, (margin) => -2 * Math.max(0, 1 - margin)),
  expected: expected(squaredHingeLoss),
  optimum: ({ mean: q }) => ({ output: [2 * q - 1], kind: "closed form" }),
  formula: {
    loss: ["max(0, 1 - s z)^2,  s = 2 y - 1", tex`\ell(z,y)=\max(0,1-sz)^2,\quad s=2y-1`],
    optimum: ["2 q - 1", tex`z^*=2q-1`],
    expected: ["4 q (1 - q)", tex`L^*=4q(1-q)`],
  },
  derivation:
    "Between -1 and 1 the mean loss is q (1 - z)^2 + (1 - q) (1 + z)^2, a parabola with its vertex at 2q - 1.",
  reference: "Rosasco et al. (2004), Are loss functions all the same?",
  names: [
    {
      framework: "keras",
      name: "keras.losses.SquaredHinge",
      options: { reduction: "rows" },
      note: "reads 0/1 labels as -1/+1; takes raw outputs",
    },
  ],
});

const exponentialLoss: MarginLoss = (m, margin) => m.exp(m.neg(margin));

export const exponential = defineHead({
  ...onMargin,
  name: "exponential",
  summary: "exponential loss of yes/no labels, as in AdaBoost",
  link: doubledSigmoidLink,
  loss: mixture(exponentialLoss),
  gradient: ([z], y) => mixtureSlope(y, z, (margin) => -Math.exp(-margin)),
  expected: expected(exponentialLoss),
  optimum(column) {
    const { counts, warnings } = withPseudoCount(
      [(1 - column.mean) * column.weight, column.mean * column.weight],
      column,
      answerName(column),
    );
    const q = counts[1] / (counts[0] + counts[1]);
    return { output: [logit(q) / 2], kind: warnings.length > 0 ? "boundary" : "closed form", warnings };
  },
  gap: (output, column, variance) => ({
    // E exp(∓noise) = exp(variance / 2) for normal noise
    value: expected(exponentialLoss)(output, column) * Math.expm1(variance / 2),
    kind: "exact",
  }),
  formula: {
    loss: ["exp(-s z),  s = 2 y - 1", tex`\ell(z,y)=e^{-sz},\quad s=2y-1`],
    optimum: ["log(q / (1 - q)) / 2", tex`z^*=\tfrac12\operatorname{logit}q`],
    expected: ["2 sqrt(q (1 - q))", tex`L^*=2\sqrt{q(1-q)}`],
  },
  derivation: "q exp(-z) = (1 - q) exp(z) where the derivative is zero: half the log-odds.",
  reference: "Friedman, Hastie and Tibshirani (2000), Additive logistic regression, lemma 1",
  names: [
    {
      framework: "sklearn",
      name: "sklearn.ensemble.GradientBoostingClassifier(loss='exponential')",
      note: "starts from half the log-odds of the sample-weighted frequency",
    },
  ],
});

export const categoricalHinge = defineHead({
  name: "categorical-hinge",
  summary: "multi-class hinge loss of Crammer and Singer",
  family: "classification",
  reads: "classes",
  domain: wholeNumbers,
  options: {},
  link: described(identityLink, "prediction = z, the class its largest"),
  identifiable: false,
  convex: true,
  width: ({ labels }) => labels.length,
  loss(m, output, label) {
    const own = m.oneHot(label, m.width(output));
    const others = m.zip(output, own, (z, isOwn) => m.ifLess(0, isOwn, -Infinity, z));
    return m.max(0, m.add(m.sub(m.largest(others), m.dot(output, own)), 1));
  },
  gradient(output, label) {
    const other = rival(output, label);
    const active = 1 + output[other] - output[label] > 0 ? 1 : 0;
    return Array.from(output, (_, k) => active * (+(k === other) - +(k === label)));
  },
  expected(output, { weights, weight }) {
    const ranked = [...output].sort((a, b) => b - a);
    const losses = Array.from(
      output,
      (z, k) => weights[k] * Math.max(0, 1 + (z === ranked[0] ? ranked[1] : ranked[0]) - z),
    );
    return sum(losses) / weight;
  },
  refuse: ({ labels }) =>
    labels.length < 2 ? "invalid labels for categorical-hinge: 1 class; allowed: 2 or more" : undefined,
  optimum({ weights, weight }) {
    const mode = Array.from(weights).indexOf(Math.max(...Array.from(weights)));
    const top = weights[mode] / weight;
    return {
      output: Array.from(weights, (_, k) => (top > 0.5 && k === mode ? 1 : 0)),
      kind: "closed form",
      warnings:
        top === 0.5
          ? [
              "one class has half of the rows: its output may exceed the others by anything from 0 to 1; 0 is used",
            ]
          : [],
    };
  },
  centre,
  formula: {
    loss: ["max(0, 1 + max_{k != y} z_k - z_y)", tex`\ell(z,y)=\max\left(0,\,1+\max_{k\ne y}z_k-z_y\right)`],
    optimum: [
      "0 if no class has more than half of the rows, else 1 for that class and 0 for the rest",
      tex`z^*=\begin{cases}0&\max\eta\le\tfrac12\\\text{one-hot(mode)}&\text{otherwise}\end{cases}`,
    ],
    expected: [
      "min(1, 2 (1 - max f)),  f the class frequencies",
      tex`L^*=\min\left(1,\,2(1-\max_k\eta_k)\right)`,
    ],
  },
  derivation:
    "Let the output of the most common class exceed the others by d, from 0 to 1. The rows of that class then cost 1 - d and the others 1 + d, so the mean is 1 + d (1 - 2 max f): d = 1 is best if the class has more than half of the rows, d = 0 if it has less.",
  reference: "Crammer and Singer (2001), JMLR 2",
  names: [
    {
      framework: "keras",
      name: "keras.losses.CategoricalHinge",
      options: { reduction: "rows" },
      note: "takes one-hot labels and raw outputs; also compares with an output of 0, which matters only for outputs below 0",
    },
    {
      framework: "optax",
      name: "optax.multiclass_hinge_loss",
      note: "takes raw outputs and integer labels; no reduction, the mean is yours to take",
    },
  ],
});

/** The class other than `label` with the largest output. */
function rival(output: OutputVector, label: number): number {
  let best = label === 0 ? 1 : 0;
  for (let k = 0; k < output.length; k++) if (k !== label && output[k] > output[best]) best = k;
  return best;
}
