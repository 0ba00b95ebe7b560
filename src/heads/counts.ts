import { sum } from "../math/sum.ts";
import type { Algebra } from "./algebra.ts";
import { float64Algebra } from "./float64Algebra.ts";
import { defineHead, type LabelColumn, type Optimum, tex } from "./head.ts";
import { described, expLink, reluLink, softplusLink } from "./links.ts";
import { between, choice, notNegative, number, positive } from "./options.ts";

/** The mean label, or pseudoCount events in all rows where no row has any. */
export function positiveMean({ mean, rows, pseudoCount, place }: LabelColumn<number>): {
  mean: number;
  warnings: string[];
} {
  if (mean > 0) return { mean, warnings: [] };
  return {
    mean: pseudoCount / rows,
    warnings: [
      `all labels of ${place} are 0: counted as ${pseudoCount} in all ${rows} rows together, so that the bias is finite`,
    ],
  };
}

/** The optimum of losses with a log link whose best prediction is the mean. */
function logOfMean(column: LabelColumn<number>): Optimum {
  const { mean, warnings } = positiveMean(column);
  return { output: [Math.log(mean)], kind: warnings.length > 0 ? "boundary" : "closed form", warnings };
}

const meanLink = described(expLink, "mean = exp(z)");

const rateLinks = {
  log: described(expLink, "rate = exp(z)"),
  // a raw output below 0 is no rate: it is read as 0
  identity: described(reluLink, "rate = max(z, 0)"),
  softplus: described(softplusLink, "rate = softplus(z)"),
} as const;

const poissonOptions = {
  link: choice(["log", "identity", "softplus"], "link from the output to the rate"),
  epsilon: number(0, notNegative, "added to the rate inside the logarithm, for links other than log"),
  constant: choice(["dropped", "kept"], "Stirling's estimate of log y! for y above 1 (PyTorch's full=True)"),
} as const;

type PoissonOptions = {
  readonly link: keyof typeof rateLinks;
  readonly epsilon: number;
  readonly constant: "dropped" | "kept";
};

/** Stirling's estimate of log y! for y above 1: y log y − y + log(2πy) / 2. */
function stirling<S, V>(m: Algebra<S, V>, y: S): S {
  const large = m.max(y, 1);
  const log = m.log(large);
  const estimate = m.add(m.sub(m.mul(large, log), large), m.mul(m.add(log, Math.log(2 * Math.PI)), 0.5));
  return m.ifLess(1, y, estimate, 0);
}

/** Rate − y · log rate. */
function poissonLoss<S, V>(m: Algebra<S, V>, output: V, y: S, { link, epsilon }: PoissonOptions): S {
  const z = m.entry(output, 0);
  const rate = rateLinks[link].at(m, z);
  if (link === "log") return m.sub(rate, m.mul(y, z));
  const logRate = m.log(m.max(m.add(rate, epsilon), m.tiny));
  return m.sub(rate, m.ifLess(0, y, m.mul(y, logRate), 0));
}

export const poisson = defineHead({
  name: "poisson",
  summary: "Poisson negative log-likelihood of counts",
  family: "counts",
  reads: "numbers",
  domain: notNegative,
  options: poissonOptions,
  link: ({ link }) => rateLinks[link],
  identifiable: true,
  convex: false,
  loss(m, output, y, o) {
    const loss = poissonLoss(m, output, y, o);
    return o.constant === "kept" ? m.add(loss, stirling(m, y)) : loss;
  },
  gradient([z], y, { link, epsilon }) {
    if (link === "log") return [Math.exp(z) - y];
    const { apply, slope } = rateLinks[link];
    const [[rate], [steepness]] = [apply([z]), slope([z])];
    return steepness === 0 ? [0] : [steepness * (1 - y / (rate + epsilon))];
  },
  expected(output, { labels, weights, weight, mean }, o) {
    const constant = (y: number, i: number) => weights[i] * stirling(float64Algebra, y);
    const constants = o.constant === "kept" ? Array.from(labels, constant) : [];
    return poissonLoss(float64Algebra, output, mean, o) + sum(constants) / weight;
  },
  optimum(column, { link, epsilon }) {
    if (link === "log") return logOfMean(column);
    const { mean, warnings } = positiveMean(column);
    const rate = mean - epsilon;
    if (rate > 0) {
      return {
        output: rateLinks[link].inverse([rate]),
        kind: warnings.length > 0 ? "boundary" : "closed form",
        warnings,
      };
    }
    // the loss rises with every rate: its infimum lies at a rate of 0
    const rare = Math.min(mean, column.pseudoCount / column.rows);
    return {
      output: rateLinks[link].inverse([rare]),
      kind: "boundary",
      warnings: [
        `the mean of ${column.place} is not above epsilon = ${epsilon}: the optimal rate is 0; the bias is set for a rate of ${rare}`,
      ],
    };
  },
  formula: {
    loss: [
      "rate - y log(rate + e),  rate = exp(z) (or z, or softplus(z))",
      tex`\ell(z,y)=\mu-y\log(\mu+\varepsilon),\quad\mu=e^z`,
    ],
    optimum: ["log m,  m = mean y;  on rates: link^-1(m - e)", tex`z^*=\log\bar y`],
    expected: ["m (1 - log m), plus the mean of Stirling's term if kept", tex`L^*=\bar y(1-\log\bar y)`],
  },
  derivation:
    "The derivative of rate - m log rate with respect to the rate is 1 - m / rate, so the best rate is the mean, whatever the link.",
  reference: "McCullagh and Nelder, Generalized Linear Models (1989), chapter 6",
  names: [
    {
      framework: "torch",
      name: "torch.nn.PoissonNLLLoss",
      note: "log_input=True by default; with False set link=identity and epsilon=1e-8; full=True keeps Stirling's term",
    },
    {
      framework: "keras",
      name: "keras.losses.Poisson",
      options: { link: "identity", epsilon: 1e-7, reduction: "rows" },
      note: "takes rates, not their logarithm (set link to the activation of the output layer); adds 1e-7 inside the logarithm; divides by the number of rows",
    },
    {
      framework: "sklearn",
      name: "sklearn.linear_model.PoissonRegressor",
      note: "log link; half the deviance, which differs by a constant of the labels",
    },
    {
      framework: "xgboost",
      name: "count:poisson",
      note: "log link; keeps the log y! constant in its metric",
    },
    { framework: "lightgbm", name: "poisson", note: "log link; starts from the log of the mean" },
    { framework: "catboost", name: "Poisson", note: "log link" },
  ],
});

function gammaLoss<S, V>(m: Algebra<S, V>, output: V, y: S): S {
  const z = m.entry(output, 0);
  return m.add(z, m.mul(y, m.exp(m.neg(z))));
}

export const gamma = defineHead({
  name: "gamma",
  summary: "gamma negative log-likelihood of positive amounts",
  family: "counts",
  reads: "numbers",
  domain: positive,
  options: {},
  link: meanLink,
  identifiable: true,
  convex: true,
  loss: gammaLoss,
  gradient: ([z], y) => [1 - y * Math.exp(-z)],
  expected: (output, { mean }) => gammaLoss(float64Algebra, output, mean),
  optimum: logOfMean,
  gap: ([z], { mean }, variance) => ({
    value: mean * Math.exp(-z) * Math.expm1(variance / 2),
    kind: "exact",
  }),
  formula: {
    loss: ["log mu + y / mu,  mu = exp(z)", tex`\ell(z,y)=\log\mu+\frac{y}{\mu},\quad\mu=e^z`],
    optimum: ["log m,  m = mean y", tex`z^*=\log\bar y`],
    expected: ["1 + log m", tex`L^*=1+\log\bar y`],
  },
  derivation:
    "The derivative 1 - m exp(-z) is zero at log m. A shape parameter multiplies the loss and does not move the optimum.",
  reference: "McCullagh and Nelder, Generalized Linear Models (1989), chapter 8",
  names: [
    {
      framework: "sklearn",
      name: "sklearn.linear_model.GammaRegressor",
      note: "log link; half the deviance, which differs by a constant of the labels",
    },
    { framework: "xgboost", name: "reg:gamma", note: "log link" },
    { framework: "lightgbm", name: "gamma", note: "log link; starts from the log of the mean" },
  ],
});

function tweedieLoss<S, V>(m: Algebra<S, V>, output: V, y: S, { power: p }: { readonly power: number }): S {
  const z = m.entry(output, 0);
  const power = (exponent: number) => m.div(m.exp(m.mul(z, exponent)), exponent);
  return m.sub(power(2 - p), m.mul(y, power(1 - p)));
}

export const tweedie = defineHead({
  name: "tweedie",
  summary: "Tweedie deviance: amounts with many zeros",
  family: "counts",
  reads: "numbers",
  domain: notNegative,
  options: { power: number(1.5, between(1, 2), "1 is Poisson, 2 is gamma") },
  link: meanLink,
  identifiable: true,
  convex: true,
  loss: tweedieLoss,
  gradient: ([z], y, { power: p }) => [Math.exp((2 - p) * z) - y * Math.exp((1 - p) * z)],
  expected: (output, { mean }, o) => tweedieLoss(float64Algebra, output, mean, o),
  optimum: logOfMean,
  formula: {
    loss: [
      "mu^(2-r) / (2 - r) - y mu^(1-r) / (1 - r),  mu = exp(z),  r the power",
      tex`\ell(z,y)=\frac{\mu^{2-\rho}}{2-\rho}-\frac{y\,\mu^{1-\rho}}{1-\rho},\quad\mu=e^z`,
    ],
    optimum: ["log m,  m = mean y", tex`z^*=\log\bar y`],
    expected: [
      "m^(2-r) (1 / (2 - r) - 1 / (1 - r))",
      tex`L^*=\bar y^{\,2-\rho}\left[\frac1{2-\rho}-\frac1{1-\rho}\right]`,
    ],
  },
  derivation: "The derivative exp((1 - r) z) (exp(z) - m) is zero at log m, whatever the power.",
  reference: "Jorgensen (1987), Journal of the Royal Statistical Society B 49",
  names: [
    {
      framework: "sklearn",
      name: "sklearn.linear_model.TweedieRegressor",
      note: "log link for powers from 1; half the deviance, which differs by a constant of the labels",
    },
    {
      framework: "xgboost",
      name: "reg:tweedie",
      note: "log link; tweedie_variance_power is the power, 1.5 by default",
    },
    {
      framework: "lightgbm",
      name: "tweedie",
      note: "log link; tweedie_variance_power is the power, 1.5 by default; starts from the log of the mean",
    },
    { framework: "catboost", name: "Tweedie", note: "log link; variance_power is the power" },
  ],
});
