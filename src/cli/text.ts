import { printable } from "../errors.ts";
import { grouped } from "../math/grouped.ts";
import { wrapText } from "../plot/wrapText.ts";

export { grouped };

/** Width of all output to a terminal, in letters. */
const width = 80;

/**
 * A text in lines of at most 80 letters, broken between words; the second line and those after it are indented. Control
 * characters are escaped.
 */
export const wrap = (text: string, indent = 2): string =>
  wrapText(printable(text), width, { indent, breakWords: false }).join("\n");

/** A labelled text: a label of at most 9 letters, the rest indented below itself. */
export const field = (label: string, text: string) => wrap(label.padEnd(10) + text, 10);
