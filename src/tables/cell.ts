import { InputError } from "../errors.ts";
import type { TableCell } from "./table.ts";

/** What stands for a missing entry in text, beside nothing: what pandas, R, SQL and spreadsheets write. */
const missingWords = new Set(["NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "None", "<NA>", "#N/A"]);
const longestMissingWord = 4;

/** Null, NaN, text of nothing but blanks, and words such as `NA` and `null`. */
export function isMissing(cell: TableCell): boolean {
  if (typeof cell !== "string") return cell === null || Number.isNaN(cell);
  return (cell.length <= longestMissingWord && missingWords.has(cell)) || cell.trim() === "";
}

/** A cell as an error shows it. */
export function shownCell(cell: TableCell): string {
  return cell === null || String(cell).trim() === "" ? "nothing" : String(cell).slice(0, 40);
}

/** Where a number is expected, these words stand for a missing one, in capitals or not. */
export const missingNumberWords = ["na", "n/a", "nan", "null", "none", "<na>", "#n/a"];

/** A cell as a number, NaN if it is missing. Throws InputError for what is neither, such as a word. */
export function numberIn(cell: TableCell, row: number, column: string): number {
  if (typeof cell === "number") return cell;
  if (typeof cell === "boolean") return Number(cell);
  if (cell === null || cell === "") return Number.NaN;
  const value = Number(cell);
  if (!Number.isNaN(value) && cell.trim() !== "") return value;
  const text = cell.trim();
  if (isMissing(text) || missingNumberWords.includes(text.toLowerCase())) return Number.NaN;
  const hint = /^[-+]?\d+,\d+$/.test(text) ? "; write decimal points instead of commas: 1.5" : "";
  throw new InputError(`row ${row} holds ${shownCell(cell)} as ${column}, which is not a number${hint}`);
}

/** The refusal of a missing label. */
export function missingLabel(row: number, column: string, cell: TableCell = null): InputError {
  const text = typeof cell === "string" ? cell.trim() : "";
  const isWord = text !== "";
  return new InputError(
    `row ${row} has no label (${isWord ? `${text} in ` : ""}column ${column}); add --missing skip to leave such rows out${isWord ? `, or name all classes with --classes if ${text} is one of them` : ""}`,
  );
}
