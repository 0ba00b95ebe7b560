import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** From src/plot and, built into one level, from dist. */
const fontFile = ["../../assets/fonts/DejaVuSans.ttf", "../assets/fonts/DejaVuSans.ttf"]
  .map((path) => fileURLToPath(new URL(path, import.meta.url)))
  .find((path) => existsSync(path));

export interface PngOptions {
  /** Pixels per unit of the SVG; default 2. */
  readonly scale?: number;
}

/**
 * Renders a figure as PNG, only with the font of this package, so that it looks the same on every machine (without a font
 * the renderer would silently leave out all text).
 */
export async function svgToPng(svg: string, { scale = 2 }: PngOptions = {}): Promise<Uint8Array> {
  if (fontFile === undefined) throw new Error("assets/fonts/DejaVuSans.ttf is missing from the package");
  const { renderAsync } = await import("@resvg/resvg-js");
  const font = {
    loadSystemFonts: false,
    fontFiles: [fontFile],
    defaultFontFamily: "DejaVu Sans",
    sansSerifFamily: "DejaVu Sans",
  };
  // On a thread of Node's pool, so that several figures are rendered at the same time.
  return (await renderAsync(svg, { font, fitTo: { mode: "zoom", value: scale } })).asPng();
}
