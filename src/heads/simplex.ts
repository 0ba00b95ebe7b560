import { logSoftmax, softmax } from "../math/logSumExp.ts";
import { increasingRootFrom } from "../math/root.ts";
import { sum } from "../math/sum.ts";
import type { OutputVector } from "./algebra.ts";
import { defineHead, type HeadDescription, type Label, type LabelColumn, type Optimum, tex } from "./head.ts";
import { softmaxLink } from "./links.ts";
import { anyNumber, between, choice, number, wholeNumbers } from "./options.ts";
import { className, withPseudoCount } from "./pseudoCount.ts";

/** The output with mean 0: of all outputs that a softmax takes to the same probabilities, the one to compare. */
export function centre(output: OutputVector): number[] {
  const mean = sum(output) / output.length;
  return Array.from(output, (z) => z - mean);
}

/** What all heads on a softmax share. */
export const onSoftmax = {
  family: "classification",
  reads: "classes",
  domain: wholeNumbers,
  link: softmaxLink,
  identifiable: false,
  width: ({ labels }: { readonly labels: { readonly length: number } }) => labels.length,
  centre,
} as const satisfies Partial<HeadDescription> & Record<string, unknown>;

/** The class frequencies with a pseudo-count for absent classes, turned into log-probabilities by `logP`. */
function fromFrequencies(
  column: LabelColumn,
  kind: "closed form" | "numeric",
  logP: (frequencies: readonly number[]) => number[],
): Optimum {
  const { counts, warnings } = withPseudoCount(column.weights, column, className(column));
  const total = sum(counts);
  const output = logP(counts.map((count) => count / total));
  return { output, kind: warnings.length > 0 ? "boundary" : kind, warnings };
}

/** Gradient with respect to the outputs from that with respect to the probabilities: the softmax's Jacobian. */
const throughSoftmax = (p: readonly number[], slopes: readonly number[]) => {
  const mean = sum(p.map((pk, k) => pk * slopes[k]));
  return p.map((pk, k) => pk * (slopes[k] - mean));
};

const gceOptions = {
  q: number(0.5, between(0, 1), "0 is cross-entropy, 1 the absolute error of the probability"),
} as const;

export const generalizedCrossEntropy = defineHead({
  ...onSoftmax,
  name: "generalized-cross-entropy",
  summary: "generalized cross-entropy: robust to wrong labels",
  options: gceOptions,
  convex: false,
  loss: (m, output, label, { q }) => m.div(m.expm1(m.mul(m.pick(m.logSoftmax(output), label), q)), -q),
  gradient(output, label, { q }) {
    const p = softmax(output);
    const power = p[label] ** q;
    return p.map((pk, k) => power * (pk - (k === label ? 1 : 0)));
  },
  optimum: (column, { q }) =>
    fromFrequencies(column, "closed form", (frequencies) =>
      logSoftmax(frequencies.map((f) => Math.log(f) / (1 - q))),
    ),
  formula: {
    loss: [
      "(1 - p_y^q) / q,  p = softmax(z)",
      tex`\ell(z,y)=\frac{1-p_y^{\,q}}{q},\quad p=\operatorname{softmax}(z)`,
    ],
    optimum: [
      "p_k proportional to n_k^(1 / (1 - q));  z = log p + any constant",
      tex`p_k\propto\eta_k^{1/(1-q)},\quad z_k^*=\log p_k+c`,
    ],
    expected: ["the mean loss at p", tex`L^*=\frac{1-\sum_k\eta_k p_k^{\,q}}{q}`],
  },
  derivation:
    "Lagrange's condition is n_k p_k^(q-1) = constant. The power 1/(1-q) exaggerates the common classes: the bias is the log frequency times 1/(1-q), not the log frequency.",
  reference: "Zhang and Sabuncu (2018), arXiv 1805.07836",
  names: [
    {
      framework: "keras",
      name: "keras.losses.CategoricalGeneralizedCrossEntropy",
      options: { reduction: "rows" },
      note: "takes probabilities (no from_logits); q 0.5",
    },
  ],
});

export const poly1 = defineHead({
  ...onSoftmax,
  name: "poly-1",
  summary: "poly-1 loss: cross-entropy plus e (1 - p)",
  options: { epsilon: number(2, anyNumber, "weight of the added term") },
  convex: false,
  loss(m, output, label, { epsilon }) {
    const logP = m.pick(m.logSoftmax(output), label);
    return m.neg(m.add(logP, m.mul(m.expm1(logP), epsilon)));
  },
  gradient(output, label, { epsilon }) {
    const p = softmax(output);
    const slope = 1 + epsilon * p[label];
    return p.map((pk, k) => slope * (pk - (k === label ? 1 : 0)));
  },
  optimum: (column, { epsilon }) =>
    fromFrequencies(column, "numeric", (frequencies) => polySimplex(frequencies, epsilon)),
  formula: {
    loss: [
      "-log p_y + e (1 - p_y),  p = softmax(z)",
      tex`\ell(z,y)=-\log p_y+\varepsilon(1-p_y),\quad p=\operatorname{softmax}(z)`,
    ],
    optimum: [
      "p_k = f_k / (l - e f_k), sum p = 1: one root in l;  f the class frequencies;  z = log p + any constant",
      tex`p_k=\frac{\eta_k}{\lambda-\varepsilon\eta_k},\quad\sum_k p_k=1,\quad z_k^*=\log p_k+c`,
    ],
    expected: ["the mean loss at p", tex`L^*=\sum_k\eta_k\left[-\log p_k+\varepsilon(1-p_k)\right]`],
  },
  derivation:
    "Lagrange's condition is -f_k / p_k - e f_k + l = 0. The loss is convex in p, so the one l at which the p_k sum to 1 gives the minimum.",
  reference: "Leng et al. (2022), arXiv 2204.12511",
  names: [
    {
      framework: "optax",
      name: "optax.poly_loss_cross_entropy",
      note: "takes logits and distributions; epsilon 2; no reduction, the mean is yours to take",
    },
  ],
});

/** Log-probabilities pₖ = ηₖ / (λ − εηₖ) with Σ p = 1; λ = max εη + eˢ, so that the denominators lose nothing. */
function polySimplex(frequencies: readonly number[], epsilon: number): number[] {
  const most = Math.max(...frequencies.map((f) => epsilon * f));
  const logP = (s: number) => frequencies.map((f) => Math.log(f / (most - epsilon * f + Math.exp(s))));
  const s = increasingRootFrom((x) => -Math.log(sum(logP(x).map(Math.exp))), 0);
  return logP(s);
}

export const brier = defineHead({
  ...onSoftmax,
  name: "brier",
  summary: "Brier score: squared error of a softmax",
  softLabels: true,
  options: { over: choice(["sum", "mean"], "whether the K squares of a row are added or averaged") },
  convex: false,
  loss(m, output, label, { over }) {
    const target = m.isVector(label) ? label : m.oneHot(label, m.width(output));
    const errors = m.zip(m.softmax(output), target, m.sub);
    return m.div(m.dot(errors, errors), over === "mean" ? m.width(output) : 1);
  },
  gradient(output, label: Label, { over }) {
    const p = softmax(output);
    const errors = p.map((pk, k) => pk - (typeof label === "number" ? +(k === label) : label[k]));
    const scale = 2 / (over === "mean" ? p.length : 1);
    return throughSoftmax(p, errors).map((slope) => scale * slope);
  },
  expected(output, { weights, weight, squares }, { over }) {
    const cross = softmax(output).map((pk, k) => pk * (pk - (2 * weights[k]) / weight));
    return (sum(cross) + squares) / (over === "mean" ? output.length : 1);
  },
  optimum: (column) => fromFrequencies(column, "closed form", (frequencies) => frequencies.map(Math.log)),
  formula: {
    loss: [
      "sum_k (p_k - [y = k])^2,  p = softmax(z)",
      tex`\ell(z,y)=\sum_k\left(p_k-[y=k]\right)^2,\quad p=\operatorname{softmax}(z)`,
    ],
    optimum: ["z = log f + any constant,  f the class frequencies", tex`z_k^*=\log\eta_k+c`],
    expected: ["1 - sum f^2 (divided by K with over=mean)", tex`L^*=1-\sum_k\eta_k^2`],
  },
  derivation:
    "The mean of squares is smallest at the mean of the one-hot labels, which is f; the softmax reaches it at log f.",
  reference: "Brier (1950), Monthly Weather Review 78",
  names: [],
});
