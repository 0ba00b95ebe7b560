import { weightedQuantile } from "../math/quantile.ts";
import { sum } from "../math/sum.ts";
import { defineHead, tex } from "./head.ts";
import { expLink, identityLink, linkOfParts } from "./links.ts";
import { constantLabels, constantOption, onLocationAndScale } from "./locationAndScale.ts";
import { number, positive } from "./options.ts";

export const laplaceNll = defineHead({
  ...onLocationAndScale,
  name: "laplace-nll",
  summary: "Laplace likelihood with a learned scale",
  options: { epsilon: number(1e-6, positive, "smallest scale"), constant: constantOption },
  link: linkOfParts("median = z0, scale = exp(z1)", [
    [identityLink, 1],
    [expLink, 1],
  ]),
  loss(m, output, y, { constant }) {
    const [z, s] = [m.entry(output, 0), m.entry(output, 1)];
    const loss = m.add(s, m.mul(m.abs(m.sub(z, y)), m.exp(m.neg(s))));
    return constant === "kept" ? m.add(loss, Math.LN2) : loss;
  },
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
    "The median is the best location for every scale; the derivative in the scale is zero at the mean absolute distance from the median.",
  reference: "Norton (1984), The double exponential distribution, The American Statistician 38",
  names: [
    {
      framework: "other",
      name: "tfp.distributions.Laplace",
      note: "log_prob keeps log 2; loc and scale, the scale as its logarithm here",
    },
  ],
});
