/**
 * The standard deviation s of independent normal outputs that raise the loss of even classes from log K to `loss`.
 *
 * Of many outputs E log mean exp(s z) is s² / 2 up to s = sqrt(2 log K), where the largest output takes over, and
 * s sqrt(2 log K) - log K beyond it (Derrida's random energy model, 1981); of few outputs it is somewhat less.
 */
export function outputDeviation(loss: number, classes: number): number {
  const even = Math.log(classes);
  return loss <= 2 * even ? Math.sqrt(2 * (loss - even)) : loss / Math.sqrt(2 * even);
}
