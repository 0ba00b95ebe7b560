import type { ClassSummary, LabelSummary } from "../labels/summary.ts";
import { logGamma } from "../math/gamma.ts";
import { sum } from "../math/sum.ts";

/** Sampling error of the optimum, as a share of the entropy of the frequencies, above which counts are smoothed. */
const negligible = 0.025;

/** Rows added to each class: from nearly none to so many that all classes are even. */
const grid = Array.from({ length: 57 }, (_, i) => 10 ** (-3 + i / 8));

/**
 * Class counts of a sample as the posterior mean of the frequencies, where the sample is small for its number of classes:
 * a symmetric Dirichlet prior whose size maximises the likelihood of the counts (the
 * Dirichlet-multinomial of Minka 2000, "Estimating a Dirichlet distribution"). The plug-in frequencies of N rows in K
 * classes promise a loss that is too low by about (K − 1) / 2N nats, and cost as much more than the right ones.
 *
 * @param areBalanced whether class weights are computed from the counts, so that a class that the sample lacks has none
 * @returns the summary itself where that is negligible, or its labels are not class indices
 */
export function smoothedCounts(summary: LabelSummary, areBalanced: boolean): LabelSummary {
  if (summary.kind !== "classes" || summary.distributions) return summary;
  const { counts } = summary;
  const total = sum(counts);
  const frequencies = counts.map((count) => count / total);
  const entropy = -sum(frequencies.map((p) => (p > 0 ? p * Math.log(p) : 0)));
  const isSmall = (counts.length - 1) / (2 * total) > negligible * entropy;
  const lacksWeights = areBalanced && counts.some((count) => count === 0);
  if (!isSmall && !lacksWeights) return summary;
  const added = likeliestAddition(summary);
  const scale = total / (total + added * counts.length);
  return { ...summary, counts: counts.map((count) => scale * (count + added)) };
}

/** The α that maximises Σ log Γ(nₖ + α) − K log Γ(α) + log Γ(Kα) − log Γ(N + Kα), each distinct count computed once. */
function likeliestAddition({ counts }: ClassSummary): number {
  const classesWith = new Map<number, number>();
  for (const count of counts) classesWith.set(count, (classesWith.get(count) ?? 0) + 1);
  const [total, classes] = [sum(counts), counts.length];
  const logLikelihood = (added: number) =>
    sum([...classesWith].map(([count, n]) => n * (logGamma(count + added) - logGamma(added)))) +
    logGamma(classes * added) -
    logGamma(total + classes * added);
  const likelihoods = grid.map(logLikelihood);
  return grid[likelihoods.indexOf(Math.max(...likelihoods))];
}

/** Whether a sample is too small for its number of classes to give their frequencies. */
export const isSmallSample = (labelRows: number | undefined, width: number): labelRows is number =>
  labelRows !== undefined && width > 10 && labelRows < 10 * width;

/**
 * The difference in loss, in nats, that chance alone makes between a right bias and the optimum of N rows: 1/2N times a
 * chi-squared variable of `freedom` degrees (Wilks 1938), at its mean and three standard deviations.
 */
export const chanceGap = (freedom: number, rows: number) =>
  (freedom + 3 * Math.sqrt(2 * freedom)) / (2 * rows);
