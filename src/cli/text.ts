import { printable } from "../errors.ts";

/** Columns of a terminal that output is laid out for. */
const width = 80;

/** Text broken at blanks so that no line is longer than 80, later lines indented. */
export function wrap(text: string, indent = 2): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/(?<=\S) (?=\S)/)) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (longer.length <= width || line.trim() === "") line = longer;
    else {
      lines.push(line);
      line = " ".repeat(indent) + word;
    }
  }
  return [...lines, line].join("\n");
}

/** A labelled text: a label of at most 9 letters, the rest indented below itself. Control characters are escaped. */
export const field = (label: string, text: string) => wrap(label.padEnd(10) + printable(text), 10);

/** A whole number with commas: 13,850. Not by `toLocaleString`, whose first call takes 30 ms. */
export function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}
