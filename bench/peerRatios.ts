import type { Markish } from "@observablehq/plot";
import { drawSvg, type Figure, type PlotLibrary, palette } from "../src/plot/svg.ts";

/** One measurement of one program in the bench, and its ratio to baserate's. */
export interface PeerRatio {
  readonly measure: string;
  readonly name: string;
  readonly ratio: number;
  /** Whether larger values are better: then the bar shows how many times smaller this one is. */
  readonly moreIsBetter: boolean;
}

/** A ratio, as the length of its bar. */
interface Bar extends PeerRatio {
  readonly times: number;
}

const barHeight = 16;

/** How many times as much each peer needs as baserate does, by measure: a bar of 1 is baserate itself. */
export const peerRatios: Figure<readonly PeerRatio[]> = (plot, document, rows) => {
  const bars = rows.map((row): Bar => ({ ...row, times: row.moreIsBetter ? 1 / row.ratio : row.ratio }));
  const measures = [...new Set(rows.map(({ measure }) => measure))];
  const names = [...new Set(rows.map(({ name }) => name))];
  const max = Math.max(1, ...bars.map(({ times }) => times));
  return drawSvg(plot, document, {
    description: `Times as much as baserate needs: ${bars.map(({ measure, name, times }) => `${measure}, ${name} ${times.toFixed(2)}`).join("; ")}.`,
    width: 640,
    height: measures.length * (names.length * barHeight + 22) + 60,
    marginLeft: 210,
    marginRight: 110,
    marginTop: 8,
    marginBottom: 40,
    style: { fontSize: "10.5px" },
    fy: { domain: measures, label: null, padding: 0.12, axis: null },
    y: { domain: names, label: null, axis: null, padding: 0.15 },
    x: {
      domain: [0, max],
      label: "Times as much as baserate needs",
      labelAnchor: "center",
      labelArrow: "none",
      ticks: 6,
    },
    marks: [
      plot.gridX({ stroke: palette.grid.light, strokeOpacity: 1 }),
      ...barMarks(plot, bars),
      nameMark(plot, measures),
    ],
  });
};

/** The bars, each with its name and length beside it. */
const barMarks = (plot: PlotLibrary, bars: readonly Bar[]): Markish[] => [
  plot.barX(bars, {
    x: "times",
    y: "name",
    fy: "measure",
    fill: ({ name }: Bar) => (name === "baserate" ? palette.vermilion : palette.blue).light,
  }),
  plot.text(bars, {
    x: "times",
    y: "name",
    fy: "measure",
    text: ({ name, times }: Bar) => `${name} ${times.toFixed(2)}`,
    textAnchor: "start",
    dx: 4,
    fill: palette.ink.light,
  }),
];

/** The names of the measures, left of their bars. */
const nameMark = (plot: PlotLibrary, measures: readonly string[]): Markish =>
  plot.text(measures, {
    ariaDescription: "y-axis tick label",
    x: 0,
    fy: (measure: string) => measure,
    text: (measure: string) => measure,
    textAnchor: "end",
    dx: -10,
    fill: palette.ink.light,
    frameAnchor: "middle",
  });
