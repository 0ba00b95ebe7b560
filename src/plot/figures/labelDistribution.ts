import type { Markish } from "@observablehq/plot";
import { caption } from "../caption.ts";
import { axisLabel, frame } from "../frame.ts";
import { legend } from "../legend.ts";
import { drawSvg, type Figure, type PlotLibrary, palette } from "../svg.ts";

export interface LabelDistributionData {
  /** Weighted points, in increasing order of their values. */
  readonly values: ArrayLike<number>;
  readonly weights: ArrayLike<number>;
  /** What the untrained network predicts at bias 0, and at the solved bias. */
  readonly atZero: number;
  readonly atBias: number;
  readonly name: string;
}

/** The distribution of real-valued labels as a histogram, and the prediction of the untrained network. */
export const labelDistribution: Figure<LabelDistributionData> = (
  plot,
  document,
  data,
  { width = 640 } = {},
) => {
  const { bins, range, leftOut } = histogram(data.values, data.weights);
  const predictions = predictionLines(data, range);
  const note = caption(sentences(predictions, leftOut), width);
  const top = Math.max(...bins.map(({ share }) => share));
  return drawSvg(plot, document, {
    description: `Distribution of ${data.name}, with the prediction at bias 0 and at the solved bias.`,
    ...frame(width, 16, 240, note),
    marginLeft: 52,
    marginRight: 20,
    x: { domain: range, ...axisLabel(data.name) },
    y: {
      domain: [0, 135 * top],
      ...axisLabel("Share (%)", 40),
    },
    marks: [
      plot.gridY({ stroke: palette.grid.light, strokeOpacity: 1 }),
      binMark(plot, bins),
      ...predictions
        .filter(({ inView }) => inView)
        .map(({ x, stroke, dash }) => plot.ruleX([x], { stroke, strokeWidth: 2, strokeDasharray: dash })),
      legend(
        predictions.map(({ label, stroke, dash }) => ({ label, stroke, dash, strokeWidth: 2 })),
        { avoid: bins.map(({ low, share }) => ({ x: low, y: 100 * share })), fill: palette.paper.light },
      ),
      note.mark,
    ],
  });
};

interface PredictionLine {
  readonly x: number;
  readonly inView: boolean;
  readonly label: string;
  readonly stroke: string;
  readonly dash?: string;
}

function predictionLines(
  { atZero, atBias }: LabelDistributionData,
  [low, high]: readonly [number, number],
): PredictionLine[] {
  const line = (x: number, where: string, stroke: string, dash?: string): PredictionLine => ({
    x,
    inView: x >= low && x <= high,
    label: `prediction at ${where}: ${Number(x.toPrecision(4))}`,
    stroke,
    dash,
  });
  return [
    line(atZero, "bias 0", palette.vermilion.light),
    line(atBias, "the bias", palette.blue.light, "6 3"),
  ];
}

/** @param leftOut share of the labels out of view */
function sentences(predictions: readonly PredictionLine[], leftOut: number): string[] {
  const outside = predictions.filter(({ inView }) => !inView).map(({ label }) => label);
  const unseen = outside.length > 0 ? ` (out of view: ${outside.join("; ")})` : "";
  const further = leftOut > 0 ? ` ${(100 * leftOut).toPrecision(2)} % of the labels lie further out.` : "";
  return [
    `Bars: share of the labels. Lines: prediction of the untrained network, the same for every input${unseen}.${further}`,
  ];
}

interface Bin {
  readonly low: number;
  readonly high: number;
  /** Of the labels' weight. */
  share: number;
}

const binMark = (plot: PlotLibrary, bins: readonly Bin[]): Markish =>
  plot.rectY(bins, {
    x1: "low",
    x2: "high",
    y: ({ share }) => 100 * share,
    fill: palette.muted.dark,
    fillOpacity: 0.55,
    insetLeft: 0.5,
  });

/** The share of the weight that may lie out of view at either end, so that a few extreme labels do not hide all others. */
const tail = 0.002;

function histogram(values: ArrayLike<number>, weights: ArrayLike<number>) {
  let total = 0;
  for (let i = 0; i < weights.length; i++) total += weights[i];
  const at = (share: number) => {
    let below = 0;
    let i = 0;
    while (i < values.length - 1 && below + weights[i] < share * total) below += weights[i++];
    return values[i];
  };
  const [low, high] = [at(tail), at(1 - tail)];
  const wide = high > low ? high - low : Math.max(1, Math.abs(low));
  const range: [number, number] = [low - 0.04 * wide, high + 0.04 * wide];
  const count = Math.min(40, Math.max(8, Math.ceil(2 * Math.cbrt(values.length))));
  const step = (range[1] - range[0]) / count;
  const bins = Array.from(
    { length: count },
    (_, i): Bin => ({
      low: range[0] + i * step,
      high: range[0] + (i + 1) * step,
      share: 0,
    }),
  );
  let seen = 0;
  for (let i = 0; i < values.length; i++) {
    const bin = bins[Math.floor((values[i] - range[0]) / step)];
    if (bin === undefined) continue;
    bin.share += weights[i] / total;
    seen += weights[i];
  }
  return { bins, range, leftOut: 1 - seen / total > 1e-12 ? 1 - seen / total : 0 };
}
