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
  const { bias } = data;
  const line = data.points
    .map(({ position, loss }) => ({ x: position * (bias ?? 1), y: loss }))
    .filter(({ y }) => Number.isFinite(y));
  const ends = endPoints(data);
  const together = "All entries of the bias grow together: 0 is no bias, 1 the solved one. ";
  const note = caption(
    [`${bias === undefined ? together : ""}The loss is that of an output without signal.`],
    width,
  );
  return drawSvg(plot, document, {
    description: `Expected ${data.loss} loss against the bias: ${ends.map(({ label }) => label).join(", ")}.`,
    ...frame(width, 16, 240, note),
    marginLeft: 60,
    marginRight: 20,
    x: axisLabel(bias === undefined ? "Bias, as a multiple of the solved one" : "Bias"),
    y: {
      domain: lossRange(line.map(({ y }) => y)),
      ...(line.some(({ y }) => y >= 1e4) ? { tickFormat: "~s" } : {}),
      ...axisLabel(`Expected loss (${data.loss})`, 48),
    },
    marks: [
      plot.gridX({ stroke: palette.grid.light, strokeOpacity: 1 }),
      plot.gridY({ stroke: palette.grid.light, strokeOpacity: 1 }),
      plot.line(line, { x: "x", y: "y", stroke: palette.ink.light, strokeWidth: 1.5 }),
      ...ends.map(({ x, y, color }) =>
        plot.dot([{ x, y }], { x: "x", y: "y", fill: color, stroke: palette.paper.light, r: 5 }),
      ),
      legend(
        ends.map(({ label, color }) => ({ label, stroke: color, strokeWidth: 5 })),
        { avoid: line, fill: palette.paper.light },
      ),
      note.mark,
    ],
  });
};

/** The points at bias 0 and at the solved bias. */
const endPoints = ({ bias = 1, lossAtZero, lossAtBias }: LossByBiasData) => [
  {
    x: 0,
    y: lossAtZero,
    label: `bias 0: ${Number(lossAtZero.toPrecision(5))}`,
    color: palette.vermilion.light,
  },
  {
    x: bias,
    y: lossAtBias,
    label: `solved bias: ${Number(lossAtBias.toPrecision(5))}`,
    color: palette.blue.light,
  },
];

/** The range of the losses, with a margin. */
function lossRange(losses: readonly number[]): [low: number, high: number] {
  const [low, high] = [Math.min(...losses), Math.max(...losses)];
  const margin = 0.06 * (high - low || Math.abs(high) || 1);
  return [low - margin, high + margin];
}
