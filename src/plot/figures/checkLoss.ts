import { caption } from "../caption.ts";
import { axisLabel, fontSize, frame } from "../frame.ts";
import { roundTicks } from "../roundTicks.ts";
import { drawSvg, type Figure, palette, textWidth } from "../svg.ts";

export interface CheckLossData {
  readonly band: { readonly low: number; readonly high: number };
  readonly expectedLoss: number;
  readonly lossAtZero: number;
  readonly measuredLoss: number;
  readonly verdict: "sound" | "starts high" | "not sound";
}

const rowHeight = 30;

/** One network's initial loss on an axis: expected, at bias 0 and measured, over the band of sound networks. */
export const checkLoss: Figure<CheckLossData> = (plot, document, data, { width = 640 } = {}) => {
  const { band, expectedLoss, lossAtZero, measuredLoss, verdict } = data;
  const rows = [
    { name: "expected", loss: expectedLoss, color: palette.ink.light, symbol: "diamond2" },
    { name: "at bias 0", loss: lossAtZero, color: palette.vermilion.light, symbol: "circle" },
    { name: "measured", loss: measuredLoss, color: palette.blue.light, symbol: "square" },
  ] as const;
  const ends = [band.low, band.high, ...rows.map(({ loss }) => loss)];
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const margin = 0.06 * (high - low || 1);
  const values = rows.map((row) => ({ ...row, text: row.loss.toPrecision(5) }));
  const marginLeft = 28 + Math.max(...rows.map(({ name }) => textWidth(name, fontSize)));
  const marginRight = 24 + Math.max(...values.map(({ text }) => textWidth(text, fontSize)));
  const ticks = roundTicks(
    low - margin,
    high + margin,
    Math.min(10, (width - marginLeft - marginRight) / 50),
  );
  const note = caption(
    [`Shaded: where a sound network whose outputs vary this much starts. This one is ${verdict}.`],
    width,
  );
  return drawSvg(plot, document, {
    description: `Initial loss: expected ${expectedLoss.toPrecision(4)}, at bias 0 ${lossAtZero.toPrecision(4)}, measured ${measuredLoss.toPrecision(4)}; ${verdict}.`,
    ...frame(width, 14, rowHeight * rows.length, note),
    marginLeft,
    marginRight,
    x: {
      domain: [low - margin, high + margin],
      ticks,
      ...axisLabel("Initial loss"),
    },
    y: { type: "band", domain: rows.map(({ name }) => name), label: null, tickSize: 0 },
    symbol: { type: "identity" },
    marks: [
      plot.rect([band], { x1: "low", x2: "high", fill: palette.green.light, fillOpacity: 0.16 }),
      plot.gridX({ ticks, stroke: palette.grid.light, strokeOpacity: 1 }),
      ...values.map((row) =>
        plot.dot([row], { y: "name", x: "loss", symbol: row.symbol, fill: row.color, r: 5 }),
      ),
      plot.text(values, { y: "name", text: "text", frameAnchor: "right", textAnchor: "start", dx: 10 }),
      note.mark,
    ],
  });
};
