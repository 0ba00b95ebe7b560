import { InputError } from "../errors.ts";
import type { TableCell } from "./table.ts";

/** Null, NaN, or text of nothing but blanks. Words such as `NA` may be the name of a class and are not missing. */
export function isMissing(cell: TableCell): boolean {
  return (
    cell === null || cell === "" || Number.isNaN(cell) || (typeof cell === "string" && cell.trim() === "")
  );
}

/** A cell as an error shows it. */
export function shownCell(cell: TableCell): string {
  return isMissing(cell) ? "nothing" : String(cell).slice(0, 40);
}

/** What stands for a missing number in text, beside nothing: what pandas and R write. */
const missingNumber = /^(na|n\/a|nan|null|none)$/i;

/** A cell as a number, NaN if it is missing. Throws InputError for what is neither, such as a word. */
export function numberIn(cell: TableCell, row: number, column: string): number {
  if (typeof cell === "number") return cell;
  if (typeof cell === "boolean") return Number(cell);
  if (cell === null || cell === "") return Number.NaN;
  const value = Number(cell);
  if (!Number.isNaN(value) && cell.trim() !== "") return value;
  if (isMissing(cell) || missingNumber.test(cell.trim())) return Number.NaN;
  throw new InputError(`row ${row} holds ${shownCell(cell)} as ${column}, which is not a number`);
}

/** The refusal of a missing label. */
export function missingLabel(row: number, column: string): InputError {
  return new InputError(
    `row ${row} has no label (column ${column}); add --missing skip to leave such rows out`,
  );
}
