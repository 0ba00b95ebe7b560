import { sum } from "../math/sum.ts";
import type { OutputVector } from "./algebra.ts";
import { columnAlgebra } from "./columnAlgebra.ts";
import type { Head, Label, LabelColumn, ResolvedOptions } from "./head.ts";

/** The loss of a cell at a constant output, averaged over its labels by their weights. */
export function meanLoss(
  head: Pick<Head, "lossIn" | "expected">,
  output: OutputVector,
  column: Pick<LabelColumn, "labels" | "weights" | "weight">,
  o: ResolvedOptions,
): number {
  if (head.expected) return head.expected(output, column as LabelColumn, o);
  const { weights, weight } = column;
  const losses = labelLosses(head, output, column, o);
  for (let i = 0; i < losses.length; i++) losses[i] *= weights[i];
  return sum(losses) / weight;
}

/** Labels that are computed together: their numbers stay in the processor's cache. */
const chunkSize = 1024;

/** The loss of each label of a column at the same output. */
export function labelLosses(
  head: Pick<Head, "lossIn">,
  output: OutputVector,
  { labels }: Pick<LabelColumn, "labels">,
  o: ResolvedOptions,
): Float64Array {
  const z = Array.from(output);
  const losses = new Float64Array(labels.length);
  for (let start = 0; start < labels.length; start += chunkSize) {
    const length = Math.min(chunkSize, labels.length - start);
    const chunk = head.lossIn!(columnAlgebra, z, labelChunk(labels, start, length), o);
    if (typeof chunk === "number") losses.fill(chunk, start, start + length);
    else losses.set(chunk, start);
  }
  return losses;
}

/** Some labels as the column algebra reads them: numbers as one array, others as one array per entry. */
function labelChunk(labels: ArrayLike<Label>, start: number, length: number): Float64Array | Float64Array[] {
  if (labels instanceof Float64Array) return labels.subarray(start, start + length);
  const first = labels[start];
  const entries = typeof first === "number" ? 1 : first.length;
  const chunk = Array.from({ length: entries }, () => new Float64Array(length));
  for (let i = 0; i < length; i++) {
    const label = labels[start + i];
    if (typeof label === "number") chunk[0][i] = label;
    else for (let k = 0; k < entries; k++) chunk[k][i] = label[k];
  }
  return typeof first === "number" ? chunk[0] : chunk;
}
