import type { Algebra } from "./algebra.ts";
import { float64Algebra } from "./float64Algebra.ts";
import { defineHead, tex } from "./head.ts";
import { elementwise, identityLink, type Link, linkOfParts } from "./links.ts";
import {
  clampedVariance,
  constantLabels,
  constantOption,
  halfLog,
  halfLog2Pi,
  logScale,
  normalExponent,
  onLocationAndScale,
  type Scale,
  softplusScale,
} from "./locationAndScale.ts";
import { choice, number, positive } from "./options.ts";

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

/** Predictions are the mean and the variance, whatever the second output is. */
function gaussianLink(o: GaussianOptions): Link {
  const { log, slope, inverse } = scaleOf(o);
  const variance = elementwise(o.scale, `variance = ${varianceTexts[o.scale]}`, {
    at: (m, z) => m.exp(m.mul(log(m, z), 2)),
    inverse: (v) => inverse(0.5 * Math.log(v)),
    slope: (z) => 2 * slope(z) * Math.exp(2 * log(float64Algebra, z)),
    low: o.scale === "variance" ? o.epsilon : 0,
  });
  return linkOfParts(`mean = z0, ${variance.text}`, [
    [identityLink, 1],
    [variance, 1],
  ]);
}

/** log sd + (z − y)² / (2 sd²), with the constant of the density if kept. */
function gaussianLoss<S, V>(m: Algebra<S, V>, output: V, y: S, o: GaussianOptions): S {
  const logSd = scaleOf(o).log(m, m.entry(output, 1));
  const loss = m.add(logSd, normalExponent(m, m.sub(m.entry(output, 0), y), logSd));
  return o.constant === "kept" ? m.add(loss, halfLog2Pi) : loss;
}

export const gaussianNll = defineHead({
  ...onLocationAndScale,
  name: "gaussian-nll",
  summary: "Gaussian likelihood with a learned variance",
  options: {
    scale: choice(["log-variance", "log-sd", "variance", "softplus-sd"], "meaning of the second output"),
    epsilon: number(1e-6, positive, "smallest variance"),
    constant: constantOption,
  },
  link: gaussianLink,
  loss: gaussianLoss,
  gradient([z, s], y, o) {
    const { log, slope } = scaleOf(o);
    const precision = Math.exp(-2 * log(float64Algebra, s));
    return [(z - y) * precision, slope(s) * (1 - (z - y) ** 2 * precision)];
  },
  expected: (output, { mean, variance }, o) =>
    gaussianLoss(float64Algebra, output, mean, o) +
    variance / (2 * Math.exp(2 * scaleOf(o).log(float64Algebra, output[1]))),
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
      "(mean y, and the second output for the variance of y)",
      tex`z_0^*=\bar y,\quad v^*=\operatorname{Var}(y)`,
    ],
    expected: ["(log v + 1) / 2 (+ log(2 pi) / 2 if kept)", tex`L^*=\tfrac12(\log v^*+1)`],
  },
  derivation: "The normal distribution of largest likelihood has the mean and the variance of the labels.",
  reference:
    "Nix and Weigend (1994), Estimating the mean and variance of the target probability distribution",
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
