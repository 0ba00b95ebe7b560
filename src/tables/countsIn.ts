import { InputError } from "../errors.ts";
import { shownCell } from "./cell.ts";
import type { TableCell } from "./table.ts";

/** The counts in a text such as `900,100` or `900 100`. Throws an InputError for what is not a number from 0. */
export function countsIn(text: string): number[] {
  const words = text.trim().split(/\s*,\s*|\s+/);
  return words.map((word) => checkedCount(word, "--counts"));
}

/** A count as a number. `place` says in messages where it stands. */
export function checkedCount(cell: TableCell, place: string): number {
  const count = cell === null || String(cell).trim() === "" ? Number.NaN : Number(cell);
  if (count >= 0 && Number.isFinite(count)) return count;
  throw new InputError(
    `invalid count in ${place}: ${shownCell(cell)}; counts are numbers from 0, separated by commas or spaces`,
  );
}
