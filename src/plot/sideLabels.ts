import type { RenderFunction } from "@observablehq/plot";
import { moveApart } from "./curves.ts";
import { fontSize } from "./frame.ts";
import { svgElement } from "./svg.ts";

/** A text to the right of the frame that belongs to the end of a line. */
export interface SideLabel {
  text: string;
  color: string;
  /** Where the labelled line ends, in data units. */
  x: number;
  y: number;
}

/** Texts to the right of the frame, each connected to the end of its line. */
export const sideLabelMark =
  (labels: readonly SideLabel[]): RenderFunction =>
  (_index, scales, _values, dimensions, { document }) => {
    const top = dimensions.marginTop;
    const bottom = dimensions.height - dimensions.marginBottom;
    const right = dimensions.width - dimensions.marginRight;
    const clamp = (y: number) => Math.min(bottom, Math.max(top, y));
    const from = labels.map(({ y }) => clamp(Number(scales.y?.(y))));
    const to = moveApart(from, fontSize * 1.35, top, bottom);
    return svgElement(
      document,
      "g",
      { "aria-label": "legend", "text-anchor": "start" },
      ...labels.flatMap(({ text, color, x }, i) => {
        const start = Math.min(right, Number(scales.x?.(x)) + 2 || right);
        const d = `M${start},${from[i]}H${right + 4}L${right + 14},${to[i]}h4`;
        return [
          svgElement(document, "path", { d, stroke: color, "stroke-width": 0.7, fill: "none" }),
          svgElement(document, "text", { x: right + 21, y: to[i], dy: "0.35em", fill: color }, text),
        ];
      }),
    );
  };
