import type { RenderFunction } from "@observablehq/plot";
import { palette, svgElement, textWidth } from "./svg.ts";

const fontSize = 9.5;
const lineHeight = 13;

/** Breaks sentences into lines of at most `width` px, between words (within one only if it is wider than a line). */
export function wrapText(text: string, width: number, size: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    let rest = line === "" ? word : `${line} ${word}`;
    if (textWidth(rest, size) > width && line !== "") {
      lines.push(line);
      rest = word;
    }
    while (textWidth(rest, size) > width && rest.length > 1) {
      let end = rest.length - 1;
      while (end > 1 && textWidth(rest.slice(0, end), size) > width) end--;
      lines.push(rest.slice(0, end));
      rest = rest.slice(end);
    }
    line = rest;
  }
  return [...lines, line];
}

/** A caption along the bottom edge of a figure: its height (to add to the bottom margin), and the mark that draws it. */
export function caption(
  sentences: readonly string[],
  width: number,
): { height: number; mark: RenderFunction } {
  const inset = 12;
  const lines = sentences.flatMap((sentence) => wrapText(sentence, width - 2 * inset, fontSize));
  const mark: RenderFunction = (_index, _scales, _values, dimensions, { document }) => {
    const top = dimensions.height - 8 - lineHeight * (lines.length - 1);
    return svgElement(
      document,
      "g",
      { "aria-label": "caption", "text-anchor": "start", "font-size": fontSize, fill: palette.muted.light },
      ...lines.map((line, i) => svgElement(document, "text", { x: inset, y: top + i * lineHeight }, line)),
    );
  };
  return { height: lineHeight * lines.length + 6, mark };
}
