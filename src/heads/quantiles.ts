import { weightedQuantile } from "../math/quantile.ts";
import type { Algebra } from "./algebra.ts";
import { float64Algebra } from "./float64Algebra.ts";
import { defineHead, tex } from "./head.ts";
import { between, number } from "./options.ts";
import { meanAtRoot, ofResidual, onResidual, rootOfSlopes } from "./residual.ts";

type TauOption = { readonly tau: number };

export const absoluteError = defineHead({
  ...onResidual,
  name: "absolute-error",
  summary: "absolute error (MAE, L1)",
  options: {},
  loss: ofResidual((m, r) => m.abs(r)),
  gradient: ([z], y) => [Math.sign(z - y)],
  optimum: ({ labels, weights }) => ({
    output: [weightedQuantile(labels, weights, 0.5)],
    kind: "closed form",
  }),
  formula: {
    loss: ["|z - y|", tex`\ell(z,y)=|z-y|`],
    optimum: [
      "weighted median of y (the middle of the interval, if there is one)",
      tex`z^*=\operatorname{median}_w(y)`,
    ],
    expected: ["mean |y - median|", tex`L^*=\frac{\sum_i w_i|y_i-z^*|}{\sum_i w_i}`],
  },
  derivation:
    "The slope is the weight of the labels below z minus the weight of those above; it is zero where each is half of the total.",
  reference: "Koenker (2005), Quantile Regression, section 1.3",
  names: [
    { framework: "torch", name: "torch.nn.L1Loss", note: "mean over elements" },
    {
      framework: "keras",
      name: "keras.losses.MeanAbsoluteError",
      options: { reduction: "rows" },
      note: "mean over columns; divides by the number of rows",
    },
    {
      framework: "tfjs",
      name: "tf.losses.absoluteDifference",
      note: "divides by the number of nonzero weights",
    },
    {
      framework: "sklearn",
      name: "sklearn.ensemble.HistGradientBoostingRegressor(loss='absolute_error')",
      note: "starts from the median; with weights the lower one of a tie",
    },
    {
      framework: "xgboost",
      name: "reg:absoluteerror",
      note: "3.4 and later start from one step from the mean, not from the median",
    },
    { framework: "lightgbm", name: "regression_l1", note: "starts from the weighted median" },
    { framework: "catboost", name: "MAE", note: "starts from the median" },
  ],
});

export const quantile = defineHead({
  ...onResidual,
  name: "quantile",
  summary: "quantile (pinball) loss",
  options: { tau: number(0.5, between(0, 1), "the quantile to predict") },
  loss: ofResidual((m, r, { tau }: TauOption) => m.max(m.mul(r, -tau), m.mul(r, 1 - tau))),
  gradient: ([z], y, { tau }) => [z === y ? 0 : z < y ? -tau : 1 - tau],
  optimum: ({ labels, weights }, { tau }) => ({
    output: [weightedQuantile(labels, weights, tau)],
    kind: "closed form",
  }),
  formula: {
    loss: ["t (y - z) if y > z, else (1 - t) (z - y)", tex`\ell(z,y)=\tau(y-z)^+ + (1-\tau)(z-y)^+`],
    optimum: ["weighted t-quantile of y (the middle of the interval, if there is one)", tex`z^*=Q_\tau(y)`],
    expected: ["the mean loss at the quantile", tex`L^*=\frac{\sum_i w_i\,\ell(z^*,y_i)}{\sum_i w_i}`],
  },
  derivation:
    "The slope is (1 - t) times the weight of the labels below z minus t times the weight of those above; it is zero where the labels below have the fraction t of the total weight.",
  reference: "Koenker and Bassett (1978), Regression quantiles",
  names: [
    {
      framework: "sklearn",
      name: "sklearn.ensemble.HistGradientBoostingRegressor(loss='quantile')",
      note: "quantile is tau; sklearn's PinballLoss is this loss",
    },
    { framework: "sklearn", name: "sklearn.metrics.mean_pinball_loss", note: "alpha is tau, 0.5 by default" },
    { framework: "xgboost", name: "reg:quantileerror", note: "quantile_alpha is tau" },
    { framework: "lightgbm", name: "quantile", options: { tau: 0.9 }, note: "alpha is tau, 0.9 by default" },
    {
      framework: "catboost",
      name: "Quantile",
      note: "alpha is tau, 0.5 by default; starts from the sample quantile, moved by 1e-6",
    },
  ],
});

const asymmetry = <S, V>(m: Algebra<S, V>, r: S, tau: number) => m.ifLess(0, r, 1 - tau, tau);

const slope = (r: number, tau: number) => asymmetry(float64Algebra, r, tau) * r;

export const expectile = defineHead({
  ...onResidual,
  name: "expectile",
  summary: "expectile loss: squared error with unequal sides",
  options: { tau: number(0.5, between(0, 1), "the expectile to predict") },
  loss: ofResidual((m, r, { tau }: TauOption) => m.mul(asymmetry(m, r, tau), m.mul(r, r))),
  gradient: ([z], y, { tau }) => [2 * slope(z - y, tau)],
  optimum: (column, { tau }) => rootOfSlopes(column, (r) => slope(r, tau)),
  formula: {
    loss: ["|t - [y < z]| (z - y)^2", tex`\ell(z,y)=\left|\tau-[y<z]\right|(z-y)^2`],
    optimum: [
      "root of sum w |t - [y < z]| (z - y): monotone, between min y and max y",
      tex`\sum_i w_i\left|\tau-[y_i<z^*]\right|(z^*-y_i)=0`,
    ],
    expected: meanAtRoot,
  },
  derivation:
    "The slope is continuous and increasing, so it has one root. At t = 1/2 the optimum is the mean.",
  reference: "Newey and Powell (1987), Econometrica 55",
  names: [
    {
      framework: "xgboost",
      name: "reg:expectileerror",
      note: "expectile_alpha is tau; xgboost starts from one Newton step, not from this optimum",
    },
    { framework: "catboost", name: "Expectile", note: "alpha is tau" },
  ],
});
