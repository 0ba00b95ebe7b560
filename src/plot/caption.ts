import type { RenderFunction } from "@observablehq/plot";
import { palette, svgElement, wrapToPixels } from "./svg.ts";

const fontSize = 9.5;
const lineHeight = 13;

/** A caption along the bottom edge of a figure: its height (to add to the bottom margin), and the mark that draws it. */
export function caption(
  sentences: readonly string[],
  width: number,
): { height: number; mark: RenderFunction } {
  const inset = 12;
  const lines = sentences.flatMap((sentence) => wrapToPixels(sentence, width - 2 * inset, fontSize));
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
