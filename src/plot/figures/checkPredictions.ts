import { caption } from "../caption.ts";
import { axisLabel, fontSize, frame } from "../frame.ts";
import { drawSvg, type Figure, palette, textWidth, wrapToPixels } from "../svg.ts";

export interface CheckPredictionsData {
  /** One per output: the frequency or mean of the labels, and the mean prediction. */
  readonly rows: readonly {
    readonly name: string;
    readonly meanLabel: number;
    readonly prediction: number;
  }[];
}

const rowHeight = 22;

/** The mean prediction of an untrained network against the frequency (or mean) of the labels, one row per output. */
export const checkPredictions: Figure<CheckPredictionsData> = (
  plot,
  document,
  { rows },
  { width = 640 } = {},
) => {
  // outputs may share a name, so rows are identified by their position
  const names = rows.map(({ name }) => {
    const [line] = wrapToPixels(name, width / 3.5, fontSize);
    return line === name ? name : `${line}…`;
  });
  const marginLeft = 24 + Math.max(40, ...names.map((name) => textWidth(name, fontSize)));
  const note = caption(
    ["Bars: the labels (frequency, or mean). Diamonds: mean prediction before training."],
    width,
  );
  const ends = rows.flatMap(({ meanLabel, prediction }) => [0, meanLabel, prediction]);
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const position = (_: unknown, i: number) => i;
  return drawSvg(plot, document, {
    description: `Mean prediction before training against the labels, for ${rows.length} outputs.`,
    ...frame(width, 16, rowHeight * rows.length, note),
    marginLeft,
    marginRight: 24,
    x: {
      domain: [low < 0 ? 1.08 * low : 0, 1.08 * high || 1],
      ...axisLabel("Labels and mean prediction"),
    },
    y: {
      type: "band",
      domain: rows.map(position),
      tickFormat: (i: number) => names[i],
      label: null,
      tickSize: 0,
      padding: 0.3,
    },
    symbol: { type: "identity" },
    marks: [
      plot.gridX({ stroke: palette.grid.light, strokeOpacity: 1 }),
      plot.barX(rows, { y: position, x: "meanLabel", fill: palette.muted.dark, fillOpacity: 0.55 }),
      plot.dot(rows, { y: position, x: "prediction", symbol: "diamond2", fill: palette.blue.light, r: 5 }),
      note.mark,
    ],
  });
};
