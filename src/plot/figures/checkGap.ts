import { significant } from "../../math/significant.ts";
import { caption } from "../caption.ts";
import { axisLabel, fontSize, frame } from "../frame.ts";
import { roundTicks } from "../roundTicks.ts";
import { drawSvg, type Figure, palette, textWidth } from "../svg.ts";

export interface CheckGapData {
  readonly expectedLoss: number;
  readonly measuredLoss: number;
  /** What each part adds to the expected loss; negative where it lowers the loss. */
  readonly gap: { readonly bias: number; readonly variance: number; readonly association: number };
}

const rowHeight = 28;

/** The parts of the gap, each from the loss where the one before it ends. */
function stepsOf({ expectedLoss, gap }: CheckGapData) {
  const atMean = expectedLoss + gap.bias;
  const independent = atMean + gap.variance;
  return [
    { name: "mean output", from: expectedLoss, to: atMean },
    { name: "variance", from: atMean, to: independent },
    { name: "correlation", from: independent, to: independent + gap.association },
  ].map((step) => ({ ...step, text: signed(step.to - step.from) }));
}

/** What each part of the gap adds, as a waterfall from the expected loss down the rows to the measured one. */
export const checkGap: Figure<CheckGapData> = (plot, document, data, { width = 640 } = {}) => {
  const { expectedLoss, measuredLoss } = data;
  const steps = stepsOf(data);
  const ends = [
    { name: "expected", loss: expectedLoss, text: expectedLoss.toPrecision(4) },
    { name: "measured", loss: measuredLoss, text: measuredLoss.toPrecision(4) },
  ];
  const names = ["expected", ...steps.map(({ name }) => name), "measured"];
  const values = [expectedLoss, measuredLoss, ...steps.map(({ to }) => to)];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const margin = 0.06 * (high - low || 1);
  const texts = [...ends, ...steps];
  const marginLeft = 28 + Math.max(...names.map((name) => textWidth(name, fontSize)));
  const marginRight = 24 + Math.max(...texts.map(({ text }) => textWidth(text, fontSize)));
  const ticks = roundTicks(
    low - margin,
    high + margin,
    Math.min(10, (width - marginLeft - marginRight) / 50),
  );
  const note = caption(sentences, width);
  const links = [expectedLoss, ...steps.map(({ to }) => to)].map((loss, i) => ({
    loss,
    from: names[i],
    to: names[i + 1],
  }));
  return drawSvg(plot, document, {
    description: `From the expected loss ${expectedLoss.toPrecision(4)} to the measured ${measuredLoss.toPrecision(4)}: ${steps.map(({ name, text }) => `${name} ${text}`).join(", ")}.`,
    ...frame(width, 14, rowHeight * names.length, note),
    marginLeft,
    marginRight,
    x: { domain: [low - margin, high + margin], ticks, ...axisLabel("Initial loss") },
    y: { type: "band", domain: names, label: null, tickSize: 0, padding: 0.3 },
    marks: [
      plot.gridX({ ticks, stroke: palette.grid.light, strokeOpacity: 1 }),
      plot.link(links, {
        x: "loss",
        y1: "from",
        y2: "to",
        stroke: palette.muted.light,
        strokeDasharray: "2,2",
      }),
      ...[palette.vermilion.light, palette.green.light].map((fill, i) =>
        plot.barX(
          steps.filter(({ from, to }) => to < from === (i === 1)),
          { y: "name", x1: "from", x2: "to", fill },
        ),
      ),
      ...[palette.ink.light, palette.blue.light].map((stroke, i) =>
        plot.tickX([ends[i]], { x: "loss", y: "name", stroke, strokeWidth: 3 }),
      ),
      plot.text(texts, { y: "name", text: "text", frameAnchor: "right", textAnchor: "start", dx: 10 }),
      note.mark,
    ],
  });
};

const sentences = [
  "Mean output: a wrong bias, or an offset of the network's own. Variance: outputs that differ from input to input. Correlation: how they vary with the labels.",
];

const signed = (value: number) => `${value < 0 ? "−" : "+"}${significant(Math.abs(value))}`;
