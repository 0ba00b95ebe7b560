import { sigmoid } from "../math/logit.ts";
import { defineHead, type Head, type HeadDescription, tex } from "./head.ts";
import { described, identityLink, sigmoidLink } from "./links.ts";
import { anyNumber, type NumberOption, notNegative, number, positive } from "./options.ts";

/** Heads that compare rows (or items, or pairs) with each other: the labels' frequencies play no part. */
const onPairs = {
  family: "ranking",
  reads: "nothing",
  domain: anyNumber,
} as const satisfies Partial<HeadDescription>;

const comparesRows = "its loss compares the rows of a batch with each other";

const batch = (doc: string) => number(256, { ...positive, low: 2, openLow: false, integer: true }, doc);

export const siglip = defineHead({
  ...onPairs,
  name: "siglip",
  summary: "SigLIP: each pair of a batch is a match or not",
  options: { pairs: batch("B, rows of a batch: each has one match among B") },
  link: described(sigmoidLink, "P(match) = sigmoid(t x.y + z)"),
  identifiable: true,
  convex: true,
  loss(m, output, _label, { pairs }) {
    const z = m.entry(output, 0);
    return m.add(m.log1pExp(m.neg(z)), m.mul(m.log1pExp(z), pairs - 1));
  },
  notTrainable: comparesRows,
  gradient: ([z], _label, { pairs }) => [(pairs - 1) * sigmoid(z) - sigmoid(-z)],
  optimum: (_column, { pairs }) => ({ output: [-Math.log(pairs - 1)], kind: "closed form" }),
  formula: {
    loss: [
      "-log sigmoid(z) - (B - 1) log sigmoid(-z), per row of the batch, at logits without signal",
      tex`\ell(z)=-\log\sigma(z)-(B-1)\log\sigma(-z)`,
    ],
    optimum: ["-log(B - 1)", tex`z^*=-\log(B-1)`],
    expected: ["B Hb(1/B)", tex`L^*=B\,H_b(1/B)`],
  },
  derivation:
    "One pair in B is a match: logit(1/B) = -log(B - 1). SigLIP's own -10 is that for B = 22,027. The loss divides by rows, not by pairs.",
  reference: "Zhai et al. (2023), arXiv 2303.15343",
  names: [
    {
      framework: "other",
      name: "open_clip.SigLipLoss",
      note: "divides by the rows; pairs is the batch over all devices",
    },
  ],
});

interface Unbiased {
  readonly name: string;
  readonly summary: string;
  readonly options?: Readonly<Record<string, NumberOption>>;
  /** The loss of outputs that carry no signal, where it is known. */
  readonly start?: (o: Readonly<Record<string, number>>) => number;
  readonly reason: string;
  readonly instead: string;
  readonly loss: Head["formula"]["loss"];
  readonly expected: Head["formula"]["expected"];
  readonly derivation: string;
  readonly reference: string;
  readonly names: Head["names"];
}

const cancels =
  "a constant added to all outputs cancels, since only their differences count: no bias changes the loss";

const noOptions: Readonly<Record<string, NumberOption>> = {};

const unbiased = ({ options = noOptions, start, reason, instead, loss, expected, ...rest }: Unbiased): Head =>
  defineHead({
    ...onPairs,
    ...rest,
    options,
    link: identityLink,
    identifiable: false,
    convex: false,
    expected: start && ((_output, _column, o: Readonly<Record<string, number>>) => start(o)),
    optimum: () => ({ output: [0], kind: "none" }),
    none: { reason, instead },
    notTrainable: comparesRows,
    formula: { loss, optimum: ["none: no bias changes the loss", tex`\text{none}`], expected },
  });

export const infoNce = unbiased({
  name: "info-nce",
  summary: "contrastive softmax: CLIP, InfoNCE",
  options: { candidates: batch("N, candidates that one match is among") },
  start: ({ candidates }) => Math.log(candidates),
  reason: "a constant added to all similarities cancels in the softmax: no bias changes the loss",
  instead:
    "leave the bias out, and check that the loss starts near log N (above it if the temperature is already high)",
  loss: ["-log softmax(similarities / t)_match", tex`\ell=-\log\frac{e^{s_{ii}/t}}{\sum_j e^{s_{ij}/t}}`],
  expected: ["log N at similarities without signal", tex`L=\log N`],
  derivation: "With all similarities equal each of the N candidates has probability 1/N.",
  reference: "van den Oord, Li and Vinyals (2018), arXiv 1807.03748; Radford et al. (2021), arXiv 2103.00020",
  names: [
    {
      framework: "other",
      name: "open_clip.ClipLoss",
      note: "mean of both directions; N is the batch over all devices",
    },
  ],
});

export const triplet = unbiased({
  name: "triplet",
  summary: "triplet margin loss of embeddings",
  options: { margin: number(1, notNegative, "how much nearer the positive should be") },
  start: ({ margin }) => margin,
  reason: "a constant added to all embeddings cancels in their distances: no bias changes the loss",
  instead: "leave the bias at 0, and check that the loss starts near the margin",
  loss: [
    "max(0, d(anchor, positive) - d(anchor, negative) + margin)",
    tex`\ell=\max\left(0,\,d(a,p)-d(a,n)+m\right)`,
  ],
  expected: ["the margin, at equal distances", tex`L=m`],
  derivation: "With all distances equal the difference is 0 and the margin remains.",
  reference: "Schroff, Kalenichenko and Philbin (2015), FaceNet, arXiv 1503.03832",
  names: [
    { framework: "torch", name: "torch.nn.TripletMarginLoss", note: "margin 1; mean over triplets" },
    {
      framework: "optax",
      name: "optax.triplet_margin_loss",
      note: "margin 1; no reduction, the mean is yours to take",
    },
  ],
});

export const ranknet = unbiased({
  name: "ranknet",
  summary: "pairwise logistic ranking loss",
  start: () => Math.LN2,
  reason: cancels,
  instead: "leave the bias at 0, and check that the loss starts near log 2 per pair",
  loss: [
    "log(1 + exp(z_low - z_high)), for each pair",
    tex`\ell=\log\left(1+e^{z_{\text{low}}-z_{\text{high}}}\right)`,
  ],
  expected: ["log 2 per pair, at equal outputs", tex`L=\log2`],
  derivation: "At equal outputs either order has probability one half.",
  reference: "Burges et al. (2005), Learning to rank using gradient descent",
  names: [{ framework: "xgboost", name: "rank:pairwise", note: "log 2 per pair" }],
});

export const listnet = unbiased({
  name: "listnet",
  summary: "list-wise softmax ranking loss",
  options: {
    listLength: number(10, { ...positive, low: 2, openLow: false, integer: true }, "items of a list"),
  },
  start: ({ listLength }) => Math.log(listLength),
  reason: cancels,
  instead: "leave the bias at 0, and check that the loss starts near the log of the list length",
  loss: [
    "-sum_i softmax(y)_i log softmax(z)_i, over a list",
    tex`\ell=-\sum_i\operatorname{softmax}(y)_i\log\operatorname{softmax}(z)_i`,
  ],
  expected: ["log of the list length, at equal outputs", tex`L=\log n`],
  derivation: "At equal outputs every item has probability 1/n, whatever the labels.",
  reference: "Cao et al. (2007), Learning to rank: from pairwise approach to listwise approach",
  names: [
    {
      framework: "optax",
      name: "optax.ranking_softmax_loss",
      note: "weighs by the labels themselves, not by their softmax: log n times their sum",
    },
  ],
});

export const lambdarank = unbiased({
  name: "lambdarank",
  summary: "pairwise ranking, weighted by NDCG",
  reason: cancels,
  instead: "leave the bias at 0; each pair starts at log 2 times the NDCG that swapping it would change",
  loss: [
    "|change of NDCG| log(1 + exp(z_low - z_high)), for each pair",
    tex`\ell=|\Delta\text{NDCG}|\log\left(1+e^{z_{\text{low}}-z_{\text{high}}}\right)`,
  ],
  expected: [
    "log 2 times the pair's change of NDCG, which depends on the lists",
    tex`L=\log2\;\overline{|\Delta\text{NDCG}|}`,
  ],
  derivation: "As ranknet, with a weight for each pair that the labels and the current order decide.",
  reference: "Burges (2010), From RankNet to LambdaRank to LambdaMART",
  names: [
    { framework: "lightgbm", name: "lambdarank", note: "starts from 0" },
    { framework: "xgboost", name: "rank:ndcg", note: "starts from 0.5, which changes nothing" },
  ],
});

export const ctc = unbiased({
  name: "ctc",
  summary: "connectionist temporal classification",
  reason:
    "the loss sums over all alignments of a label sequence; its optimum over a constant output is not convex and depends on the lengths, which a label summary does not hold",
  instead:
    "a bias of log frequency with most of the mass on the blank is a usual start: check the loss by the framework's own on one batch",
  loss: [
    "-log sum over alignments of prod_t softmax(z_t)",
    tex`\ell=-\log\sum_{\pi}\prod_t\operatorname{softmax}(z_t)_{\pi_t}`,
  ],
  expected: ["unknown", tex`\text{unknown}`],
  derivation: "Not solved here.",
  reference: "Graves et al. (2006), Connectionist temporal classification",
  names: [
    {
      framework: "torch",
      name: "torch.nn.CTCLoss",
      note: "takes log-probabilities; divides by target lengths, then means",
    },
    { framework: "keras", name: "keras.losses.CTC", note: "takes logits" },
  ],
});
