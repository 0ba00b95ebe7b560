import { sigmoid } from "../math/logit.ts";
import type { Algebra, OutputVector } from "./algebra.ts";
import { float64Algebra } from "./float64Algebra.ts";
import { defineHead, type LabelColumn, tex } from "./head.ts";
import { sigmoidLink } from "./links.ts";
import { notNegative, number, perClass, perColumn, unitInterval } from "./options.ts";
import { answerName, withPseudoCount } from "./pseudoCount.ts";

const options = {
  posWeight: perColumn(notNegative, "weight of the positives, one number per column, or balanced", true),
  classWeights: perClass(notNegative, "weights of no and yes, or balanced", true),
  labelSmoothing: number(0, unitInterval, "fraction of each label that is moved to one half"),
} as const;

type SigmoidOptions<S = number> = {
  readonly posWeight: S;
  readonly classWeights: readonly number[];
  readonly labelSmoothing: number;
};

/** Weights of −log(1 − p) and −log p for a label y; linear in y, so that fractions are mixtures of no and yes. */
function answerWeights<S, V>(m: Algebra<S, V>, y: S, o: SigmoidOptions<S>): [no: S, yes: S] {
  const half = o.labelSmoothing / 2;
  const no = m.mul(m.sub(1, y), o.classWeights[0] ?? 1);
  const yes = m.mul(y, o.classWeights[1] ?? 1);
  const smoothed = (own: S, other: S) => (half === 0 ? own : m.add(m.mul(own, 1 - half), m.mul(other, half)));
  return [smoothed(no, yes), m.mul(smoothed(yes, no), o.posWeight)];
}

const meanWeights = ({ mean }: LabelColumn<number>, o: SigmoidOptions) =>
  answerWeights(float64Algebra, mean, o);

function loss<S, V>(m: Algebra<S, V>, output: V, y: S, o: SigmoidOptions<S>): S {
  const z = m.entry(output, 0);
  const [no, yes] = answerWeights(m, y, o);
  return m.add(m.mul(no, m.log1pExp(z)), m.mul(yes, m.log1pExp(m.neg(z))));
}

const sigmoidCell = {
  loss,
  gradient(output: OutputVector, y: number, o: SigmoidOptions) {
    const [no, yes] = answerWeights(float64Algebra, y, o);
    return [no * sigmoid(output[0]) - yes * sigmoid(-output[0])];
  },
  expected: (output: OutputVector, column: LabelColumn<number>, o: SigmoidOptions): number =>
    loss(float64Algebra, output, column.mean, o),
  optimum(column: LabelColumn<number>, o: SigmoidOptions) {
    const { counts, warnings } = withPseudoCount(
      meanWeights(column, o).map((weight) => weight * column.weight),
      column,
      answerName(column),
    );
    return {
      output: [Math.log(counts[1] / counts[0])],
      kind: warnings.length > 0 ? ("boundary" as const) : ("closed form" as const),
      warnings,
    };
  },
  gap: (_output: OutputVector, column: LabelColumn<number>, variance: number, o: SigmoidOptions) => {
    const [no, yes] = meanWeights(column, o);
    // Taylor: the second derivative of the softplus is at most 1/4, whatever the distribution of the noise
    return { value: ((no + yes) * variance) / 8, kind: "bound" as const };
  },
};

export const sigmoidCrossEntropy = defineHead({
  name: "sigmoid",
  isCrossEntropy: true,
  summary: "sigmoid cross-entropy: yes or no in each column",
  family: "classification",
  reads: "binary",
  domain: unitInterval,
  options,
  link: sigmoidLink,
  identifiable: true,
  convex: true,
  ...sigmoidCell,
  formula: {
    loss: [
      "-(c y' log p + (1 - y') log(1 - p)),  p = sigmoid(z),  y' = (1 - e) y + e/2",
      tex`\ell(z,y) = -c\,y'\log\sigma(z) - (1-y')\log\sigma(-z),\quad y' = (1-\varepsilon)y + \tfrac{\varepsilon}{2}`,
    ],
    optimum: [
      "z = log(c q' / (1 - q')),  q' = (1 - e) q + e/2,  q the fraction of positives",
      tex`z^* = \log\frac{c\,q'}{1-q'},\quad q' = (1-\varepsilon)q + \tfrac{\varepsilon}{2}`,
    ],
    expected: [
      "(c q' + 1 - q') Hb(q_c),  q_c = c q' / (c q' + 1 - q');  Hb(q) without weights",
      tex`L^* = (c\,q' + 1 - q')\,H_b(q_c),\quad q_c = \frac{c\,q'}{c\,q' + 1 - q'}`,
    ],
  },
  derivation:
    "The derivative of the mean loss is (1 - q') sigmoid(z) - c q' sigmoid(-z); it is zero where the odds p / (1 - p) are c q' / (1 - q'). Class weights multiply the two terms in the same way.",
  reference: "Bishop, Pattern Recognition and Machine Learning (2006), section 4.3.2",
  names: [
    {
      framework: "torch",
      name: "torch.nn.BCEWithLogitsLoss",
      note: "takes logits; divides by the number of elements, also with weight and pos_weight",
    },
    {
      framework: "torch",
      name: "torch.nn.BCELoss",
      note: "takes probabilities, logarithms clamped at -100; divides by the number of elements",
    },
    {
      framework: "torch",
      name: "torch.nn.MultiLabelSoftMarginLoss",
      note: "takes logits; mean over columns and rows",
    },
    { framework: "torch", name: "torch.nn.SoftMarginLoss", note: "labels are -1 and +1; mean over elements" },
    {
      framework: "keras",
      name: "keras.losses.BinaryCrossentropy",
      options: { reduction: "rows" },
      note: "from_logits=False by default: probabilities, clipped at 1e-7; mean over columns; divides by the number of rows",
    },
    {
      framework: "optax",
      name: "optax.sigmoid_binary_cross_entropy",
      note: "takes logits; no reduction, the mean is yours to take",
    },
    {
      framework: "tfjs",
      name: "tf.losses.sigmoidCrossEntropy",
      note: "takes logits; divides by the number of nonzero weights. In layers models the loss takes probabilities, with 1e-7 inside the logarithm",
    },
    {
      framework: "sklearn",
      name: "sklearn.ensemble.HistGradientBoostingClassifier",
      note: "log_loss; starts from the logit of the sample-weighted frequency",
    },
    {
      framework: "xgboost",
      name: "binary:logistic",
      note: "scale_pos_weight is posWeight; with it, xgboost takes one Newton step from 0 instead of this optimum",
    },
    {
      framework: "lightgbm",
      name: "binary",
      note: "scale_pos_weight is posWeight, which LightGBM's own start value ignores",
    },
    {
      framework: "lightgbm",
      name: "cross_entropy",
      note: "labels are fractions; starts from the logit of their mean",
    },
    { framework: "lightgbm", name: "multiclassova", note: "one column per class" },
    { framework: "catboost", name: "Logloss", note: "starts from 0 unless boost_from_average is set" },
    {
      framework: "catboost",
      name: "CrossEntropy",
      note: "labels are fractions; starts from 0 unless boost_from_average is set",
    },
  ],
});
