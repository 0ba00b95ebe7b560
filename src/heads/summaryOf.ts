import {
  summarizeBinary,
  summarizeClasses,
  summarizeDistributions,
  summarizeNumbers,
  summarizeSurvival,
} from "../labels/summarize.ts";
import type { LabelSummary } from "../labels/summary.ts";
import type { Head, Label } from "./head.ts";

/**
 * The summary of the labels of `rows` rows, as a head reads them.
 *
 * @param labels one label per row; for heads of yes/no labels and numbers, one per row and column, row after row
 * @param width outputs per row, which say how many classes there are
 * @param weights sample weights, one per row; 1 each unless given
 * @throws InputError on labels that the head's kind does not have
 */
export function summaryOf(
  head: Head,
  labels: readonly Label[],
  rows: number,
  width: number,
  weights?: Iterable<number>,
): LabelSummary {
  const columns = labels.length / rows;
  const ofRows = () =>
    Array.from({ length: rows }, (_, i) => labels.slice(i * columns, (i + 1) * columns) as number[]);
  if (head.reads === "survival") return summarizeSurvival(labels as [number, number][], { weights });
  if (head.reads === "directions") return summarizeNumbers(labels as ArrayLike<number>[], { weights });
  if (head.reads === "binary") return summarizeBinary(ofRows(), { weights });
  if (head.reads === "numbers") return summarizeNumbers(ofRows(), { weights });
  if (typeof labels[0] !== "number") {
    return summarizeDistributions(labels as ArrayLike<number>[], { weights });
  }
  const classes = head.family === "ordinal" ? width + 1 : width;
  return summarizeClasses(labels as number[], { classes, weights });
}
