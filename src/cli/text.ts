import { printable } from "../errors.ts";
import { wrapText } from "../plot/wrapText.ts";

/** Width of all output to a terminal, in letters. */
const width = 80;

/** A text in lines of at most 80 letters, broken between words; the second line and those after it are indented. */
export const wrap = (text: string, indent = 2): string =>
  wrapText(text, width, { indent, breakWords: false }).join("\n");

/** A labelled text: a label of at most 9 letters, the rest indented below itself. Control characters are escaped. */
export const field = (label: string, text: string) => wrap(label.padEnd(10) + printable(text), 10);

/** A whole number with commas: 13,850. Not by `toLocaleString`, whose first call takes 30 ms. */
export function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}
