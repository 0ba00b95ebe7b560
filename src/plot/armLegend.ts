import type { Markish } from "@observablehq/plot";
import type { ArmStyle } from "./armStyles.ts";
import { fontSize } from "./frame.ts";
import { type PlotLibrary, textWidth } from "./svg.ts";

const lineHeight = 18;
const gap = 22;

/**
 * The arms' symbols and names in rows above the frame: the marks, and the height they take.
 * @param width room from the left edge of the frame, in px
 * @param above distance from the top of the frame, in px
 */
export function armLegend(
  plot: PlotLibrary,
  styles: ReadonlyMap<string, ArmStyle>,
  width: number,
  above = 0,
): { height: number; marks: Markish[] } {
  let [x, row] = [0, 0];
  const places = [...styles].map(([arm, style]) => {
    const size = 14 + textWidth(arm, fontSize);
    if (x > 0 && x + size > width) [x, row] = [0, row + 1];
    const place = { arm, style, x, row };
    x += size + gap;
    return place;
  });
  const rows = row + 1;
  const marks = places.flatMap(({ arm, style, x, row }) => {
    const dy = (row - rows) * lineHeight - above;
    return [
      plot.dot([arm], {
        ...symbolOptions(style),
        frameAnchor: "top-left",
        dx: x + 5,
        dy: dy + 1,
        ariaDescription: "legend",
      }),
      plot.text([arm], { frameAnchor: "top-left", dx: x + 14, dy: dy - 4, fill: style.color, fontSize }),
    ];
  });
  return { height: rows * lineHeight, marks };
}

export const symbolOptions = ({ symbol, color }: ArmStyle) =>
  ({ symbol, fill: color, stroke: "none", r: symbol === "circle" ? 4 : 4.4 }) as const;
