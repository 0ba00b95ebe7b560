export interface WrapOptions {
  /** Size of a text in the unit of `width`, at least 1 per letter; by default the number of letters. */
  readonly measure?: (text: string) => number;
  /** Blanks before the second line and those after it. */
  readonly indent?: number;
  /** Whether a word that is wider than a line is broken, rather than left too wide. */
  readonly breakWords?: boolean;
}

/** Breaks a text at its single blanks into lines of at most `width`. */
export function wrapText(text: string, width: number, options: WrapOptions = {}): string[] {
  const { measure = letterCount, indent = 0, breakWords = true } = options;
  /** Looks only at the start of a long text: 2 * width + 1 UTF-16 units are more than `width` letters. */
  const fits = (text: string) => measure(text.slice(0, 2 * Math.ceil(width) + 1)) <= width;
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/(?<=\S) (?=\S)/)) {
    let rest = line === "" ? word : `${line} ${word}`;
    if (!fits(rest) && line.trim() !== "") {
      lines.push(line);
      rest = " ".repeat(indent) + word;
    }
    while (breakWords && rest.length > 1 && !fits(rest)) {
      const start = fitting(rest, width, measure);
      lines.push(start);
      rest = rest.slice(start.length);
    }
    line = rest;
  }
  return [...lines, line];
}

/** Letters as a terminal counts them. */
export const letterCount = (text: string) => [...text].length;

/** The longest start of a text that fits, and at least its first letter. */
function fitting(text: string, width: number, measure: (text: string) => number): string {
  const letters = [...text.slice(0, 2 * Math.ceil(width))];
  let [low, high] = [1, letters.length];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (measure(letters.slice(0, middle).join("")) <= width) low = middle;
    else high = middle - 1;
  }
  return letters.slice(0, low).join("");
}
