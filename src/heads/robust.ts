import type { Algebra } from "./algebra.ts";
import { defineHead, tex } from "./head.ts";
import { number, positive } from "./options.ts";
import { meanAtRoot, ofResidual, onResidual, rootOfSlopes } from "./residual.ts";

/** a (|r| − a/2) with a = |r| held at delta: r²/2 near 0, a line far away. */
function huberLoss<S, V>(m: Algebra<S, V>, r: S, delta: number): S {
  const size = m.abs(r);
  const held = m.min(size, delta);
  return m.mul(held, m.sub(size, m.mul(held, 0.5)));
}

const clip = (r: number, delta: number) => Math.max(-delta, Math.min(delta, r));

const huberOptimum = [
  "root of sum w clip(z - y, -d, d): monotone, between min y and max y",
  tex`\sum_i w_i\,\operatorname{clip}(z^*-y_i,-\delta,\delta)=0`,
] as const;
export const huber = defineHead({
  ...onResidual,
  name: "huber",
  summary: "Huber loss: squared near zero, absolute far away",
  options: { delta: number(1, positive, "the residual at which squared turns into absolute") },
  loss: ofResidual((m, r, { delta }: { readonly delta: number }) => huberLoss(m, r, delta)),
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
  reference: "Huber (1964), Annals of Mathematical Statistics 35",
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
      note: "epsilon is delta, in units of a scale that it estimates too: standardise the labels first",
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
  summary: "smooth L1: the Huber loss divided by its delta",
  options: { beta: number(1, positive, "the residual at which squared turns into absolute") },
  loss: ofResidual((m, r, { beta }: { readonly beta: number }) => m.div(huberLoss(m, r, beta), beta)),
  gradient: ([z], y, { beta }) => [clip(z - y, beta) / beta],
  optimum: (column, { beta }) => rootOfSlopes(column, (r) => clip(r, beta)),
  formula: {
    loss: ["huber(z - y, d) / d", tex`\ell(z,y)=\frac{\operatorname{huber}_\delta(z-y)}{\delta}`],
    optimum: huberOptimum,
    expected: meanAtRoot,
  },
  derivation: "A constant factor does not move the optimum of the Huber loss.",
  reference: "Girshick (2015), Fast R-CNN, arXiv 1504.08083",
  names: [{ framework: "torch", name: "torch.nn.SmoothL1Loss", note: "mean over elements; beta 1" }],
});

export const logCosh = defineHead({
  ...onResidual,
  name: "log-cosh",
  summary: "log-cosh loss: squared near zero, absolute far away",
  options: {},
  // log cosh r = |r| + log((1 + e^(−2|r|)) / 2): small r keep their digits, and large r stay finite
  loss: ofResidual((m, r) => {
    const size = m.abs(r);
    return m.add(size, m.log1p(m.mul(m.expm1(m.mul(size, -2)), 0.5)));
  }),
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
  derivation: "The slope of log cosh is tanh, which is increasing, so it has one root.",
  reference: "Green (1990), IEEE Transactions on Medical Imaging 9",
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

export const fair = defineHead({
  ...onResidual,
  name: "fair",
  summary: "Fair loss: between squared and absolute error",
  options: { c: number(1, positive, "scale of the residuals") },
  loss: ofResidual((m, residual, { c }: { readonly c: number }) => {
    const r = m.div(m.abs(residual), c);
    return m.mul(m.sub(r, m.log1p(r)), c * c);
  }),
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
  derivation:
    "The slope r / (1 + |r|/c) is increasing, so it has one root. LightGBM starts from the mean instead.",
  reference: "Fair (1974), On the robust estimation of econometric models",
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
  options: { delta: number(1, positive, "the residual at which squared turns into absolute") },
  loss: ofResidual((m, r, { delta }: { readonly delta: number }) => {
    const s = m.div(r, delta);
    const square = m.mul(s, s);
    // √(1 + s²) − 1 without cancellation
    return m.div(m.mul(square, delta * delta), m.add(m.sqrt(m.add(square, 1)), 1));
  }),
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
    "The slope is increasing, so it has one root. XGBoost takes one Newton step from 0, which goes far astray for labels far from 0.",
  reference: "Charbonnier et al. (1997), IEEE Transactions on Image Processing 6",
  names: [
    {
      framework: "xgboost",
      name: "reg:pseudohubererror",
      note: "huber_slope is delta, 1 by default; xgboost starts from one Newton step, not from this optimum",
    },
  ],
});
