import { log1pExp } from "../math/log1pExp.ts";
import { sigmoid } from "../math/logit.ts";
import { type Column, defineHead, tex } from "./head.ts";
import { type OutputVector, sigmoidLink } from "./links.ts";
import { notNegative, number, perClass, perColumn, share } from "./options.ts";
import { answerName, withPseudoCount } from "./pseudoCount.ts";

const options = {
  posWeight: perColumn(notNegative, "weight of the positives, one a column, or balanced", true),
  classWeights: perClass(notNegative, "weights of no and yes, or balanced", true),
  labelSmoothing: number(0, share, "share of each label moved to one half"),
} as const;

type SigmoidOptions = {
  readonly posWeight: number;
  readonly classWeights: readonly number[];
  readonly labelSmoothing: number;
};

/** Weights of log(1 − p) and log p for a label y; linear in y, so that fractions are mixtures of no and yes. */
function target(y: number, o: SigmoidOptions): [no: number, yes: number] {
  const half = o.labelSmoothing / 2;
  const no = (1 - y) * (o.classWeights[0] ?? 1);
  const yes = y * (o.classWeights[1] ?? 1);
  return [(1 - half) * no + half * yes, o.posWeight * ((1 - half) * yes + half * no)];
}

const sigmoidCell = {
  loss(output: OutputVector, y: number, o: SigmoidOptions) {
    const [no, yes] = target(y, o);
    return no * log1pExp(output[0]) + yes * log1pExp(-output[0]);
  },
  gradient(output: OutputVector, y: number, o: SigmoidOptions) {
    const [no, yes] = target(y, o);
    return [no * sigmoid(output[0]) - yes * sigmoid(-output[0])];
  },
  expected(output: OutputVector, column: Column<number>, o: SigmoidOptions): number {
    return sigmoidCell.loss(output, column.mean, o);
  },
  optimum(column: Column<number>, o: SigmoidOptions) {
    const { counts, warnings } = withPseudoCount(
      target(column.mean, o).map((share) => share * column.weight),
      column,
      answerName(column),
    );
    return {
      output: [Math.log(counts[1] / counts[0])],
      kind: warnings.length > 0 ? ("boundary" as const) : ("closed form" as const),
      warnings,
    };
  },
  gap: (_output: OutputVector, column: Column<number>, variance: number, o: SigmoidOptions) => {
    const [no, yes] = target(column.mean, o);
    // Taylor: the softplus' second derivative is at most 1/4, whatever the noise's distribution
    return { value: ((no + yes) * variance) / 8, kind: "bound" as const };
  },
};

export const sigmoidCrossEntropy = defineHead({
  name: "sigmoid",
  summary: "sigmoid cross-entropy: yes or no in each column",
  family: "classification",
  reads: "binary",
  domain: share,
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
      "z = log(c q' / (1 - q')),  q' = (1 - e) q + e/2,  q the share of positives",
      tex`z^* = \log\frac{c\,q'}{1-q'},\quad q' = (1-\varepsilon)q + \tfrac{\varepsilon}{2}`,
    ],
    expected: [
      "(c q' + 1 - q') Hb(q_c),  q_c = c q' / (c q' + 1 - q');  Hb(q) without weights",
      tex`L^* = (c\,q' + 1 - q')\,H_b(q_c),\quad q_c = \frac{c\,q'}{c\,q' + 1 - q'}`,
    ],
  },
  derivation:
    "The derivative of the mean loss is (1 - q') sigmoid(z) - c q' sigmoid(-z); it is zero where the odds p / (1 - p) are c q' / (1 - q'). Class weights multiply the two terms in the same way.",
  source: "Bishop, Pattern Recognition and Machine Learning (2006), section 4.3.2",
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
      note: "log_loss; starts from the logit of the sample-weighted share",
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
    { framework: "lightgbm", name: "multiclassova", note: "one column a class" },
    { framework: "catboost", name: "Logloss", note: "starts from 0 unless boost_from_average is set" },
    {
      framework: "catboost",
      name: "CrossEntropy",
      note: "labels are fractions; starts from 0 unless boost_from_average is set",
    },
  ],
});
