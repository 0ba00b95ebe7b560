import { sigmoid } from "../math/logit.ts";
import { sum } from "../math/sum.ts";
import { float64Algebra } from "./float64Algebra.ts";
import { defineHead, type LabelColumn, type Optimum, tex } from "./head.ts";
import { expLink, identityLink, linkOfParts, sigmoidLink, softplusLink } from "./links.ts";
import { halfLog2Pi, logScale, normalExponent, softplusScale } from "./locationAndScale.ts";
import { choice, notNegative, number, positive } from "./options.ts";
import { withPseudoCount } from "./pseudoCount.ts";

const scaleOption = choice(
  ["softplus", "log"],
  "link from the third output to the standard deviation of log y",
);
const lognormalScale = (scale: "softplus" | "log") => (scale === "softplus" ? softplusScale : logScale);

export const zeroInflatedLognormal = defineHead({
  name: "zero-inflated-lognormal",
  summary: "zero-inflated lognormal likelihood",
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
  loss(m, output, y, { scale }) {
    const [z, mean, s] = [0, 1, 2].map((k) => m.entry(output, k));
    const logY = m.log(m.ifLess(0, y, y, 1));
    const logSd = lognormalScale(scale).log(m, s);
    const density = m.add(m.add(m.add(logY, logSd), halfLog2Pi), normalExponent(m, m.sub(logY, mean), logSd));
    return m.ifLess(0, y, m.add(m.log1pExp(m.neg(z)), density), m.log1pExp(z));
  },
  gradient([z, m, s], y, { scale }) {
    if (y === 0) return [sigmoid(z), 0, 0];
    const { log, slope } = lognormalScale(scale);
    const precision = Math.exp(-2 * log(float64Algebra, s));
    return [-sigmoid(-z), (m - Math.log(y)) * precision, slope(s) * (1 - (Math.log(y) - m) ** 2 * precision)];
  },
  optimum: lognormalOptimum,
  formula: {
    loss: [
      "-log(1 - p) if y = 0, else -log p + log(y s sqrt(2 pi)) + (log y - m)^2 / (2 s^2)",
      tex`\ell=\begin{cases}-\log(1-p)&y=0\\-\log p+\log\left(y\sigma\sqrt{2\pi}\right)+\frac{(\log y-\mu)^2}{2\sigma^2}&y>0\end{cases}`,
    ],
    optimum: [
      "(logit frequency of y > 0, mean log y, sd of log y), the last two over y > 0",
      tex`z^*=\left(\operatorname{logit}q,\ \overline{\log y^+},\ \operatorname{sd}\log y^+\right)`,
    ],
    expected: [
      "the mean loss there",
      tex`L^*=H_b(q)+q\left(\overline{\log y^+}+\log\sigma^*+\tfrac12\log2\pi+\tfrac12\right)`,
    ],
  },
  derivation:
    "The likelihood is that of a yes/no label (whether y > 0) times, over the positive labels, that of a normal distribution of log y. Each part has its own optimum.",
  reference: "Wang, Liu and Miao (2019), arXiv 1912.07753",
  names: [
    {
      framework: "other",
      name: "lifetime_value.zero_inflated_lognormal_loss",
      note: "the third output passes through softplus",
    },
  ],
});

function lognormalOptimum(
  column: LabelColumn<number>,
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
      `all positive labels of ${place} are equal: their standard deviation is 0; epsilon is used instead`,
    );
  const logSd = Math.log(Math.max(Math.sqrt(variance), variance > 0 ? 0 : epsilon));
  return {
    output: [Math.log(counts[1] / counts[0]), mean, lognormalScale(scale).inverse(logSd)],
    kind: warnings.length > 0 ? "boundary" : "closed form",
    warnings,
  };
}
