import type { Figure, FigureOptions } from "./svg.ts";

/**
 * Draws a figure as standalone SVG text, with the page's document in a browser and a small stand-in where there is
 * none. Plot (and the stand-in, in its form of a single file) are loaded on the first call.
 */
export async function drawFigure<Data>(
  figure: Figure<Data>,
  data: Data,
  options: FigureOptions = {},
): Promise<string> {
  const plot = await import("@observablehq/plot");
  const document =
    globalThis.document ??
    (await import("linkedom/worker")).parseHTML("<!doctype html><html></html>").document;
  return figure(plot, document, data, options);
}
