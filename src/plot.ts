/** `baserate/plot`: figures as SVG text and charts for the terminal, from plain data. */

export type { LossCurvesTrial } from "./plot/armCurves.ts";
export { drawFigure } from "./plot/drawFigure.ts";
export { type InitialLossTrial, initialLoss } from "./plot/figures/initialLoss.ts";
export { lossCurves } from "./plot/figures/lossCurves.ts";
export { type OriginalLossCurvesData, originalLossCurves } from "./plot/figures/originalLossCurves.ts";
export { type RecallByArmData, recallByArm } from "./plot/figures/recallByArm.ts";
export type { Figure, FigureOptions, PlotLibrary } from "./plot/svg.ts";
export {
  type TerminalChartOptions,
  type TerminalCurve,
  terminalChart,
} from "./plot/terminalChart.ts";
