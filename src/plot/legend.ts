import type { RenderFunction } from "@observablehq/plot";
import { svgElement, textWidth } from "./svg.ts";

export interface LegendEntry {
  label: string;
  stroke: string;
  /** As in SVG's stroke-dasharray; solid without. */
  dash?: string;
  strokeWidth?: number;
}

export interface LegendOptions {
  /** Points in data units to keep clear of: the legend goes to the place at a side that covers fewest of them. */
  avoid?: readonly { readonly x: number; readonly y: number }[];
  /** Background of the box; none by default. */
  fill?: string;
  fontSize?: number;
}

const padding = 7;
const sampleLength = 24;
const sampleGap = 7;
const inset = 7;

/** A legend inside the frame, as a mark: Plot's own is HTML outside the SVG and would be lost in a file. */
export function legend(entries: readonly LegendEntry[], options: LegendOptions = {}): RenderFunction {
  const { avoid = [], fill = "none", fontSize = 10 } = options;
  return (_index, scales, _values, dimensions, { document }) => {
    const lineHeight = fontSize * 1.5;
    const labelWidth = Math.max(...entries.map(({ label }) => textWidth(label, fontSize)));
    const width = 2 * padding + sampleLength + sampleGap + labelWidth;
    const height = 2 * padding + lineHeight * entries.length - 3;
    const left = dimensions.marginLeft + inset;
    const right = dimensions.width - dimensions.marginRight - inset - width;
    const top = dimensions.marginTop + inset;
    const bottom = dimensions.height - dimensions.marginBottom - inset - height;
    const pixels = avoid.map(({ x, y }) => [Number(scales.x?.(x)), Number(scales.y?.(y))]);
    const covered = ([x0, y0]: number[]) =>
      pixels.filter(([x, y]) => x >= x0 - 4 && x <= x0 + width + 4 && y >= y0 - 4 && y <= y0 + height + 4)
        .length;
    const places = [top, bottom, (top + bottom) / 2].flatMap((y) => [
      [right, y],
      [left, y],
    ]);
    const [x, y] = places.reduce((best, place) => (covered(place) < covered(best) ? place : best));
    const group = svgElement(document, "g", { "aria-label": "legend", transform: `translate(${x},${y})` });
    const box = {
      width,
      height,
      rx: 3,
      fill,
      "fill-opacity": 0.85,
      stroke: "currentColor",
      "stroke-opacity": 0.2,
    };
    group.append(svgElement(document, "rect", box));
    entries.forEach(({ label, stroke, dash, strokeWidth = 1.5 }, row) => {
      const middle = padding + lineHeight * (row + 0.5) - 1.5;
      const line = {
        d: `M${padding},${middle}h${sampleLength}`,
        stroke,
        "stroke-width": strokeWidth,
        fill: "none",
        ...(dash === undefined ? {} : { "stroke-dasharray": dash }),
      };
      const text = {
        x: padding + sampleLength + sampleGap,
        y: middle,
        dy: "0.35em",
        "text-anchor": "start",
        "font-size": fontSize,
      };
      group.append(svgElement(document, "path", line), svgElement(document, "text", text, label));
    });
    return group;
  };
}
