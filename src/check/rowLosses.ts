import { cellOutput } from "../heads/bind.ts";
import type { ResolvedOptions } from "../heads/head.ts";
import type { Sample } from "./sample.ts";

/** Loss of each row, over its columns, as parts of a mean: value over weight. */
export function rowLosses(
  { head, bound, rows, labels, width }: Pick<Sample, "head" | "bound" | "rows" | "labels" | "width">,
  outputs: Float64Array,
): { values: Float64Array; weights: Float64Array } {
  const columns = bound.columns.length;
  const values = new Float64Array(rows);
  const weights = new Float64Array(rows);
  const ratio = bound.options.reduction === "mean" && head.rowWeight !== undefined;
  const scale = bound.options.columns === "sum" ? columns : 1;
  for (let i = 0; i < rows; i++) {
    const row = outputs.subarray(i * width, (i + 1) * width);
    for (let j = 0; j < columns; j++) {
      const label = labels[i * columns + j];
      const o: ResolvedOptions = bound.cellOptions[j];
      values[i] += (scale * head.loss!(cellOutput(bound, row, j), label, o)) / columns;
      weights[i] += (ratio ? head.rowWeight!(label, o) : 1) / columns;
    }
  }
  return { values, weights };
}
