/** Scores with their yes/no labels and weights, the highest score first; ties form groups. */
interface Group {
  /** Weight of the positives and of the negatives with this score. */
  readonly positives: number;
  readonly negatives: number;
}

function groups(scores: ArrayLike<number>, labels: ArrayLike<number>, weights: ArrayLike<number>): Group[] {
  const order = Uint32Array.from(scores, (_, i) => i).sort((a, b) => scores[b] - scores[a]);
  const found: { score: number; positives: number; negatives: number }[] = [];
  for (const i of order) {
    if (found.at(-1)?.score !== scores[i]) found.push({ score: scores[i], positives: 0, negatives: 0 });
    const group = found[found.length - 1];
    group.positives += weights[i] * labels[i];
    group.negatives += weights[i] * (1 - labels[i]);
  }
  return found;
}

/**
 * Area under the ROC curve: the probability that a positive scores higher than a negative, ties counted half (Hanley and
 * McNeil 1982). Labels in [0, 1]. NaN without positives or without negatives.
 */
export function rocAuc(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  weights: ArrayLike<number>,
): number {
  let [above, pairs, negatives] = [0, 0, 0];
  for (const group of groups(scores, labels, weights)) {
    pairs += group.negatives * (above + group.positives / 2);
    above += group.positives;
    negatives += group.negatives;
  }
  return pairs / (above * negatives);
}

/**
 * Average precision: the mean precision at each positive, as scikit-learn's average_precision_score. NaN without
 * positives.
 */
export function averagePrecision(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  weights: ArrayLike<number>,
): number {
  let [positives, all, total] = [0, 0, 0];
  for (const group of groups(scores, labels, weights)) {
    positives += group.positives;
    all += group.positives + group.negatives;
    if (group.positives > 0) total += (group.positives * positives) / all;
  }
  return total / positives;
}
