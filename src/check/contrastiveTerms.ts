import { type LossFacts, type LossTerm, start } from "./lossTerm.ts";
import { usualRows } from "./usualSizes.ts";

/** MoCo's queue, with the one match. */
const mocoCandidates = 65_537;

/**
 * Contrastive losses of embeddings without signal: each row is compared with all candidates of the batch. SupContrast's
 * code multiplies by the temperature over 0.07 (its base temperature), usually 0.1 / 0.07.
 */
export function contrastiveTerms({ batchSize, devices = 1 }: LossFacts): LossTerm[] {
  const rows = batchSize === undefined ? usualRows.filter((n) => n >= 32) : [batchSize * devices];
  const terms = rows.flatMap((n) => [
    contrastive(n, "CLIP, InfoNCE: one match among the rows of the batch"),
    contrastive(2 * n - 1, "SimCLR: one match among the other 2 N - 1 views of the batch"),
  ]);
  if (batchSize === undefined)
    terms.push(contrastive(mocoCandidates, "MoCo: one match and a queue of 65,536"));
  const weight = 1 / terms.length;
  return terms.flatMap((term) => [
    { ...term, weight },
    {
      ...term,
      formula: `${term.formula} x 0.1 / 0.07`,
      what: `${term.what}; times temperature / base temperature, as SupContrast does`,
      value: (term.value * 0.1) / 0.07,
      weight: 0.1 * weight,
    },
  ]);
}

const contrastive = (candidates: number, what: string): LossTerm => ({
  name: "contrastive start",
  formula: `ln ${candidates}`,
  what: `a contrastive loss of embeddings without signal (${what})`,
  value: Math.log(candidates),
  shape: start,
  weight: 1,
  fix: "nothing is wrong at the start; if it stays there, all embeddings are alike",
});
