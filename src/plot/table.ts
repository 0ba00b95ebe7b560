import { printable } from "../errors.ts";
import { letterCount, wrapText } from "./wrapText.ts";

export interface TextTableOptions {
  /** Columns of the terminal; 80 by default. */
  width?: number;
  /** "right" for numbers; by default a column is right-aligned if each of its cells starts like a number. */
  align?: readonly ("left" | "right")[];
}

const gap = 2;

/**
 * A plain table: a head, a rule, and rows; numbers right-aligned. Where it would be wider than `width`, the cells of the
 * widest columns are wrapped between words, down to 8 letters per column; nothing is cut off or abbreviated. Control
 * characters in cells are escaped.
 */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  options: TextTableOptions = {},
): string {
  const { width = 80 } = options;
  const cells = [head, ...rows].map((row) => row.map(printable));
  const align = head.map(
    (_, c) => options.align?.[c] ?? (isNumeric(rows.map((row) => row[c])) ? "right" : "left"),
  );
  const widths = head.map((_, c) => Math.max(...cells.map((row) => letterCount(row[c]))));
  const total = () => widths.reduce((sum, w) => sum + w, 0) + gap * (widths.length - 1);
  while (total() > width) {
    const widest = widths.indexOf(Math.max(...widths));
    if (widths[widest] <= 8) break;
    widths[widest] = Math.max(8, widths[widest] - (total() - width));
  }
  const lines = cells.map((row) => rowLines(row, widths, align));
  const rule = widths.map((w) => "-".repeat(w)).join(" ".repeat(gap));
  return [...lines[0], rule, ...lines.slice(1).flat()].map((line) => line.trimEnd()).join("\n");
}

const isNumeric = (column: readonly string[]) =>
  column.some((cell) => /\d/.test(cell)) &&
  column.every((cell) => /^(?:[-+−±]?[\d.,]+.*|-|–|NaN|[-+−]?Infinity|)$/.test(cell));

function rowLines(
  row: readonly string[],
  widths: readonly number[],
  align: readonly ("left" | "right")[],
): string[] {
  const wrapped = row.map((cell, c) => wrapText(cell, widths[c]));
  const height = Math.max(...wrapped.map((lines) => lines.length));
  return Array.from({ length: height }, (_, i) =>
    wrapped
      .map((lines, c) => {
        const text = lines[i] ?? "";
        const space = " ".repeat(Math.max(0, widths[c] - letterCount(text)));
        return align[c] === "right" ? space + text : text + space;
      })
      .join(" ".repeat(gap)),
  );
}
