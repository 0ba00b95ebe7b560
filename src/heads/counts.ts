import { digammaRise, logGamma, logRisingRatio } from "../math/gamma.ts";
import { increasingRootFrom } from "../math/root.ts";
import { sum } from "../math/sum.ts";
import { type Column, defineHead, type Optimum, tex } from "./head.ts";
import { described, expLink, type OutputVector, reluLink, softplusLink } from "./links.ts";
import { between, choice, notNegative, number, positive, wholeNumbers } from "./options.ts";

/** The mean label, or pseudoCount events in all rows where no row has any. */
function positiveMean({ mean, rows, pseudoCount, place }: Column<number>): {
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

/** What the losses with a log link and a mean that is all they need to know have in common. */
function logOfMean(column: Column<number>): Optimum {
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
  link: choice(["log", "identity", "softplus"], "how the output becomes a rate"),
  epsilon: number(0, notNegative, "added to the rate inside the logarithm, with links other than log"),
  constant: choice(["dropped", "kept"], "Stirling's estimate of log y! for y above 1 (PyTorch's full=True)"),
} as const;

type PoissonOptions = {
  readonly link: keyof typeof rateLinks;
  readonly epsilon: number;
  readonly constant: "dropped" | "kept";
};

const stirling = (y: number, { constant }: PoissonOptions) =>
  constant === "kept" && y > 1 ? y * Math.log(y) - y + 0.5 * Math.log(2 * Math.PI * y) : 0;

/** Rate − y · log rate. */
function poissonLoss(z: number, y: number, { link, epsilon }: PoissonOptions): number {
  if (link === "log") return Math.exp(z) - y * z;
  const [rate] = rateLinks[link].apply([z]);
  return rate - (y === 0 ? 0 : y * Math.log(Math.max(rate + epsilon, Number.MIN_VALUE)));
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
  loss: ([z], y: number, o) => poissonLoss(z, y, o) + stirling(y, o),
  gradient([z], y, { link, epsilon }) {
    if (link === "log") return [Math.exp(z) - y];
    const { apply, slope } = rateLinks[link];
    const [[rate], [steepness]] = [apply([z]), slope([z])];
    return steepness === 0 ? [0] : [steepness * (1 - y / (rate + epsilon))];
  },
  expected([z], { labels, weights, weight, mean }, o) {
    const extra = o.constant === "kept" ? Array.from(labels, (y, i) => weights[i] * stirling(y, o)) : [];
    return poissonLoss(z, mean, o) + sum(extra) / weight;
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
    return {
      output: rateLinks[link].inverse([mean]),
      kind: "boundary",
      warnings: [`the mean of ${column.place} is below epsilon = ${epsilon}`],
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
    "The derivative of rate - m log rate in the rate is 1 - m / rate: the rate is the mean, whatever the link.",
  source: "McCullagh and Nelder, Generalized Linear Models (1989), chapter 6",
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
      note: "takes rates, not their logarithm (set link to what stands before); adds 1e-7 inside the logarithm; divides by the number of rows",
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
  loss: ([z], y: number) => z + y * Math.exp(-z),
  gradient: ([z], y) => [1 - y * Math.exp(-z)],
  expected: ([z], { mean }) => z + mean * Math.exp(-z),
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
    "The derivative 1 - m exp(-z) is zero at log m. A shape parameter multiplies the loss and moves nothing.",
  source: "McCullagh and Nelder, Generalized Linear Models (1989), chapter 8",
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
  loss: ([z], y: number, { power: p }) =>
    Math.exp((2 - p) * z) / (2 - p) - (y * Math.exp((1 - p) * z)) / (1 - p),
  gradient: ([z], y, { power: p }) => [Math.exp((2 - p) * z) - y * Math.exp((1 - p) * z)],
  expected: ([z], { mean }, { power: p }) =>
    Math.exp((2 - p) * z) / (2 - p) - (mean * Math.exp((1 - p) * z)) / (1 - p),
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
  source: "Jorgensen (1987), Journal of the Royal Statistical Society B 49",
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

export const negativeBinomial = defineHead({
  name: "negative-binomial",
  summary: "negative binomial likelihood of spread-out counts",
  family: "counts",
  reads: "numbers",
  domain: wholeNumbers,
  options: {},
  link: described(expLink, "mean = exp(z0), r = exp(z1)"),
  identifiable: true,
  convex: false,
  width: () => 2,
  loss: (output, y: number) => negativeBinomialLoss(output, y),
  gradient([z, s], y) {
    const [mean, r] = [Math.exp(z), Math.exp(s)];
    const inR = digammaRise(r, y) - Math.log1p(mean / r) + (mean - y) / (r + mean);
    return [(r * (mean - y)) / (r + mean), -r * inR];
  },
  optimum: negativeBinomialOptimum,
  formula: {
    loss: [
      "-log(Gamma(y + r) / (Gamma(r) y!)) - r log(r / (r + m)) - y log(m / (r + m))",
      tex`\ell=-\log\frac{\Gamma(y+r)}{\Gamma(r)\,y!}-r\log\frac{r}{r+\mu}-y\log\frac{\mu}{r+\mu},\quad\mu=e^{z_0},\ r=e^{z_1}`,
    ],
    optimum: [
      "(log mean y, log r),  r the root of mean(psi(y + r) - psi(r)) = log(1 + m/r)",
      tex`z_0^*=\log\bar y,\quad\overline{\psi(y+r)-\psi(r)}=\log\left(1+\tfrac{\bar y}{r}\right)`,
    ],
    expected: ["the mean loss there", tex`L^*=\overline{\ell(z^*,y)}`],
  },
  derivation:
    "The mean is the best mu for every r; what is left is one equation in r. It has a root only if the variance exceeds the mean, otherwise the Poisson limit r -> infinity is best.",
  source: "Cameron and Trivedi, Regression Analysis of Count Data (2013), section 3.3",
  names: [
    {
      framework: "other",
      name: "scvi NegativeBinomial",
      note: "mu and theta (our r), each as its logarithm",
    },
  ],
});

/** With log Γ(y + r) / Γ(r) = y log r + ratio: −ratio + log y! + (r + y) log(1 + m/r) − y log m. */
function negativeBinomialLoss([z, s]: OutputVector, y: number): number {
  const [mean, r] = [Math.exp(z), Math.exp(s)];
  return (r + y) * Math.log1p(mean / r) - y * z + logGamma(y + 1) - logRisingRatio(r, y);
}

function negativeBinomialOptimum(column: Column<number>): Optimum {
  const { labels, weights, weight, variance, rows, pseudoCount, place } = column;
  const { mean, warnings } = positiveMean(column);
  if (!(variance > mean)) {
    const message = `the variance of ${place} is not above its mean: the Poisson limit r -> infinity is best, 1/r = ${pseudoCount}/${rows} was taken`;
    return {
      output: [Math.log(mean), Math.log(rows / pseudoCount)],
      kind: "boundary",
      warnings: [...warnings, message],
    };
  }
  const slope = (s: number) => {
    const r = Math.exp(s);
    const rise = sum(Array.from(labels, (y, i) => weights[i] * digammaRise(r, y))) / weight;
    return Math.log1p(mean / r) - rise;
  };
  // the method of moments is a start: variance = mean + mean² / r
  const start = Math.log((mean * mean) / (variance - mean));
  return { output: [Math.log(mean), increasingRootFrom(slope, start)], kind: "numeric" };
}
