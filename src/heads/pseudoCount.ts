import type { LabelColumn } from "./head.ts";

/**
 * The rows that stand in for a count of zero. The optimal output of a class that never occurs is −∞, which no network
 * can be trained from; half a row is Jeffreys's prior for a proportion (Krichevsky and Trofimov 1981; Anscombe's
 * empirical logit 1956). It costs less than 0.5/N nats of expected loss per class, and keeps the loss of a row of that
 * class near log(2N), where clamps at 1e-15 (LightGBM's) make it 34.5. Counts above zero are left exact.
 */
export const defaultPseudoCount = 0.5;

/** How many absent classes a warning names. */
const maxNames = 5;

/** The counts with zeros replaced by the pseudo-count (in rows of mean weight), and a warning that names the replaced ones. */
export function withPseudoCount(
  counts: ArrayLike<number>,
  column: LabelColumn,
  name: (index: number) => string,
): { counts: number[]; warnings: string[] } {
  const absent = Array.from(counts, (_, k) => k).filter((k) => !(counts[k] > 0));
  if (absent.length === 0) return { counts: Array.from(counts), warnings: [] };
  const stand = column.pseudoCount * (column.weight / column.rows);
  const more = absent.length > maxNames ? ` and ${absent.length - maxNames} more` : "";
  return {
    counts: Array.from(counts, (count) => (count > 0 ? count : stand)),
    warnings: [
      `no row of ${absent.slice(0, maxNames).map(name).join(", ")}${more}: counted as ${column.pseudoCount} of a row each, ` +
        "so that the bias is finite",
    ],
  };
}

export const className = (column: LabelColumn) => (k: number) =>
  column.classNames ? `class ${column.classNames[k]}` : `class ${k}`;
/** Names of the two answers of a yes/no column, in the order [no, yes]. */
export const answerName = (column: LabelColumn) => (k: number) =>
  `${k === 1 ? "yes" : "no"} in ${column.place}`;
