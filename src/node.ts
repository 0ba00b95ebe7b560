export * from "./index.ts";
export { svgToPng } from "./plot/svgToPng.ts";
