import type { Algebra } from "./algebra.ts";
import { float64Algebra } from "./float64Algebra.ts";
import { defineHead, type LabelColumn, type Optimum, tex } from "./head.ts";
import { expLink, identityLink, reluLink, sigmoidLink, softplusLink, tanhLink } from "./links.ts";
import { anyNumber, choice, number, positive } from "./options.ts";

const activations = {
  identity: identityLink,
  sigmoid: sigmoidLink,
  tanh: tanhLink,
  softplus: softplusLink,
  exp: expLink,
  relu: reluLink,
} as const;

const options = {
  activation: choice(
    ["identity", "sigmoid", "tanh", "softplus", "exp", "relu"],
    "activation between the output and the prediction",
  ),
  factor: number(1, positive, "factor of the square; 0.5 for half the squared error"),
} as const;

type SquaredErrorOptions = { readonly activation: keyof typeof activations; readonly factor: number };

function optimum(column: LabelColumn<number>, { activation }: SquaredErrorOptions): Optimum {
  const { low, high, inverse } = activations[activation];
  const { mean, place } = column;
  if (mean > low && mean < high) return { output: inverse([mean]), kind: "closed form" };
  const edge = mean <= low ? low : high;
  if (activation === "relu") {
    return {
      output: [0],
      kind: "boundary",
      warnings: [
        `the mean of ${place} is ${mean}, and relu predicts 0 or more: at any bias of 0 or less the unit has no gradient`,
      ],
    };
  }
  // as far inside the range as pseudoCount rows would pull it, in units of the range or of the labels
  const scale = Number.isFinite(high - low) ? high - low : Math.sqrt(column.squares) || 1;
  const step = Math.min(0.5, column.pseudoCount / column.rows) * scale;
  return {
    output: inverse([edge === low ? low + step : high - step]),
    kind: "boundary",
    warnings: [
      `the mean of ${place} is ${mean}, and ${activation} predicts ${low} to ${high}, neither included: ` +
        "the optimum lies at infinity; the bias is set just inside the range",
    ],
  };
}

/** Prediction minus label. */
const error = <S, V>(m: Algebra<S, V>, output: V, y: S, { activation }: SquaredErrorOptions): S =>
  m.sub(activations[activation].at(m, m.entry(output, 0)), y);

export const squaredError = defineHead({
  name: "squared-error",
  summary: "squared error (MSE, L2)",
  family: "regression",
  reads: "numbers",
  domain: anyNumber,
  options,
  link: ({ activation }) => activations[activation],
  identifiable: true,
  convex: false,
  loss(m, output, y, o) {
    const e = error(m, output, y, o);
    return m.mul(m.mul(e, e), o.factor);
  },
  gradient: (output, y, o) => [
    2 * o.factor * error(float64Algebra, output, y, o) * activations[o.activation].slope(output)[0],
  ],
  expected: (output, { mean, variance }, o) =>
    o.factor * (error(float64Algebra, output, mean, o) ** 2 + variance),
  optimum,
  formula: {
    loss: ["c (g(z) - y)^2", tex`\ell(z,y)=c\,(g(z)-y)^2`],
    optimum: ["g^-1(mean y): mean, logit, atanh, log(e^m - 1), log m", tex`z^*=g^{-1}(\bar y)`],
    expected: ["c times the weighted variance of y", tex`L^*=c\operatorname{Var}_w(y)`],
  },
  derivation:
    "The mean of squares is smallest where the prediction is the mean of y; the bias is the output that the activation takes to it. If the mean lies outside the range of the activation, there is no finite optimum.",
  reference: "Bishop, Pattern Recognition and Machine Learning (2006), section 1.5.5",
  names: [
    { framework: "torch", name: "torch.nn.MSELoss", note: "mean over elements" },
    {
      framework: "keras",
      name: "keras.losses.MeanSquaredError",
      options: { reduction: "rows" },
      note: "mean over columns; divides by the number of rows",
    },
    {
      framework: "optax",
      name: "optax.l2_loss",
      options: { factor: 0.5 },
      note: "half the square; no reduction, the mean is yours to take",
    },
    { framework: "optax", name: "optax.squared_error", note: "no reduction, the mean is yours to take" },
    {
      framework: "tfjs",
      name: "tf.losses.meanSquaredError",
      note: "divides by the number of nonzero weights",
    },
    {
      framework: "sklearn",
      name: "sklearn.ensemble.HistGradientBoostingRegressor(loss='squared_error')",
      options: { factor: 0.5 },
      note: "half the square; starts from the weighted mean",
    },
    {
      framework: "xgboost",
      name: "reg:squarederror",
      options: { factor: 0.5 },
      note: "half the square; starts from the mean since 2.0",
    },
    {
      framework: "lightgbm",
      name: "regression",
      options: { factor: 0.5 },
      note: "half the square; starts from the weighted mean",
    },
    { framework: "catboost", name: "RMSE", note: "trains on the square; starts from the mean" },
  ],
});
