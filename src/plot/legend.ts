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
  /** Points in data units that the legend should not cover. */
  avoid?: readonly { readonly x: number; readonly y: number }[];
  /** Background of the box; none by default. */
  fill?: string;
  fontSize?: number;
}

const padding = 7;
const sampleLength = 24;
const sampleGap = 7;
const inset = 7;

/** A legend inside the frame, as a mark: Plot's own is HTML outside the SVG and would be missing from a file. */
export function legend(entries: readonly LegendEntry[], options: LegendOptions = {}): RenderFunction {
  const { avoid = [], fill = "none", fontSize = 10 } = options;
  const lineHeight = fontSize * 1.5;
  const labelWidth = Math.max(...entries.map(({ label }) => textWidth(label, fontSize)));
  const width = 2 * padding + sampleLength + sampleGap + labelWidth;
  const height = 2 * padding + lineHeight * entries.length - 3;
  return (_index, scales, _values, dimensions, { document }) => {
    const points = avoid.map(({ x, y }) => [Number(scales.x?.(x)), Number(scales.y?.(y))] as const);
    const [x, y] = freePlace(points, { width, height }, dimensions);
    const box = {
      width,
      height,
      rx: 3,
      fill,
      "fill-opacity": 0.85,
      stroke: "currentColor",
      "stroke-opacity": 0.2,
    };
    return svgElement(
      document,
      "g",
      { "aria-label": "legend", transform: `translate(${x},${y})` },
      svgElement(document, "rect", box),
      ...entries.flatMap((entry, row) => {
        const middle = padding + lineHeight * (row + 0.5) - 1.5;
        return entryElements(document, entry, middle, fontSize);
      }),
    );
  };
}

type Dimensions = Parameters<RenderFunction>[3];

/** Of six places at the sides of the frame, the one in which a box covers the fewest points; all in px. */
function freePlace(
  points: readonly (readonly [x: number, y: number])[],
  { width, height }: { readonly width: number; readonly height: number },
  frame: Dimensions,
): [x: number, y: number] {
  const left = frame.marginLeft + inset;
  const right = frame.width - frame.marginRight - inset - width;
  const top = frame.marginTop + inset;
  const bottom = frame.height - frame.marginBottom - inset - height;
  const covered = ([x0, y0]: [x: number, y: number]) =>
    points.filter(([x, y]) => x >= x0 - 4 && x <= x0 + width + 4 && y >= y0 - 4 && y <= y0 + height + 4)
      .length;
  const places = [top, bottom, (top + bottom) / 2].flatMap((y): [number, number][] => [
    [right, y],
    [left, y],
  ]);
  return places.reduce((best, place) => (covered(place) < covered(best) ? place : best));
}

/** The line and the label of an entry, around the height `y`. */
function entryElements(document: Document, entry: LegendEntry, y: number, fontSize: number): SVGElement[] {
  const { label, stroke, dash, strokeWidth = 1.5 } = entry;
  const line = {
    d: `M${padding},${y}h${sampleLength}`,
    stroke,
    "stroke-width": strokeWidth,
    fill: "none",
    ...(dash === undefined ? {} : { "stroke-dasharray": dash }),
  };
  const text = {
    x: padding + sampleLength + sampleGap,
    y,
    dy: "0.35em",
    "text-anchor": "start",
    "font-size": fontSize,
  };
  return [svgElement(document, "path", line), svgElement(document, "text", text, label)];
}
