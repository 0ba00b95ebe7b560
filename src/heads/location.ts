import { weightedQuantile } from "../math/quantile.ts";
import { increasingRoot } from "../math/root.ts";
import { type Column, type Description, defineHead, tex } from "./head.ts";
import { identityLink } from "./links.ts";
import { anyNumber, between, number, positive } from "./options.ts";

/** Losses of the residual r = z − y alone, with an output that is the prediction itself. */
const onResidual = {
  family: "regression",
  reads: "numbers",
  domain: anyNumber,
  link: identityLink,
  identifiable: true,
  convex: true,
} as const satisfies Partial<Description> & Record<string, unknown>;

/**
 * The minimum of Σ w ρ(z − y) for a convex ρ: the root of Σ w ρ'(z − y), which is increasing in z and changes sign between
 * the smallest and the largest label. Iterated to neighbouring floats: one Newton or Friedman step is not the minimum.
 */
function rootOfSlopes({ labels, weights }: Column<number>, slope: (residual: number) => number) {
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

const pinball = (r: number, tau: number) => (r < 0 ? -tau * r : (1 - tau) * r);

export const absoluteError = defineHead({
  ...onResidual,
  name: "absolute-error",
  summary: "absolute error (MAE, L1)",
  options: {},
  loss: ([z], y: number) => Math.abs(z - y),
  gradient: ([z], y) => [Math.sign(z - y)],
  optimum: ({ labels, weights }) => ({
    output: [weightedQuantile(labels, weights, 0.5)],
    kind: "closed form",
  }),
  formula: {
    loss: ["|z - y|", tex`\ell(z,y)=|z-y|`],
    optimum: [
      "weighted median of y (the middle, where an interval ties)",
      tex`z^*=\operatorname{median}_w(y)`,
    ],
    expected: ["mean |y - median|", tex`L^*=\frac{\sum_i w_i|y_i-z^*|}{\sum_i w_i}`],
  },
  derivation:
    "The slope is the weight of the labels below z minus that above: zero where both are half of the total.",
  source: "Koenker (2005), Quantile Regression, section 1.3",
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
  loss: ([z], y: number, { tau }) => pinball(z - y, tau),
  gradient: ([z], y, { tau }) => [z === y ? 0 : z < y ? -tau : 1 - tau],
  optimum: ({ labels, weights }, { tau }) => ({
    output: [weightedQuantile(labels, weights, tau)],
    kind: "closed form",
  }),
  formula: {
    loss: ["t (y - z) if y > z, else (1 - t) (z - y)", tex`\ell(z,y)=\tau(y-z)^+ + (1-\tau)(z-y)^+`],
    optimum: ["weighted t-quantile of y (the middle, where an interval ties)", tex`z^*=Q_\tau(y)`],
    expected: ["the mean loss at the quantile", tex`L^*=\frac{\sum_i w_i\,\ell(z^*,y_i)}{\sum_i w_i}`],
  },
  derivation:
    "The slope is (1 - t) times the weight below z minus t times that above: zero where the weight below is t of the total.",
  source: "Koenker and Bassett (1978), Regression quantiles",
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

const huberLoss = (r: number, delta: number) =>
  Math.abs(r) <= delta ? (r * r) / 2 : delta * (Math.abs(r) - delta / 2);
const clip = (r: number, delta: number) => Math.max(-delta, Math.min(delta, r));

const huberOptimum = [
  "root of sum w clip(z - y, -d, d): monotone, between min y and max y",
  tex`\sum_i w_i\,\operatorname{clip}(z^*-y_i,-\delta,\delta)=0`,
] as const;
const meanAtRoot = [
  "the mean loss at the root",
  tex`L^*=\frac{\sum_i w_i\,\ell(z^*,y_i)}{\sum_i w_i}`,
] as const;

export const huber = defineHead({
  ...onResidual,
  name: "huber",
  summary: "Huber loss: squared near zero, absolute far away",
  options: { delta: number(1, positive, "where squared turns into absolute") },
  loss: ([z], y: number, { delta }) => huberLoss(z - y, delta),
  gradient: ([z], y, { delta }) => [clip(z - y, delta)],
  optimum: (column, { delta }) => rootOfSlopes(column, (r) => clip(r, delta)),
  formula: {
    loss: [
      "r^2 / 2 if |r| <= d, else d (|r| - d/2),  r = z - y",
      tex`\ell(z,y)=\begin{cases}\tfrac12r^2&|r|\le\delta\\\delta(|r|-\tfrac\delta2)&\text{otherwise}\end{cases},\quad r=z-y`,
    ],
    optimum: huberOptimum,
    expected: meanAtRoot,
  },
  derivation:
    "The loss is convex, so its minimum is where the mean slope is zero. There is no closed form; scikit-learn stops after one step from the median, LightGBM takes the mean.",
  source: "Huber (1964), Annals of Mathematical Statistics 35",
  names: [
    { framework: "torch", name: "torch.nn.HuberLoss", note: "mean over elements; delta 1" },
    {
      framework: "keras",
      name: "keras.losses.Huber",
      options: { reduction: "rows" },
      note: "delta 1; mean over columns; divides by the number of rows",
    },
    {
      framework: "optax",
      name: "optax.huber_loss",
      note: "delta 1; no reduction, the mean is yours to take",
    },
    {
      framework: "tfjs",
      name: "tf.losses.huberLoss",
      note: "delta 1; divides by the number of nonzero weights",
    },
    {
      framework: "sklearn",
      name: "sklearn.linear_model.HuberRegressor",
      options: { delta: 1.35 },
      note: "epsilon is delta, in units of a scale that it estimates too: standardise the target first",
    },
    {
      framework: "lightgbm",
      name: "huber",
      options: { delta: 0.9 },
      note: "alpha is delta, 0.9 by default; LightGBM itself starts from the mean, which is not this optimum",
    },
    { framework: "catboost", name: "Huber", note: "delta must be given" },
  ],
});

export const smoothL1 = defineHead({
  ...onResidual,
  name: "smooth-l1",
  summary: "smooth L1: Huber's loss divided by its delta",
  options: { beta: number(1, positive, "where squared turns into absolute") },
  loss: ([z], y: number, { beta }) => huberLoss(z - y, beta) / beta,
  gradient: ([z], y, { beta }) => [clip(z - y, beta) / beta],
  optimum: (column, { beta }) => rootOfSlopes(column, (r) => clip(r, beta)),
  formula: {
    loss: ["huber(z - y, d) / d", tex`\ell(z,y)=\frac{\operatorname{huber}_\delta(z-y)}{\delta}`],
    optimum: huberOptimum,
    expected: meanAtRoot,
  },
  derivation: "A constant factor does not move Huber's optimum.",
  source: "Girshick (2015), Fast R-CNN, arXiv 1504.08083",
  names: [{ framework: "torch", name: "torch.nn.SmoothL1Loss", note: "mean over elements; beta 1" }],
});

export const logCosh = defineHead({
  ...onResidual,
  name: "log-cosh",
  summary: "log-cosh loss: squared near zero, absolute far away",
  options: {},
  // log cosh r = log(1 + 2 sinh²(r/2)) = |r| + log(1 + e^(−2|r|)) − log 2: the one keeps small r exact, the other large r finite
  loss: ([z], y: number) => {
    const r = Math.abs(z - y);
    return r < 1 ? Math.log1p(2 * Math.sinh(r / 2) ** 2) : r + Math.log1p(Math.exp(-2 * r)) - Math.LN2;
  },
  gradient: ([z], y) => [Math.tanh(z - y)],
  optimum: (column) => rootOfSlopes(column, Math.tanh),
  formula: {
    loss: ["log cosh(z - y)", tex`\ell(z,y)=\log\cosh(z-y)`],
    optimum: [
      "root of sum w tanh(z - y): monotone, between min y and max y",
      tex`\sum_i w_i\tanh(z^*-y_i)=0`,
    ],
    expected: meanAtRoot,
  },
  derivation: "The slope of log cosh is tanh, which is increasing: one root.",
  source: "Green (1990), IEEE Transactions on Medical Imaging 9",
  names: [
    {
      framework: "keras",
      name: "keras.losses.LogCosh",
      options: { reduction: "rows" },
      note: "mean over columns; divides by the number of rows",
    },
    { framework: "optax", name: "optax.log_cosh", note: "no reduction, the mean is yours to take" },
    { framework: "catboost", name: "LogCosh", note: "no start value of its own" },
  ],
});

const asymmetry = (r: number, tau: number) => (r > 0 ? 1 - tau : tau);

export const expectile = defineHead({
  ...onResidual,
  name: "expectile",
  summary: "expectile loss: squared error with unequal sides",
  options: { tau: number(0.5, between(0, 1), "the expectile to predict") },
  loss: ([z], y: number, { tau }) => asymmetry(z - y, tau) * (z - y) ** 2,
  gradient: ([z], y, { tau }) => [2 * asymmetry(z - y, tau) * (z - y)],
  optimum: (column, { tau }) => rootOfSlopes(column, (r) => asymmetry(r, tau) * r),
  formula: {
    loss: ["|t - [y < z]| (z - y)^2", tex`\ell(z,y)=\left|\tau-[y<z]\right|(z-y)^2`],
    optimum: [
      "root of sum w |t - [y < z]| (z - y): monotone, between min y and max y",
      tex`\sum_i w_i\left|\tau-[y_i<z^*]\right|(z^*-y_i)=0`,
    ],
    expected: meanAtRoot,
  },
  derivation: "The slope is continuous and increasing: one root. At t = 1/2 it is the mean.",
  source: "Newey and Powell (1987), Econometrica 55",
  names: [
    {
      framework: "xgboost",
      name: "reg:expectileerror",
      note: "expectile_alpha is tau; xgboost starts from one Newton step, not from this optimum",
    },
    { framework: "catboost", name: "Expectile", note: "alpha is tau" },
  ],
});

export const fair = defineHead({
  ...onResidual,
  name: "fair",
  summary: "Fair loss: squared near zero, almost absolute far",
  options: { c: number(1, positive, "scale of the residuals") },
  loss: ([z], y: number, { c }) => {
    const r = Math.abs(z - y) / c;
    return c * c * (r - Math.log1p(r));
  },
  gradient: ([z], y, { c }) => [(z - y) / (1 + Math.abs(z - y) / c)],
  optimum: (column, { c }) => rootOfSlopes(column, (r) => r / (1 + Math.abs(r) / c)),
  formula: {
    loss: [
      "c^2 (|r|/c - log(1 + |r|/c)),  r = z - y",
      tex`\ell(z,y)=c^2\left(\tfrac{|r|}{c}-\log\left(1+\tfrac{|r|}{c}\right)\right),\quad r=z-y`,
    ],
    optimum: [
      "root of sum w r / (1 + |r|/c): monotone, between min y and max y",
      tex`\sum_i w_i\frac{r_i}{1+|r_i|/c}=0`,
    ],
    expected: meanAtRoot,
  },
  derivation: "The slope r / (1 + |r|/c) is increasing: one root. LightGBM starts from the mean instead.",
  source: "Fair (1974), On the robust estimation of econometric models",
  names: [
    {
      framework: "lightgbm",
      name: "fair",
      note: "fair_c is c; LightGBM itself starts from the mean, which is not this optimum",
    },
  ],
});

export const pseudoHuber = defineHead({
  ...onResidual,
  name: "pseudo-huber",
  summary: "pseudo-Huber loss: a smooth Huber",
  options: { delta: number(1, positive, "where squared turns into absolute") },
  loss: ([z], y: number, { delta }) => {
    const s = (z - y) / delta;
    // √(1 + s²) − 1 without cancellation
    return (delta * delta * s * s) / (Math.sqrt(1 + s * s) + 1);
  },
  gradient: ([z], y, { delta }) => [(z - y) / Math.hypot(1, (z - y) / delta)],
  optimum: (column, { delta }) => rootOfSlopes(column, (r) => r / Math.hypot(1, r / delta)),
  formula: {
    loss: [
      "d^2 (sqrt(1 + (r/d)^2) - 1),  r = z - y",
      tex`\ell(z,y)=\delta^2\left(\sqrt{1+(r/\delta)^2}-1\right),\quad r=z-y`,
    ],
    optimum: [
      "root of sum w r / sqrt(1 + (r/d)^2): monotone, between min y and max y",
      tex`\sum_i w_i\frac{r_i}{\sqrt{1+(r_i/\delta)^2}}=0`,
    ],
    expected: meanAtRoot,
  },
  derivation:
    "The slope is increasing: one root. XGBoost takes one Newton step from 0, which explodes for labels far from it.",
  source: "Charbonnier et al. (1997), IEEE Transactions on Image Processing 6",
  names: [
    {
      framework: "xgboost",
      name: "reg:pseudohubererror",
      note: "huber_slope is delta, 1 by default; xgboost starts from one Newton step, not from this optimum",
    },
  ],
});
