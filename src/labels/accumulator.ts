import { InputError } from "../errors.ts";
import type { LabelSummary } from "./summary.ts";

/**
 * Takes labels row by row, in one pass and in memory that does not grow with the number of rows, and gives their summary.
 * `summary()` may be asked for at any time, and more rows added afterwards.
 */
export interface Accumulator<Row, Summary extends LabelSummary = LabelSummary> {
  /**
   * `rowNumber` is what messages call the row: counted from 1 unless the caller knows better. `rows` equal rows can be
   * added at once; `weight` is then their weight together.
   */
  add(row: Row, weight?: number, rowNumber?: number, rows?: number): void;
  summary(): Summary;
}

/** `weight` if it is one that a row may have; otherwise an InputError that names the row. */
export function checkedWeight(weight: number, row: number): number {
  if (weight >= 0 && weight < Number.POSITIVE_INFINITY) return weight;
  throw new InputError(`invalid weight in row ${row}: ${weight}; weights are finite and not negative`);
}

/** Refuses a summary of nothing. */
export function checkNotEmpty(rows: number, totalWeight: number): void {
  if (rows === 0) throw new InputError("no labels: at least one row is needed");
  if (!(totalWeight > 0)) {
    throw new InputError(`the weights of all ${rows} rows sum to 0; at least one must be above 0`);
  }
}
