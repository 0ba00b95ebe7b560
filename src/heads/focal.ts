import { log1pExp } from "../math/log1pExp.ts";
import { sigmoid } from "../math/logit.ts";
import { logSoftmax, softmax } from "../math/logSumExp.ts";
import { increasingRootFrom } from "../math/root.ts";
import { sum } from "../math/sum.ts";
import type { Algebra } from "./algebra.ts";
import { float64Algebra } from "./float64Algebra.ts";
import { defineHead, type LabelColumn, tex } from "./head.ts";
import { sigmoidLink } from "./links.ts";
import { choice, notNegative, number, perClass, unitInterval } from "./options.ts";
import { answerName, className, withPseudoCount } from "./pseudoCount.ts";
import { onSoftmax } from "./simplex.ts";

const focusing = "focusing parameter: how fast the weight of well-predicted rows falls";

const binaryOptions = {
  gamma: number(2, notNegative, focusing),
  alpha: number(
    -1,
    { low: -1, high: 1 },
    "weight of the positives; the negatives have 1 - alpha; -1 for no weights",
  ),
  labelSmoothing: number(0, unitInterval, "fraction of each label that is moved to one half"),
  divisor: choice(
    ["rows", "positives"],
    "what the sum is divided by: the number of rows, or the number of positives, as in object detectors",
  ),
} as const;

type BinaryFocalOptions = {
  readonly gamma: number;
  readonly alpha: number;
  readonly labelSmoothing: number;
  readonly divisor: "rows" | "positives";
};

/** Weights of the loss of no and of yes for a label y; linear in y. */
function answerWeights<S, V>(
  m: Algebra<S, V>,
  y: S,
  { alpha, labelSmoothing }: BinaryFocalOptions,
): [no: S, yes: S] {
  const smooth = labelSmoothing === 0 ? y : m.add(m.mul(y, 1 - labelSmoothing), labelSmoothing / 2);
  const rest = m.sub(1, smooth);
  return alpha < 0 ? [rest, smooth] : [m.mul(rest, 1 - alpha), m.mul(smooth, alpha)];
}

/** (1 − p)^γ · −log p at output z, the loss of yes; that of no is this at −z. */
const yesLoss = <S, V>(m: Algebra<S, V>, z: S, gamma: number) =>
  m.mul(m.exp(m.mul(m.log1pExp(z), -gamma)), m.log1pExp(m.neg(z)));
/** Minus the derivative of `yesLoss`: (1 − p)^γ (1 − p + γ p · −log p). */
const yesSlope = (z: number, gamma: number) =>
  Math.exp(-gamma * log1pExp(z)) * (sigmoid(-z) + gamma * sigmoid(z) * log1pExp(-z));
const logYesSlope = (z: number, gamma: number) =>
  -gamma * log1pExp(z) + Math.log(sigmoid(-z) + gamma * sigmoid(z) * log1pExp(-z));

function binaryFocalLoss<S, V>(m: Algebra<S, V>, output: V, y: S, o: BinaryFocalOptions): S {
  const z = m.entry(output, 0);
  const [no, yes] = answerWeights(m, y, o);
  return m.add(m.mul(yes, yesLoss(m, z, o.gamma)), m.mul(no, yesLoss(m, m.neg(z), o.gamma)));
}

export const binaryFocal = defineHead({
  name: "binary-focal",
  summary: "focal loss on a sigmoid (yes/no labels)",
  family: "classification",
  reads: "binary",
  domain: unitInterval,
  options: binaryOptions,
  link: sigmoidLink,
  identifiable: true,
  convex: false,
  loss: binaryFocalLoss,
  gradient([z], y, o) {
    const [no, yes] = answerWeights(float64Algebra, y, o);
    return [no * yesSlope(-z, o.gamma) - yes * yesSlope(z, o.gamma)];
  },
  rowWeight: (y, o) => (o.divisor === "positives" ? y : 1),
  expected: (output, column, o) => binaryFocalLoss(float64Algebra, output, column.mean, o),
  refuse: (_column, { alpha }) =>
    alpha < 0 && alpha !== -1
      ? `invalid alpha of binary-focal: ${alpha}; allowed: a number from 0 to 1, or -1 for none`
      : undefined,
  optimum(column, o) {
    const weighted = answerWeights(float64Algebra, column.mean, o).map((part) => part * column.weight);
    const { counts, warnings } = withPseudoCount(weighted, column, answerName(column));
    const ratio = Math.log(counts[1] / counts[0]);
    // the two slopes' ratio grows with z like exp((γ + 1) z): in logarithms the root is tame
    const root = increasingRootFrom((z) => logYesSlope(-z, o.gamma) - logYesSlope(z, o.gamma) - ratio, 0);
    return { output: [root], kind: warnings.length > 0 ? "boundary" : "numeric", warnings };
  },
  formula: {
    loss: [
      "-a1 y' (1 - p)^g log p - a0 (1 - y') p^g log(1 - p),  p = sigmoid(z)",
      tex`\ell(z,y) = -\alpha_1 y'(1-p)^\gamma\log p - \alpha_0(1-y')p^\gamma\log(1-p),\quad p=\sigma(z)`,
    ],
    optimum: [
      "root of q a1 (1 - p)^g (g p log p - (1 - p)) + (1 - q) a0 p^g (p - g (1 - p) log(1 - p))",
      tex`q\alpha_1(1-p)^\gamma\left[\gamma p\ln p-(1-p)\right]+(1-q)\alpha_0 p^\gamma\left[p-\gamma(1-p)\ln(1-p)\right]=0,\quad z^*=\operatorname{logit}p`,
    ],
    expected: ["the mean loss at the root", tex`L^* = q\,\ell(z^*,1)+(1-q)\,\ell(z^*,0)`],
  },
  derivation:
    "Set the derivative of the mean loss to zero. The focal loss is not strictly proper, so p is not the frequency of positives: rare positives are predicted far more often than they occur (q = 0.01 gives p = 0.108 at gamma 2, alpha 0.25). RetinaNet's fixed -4.595 is not this optimum.",
  reference: "Lin et al. (2017), arXiv 1708.02002; Charoenphakdee et al. (2021), arXiv 2011.09172",
  names: [
    {
      framework: "keras",
      name: "keras.losses.BinaryFocalCrossentropy",
      options: { reduction: "rows" },
      note: "from_logits=False by default (probabilities, clipped at 1e-7); alpha 0.25 applies only with apply_class_balancing=True",
    },
    {
      framework: "torch",
      name: "torchvision.ops.sigmoid_focal_loss",
      options: { alpha: 0.25 },
      note: "takes logits; no reduction by default; detectors divide the sum by the number of positives (divisor=positives)",
    },
    {
      framework: "optax",
      name: "optax.sigmoid_focal_loss",
      note: "takes logits; alpha=None by default; no reduction, the mean is yours to take",
    },
  ],
});

const categoricalOptions = {
  gamma: number(2, notNegative, focusing),
  alpha: perClass(notNegative, "weight of each class, or one for all"),
} as const;

type CategoricalFocalOptions = { readonly gamma: number; readonly alpha: readonly number[] };

/** log(1 − pₖ) without cancellation where pₖ is near 1: the log of the sum of the others. */
const logRest = (logP: readonly number[], k: number) =>
  logP[k] < -0.7
    ? Math.log1p(-Math.exp(logP[k]))
    : Math.log(sum(logP.map((l, j) => (j === k ? 0 : Math.exp(l)))));

/** log h(u) at p = sigmoid(u), where −1/h is the slope of −(1 − p)^γ log p in p; increasing in u. */
const logH = (u: number, gamma: number) =>
  -log1pExp(-u) + (gamma - 1) * log1pExp(u) - Math.log(sigmoid(-u) + gamma * sigmoid(u) * log1pExp(-u));

/** Log-probabilities p with h(pₖ) = aₖ / λ and Σ p = 1, by a root in log λ over roots in logit pₖ. */
function focalSimplex(a: readonly number[], gamma: number): number[] {
  const logA = a.map(Math.log);
  const most = logA.indexOf(Math.max(...logA));
  const logits = (t: number) => logA.map((l) => increasingRootFrom((u) => logH(u, gamma) - l - t, 0));
  // Σ of the others = 1 − p of the largest: as precise for the rare as for the common
  const excess = (t: number) => {
    const u = logits(t);
    return Math.log(sum(u.map((x, k) => (k === most ? 0 : sigmoid(x))))) + log1pExp(u[most]);
  };
  const u = logits(increasingRootFrom(excess, -logA[most]));
  return u.map((x) => -log1pExp(-x));
}

export const categoricalFocal = defineHead({
  ...onSoftmax,
  name: "categorical-focal",
  summary: "focal loss on a softmax (one of K classes)",
  options: categoricalOptions,
  convex: false,
  loss(m, output, label, { gamma, alpha }) {
    const logP = m.logSoftmax(output);
    const own = m.oneHot(label, m.width(output));
    const crossEntropy = m.neg(m.dot(logP, own));
    const weighted = alpha.length > 0 ? m.mul(crossEntropy, m.dot(m.constants(alpha), own)) : crossEntropy;
    if (gamma === 0) return weighted;
    // log(1 − p) without cancellation where p is near 1: the log of the sum of the others
    const logRest = m.logSumExp(m.zip(logP, own, (l, isOwn) => m.ifLess(0, isOwn, -Infinity, l)));
    return m.mul(weighted, m.exp(m.mul(logRest, gamma)));
  },
  // O(K) for all labels together, where a row alone takes as long
  expected(output, { weights, weight }, { gamma, alpha }) {
    const logP = logSoftmax(output);
    const losses = logP.map((l, k) => {
      const easy = gamma === 0 ? 1 : Math.exp(gamma * logRest(logP, k));
      return weights[k] === 0 ? 0 : weights[k] * (alpha[k] ?? 1) * easy * -l;
    });
    return sum(losses) / weight;
  },
  gradient(output, label, o) {
    const logP = logSoftmax(output);
    const p = softmax(output);
    const rest = logRest(logP, label);
    const slope =
      (o.alpha[label] ?? 1) *
      (o.gamma === 0
        ? -1
        : Math.exp((o.gamma - 1) * rest) * (o.gamma * p[label] * logP[label] - Math.exp(rest)));
    return p.map((pk, k) => slope * (k === label ? Math.exp(rest) : -pk));
  },
  optimum(column: LabelColumn<number>, o: CategoricalFocalOptions) {
    const weighted = Array.from(column.weights, (w, k) => (o.alpha[k] ?? 1) * w);
    const { counts, warnings } = withPseudoCount(weighted, column, className(column));
    const output = focalSimplex(
      counts.map((count) => count / column.weight),
      o.gamma,
    );
    return { output, kind: warnings.length > 0 ? "boundary" : "numeric", warnings };
  },
  formula: {
    loss: [
      "-a_y (1 - p_y)^g log p_y,  p = softmax(z)",
      tex`\ell(z,y) = -\alpha_y(1-p_y)^\gamma\log p_y,\quad p=\operatorname{softmax}(z)`,
    ],
    optimum: [
      "z = log p + any constant,  h(p_k) = a_k n_k / (N l),  sum p = 1,  h(p) = p / ((1-p)^g - g (1-p)^(g-1) p log p)",
      tex`z_k^*=\log p_k + c,\quad \frac{p_k}{(1-p_k)^\gamma-\gamma(1-p_k)^{\gamma-1}p_k\ln p_k}=\frac{\alpha_k\eta_k}{\lambda},\quad \sum_k p_k=1`,
    ],
    expected: ["the mean loss at the root", tex`L^*=\sum_k\eta_k\,\ell(z^*,k)`],
  },
  derivation:
    "Lagrange's condition for the mean loss over the simplex gives each p_k as a function of one multiplier l. The l at which they sum to 1 is a root in one dimension.",
  reference: "Lin et al. (2017), arXiv 1708.02002; Charoenphakdee et al. (2021), arXiv 2011.09172",
  names: [
    {
      framework: "keras",
      name: "keras.losses.CategoricalFocalCrossentropy",
      options: { alpha: 0.25, reduction: "rows" },
      note: "from_logits=False by default: probabilities, normalised and clipped at 1e-7; alpha 0.25 for every class by default, so it scales the loss only",
    },
  ],
});
