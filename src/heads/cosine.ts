import { sum } from "../math/sum.ts";
import type { OutputVector } from "./algebra.ts";
import { defineHead, type LabelColumn, tex } from "./head.ts";
import { anyNumber, choice } from "./options.ts";

const length = (vector: ArrayLike<number>) => Math.sqrt(sum(Array.from(vector, (v) => v * v)));
const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => sum(Array.from(a, (v, i) => v * b[i]));
const offset = (form: "-cos" | "1-cos") => (form === "1-cos" ? 1 : 0);

/** Cosine of the angle to a target of length 1, times its length; 0 for an output of zeros. */
function cosine(output: OutputVector, target: ArrayLike<number>): number {
  const size = length(output);
  return size === 0 ? 0 : dot(output, target) / size;
}

const scaled = (vector: ArrayLike<number>, factor: number) => Array.from(vector, (v) => v * factor);

export const cosineSimilarity = defineHead({
  name: "cosine-similarity",
  summary: "cosine similarity of the output and a label vector",
  family: "regression",
  reads: "directions",
  domain: anyNumber,
  options: { form: choice(["-cos", "1-cos"], "the loss of a perfect prediction: -1 (-cos) or 0 (1-cos)") },
  // the length of the output is lost: no inverse
  link: {
    name: "direction",
    text: "prediction = z / |z|",
    apply: (output) => scaled(output, 1 / (length(output) || 1)),
    low: -1,
    high: 1,
  },
  identifiable: false,
  convex: false,
  width: ({ labels }: LabelColumn<ArrayLike<number>>) => labels[0].length,
  loss(m, output, label, { form }) {
    const [outputSquare, labelSquare] = [m.dot(output, output), m.dot(label, label)];
    // a vector of zeros has no direction: its product with any other is 0, divided by a length of 1
    const lengths = [outputSquare, labelSquare].map((square) => m.sqrt(m.ifLess(0, square, square, 1)));
    return m.sub(offset(form), m.div(m.dot(output, label), m.mul(lengths[0], lengths[1])));
  },
  gradient(output, label) {
    const size = length(output);
    const target = length(label) || 1;
    if (size === 0) return Array.from(output, () => 0);
    const along = dot(output, label) / (size * size);
    return Array.from(output, (z, i) => (along * z - label[i]) / (size * target));
  },
  // linear in the unit target: its mean is all that matters
  expected: (output, { labels }, { form }) => offset(form) - cosine(output, labels[0]),
  // Only the mean of the unit labels is known, of length r. A number from -1 to 1 with mean c has at most the variance
  // 1 - c^2 (Bhatia and Davis), and the square of a row's slope, (1 - cos^2) / |z|^2, at most the mean (1 - c^2) / |z|^2.
  rowLosses(output, { labels }, variance, { form }) {
    const c = cosine(output, labels[0]);
    const bound = (1 - c * c) * (1 + variance / (dot(output, output) || 1));
    return [{ mean: offset(form) - c, variance: Math.min(1, bound) }];
  },
  optimum({ labels, place }) {
    const size = length(labels[0]);
    if (size > 1e-12) return { output: scaled(labels[0], 1 / size), kind: "closed form" };
    return {
      output: Array.from(labels[0], () => 0),
      kind: "boundary",
      warnings: [`the directions of the ${place} cancel: every bias is as good as any other`],
    };
  },
  formula: {
    loss: ["-z.y / (|z| |y|)", tex`\ell(z,y)=-\frac{z\cdot y}{\lVert z\rVert\,\lVert y\rVert}`],
    optimum: [
      "u / |u| (any length),  u = mean of y / |y|",
      tex`z^*=\frac{\bar u}{\lVert\bar u\rVert},\quad\bar u=\overline{y/\lVert y\rVert}`,
    ],
    expected: ["-|u|", tex`L^*=-\lVert\bar u\rVert`],
  },
  derivation:
    "The mean loss is -z.u / |z|, which by the Cauchy-Schwarz inequality is smallest where z points along u. The length of z plays no part; 1 is taken.",
  reference: "Mardia and Jupp, Directional Statistics (2000), section 9.2",
  names: [
    {
      framework: "keras",
      name: "keras.losses.CosineSimilarity",
      options: { reduction: "rows" },
      note: "minus the cosine; divides by the number of rows",
    },
    {
      framework: "torch",
      name: "torch.nn.CosineEmbeddingLoss",
      options: { form: "1-cos" },
      note: "1 - cos for pairs of target 1",
    },
    {
      framework: "optax",
      name: "optax.cosine_distance",
      options: { form: "1-cos" },
      note: "1 - cos; no reduction, the mean is yours to take",
    },
    {
      framework: "tfjs",
      name: "tf.losses.cosineDistance",
      options: { form: "1-cos" },
      note: "1 - cos of vectors already of length 1",
    },
  ],
});
