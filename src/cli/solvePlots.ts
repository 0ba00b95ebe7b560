import { parse } from "node:path";
import { InputError } from "../errors.ts";
import { writeWhole } from "../files/writeWhole.ts";
import type { Options } from "../heads/options.ts";
import type { Solution } from "../heads/solve.ts";
import type { LabelSummary } from "../labels/summary.ts";
import { drawFigure } from "../plot/drawFigure.ts";
import { labelDistribution } from "../plot/figures/labelDistribution.ts";
import { labelFrequencies } from "../plot/figures/labelFrequencies.ts";
import { lossByBias } from "../plot/figures/lossByBias.ts";
import { svgToPng } from "../plot/svgToPng.ts";
import { type SolveFigures, solveFigures } from "../report/solveFigures.ts";

/** Writes the figures of a solution beside each other, `solve.svg` as `solve-labels.svg` and `solve-loss.svg` (or .png). */
export async function writePlots(
  path: string,
  loss: string,
  labels: LabelSummary | undefined,
  options: Options,
  solution: Solution,
): Promise<string[]> {
  const { dir, name, ext } = parse(path);
  if (ext !== ".svg" && ext !== ".png")
    throw new InputError(`invalid --plot: ${path}; its name ends in .svg or .png`);
  if (solution.kind === "none")
    throw new InputError(`nothing to plot for ${solution.head}: ${solution.reason}`);
  const data = solveFigures(loss, labels, options, solution);
  const figures = { labels: await drawLabels(data), loss: await drawFigure(lossByBias, data.loss) };
  const written: string[] = [];
  for (const [what, svg] of Object.entries(figures)) {
    if (svg === undefined) continue;
    const file = `${dir ? `${dir}/` : ""}${name}-${what}${ext}`;
    await writeWhole(file, ext === ".svg" ? svg : await svgToPng(svg));
    written.push(file);
  }
  return written;
}

/** The labels with the first predictions; undefined where there is no prediction for each class or column. */
async function drawLabels({ frequencies, distribution }: SolveFigures): Promise<string | undefined> {
  if (distribution !== undefined) return drawFigure(labelDistribution, distribution);
  if (frequencies !== undefined) return drawFigure(labelFrequencies, frequencies);
  return undefined;
}
