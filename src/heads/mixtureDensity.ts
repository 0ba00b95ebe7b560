import { logSoftmax, logSumExp, softmax } from "../math/logSumExp.ts";
import { weightedQuantile } from "../math/quantile.ts";
import { sum } from "../math/sum.ts";
import { type Column, defineHead, type Optimum, tex } from "./head.ts";
import { expLink, identityLink, linkOfParts, type OutputVector, softmaxLink } from "./links.ts";
import { anyNumber, number } from "./options.ts";

interface Component {
  readonly share: number;
  readonly mean: number;
  readonly sd: number;
}

const halfLog2Pi = 0.5 * Math.log(2 * Math.PI);

/** log (πₖ N(y; μₖ, σₖ)) of each of K components; outputs are K logits, K means, K log standard deviations. */
function logParts(output: OutputVector, y: number): number[] {
  const z = Array.from(output);
  const k = z.length / 3;
  return logSoftmax(z.slice(0, k)).map((logShare, i) => {
    const [mean, logSd] = [z[k + i], z[2 * k + i]];
    return logShare - logSd - halfLog2Pi - (y - mean) ** 2 / (2 * Math.exp(2 * logSd));
  });
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
      "smallest standard deviation of a component, as a share of the labels'",
    ),
  },
  link: ({ components }) =>
    linkOfParts("shares = softmax(z[0..K)), means = z[K..2K), sd = exp(z[2K..3K))", [
      [softmaxLink, components],
      [identityLink, components],
      [expLink, components],
    ]),
  identifiable: false,
  convex: false,
  width: (_column, { components }) => 3 * components,
  loss: (output, y: number) => -logSumExp(logParts(output, y)),
  gradient(output, y) {
    const z = Array.from(output);
    const k = z.length / 3;
    const duty = softmax(logParts(z, y));
    const share = softmax(z.slice(0, k));
    const distance = duty.map((_, i) => (z[k + i] - y) * Math.exp(-z[2 * k + i]));
    return [
      ...duty.map((r, i) => share[i] - r),
      ...duty.map((r, i) => r * distance[i] * Math.exp(-z[2 * k + i])),
      ...duty.map((r, i) => r * (1 - distance[i] ** 2)),
    ];
  },
  optimum: (column, o) => mixtureOptimum(column, o),
  formula: {
    loss: ["-log sum_k pi_k N(y; m_k, s_k)", tex`\ell=-\log\sum_k\pi_k\,\mathcal N(y;\mu_k,\sigma_k^2)`],
    optimum: [
      "a fixed point of EM from quantile slices, s_k at least floor times the labels' deviation",
      tex`\pi_k^*=\overline{r_k},\quad\mu_k^*=\frac{\overline{r_k y}}{\overline{r_k}},\quad\sigma_k^{*2}=\frac{\overline{r_k(y-\mu_k)^2}}{\overline{r_k}}`,
    ],
    expected: ["the mean loss there", tex`L^*=\overline{\ell(z^*,y)}`],
  },
  derivation:
    "No closed form and many local minima: EM from slices of the labels finds one of them, and breaks the symmetry between the components, which equal biases would keep. Without a floor a component can shrink onto one label and the loss falls without end.",
  source: "Bishop (1994), Mixture density networks; Dempster, Laird and Rubin (1977)",
  names: [
    {
      framework: "other",
      name: "Netlab mdninit",
      note: "sets the biases of the mixing coefficients to the priors, not to their logarithms",
    },
  ],
});

const mostRounds = 2000;

function mixtureOptimum(
  column: Column<number>,
  { components, floor }: { components: number; floor: number },
): Optimum {
  const { labels, weights, mean, variance } = column;
  const sd = Math.sqrt(variance) || 1;
  const least = floor * sd;
  let parts: Component[] = Array.from({ length: components }, (_, k) => ({
    share: 1 / components,
    mean: components === 1 ? mean : weightedQuantile(labels, weights, (k + 0.5) / components),
    sd: Math.max(least, sd / components),
  }));
  let last = Number.MAX_VALUE;
  for (let round = 0; round < mostRounds; round++) {
    const next = improve(parts, column, least);
    parts = next.parts;
    if (!(last - next.loss > 1e-15 * Math.abs(last))) break;
    last = next.loss;
  }
  return {
    output: toOutput(parts),
    kind: "numeric",
    warnings: ["a mixture has many local minima: this is the one that EM reaches from slices of the labels"],
  };
}

const toOutput = (parts: readonly Component[]) => [
  ...parts.map(({ share }) => Math.log(share)),
  ...parts.map(({ mean }) => mean),
  ...parts.map(({ sd }) => Math.log(sd)),
];

/** One round of expectation and maximisation; `loss` is that of the parts given. */
function improve(parts: readonly Component[], { labels, weights, weight }: Column<number>, least: number) {
  const output = toOutput(parts);
  const duties = Array.from(labels, (y) => {
    const logs = logParts(output, y);
    return { duty: softmax(logs), loss: -logSumExp(logs) };
  });
  const loss = sum(duties.map((row, i) => weights[i] * row.loss)) / weight;
  const next = parts.map((part, k) => {
    const mass = duties.map(({ duty }, i) => weights[i] * duty[k]);
    const total = sum(mass);
    if (!(total > 0)) return part;
    const mean = sum(mass.map((m, i) => m * labels[i])) / total;
    const spread = sum(mass.map((m, i) => m * (labels[i] - mean) ** 2)) / total;
    return { share: total / weight, mean, sd: Math.max(least, Math.sqrt(spread)) };
  });
  return { parts: next, loss };
}
