import { logSumExp, softmax } from "../math/logSumExp.ts";
import { sum } from "../math/sum.ts";
import { type Column, defineHead, type Label } from "./head.ts";
import { choice, notNegative, number, perClass, share } from "./options.ts";
import { className, withPseudoCount } from "./pseudoCount.ts";

const options = {
  classWeights: perClass(notNegative, "weight of each class in the loss, or balanced", true),
  labelSmoothing: number(0, share, "share of each label spread evenly over all K classes"),
  smoothedWeight: choice(
    ["target", "row"],
    "with smoothing, whether a class weight applies to each class's share of the target (PyTorch) or to the row (Keras)",
  ),
} as const;

type SoftmaxOptions = {
  readonly classWeights: readonly number[];
  readonly labelSmoothing: number;
  readonly smoothedWeight: "target" | "row";
};

const weightOf = (o: SoftmaxOptions, k: number) => o.classWeights[k] ?? 1;

/**
 * What the loss compares log-probabilities with: shares of the classes (of one row, or the mean of all: this is linear)
 * after smoothing and class weights; length K.
 */
function target(shares: ArrayLike<number>, o: SoftmaxOptions): number[] {
  const spread = o.labelSmoothing / shares.length;
  const ofRow = o.smoothedWeight === "row" ? meanWeight(shares, o) : 1;
  return Array.from(shares, (share, k) => {
    const kept = (1 - o.labelSmoothing) * share * weightOf(o, k);
    return kept + spread * (o.smoothedWeight === "row" ? ofRow : weightOf(o, k));
  });
}

const rowTarget = (label: Label, classes: number, o: SoftmaxOptions) =>
  target(typeof label === "number" ? Array.from({ length: classes }, (_, k) => +(k === label)) : label, o);

const meanTarget = ({ weights, weight }: Column<Label>, o: SoftmaxOptions) =>
  target(
    Array.from(weights, (w) => w / weight),
    o,
  );

/** Σ wₖ · shareₖ of one label. */
function meanWeight(label: Label, o: SoftmaxOptions): number {
  if (typeof label === "number") return weightOf(o, label);
  return sum(Array.from(label, (share, k) => share * weightOf(o, k)));
}

/** −Σ tₖ log softmax(z)ₖ, for a target that need not sum to 1. */
function crossEntropy(output: ArrayLike<number>, target: readonly number[]): number {
  const norm = logSumExp(output);
  return sum(target.map((t, k) => (t === 0 ? 0 : t * (norm - output[k]))));
}

function crossEntropyGradient(output: ArrayLike<number>, target: readonly number[]): number[] {
  const total = sum(target);
  return softmax(output).map((p, k) => total * p - target[k]);
}

const centred = (output: ArrayLike<number>) => {
  const mean = sum(output) / output.length;
  return Array.from(output, (z) => z - mean);
};

/** The cell that softmax cross-entropy and the losses equal to it (KL, cumulative chains) share. */
export const softmaxCell = {
  width: (classes: number) => classes,
  loss: (output: ArrayLike<number>, label: Label, o: SoftmaxOptions) =>
    crossEntropy(output, rowTarget(label, output.length, o)),
  gradient: (output: ArrayLike<number>, label: Label, o: SoftmaxOptions) =>
    crossEntropyGradient(output, rowTarget(label, output.length, o)),
  rowWeight: meanWeight,
  expected: (output: ArrayLike<number>, column: Column<Label>, o: SoftmaxOptions) =>
    crossEntropy(output, meanTarget(column, o)),
  optimum(column: Column<Label>, o: SoftmaxOptions) {
    const shares = meanTarget(column, o);
    const { counts, warnings } = withPseudoCount(
      shares.map((share) => share * column.weight),
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
  predict: (output: ArrayLike<number>) => softmax(output),
  centre: centred,
  gap: (_output: ArrayLike<number>, column: Column<Label>, variance: number, o: SoftmaxOptions) => ({
    // Jensen on E log Σ p exp(noise), noise Gaussian: 0 ≤ gap ≤ variance / 2, times the weight of the target
    value: (sum(meanTarget(column, o)) * variance) / 2,
    kind: "bound" as const,
  }),
};

export const softmaxCrossEntropy = defineHead({
  name: "softmax",
  summary: "softmax cross-entropy: one of K classes a row",
  family: "classification",
  reads: "classes",
  domain: { low: 0, high: Number.POSITIVE_INFINITY, openHigh: true, integer: true },
  options,
  link: "p = softmax(z)",
  identifiable: false,
  convex: true,
  ...softmaxCell,
  formula: {
    loss: "-sum_k t_k log softmax(z)_k,  t_k = w_k ((1 - e) [y = k] + e/K)",
    optimum: "z_k = log p_k + any constant,  p_k = m_k / sum m,  m_k = w_k ((1 - e) n_k + e N/K)",
    expected: "-sum_k m_k log p_k / D,  D = sum w_c n_c (mean) or N (rows); H(p) without weights",
    latex: {
      loss: "\\ell(z, y) = -\\sum_k t_k \\log \\operatorname{softmax}(z)_k,\\quad t_k = w_k\\left((1-\\varepsilon)[y=k] + \\tfrac{\\varepsilon}{K}\\right)",
      optimum:
        "z_k^* = \\log p_k + c,\\quad p_k = \\frac{m_k}{\\sum_j m_j},\\quad m_k = w_k\\left((1-\\varepsilon)n_k + \\tfrac{\\varepsilon N}{K}\\right)",
      expected:
        "L^* = -\\frac{\\sum_k m_k \\log p_k}{D},\\quad D = \\sum_c w_c n_c \\text{ (mean) or } N \\text{ (rows)}",
    },
  },
  source:
    "Bishop, Pattern Recognition and Machine Learning (2006), section 4.3.4; Goodfellow et al., Deep Learning (2016), section 8.4",
  names: [
    {
      framework: "torch",
      name: "torch.nn.CrossEntropyLoss",
      note: "takes logits; with class weights divides by their sum over the rows for index targets",
    },
    {
      framework: "keras",
      name: "keras.losses.CategoricalCrossentropy",
      options: { reduction: "rows", smoothedWeight: "row" },
      note: "from_logits=False by default: probabilities, clipped at 1e-7; divides by the number of rows, also with weights",
    },
  ],
});
