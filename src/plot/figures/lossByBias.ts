import { caption } from "../caption.ts";
import { axisLabel, frame } from "../frame.ts";
import { legend } from "../legend.ts";
import { drawSvg, type Figure, palette } from "../svg.ts";

export interface LossByBiasData {
  /** Expected loss at points on the line from bias 0 (position 0) through the solved bias (position 1). */
  readonly points: readonly { readonly position: number; readonly loss: number }[];
  readonly lossAtZero: number;
  readonly lossAtBias: number;
  /** The bias, where it is one number: the axis then shows it instead of the position. */
  readonly bias?: number;
  readonly loss: string;
}

/** The expected loss of a constant output as a function of the bias, with its minimum. */
export const lossByBias: Figure<LossByBiasData> = (plot, document, data, { width = 640 } = {}) => {
  const { points, lossAtZero, lossAtBias, bias } = data;
  const scale = bias ?? 1;
  const line = points
    .map(({ position, loss }) => ({ x: position * scale, y: loss }))
    .filter(({ y }) => Number.isFinite(y));
  const ends = [
    {
      x: 0,
      y: lossAtZero,
      label: `bias 0: ${Number(lossAtZero.toPrecision(5))}`,
      color: palette.vermilion.light,
    },
    {
      x: scale,
      y: lossAtBias,
      label: `solved bias: ${Number(lossAtBias.toPrecision(5))}`,
      color: palette.blue.light,
    },
  ];
  const low = Math.min(...line.map(({ y }) => y));
  const high = Math.max(...line.map(({ y }) => y));
  const margin = 0.06 * (high - low || Math.abs(high) || 1);
  const note = caption(
    [
      bias === undefined
        ? "All entries of the bias grow together: 0 is no bias, 1 the solved one. The loss is that of an output without signal."
        : "The loss is that of an output without signal.",
    ],
    width,
  );
  return drawSvg(plot, document, {
    description: `Expected ${data.loss} loss against the bias: ${ends.map(({ label }) => label).join(", ")}.`,
    ...frame(width, 16, 240, note),
    marginLeft: 60,
    marginRight: 20,
    x: axisLabel(bias === undefined ? "Bias, as a multiple of the solved one" : "Bias"),
    y: {
      domain: [low - margin, high + margin],
      ...(high >= 1e4 ? { tickFormat: "~s" } : {}),
      ...axisLabel(`Expected loss (${data.loss})`, 48),
    },
    marks: [
      plot.gridX({ stroke: palette.grid.light, strokeOpacity: 1 }),
      plot.gridY({ stroke: palette.grid.light, strokeOpacity: 1 }),
      plot.line(line, { x: "x", y: "y", stroke: palette.ink.light, strokeWidth: 1.5 }),
      ...ends.map(({ color, ...end }) =>
        plot.dot([end], { x: "x", y: "y", fill: color, stroke: palette.paper.light, r: 5 }),
      ),
      legend(
        ends.map(({ label, color }) => ({ label, stroke: color, strokeWidth: 5 })),
        { avoid: line, fill: palette.paper.light },
      ),
      note.mark,
    ],
  });
};
