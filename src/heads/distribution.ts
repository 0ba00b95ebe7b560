import { log1pExp, log1pExpInverse } from "../math/log1pExp.ts";
import { sigmoid } from "../math/logit.ts";
import { minimize } from "../math/minimize.ts";
import { normalCentral, normalDensity } from "../math/normal.ts";
import { weightedQuantile } from "../math/quantile.ts";
import { sum } from "../math/sum.ts";
import { type Column, type Description, defineHead, type Optimum, tex } from "./head.ts";
import {
  expLink,
  identityLink,
  type Link,
  linkOfParts,
  type OutputVector,
  sigmoidLink,
  softplusLink,
} from "./links.ts";
import { anyNumber, choice, notNegative, number, positive } from "./options.ts";
import { withPseudoCount } from "./pseudoCount.ts";

/** Two outputs a column: where the distribution is, and how wide. */
const onLocationAndScale = {
  family: "distribution",
  reads: "numbers",
  domain: anyNumber,
  identifiable: true,
  convex: false,
  width: () => 2,
} as const satisfies Partial<Description> & Record<string, unknown>;

/** How an output becomes a scale, whose logarithm the losses need. */
interface Scale {
  /** log of the scale at an output, and its derivative. */
  readonly log: (z: number) => number;
  readonly slope: (z: number) => number;
  /** The output of a log scale. */
  readonly inverse: (logScale: number) => number;
}

const logScale: Scale = { log: (z) => z, slope: () => 1, inverse: (l) => l };
const halfLog: Scale = { log: (z) => z / 2, slope: () => 0.5, inverse: (l) => 2 * l };
const softplusScale: Scale = {
  log: (z) => (z < -37 ? z : Math.log(log1pExp(z))),
  slope: (z) => (z < -37 ? 1 : sigmoid(z) / log1pExp(z)),
  inverse: (l) => log1pExpInverse(Math.exp(l)),
};
/** The output is the variance itself, raised to epsilon where it is less (as PyTorch does). */
const clampedVariance = (epsilon: number): Scale => ({
  log: (z) => Math.log(Math.max(z, epsilon)) / 2,
  slope: (z) => (z > epsilon ? 0.5 / z : 0),
  inverse: (l) => Math.max(Math.exp(2 * l), epsilon),
});

const constantOption = choice(["dropped", "kept"], "the constant of the density, which no output changes");
const halfLog2Pi = 0.5 * Math.log(2 * Math.PI);

type GaussianOptions = {
  readonly scale: "log-variance" | "log-sd" | "variance" | "softplus-sd";
  readonly epsilon: number;
  readonly constant: "dropped" | "kept";
};

function scaleOf({ scale, epsilon }: Pick<GaussianOptions, "scale" | "epsilon">): Scale {
  if (scale === "variance") return clampedVariance(epsilon);
  return { "log-variance": halfLog, "log-sd": logScale, "softplus-sd": softplusScale }[scale];
}

const varianceTexts = {
  "log-variance": "exp(z1)",
  "log-sd": "exp(2 z1)",
  variance: "max(z1, epsilon)",
  "softplus-sd": "softplus(z1)^2",
} as const;

/** The network predicts mean and variance, however the variance comes about. */
function gaussianLink(o: GaussianOptions): Link {
  const { log, slope, inverse } = scaleOf(o);
  const variance: Link = {
    name: o.scale,
    text: `variance = ${varianceTexts[o.scale]}`,
    apply: ([z]) => [Math.exp(2 * log(z))],
    inverse: ([v]) => [inverse(0.5 * Math.log(v))],
    slope: ([z]) => [2 * slope(z) * Math.exp(2 * log(z))],
    low: o.scale === "variance" ? o.epsilon : 0,
    high: Infinity,
  };
  return linkOfParts(`mean = z0, ${variance.text}`, [
    [identityLink, 1],
    [variance, 1],
  ]);
}

/** Mean loss of labels with this mean and variance: one label has variance 0. */
function gaussianLoss([z, s]: OutputVector, mean: number, variance: number, o: GaussianOptions): number {
  const logSd = scaleOf(o).log(s);
  return (
    logSd +
    ((z - mean) ** 2 + variance) / (2 * Math.exp(2 * logSd)) +
    (o.constant === "kept" ? halfLog2Pi : 0)
  );
}

const constantLabels = ({ labels, place }: Column<number>, what: string) =>
  `all labels of ${place} are ${labels[0]}: the optimal ${what} is 0, epsilon was taken, so that the bias is finite`;

export const gaussianNll = defineHead({
  ...onLocationAndScale,
  name: "gaussian-nll",
  summary: "Gaussian likelihood with a learned variance",
  options: {
    scale: choice(["log-variance", "log-sd", "variance", "softplus-sd"], "what the second output is"),
    epsilon: number(1e-6, positive, "smallest variance"),
    constant: constantOption,
  },
  link: gaussianLink,
  loss: (output, y: number, o) => gaussianLoss(output, y, 0, o),
  gradient([z, s], y, o) {
    const { log, slope } = scaleOf(o);
    const precision = Math.exp(-2 * log(s));
    return [(z - y) * precision, slope(s) * (1 - (z - y) ** 2 * precision)];
  },
  expected: (output, { mean, variance }, o) => gaussianLoss(output, mean, variance, o),
  optimum(column, o) {
    const { inverse } = scaleOf(o);
    const { mean, variance } = column;
    if (variance > 0 && !(o.scale === "variance" && variance < o.epsilon)) {
      return { output: [mean, inverse(0.5 * Math.log(variance))], kind: "closed form" };
    }
    const output = [mean, inverse(0.5 * Math.log(o.epsilon))];
    const message =
      variance > 0
        ? `the variance of ${column.place} is ${variance}, below epsilon = ${o.epsilon}: every output up to epsilon is as good`
        : constantLabels(column, "variance");
    return { output, kind: "boundary", warnings: [message] };
  },
  formula: {
    loss: [
      "(log v + (m - y)^2 / v) / 2 (+ log(2 pi) / 2 if kept)",
      tex`\ell=\tfrac12\left(\log v+\frac{(\mu-y)^2}{v}\right)`,
    ],
    optimum: [
      "(mean y, variance of y, as the second output takes it)",
      tex`z_0^*=\bar y,\quad v^*=\operatorname{Var}(y)`,
    ],
    expected: ["(log v + 1) / 2 (+ log(2 pi) / 2 if kept)", tex`L^*=\tfrac12(\log v^*+1)`],
  },
  derivation: "The maximum-likelihood normal distribution has the labels' own mean and variance.",
  source: "Nix and Weigend (1994), Estimating the mean and variance of the target probability distribution",
  names: [
    {
      framework: "torch",
      name: "torch.nn.GaussianNLLLoss",
      options: { scale: "variance" },
      note: "takes the variance itself, clamped at eps 1e-6; full=True keeps the constant; mean over elements",
    },
    {
      framework: "catboost",
      name: "RMSEWithUncertainty",
      options: { scale: "log-sd", constant: "kept" },
      note: "outputs are the mean and half the log of the variance",
    },
  ],
});

export const laplaceNll = defineHead({
  ...onLocationAndScale,
  name: "laplace-nll",
  summary: "Laplace likelihood with a learned scale",
  options: { epsilon: number(1e-6, positive, "smallest scale"), constant: constantOption },
  link: linkOfParts("median = z0, scale = exp(z1)", [
    [identityLink, 1],
    [expLink, 1],
  ]),
  loss: ([z, s], y: number, { constant }) =>
    s + Math.abs(z - y) * Math.exp(-s) + (constant === "kept" ? Math.LN2 : 0),
  gradient: ([z, s], y) => [Math.sign(z - y) * Math.exp(-s), 1 - Math.abs(z - y) * Math.exp(-s)],
  optimum(column, { epsilon }) {
    const { labels, weights, weight } = column;
    const median = weightedQuantile(labels, weights, 0.5);
    const scale = sum(Array.from(labels, (y, i) => weights[i] * Math.abs(y - median))) / weight;
    if (scale > 0) return { output: [median, Math.log(scale)], kind: "closed form" };
    return {
      output: [median, Math.log(epsilon)],
      kind: "boundary",
      warnings: [constantLabels(column, "scale")],
    };
  },
  formula: {
    loss: [
      "log b + |m - y| / b (+ log 2 if kept),  b = exp(z1)",
      tex`\ell=\log b+\frac{|\mu-y|}{b},\quad b=e^{z_1}`,
    ],
    optimum: [
      "(median y, log mean |y - median|)",
      tex`z^*=\left(\operatorname{median}(y),\ \log\overline{|y-\operatorname{median}(y)|}\right)`,
    ],
    expected: ["1 + log b (+ log 2 if kept)", tex`L^*=1+\log b^*`],
  },
  derivation:
    "For every scale the median is the best location; the scale's derivative is zero at the mean distance from it.",
  source: "Norton (1984), The double exponential distribution, The American Statistician 38",
  names: [
    {
      framework: "other",
      name: "tfp.distributions.Laplace",
      note: "log_prob keeps log 2; loc and scale, the scale as its logarithm here",
    },
  ],
});

const scaleOption = choice(
  ["softplus", "log"],
  "how the third output becomes the standard deviation of log y",
);
const lognormalScale = (scale: "softplus" | "log") => (scale === "softplus" ? softplusScale : logScale);

export const zeroInflatedLognormal = defineHead({
  name: "zero-inflated-lognormal",
  summary: "zero or lognormal: customer lifetime value",
  family: "distribution",
  reads: "numbers",
  domain: notNegative,
  options: { scale: scaleOption, epsilon: number(1e-6, positive, "smallest standard deviation of log y") },
  link: ({ scale }) =>
    linkOfParts(
      `P(y > 0) = sigmoid(z0), mean log y = z1, sd log y = ${scale === "log" ? "exp" : scale}(z2)`,
      [
        [sigmoidLink, 1],
        [identityLink, 1],
        [scale === "log" ? expLink : softplusLink, 1],
      ],
    ),
  identifiable: true,
  convex: false,
  width: () => 3,
  loss([z, m, s], y: number, { scale }) {
    if (y === 0) return log1pExp(z);
    const logSd = lognormalScale(scale).log(s);
    return (
      log1pExp(-z) + Math.log(y) + logSd + halfLog2Pi + (Math.log(y) - m) ** 2 / (2 * Math.exp(2 * logSd))
    );
  },
  gradient([z, m, s], y, { scale }) {
    if (y === 0) return [sigmoid(z), 0, 0];
    const { log, slope } = lognormalScale(scale);
    const precision = Math.exp(-2 * log(s));
    return [-sigmoid(-z), (m - Math.log(y)) * precision, slope(s) * (1 - (Math.log(y) - m) ** 2 * precision)];
  },
  optimum: lognormalOptimum,
  formula: {
    loss: [
      "-log(1 - p) if y = 0, else -log p + log(y s sqrt(2 pi)) + (log y - m)^2 / (2 s^2)",
      tex`\ell=\begin{cases}-\log(1-p)&y=0\\-\log p+\log\left(y\sigma\sqrt{2\pi}\right)+\frac{(\log y-\mu)^2}{2\sigma^2}&y>0\end{cases}`,
    ],
    optimum: [
      "(logit share of y > 0, mean log y, sd of log y), the last two over y > 0",
      tex`z^*=\left(\operatorname{logit}q,\ \overline{\log y^+},\ \operatorname{sd}\log y^+\right)`,
    ],
    expected: [
      "the mean loss there",
      tex`L^*=H_b(q)+q\left(\overline{\log y^+}+\log\sigma^*+\tfrac12\log2\pi+\tfrac12\right)`,
    ],
  },
  derivation:
    "The likelihood splits into yes/no and, over the positive labels, a normal distribution of log y: each has its own optimum.",
  source: "Wang, Liu and Miao (2019), arXiv 1912.07753",
  names: [
    {
      framework: "other",
      name: "lifetime_value.zero_inflated_lognormal_loss",
      note: "the third output passes through softplus",
    },
  ],
});

function lognormalOptimum(
  column: Column<number>,
  { scale, epsilon }: { scale: "softplus" | "log"; epsilon: number },
): Optimum {
  const { labels, weights, weight, place } = column;
  const logs = Array.from(labels, (y) => (y > 0 ? Math.log(y) : 0));
  const mass = Array.from(labels, (y, i) => (y > 0 ? weights[i] : 0));
  const positives = sum(mass);
  const name = (k: number) => `${place} ${k === 1 ? "above 0" : "= 0"}`;
  const { counts, warnings } = withPseudoCount([Math.max(0, weight - positives), positives], column, name);
  const mean = positives > 0 ? sum(logs.map((l, i) => mass[i] * l)) / positives : 0;
  const variance = positives > 0 ? sum(logs.map((l, i) => mass[i] * (l - mean) ** 2)) / positives : 1;
  if (variance === 0)
    warnings.push(
      `all positive labels of ${place} are alike: their standard deviation is 0, epsilon was taken`,
    );
  const logSd = Math.log(Math.max(Math.sqrt(variance), variance > 0 ? 0 : epsilon));
  return {
    output: [Math.log(counts[1] / counts[0]), mean, lognormalScale(scale).inverse(logSd)],
    kind: warnings.length > 0 ? "boundary" : "closed form",
    warnings,
  };
}

const invRootPi = 1 / Math.sqrt(Math.PI);

export const crps = defineHead({
  ...onLocationAndScale,
  name: "crps",
  summary: "CRPS of a normal prediction",
  options: { epsilon: number(1e-6, positive, "smallest standard deviation") },
  link: linkOfParts("mean = z0, sd = exp(z1)", [
    [identityLink, 1],
    [expLink, 1],
  ]),
  loss: ([z, s], y: number) => {
    const sd = Math.exp(s);
    const w = (y - z) / sd;
    return sd * (w * normalCentral(w) + 2 * normalDensity(w) - invRootPi);
  },
  gradient: ([z, s], y) => {
    const sd = Math.exp(s);
    const w = (y - z) / sd;
    return [-normalCentral(w), sd * (2 * normalDensity(w) - invRootPi)];
  },
  optimum(column, { epsilon }) {
    const { labels, weights, weight, mean, variance } = column;
    if (!(variance > 0)) {
      return {
        output: [mean, Math.log(epsilon)],
        kind: "boundary",
        warnings: [constantLabels(column, "standard deviation")],
      };
    }
    // in units of the labels' own deviation, so that the stopping rule fits any scale
    const sd = Math.sqrt(variance);
    const scaled = Array.from(labels, (y) => (y - mean) / sd);
    const { at } = minimize(
      (output) => meanWithGradient(output, scaled, weights, weight, crps.loss!, crps.gradient!),
      [0, 0],
      1e-13,
    );
    return { output: [mean + sd * at[0], Math.log(sd) + at[1]], kind: "numeric" };
  },
  formula: {
    loss: [
      "s (w (2 Phi(w) - 1) + 2 phi(w) - 1/sqrt(pi)),  w = (y - m) / s",
      tex`\ell=\sigma\left[w(2\Phi(w)-1)+2\varphi(w)-\tfrac1{\sqrt\pi}\right],\quad w=\frac{y-\mu}{\sigma}`,
    ],
    optimum: [
      "minimum over (m, s), two equations: mean(2 Phi(w) - 1) = 0, mean phi(w) = 1/(2 sqrt(pi))",
      tex`\overline{2\Phi(w)-1}=0,\quad\overline{\varphi(w)}=\frac1{2\sqrt\pi}`,
    ],
    expected: ["the mean loss there", tex`L^*=\overline{\ell(z^*,y)}`],
  },
  derivation:
    "Both derivatives of the mean loss are zero; the loss is convex in (m, s), so that point is the minimum. It is not the mean and standard deviation unless the labels are normal.",
  source: "Gneiting and Raftery (2007), Strictly proper scoring rules, JASA 102",
  names: [
    {
      framework: "other",
      name: "properscoring.crps_gaussian",
      note: "takes mean and standard deviation, the latter as its logarithm here",
    },
  ],
});

type RowFunction<T> = (output: number[], label: number, o: Readonly<Record<string, never>>) => T;

/** Weighted mean of a loss and of its gradient over labels. */
function meanWithGradient(
  output: readonly number[],
  labels: ArrayLike<number>,
  weights: ArrayLike<number>,
  weight: number,
  loss: RowFunction<number>,
  slope: RowFunction<number[]>,
) {
  const at = [...output];
  const gradient = at.map(() => 0);
  const losses = Array.from(labels, (y, i) => {
    slope(at, y, {}).forEach((g, k) => {
      gradient[k] += (weights[i] / weight) * g;
    });
    return weights[i] * loss(at, y, {});
  });
  return { value: sum(losses) / weight, gradient };
}
