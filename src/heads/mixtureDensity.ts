import { logSumExp, softmax } from "../math/logSumExp.ts";
import { weightedQuantile } from "../math/quantile.ts";
import { sum } from "../math/sum.ts";
import type { Algebra } from "./algebra.ts";
import { float64Algebra } from "./float64Algebra.ts";
import { defineHead, type LabelColumn, type Optimum, tex } from "./head.ts";
import { expLink, identityLink, linkOfParts, softmaxLink } from "./links.ts";
import { halfLog2Pi, normalExponent } from "./locationAndScale.ts";
import { anyNumber, number } from "./options.ts";

interface Component {
  readonly weight: number;
  readonly mean: number;
  readonly sd: number;
}

/** log (πₖ N(y; μₖ, σₖ)) of each of K components; outputs are K logits, K means, K log standard deviations. */
function logParts<S, V>(m: Algebra<S, V>, output: V, y: S): V {
  const k = m.width(output) / 3;
  const [logits, means, logSds] = [0, 1, 2].map((part) => m.slice(output, part * k, (part + 1) * k));
  const exponents = m.zip(means, logSds, (mean, logSd) => normalExponent(m, m.sub(y, mean), logSd));
  const densities = m.zip(exponents, logSds, (exponent, logSd) => m.add(m.add(exponent, logSd), halfLog2Pi));
  return m.zip(m.logSoftmax(logits), densities, m.sub);
}

export const mixtureDensity = defineHead({
  name: "mixture-density",
  summary: "mixture density network of K normal components",
  family: "distribution",
  reads: "numbers",
  domain: anyNumber,
  options: {
    components: number(2, { low: 1, high: 64, integer: true }, "K, the number of components"),
    floor: number(
      0.01,
      { low: 0, high: 1, openLow: true },
      "smallest standard deviation of a component, as a fraction of that of the labels",
    ),
  },
  link: ({ components }) =>
    linkOfParts("weights = softmax(z[0..K)), means = z[K..2K), sd = exp(z[2K..3K))", [
      [softmaxLink, components],
      [identityLink, components],
      [expLink, components],
    ]),
  identifiable: false,
  convex: false,
  width: (_column, { components }) => 3 * components,
  loss: (m, output, y) => m.neg(m.logSumExp(logParts(m, output, y))),
  gradient(output, y) {
    const z = Array.from(output);
    const k = z.length / 3;
    const duty = softmax(logParts(float64Algebra, z, y));
    const weight = softmax(z.slice(0, k));
    const distance = duty.map((_, i) => (z[k + i] - y) * Math.exp(-z[2 * k + i]));
    return [
      ...duty.map((r, i) => weight[i] - r),
      ...duty.map((r, i) => r * distance[i] * Math.exp(-z[2 * k + i])),
      ...duty.map((r, i) => r * (1 - distance[i] ** 2)),
    ];
  },
  optimum: (column, o) => mixtureOptimum(column, o),
  formula: {
    loss: ["-log sum_k pi_k N(y; m_k, s_k)", tex`\ell=-\log\sum_k\pi_k\,\mathcal N(y;\mu_k,\sigma_k^2)`],
    optimum: [
      "a fixed point of EM started from quantiles, with s_k at least floor times the standard deviation of the labels",
      tex`\pi_k^*=\overline{r_k},\quad\mu_k^*=\frac{\overline{r_k y}}{\overline{r_k}},\quad\sigma_k^{*2}=\frac{\overline{r_k(y-\mu_k)^2}}{\overline{r_k}}`,
    ],
    expected: ["the mean loss there", tex`L^*=\overline{\ell(z^*,y)}`],
  },
  derivation:
    "There is no closed form, and there are many local minima. EM, started from quantiles of the labels, finds one of them and breaks the symmetry between the components, which equal biases would keep. Without a floor a component can shrink onto one label, and the loss decreases without bound.",
  reference: "Bishop (1994), Mixture density networks; Dempster, Laird and Rubin (1977)",
  names: [
    {
      framework: "other",
      name: "Netlab mdninit",
      note: "sets the biases of the mixing coefficients to the priors, not to their logarithms",
    },
  ],
});

const maxIterations = 2000;

function mixtureOptimum(
  column: LabelColumn<number>,
  { components, floor }: { components: number; floor: number },
): Optimum {
  const { labels, weights, mean, variance } = column;
  // of a single distinct label, a variance that is not 0 is rounding
  const sd = (labels.length > 1 && Math.sqrt(variance)) || 1;
  const least = floor * sd;
  let parts: Component[] = Array.from({ length: components }, (_, k) => ({
    weight: 1 / components,
    mean: components === 1 ? mean : weightedQuantile(labels, weights, (k + 0.5) / components),
    sd: Math.max(least, sd / components),
  }));
  let last = Number.MAX_VALUE;
  for (let iteration = 0; iteration < maxIterations; iteration++) {
    const next = improve(parts, column, least);
    parts = next.parts;
    if (!(last - next.loss > 1e-15 * Math.abs(last))) break;
    last = next.loss;
  }
  return {
    output: toOutput(parts),
    kind: "numeric",
    warnings: [
      "a mixture has many local minima: this is the one that EM reaches from quantiles of the labels",
    ],
  };
}

const toOutput = (parts: readonly Component[]) => [
  ...parts.map(({ weight }) => Math.log(weight)),
  ...parts.map(({ mean }) => mean),
  ...parts.map(({ sd }) => Math.log(sd)),
];

/** One iteration of expectation and maximisation; `loss` is that of the given parts. */
function improve(
  parts: readonly Component[],
  { labels, weights, weight }: LabelColumn<number>,
  least: number,
) {
  const output = toOutput(parts);
  const duties = Array.from(labels, (y) => {
    const logs = logParts(float64Algebra, output, y);
    return { duty: softmax(logs), loss: -logSumExp(logs) };
  });
  const loss = sum(duties.map((row, i) => weights[i] * row.loss)) / weight;
  const next = parts.map((part, k) => {
    const mass = duties.map(({ duty }, i) => weights[i] * duty[k]);
    const total = sum(mass);
    if (!(total > 0)) return part;
    const mean = sum(mass.map((m, i) => m * labels[i])) / total;
    const variance = sum(mass.map((m, i) => m * (labels[i] - mean) ** 2)) / total;
    return { weight: total / weight, mean, sd: Math.max(least, Math.sqrt(variance)) };
  });
  return { parts: next, loss };
}
