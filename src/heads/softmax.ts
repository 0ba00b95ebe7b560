import { logSumExp, softmax } from "../math/logSumExp.ts";
import { sum } from "../math/sum.ts";
import type { Algebra, OutputVector } from "./algebra.ts";
import { float64Algebra } from "./float64Algebra.ts";
import { defineHead, type Label, type LabelColumn, type RowLoss, tex } from "./head.ts";
import { choice, notNegative, number, onlyForMean, perClass, unitInterval } from "./options.ts";
import { className, withPseudoCount } from "./pseudoCount.ts";
import { onSoftmax } from "./simplex.ts";

const options = {
  classWeights: perClass(notNegative, "weight of each class in the loss, or balanced", true),
  labelSmoothing: number(0, unitInterval, "fraction of each label that is spread evenly over all K classes"),
  smoothedWeight: choice(
    ["target", "row"],
    "with label smoothing, whether class weights apply to each class of the soft target (PyTorch) or to the row as a whole (Keras)",
  ),
} as const;

type SoftmaxOptions = {
  readonly classWeights: readonly number[];
  readonly labelSmoothing: number;
  readonly smoothedWeight: "target" | "row";
};

const weightOf = (o: SoftmaxOptions, k: number) => o.classWeights[k] ?? 1;

/**
 * What the loss compares log-probabilities with: class frequencies (of one row, or the mean of all rows: this is linear)
 * after smoothing and class weights. Length K.
 */
function softTarget<S, V>(m: Algebra<S, V>, frequencies: V, o: SoftmaxOptions): V {
  if (o.labelSmoothing === 0 && o.classWeights.length === 0) return frequencies;
  const classes = m.width(frequencies);
  const weights = m.constants(Array.from({ length: classes }, (_, k) => weightOf(o, k)));
  const [kept, evenly] = [1 - o.labelSmoothing, o.labelSmoothing / classes];
  if (o.smoothedWeight === "row") {
    const added = m.mul(m.dot(weights, frequencies), evenly);
    return m.zip(frequencies, weights, (f, w) => m.add(m.mul(m.mul(f, kept), w), added));
  }
  return m.zip(frequencies, weights, (f, w) => m.mul(m.add(m.mul(f, kept), evenly), w));
}

const rowTarget = <S, V>(m: Algebra<S, V>, output: V, label: S | V, o: SoftmaxOptions) =>
  softTarget(m, m.isVector(label) ? label : m.oneHot(label, m.width(output)), o);

const meanTarget = ({ weights, weight }: LabelColumn<Label>, o: SoftmaxOptions) =>
  softTarget(
    float64Algebra,
    Array.from(weights, (w) => w / weight),
    o,
  );

/** −Σ tₖ log softmax(z)ₖ, for a target that need not sum to 1. */
const crossEntropy = <S, V>(m: Algebra<S, V>, output: V, target: V) =>
  m.neg(m.dot(m.logSoftmax(output), target));

function crossEntropyGradient(output: OutputVector, label: Label, o: SoftmaxOptions): number[] {
  const target = rowTarget(float64Algebra, output, label as OutputVector, o);
  const total = sum(target);
  return softmax(output).map((p, k) => total * p - target[k]);
}

/** The cell that softmax cross-entropy and KL divergence share. */
const softmaxCell = {
  loss: <S, V>(m: Algebra<S, V>, output: V, label: S | V, o: SoftmaxOptions) =>
    crossEntropy(m, output, rowTarget(m, output, label, o)),
  gradient: crossEntropyGradient,
  // PyTorch divides by the class weights of labels that are indices, and by the rows where they are distributions
  rowWeight: (label: Label, o: SoftmaxOptions) => (typeof label === "number" ? weightOf(o, label) : 1),
  expected: (output: OutputVector, column: LabelColumn<Label>, o: SoftmaxOptions) =>
    crossEntropy(float64Algebra, output, meanTarget(column, o)),
  // O(K) for all labels together: the target of a row is a · s + c at its own class, s the smoothing of every class
  rowLosses(
    output: OutputVector,
    { labels }: LabelColumn<Label>,
    variance: number,
    o: SoftmaxOptions,
  ): RowLoss[] {
    const [z, p, norm] = [Array.from(output), softmax(output), logSumExp(output)];
    const evenly = o.labelSmoothing / p.length;
    const s = p.map((_, k) => (o.smoothedWeight === "row" ? evenly : evenly * weightOf(o, k)));
    const inner = (a: readonly number[], b: readonly number[]) => sum(a.map((v, k) => v * b[k]));
    const [pp, ps, ss, sz, total] = [inner(p, p), inner(p, s), inner(s, s), inner(s, z), sum(s)];
    return Array.from(labels, (label) => {
      const y = label as number;
      const c = (1 - o.labelSmoothing) * weightOf(o, y);
      const a = o.smoothedWeight === "row" ? weightOf(o, y) : 1;
      const weight = a * total + c;
      const slopes =
        weight ** 2 * pp - 2 * weight * (a * ps + c * p[y]) + a * a * ss + 2 * a * c * s[y] + c * c;
      return { mean: weight * norm - a * sz - c * z[y], variance: variance * slopes };
    });
  },
  optimum(column: LabelColumn<Label>, o: SoftmaxOptions) {
    const target = meanTarget(column, o);
    const { counts, warnings } = withPseudoCount(
      Array.from(target, (t) => t * column.weight),
      column,
      className(column),
    );
    const total = sum(counts);
    return {
      output: counts.map((count) => Math.log(count / total)),
      kind: warnings.length > 0 ? ("boundary" as const) : ("closed form" as const),
      warnings,
    };
  },
  gap: (_output: OutputVector, column: LabelColumn<Label>, variance: number, o: SoftmaxOptions) => ({
    // Jensen on E log Σ p exp(noise), noise Gaussian: 0 ≤ gap ≤ variance / 2, times the weight of the target
    value: (sum(meanTarget(column, o)) * variance) / 2,
    kind: "bound" as const,
  }),
};

export const softmaxCrossEntropy = defineHead({
  ...onSoftmax,
  name: "softmax",
  isCrossEntropy: true,
  summary: "softmax cross-entropy: one of K classes per row",
  softLabels: true,
  options,
  convex: true,
  ...softmaxCell,
  formula: {
    loss: [
      "-sum_k t_k log p_k,  p = softmax(z),  t_k = w_k ((1 - e) [y = k] + e/K)",
      tex`\ell(z,y) = -\sum_k t_k\log\operatorname{softmax}(z)_k,\quad t_k = w_k\left((1-\varepsilon)[y=k]+\tfrac{\varepsilon}{K}\right)`,
    ],
    optimum: [
      "z_k = log p_k + any constant,  p_k = m_k / sum m,  m_k = w_k ((1 - e) n_k + e N/K)",
      tex`z_k^* = \log p_k + c,\quad p_k = \frac{m_k}{\sum_j m_j},\quad m_k = w_k\left((1-\varepsilon)n_k+\tfrac{\varepsilon N}{K}\right)`,
    ],
    expected: [
      "-sum_k m_k log p_k / D,  D = sum w_c n_c (mean of class indices) or N;  the entropy H(p) without weights",
      tex`L^* = -\frac{\sum_k m_k\log p_k}{D},\quad D=\sum_c w_c n_c\ (\text{mean of class indices})\ \text{or}\ N`,
    ],
  },
  derivation:
    "The mean loss is the cross-entropy of p against the mean target m, which Gibbs's inequality puts at its minimum where p is m, normalised. A constant added to all outputs does not change softmax, so log p is one of many equal answers. With both class weights and smoothing, D is not the sum of m: PyTorch divides by the weights of the labels alone.",
  reference:
    "Bishop, Pattern Recognition and Machine Learning (2006), section 4.3.4; Goodfellow et al., Deep Learning (2016), section 8.4",
  names: [
    {
      framework: "torch",
      name: "torch.nn.CrossEntropyLoss",
      note: "takes logits; with weight, divides by the weights of the rows' labels (by the rows where targets are distributions)",
    },
    {
      framework: "torch",
      name: "torch.nn.NLLLoss",
      note: "takes log-probabilities: put log_softmax before it; with weight, divides by the weights of the rows' labels",
    },
    {
      framework: "keras",
      name: "keras.losses.CategoricalCrossentropy",
      options: { reduction: "rows", smoothedWeight: "row" },
      note: "from_logits=False by default: probabilities, clipped at 1e-7 (no loss above 16.118); divides by the number of rows, also with class_weight",
    },
    {
      framework: "keras",
      name: "keras.losses.SparseCategoricalCrossentropy",
      options: { reduction: "rows", smoothedWeight: "row" },
      note: "from_logits=False by default: probabilities, clipped at 1e-7 (no loss above 16.118); rows of ignore_class are left out",
    },
    {
      framework: "optax",
      name: "optax.softmax_cross_entropy",
      note: "takes logits and distributions; no reduction, the mean is yours to take",
    },
    {
      framework: "optax",
      name: "optax.softmax_cross_entropy_with_integer_labels",
      note: "takes logits and integer labels; no reduction, the mean is yours to take",
    },
    {
      framework: "tfjs",
      name: "tf.losses.softmaxCrossEntropy",
      options: { reduction: "mean" },
      note: "takes logits; divides by the number of nonzero weights. In layers models the loss takes probabilities, with 1e-7 inside the logarithm",
    },
    {
      framework: "sklearn",
      name: "sklearn.linear_model.LogisticRegression",
      note: "multinomial; sample and class weights; its log_loss divides by the sum of weights",
    },
    {
      framework: "xgboost",
      name: "multi:softmax",
      note: "starts from log(p + 1e-6), centred, since 3.2",
    },
    { framework: "xgboost", name: "multi:softprob", note: "starts from log(p + 1e-6), centred, since 3.2" },
    {
      framework: "lightgbm",
      name: "multiclass",
      note: "starts from log(max(1e-15, p)), so -34.5 for an absent class",
    },
    { framework: "catboost", name: "MultiClass", note: "starts from 0" },
    {
      framework: "other",
      name: "next-token",
      note: "a language model's loss: counts are the tokens', the bias the log unigram; a tied head without bias can only be checked",
    },
  ],
});

export const klDivergence = defineHead({
  ...onSoftmax,
  name: "kl-divergence",
  isCrossEntropy: true,
  summary: "KL divergence from soft labels to a softmax",
  softLabels: true,
  options: {
    divisor: onlyForMean(
      choice(
        ["rows", "elements"],
        "whether the K terms of a row are added (PyTorch's batchmean) or averaged (PyTorch's mean)",
      ),
    ),
  },
  convex: true,
  loss(m, output, label, { divisor }) {
    const target = rowTarget(m, output, label, plain);
    const divergence = m.sub(crossEntropy(m, output, target), entropy(m, target));
    return m.mul(divergence, scale(divisor, m.width(output)));
  },
  gradient: (output, label, { divisor }) =>
    crossEntropyGradient(output, label, plain).map((g) => scale(divisor, output.length) * g),
  expected: (output, column, { divisor }) =>
    scale(divisor, output.length) * (softmaxCell.expected(output, column, plain) - column.labelEntropy),
  optimum: (column) => softmaxCell.optimum(column, plain),
  formula: {
    loss: [
      "sum_k t_k (log t_k - log p_k),  p = softmax(z)",
      tex`\ell(z,t)=\sum_k t_k\left(\log t_k-\log\operatorname{softmax}(z)_k\right)`,
    ],
    optimum: ["z = log mean t + any constant", tex`z_k^*=\log\bar t_k+c`],
    expected: [
      "H(mean t) - mean H(t)  (divided by K with divisor=elements)",
      tex`L^*=H(\bar t)-\overline{H(t)}`,
    ],
  },
  derivation:
    "It is the cross-entropy minus the entropy of the labels, which no output changes: the optimum is the same, the loss is lower.",
  reference: "Kullback and Leibler (1951), On information and sufficiency",
  names: [
    {
      framework: "torch",
      name: "torch.nn.KLDivLoss",
      options: { divisor: "elements" },
      note: "takes log-probabilities; reduction='mean' divides by all N K elements, 'batchmean' by N (divisor=rows)",
    },
    {
      framework: "keras",
      name: "keras.losses.KLDivergence",
      options: { reduction: "rows" },
      note: "takes probabilities, both clipped at 1e-7; divides by the number of rows",
    },
    {
      framework: "optax",
      name: "optax.kl_divergence",
      note: "takes log-probabilities and distributions; no reduction, the mean is yours to take",
    },
  ],
});

const plain: SoftmaxOptions = { classWeights: [], labelSmoothing: 0, smoothedWeight: "target" };
const scale = (divisor: "rows" | "elements", classes: number) => (divisor === "elements" ? 1 / classes : 1);

/** −Σ tₖ log tₖ, with 0 log 0 = 0. */
const entropy = <S, V>(m: Algebra<S, V>, target: V) =>
  m.neg(m.sum(m.map(target, (t) => m.mul(t, m.log(m.ifLess(0, t, t, 1))))));
