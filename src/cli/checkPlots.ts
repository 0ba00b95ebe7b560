import { parse } from "node:path";
import type { CheckReport } from "../check/checkOutputs.ts";
import { InputError } from "../errors.ts";
import { writeWhole } from "../files/writeWhole.ts";
import { drawFigure } from "../plot/drawFigure.ts";
import { checkGap } from "../plot/figures/checkGap.ts";
import { checkLoss } from "../plot/figures/checkLoss.ts";
import { checkPredictions } from "../plot/figures/checkPredictions.ts";
import { svgToPng } from "../plot/svgToPng.ts";

/** Rows of the figure of predictions before the rarest are left out. */
const maxRows = 40;

/** Writes the figures of a check beside each other, `check.svg` as `check-loss.svg`, `check-gap.svg` and `check-predictions.svg` (or .png). */
export async function writeCheckPlots(path: string, report: CheckReport): Promise<string[]> {
  const { dir, name, ext } = parse(path);
  if (ext !== ".svg" && ext !== ".png")
    throw new InputError(`invalid --plot: ${path}; its name ends in .svg or .png`);
  const { band, measuredLoss, expectedLoss, lossAtZero, predictions, verdict, gap } = report;
  if (band === null || measuredLoss === null) throw new InputError("nothing to plot: outputs are not finite");
  const rows = [...predictions].sort((a, b) => b.meanLabel - a.meanLabel).slice(0, maxRows);
  const figures = {
    loss: await drawFigure(checkLoss, { band, measuredLoss, expectedLoss, lossAtZero, verdict }),
    ...(gap && { gap: await drawFigure(checkGap, { expectedLoss, measuredLoss, gap }) }),
    ...(rows.length > 1 && { predictions: await drawFigure(checkPredictions, { rows }) }),
  };
  const written: string[] = [];
  for (const [what, svg] of Object.entries(figures)) {
    const file = `${dir ? `${dir}/` : ""}${name}-${what}${ext}`;
    await writeWhole(file, ext === ".svg" ? svg : await svgToPng(svg));
    written.push(file);
  }
  return written;
}
