import type * as Plot from "@observablehq/plot";
import { escapeText } from "./escapeText.ts";
import { wrapText } from "./wrapText.ts";

export type PlotLibrary = typeof Plot;

export interface FigureOptions {
  /** In px; each figure has its own default. Below 560 it says less beside its lines, for phones. */
  width?: number;
  /** What losses are measured in, for the labels of their axes; nats unless given, and nothing for losses without a unit. */
  lossUnit?: "nats" | "";
}

/** The label of an axis of losses. */
export const lossLabel = (text: string, { lossUnit = "nats" }: FigureOptions = {}) =>
  lossUnit === "" ? text : `${text} (${lossUnit})`;

/**
 * A picture as standalone SVG text: a pure function of its data. Plot and the document are handed in, so that the
 * same code draws in Node and in a browser (`drawFigure` finds both).
 */
export type Figure<Data> = (
  plot: PlotLibrary,
  document: Document,
  data: Data,
  options?: FigureOptions,
) => string;

/** Metrics of DejaVu Sans (shipped, used for PNG) and Verdana are alike, so text takes the same room everywhere. */
export const fontFamily = "DejaVu Sans, Verdana, sans-serif";

/** The colours of all figures, each with its counterpart for a dark page (the report swaps them). */
export const palette = {
  paper: { light: "#ffffff", dark: "#16181d" },
  ink: { light: "#1f2328", dark: "#e6e8eb" },
  muted: { light: "#5f6670", dark: "#a0a7b1" },
  grid: { light: "#e3e6ea", dark: "#30353d" },
  /** Distinguishable with red-green blindness (after Okabe and Ito, https://jfly.uni-koeln.de/color/), dark enough for lines. */
  vermilion: { light: "#d55e00", dark: "#ff8b3d" },
  blue: { light: "#0072b2", dark: "#56b4e9" },
  green: { light: "#008060", dark: "#2fcf9f" },
  purple: { light: "#b0568c", dark: "#e29bc4" },
  ochre: { light: "#a87400", dark: "#e6b84d" },
} as const;

export interface SvgOptions extends Plot.PlotOptions {
  /** Says in one sentence what is to be seen, for those who can't see it. */
  description: string;
  /** No white paper behind; lines take the colour of the text around the figure (black in a file of its own). */
  transparent?: boolean;
}

const namespace = "http://www.w3.org/2000/svg";
const geometry = /\s(?:d|x|y|x1|x2|y1|y2|cx|cy|r|width|height|transform|points)="[^"]*"/g;

/** Characters that XML 1.0 forbids even when escaped, and those that turn the direction of the text around them. */
const forbidden = /(?![\t\n\r])\p{Cc}|\p{Bidi_Control}|[\ufffe\uffff]/gu;

/** Draws with Plot and returns SVG text that stands alone; coordinates are rounded to 1/100 px, so that snapshots are stable. */
export function drawSvg(plot: PlotLibrary, document: Document, options: SvgOptions): string {
  const { description, transparent = false, ...rest } = options;
  const svg = plot.plot({ ...rest, document, className: "baserate-figure", figure: false }) as SVGSVGElement;
  svg.querySelector("style")?.remove();
  // Assistive technology may not read the names that Plot gives to groups: the picture as a whole has one.
  for (const group of svg.querySelectorAll("[aria-label]")) {
    group.setAttribute("data-mark", group.getAttribute("aria-label")!);
    group.removeAttribute("aria-label");
  }
  svg.setAttribute("xmlns", namespace);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", "");
  svg.setAttribute("font-family", fontFamily);
  if (!transparent) {
    svg.setAttribute("color", palette.ink.light);
    const paper = document.createElementNS(namespace, "rect");
    paper.setAttribute("width", "100%");
    paper.setAttribute("height", "100%");
    paper.setAttribute("fill", palette.paper.light);
    svg.insertBefore(paper, svg.firstChild);
  }
  // HTML allows < and & in an attribute, and linkedom writes them so; XML does not.
  const text = svg.outerHTML.replace('aria-label=""', () => `aria-label="${escapeText(description)}"`);
  return `${stableIds(roundCoordinates(text.replace(forbidden, "\ufffd")))}\n`;
}

const roundCoordinates = (text: string) =>
  text.replace(geometry, (attribute) =>
    attribute.replace(/-?\d*\.\d{3,}(?:e[-+]?\d+)?/g, (number) => String(Number(Number(number).toFixed(2)))),
  );

/** Plot numbers its clip paths on over all it draws; here they are named after the figure, so that two fit in a page. */
function stableIds(text: string): string {
  const ids = [...new Set(text.match(/plot-clip-\d+/g))];
  const nameless = text.replace(/plot-clip-\d+/g, "");
  const hash = [...nameless].reduce((sum, letter) => (Math.imul(sum, 31) + letter.charCodeAt(0)) >>> 0, 0);
  return text.replace(/plot-clip-\d+/g, (id) => `clip-${hash.toString(36)}-${ids.indexOf(id)}`);
}

/** Creates an SVG element with attributes and, for text, its content. */
export function svgElement(
  document: Document,
  name: string,
  attributes: Record<string, string | number>,
  ...content: (Node | string)[]
): SVGElement {
  const element = document.createElementNS(namespace, name) as SVGElement;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.append(...content);
  return element;
}

/**
 * Room that a text takes, in px: an estimate from the advance widths of DejaVu Sans by kind of letter, a little
 * generous, since figures are laid out where no font can be measured.
 */
export function textWidth(text: string, fontSize: number): number {
  let ems = 0;
  for (const letter of text) {
    if (/[ijlI.,:;'|!]/.test(letter)) ems += 0.34;
    else if (/[ ftr()[\]/-]/.test(letter)) ems += 0.41;
    else if (/[mwMW%@—→]/.test(letter)) ems += 0.98;
    else if (/[A-Z+=<>×±≤≥–…]/.test(letter)) ems += letter === "–" ? 0.5 : 0.8;
    else if (letter < "\u0250") ems += 0.64;
    else ems += 1;
  }
  return ems * fontSize;
}

/** Breaks a text into lines of at most `width` px (see `textWidth`). */
export const wrapToPixels = (text: string, width: number, fontSize: number) =>
  wrapText(text, width, { measure: (line) => textWidth(line, fontSize) });
