/**
 * log Σ exp(xᵢ), shifted by the maximum so that nothing overflows; −∞ for no numbers.
 * Source: Blanchard, Higham and Higham (2021), "Accurately computing the log-sum-exp and softmax functions".
 */
export function logSumExp(values: ArrayLike<number>): number {
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) if (values[i] > max) max = values[i];
  if (!Number.isFinite(max)) return max;
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += Math.exp(values[i] - max);
  return max + Math.log(sum);
}

/** log softmax(x)ᵢ = xᵢ − logSumExp(x). */
export function logSoftmax(values: ArrayLike<number>): number[] {
  const norm = logSumExp(values);
  return Array.from(values, (value) => value - norm);
}

/** softmax(x)ᵢ = exp(xᵢ) / Σ exp(xⱼ). */
export function softmax(values: ArrayLike<number>): number[] {
  return logSoftmax(values).map(Math.exp);
}
