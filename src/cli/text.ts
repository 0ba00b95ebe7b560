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

/** Lines of a table: the first column to the left (cut where it is long), the others to the right. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = header.map((name, c) => Math.max(name.length, ...rows.map((row) => row[c].length)));
  const others = widths.slice(1).reduce((total, w) => total + w + 2, 0);
  widths[0] = Math.min(widths[0], width - others);
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, c) => (c === 0 ? cut(cell, widths[0]).padEnd(widths[0]) : cell.padStart(widths[c] + 2)))
      .join("")
      .trimEnd();
  return [header, ...rows].map(line);
}

const cut = (text: string, length: number) =>
  text.length <= length ? text : `${text.slice(0, length - 1)}…`;

/** A whole number with commas: 13,850. Not by `toLocaleString`, whose first call takes 30 ms. */
export function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}
