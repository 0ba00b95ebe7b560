import type { Markish, RenderFunction } from "@observablehq/plot";
import { caption } from "../caption.ts";
import { axisLabel, fontSize, frame } from "../frame.ts";
import { legend } from "../legend.ts";
import {
  drawSvg,
  type Figure,
  type PlotLibrary,
  palette,
  svgElement,
  textWidth,
  wrapToPixels,
} from "../svg.ts";

export interface LabelFrequenciesData {
  /** One per class, or one per column of yes/no labels. */
  readonly rows: readonly FrequencyRow[];
  /** Number of further rows, which are not drawn. */
  readonly leftOut?: number;
}

interface FrequencyRow {
  readonly name: string;
  /** Frequency among the labels. */
  readonly share: number;
  /** Prediction at bias 0, and at the solved bias. */
  readonly atZero: number;
  readonly atBias: number;
}

const rowHeight = 22;
/** Height of the legend, in rows. */
const legendRows = 3;

/** The frequency of each class (or of yes) among the labels as bars, and what the untrained network predicts. */
export const labelFrequencies: Figure<LabelFrequenciesData> = (
  plot,
  document,
  { rows, leftOut = 0 },
  { width = 640 } = {},
) => {
  const names = rows.map(({ name }) => firstLine(name, width / 3.5));
  const maxShare = Math.max(...rows.map(maxOf));
  const bands = rows.length + bandsForLegend(rows, maxShare);
  const more = leftOut > 0 ? ` ${leftOut} smaller ones are left out.` : "";
  const note = caption(
    [
      `Bars: share of the labels. Symbols: prediction of the untrained network, the same for every input.${more}`,
    ],
    width,
  );
  return drawSvg(plot, document, {
    description: `Share of the labels of ${rows.length} classes or columns, with the prediction at bias 0 and at the solved bias.`,
    ...frame(width, 16, rowHeight * bands, note),
    marginLeft: 24 + Math.max(40, ...names.map((name) => textWidth(name, fontSize))),
    marginRight: 24,
    x: {
      domain: [0, Math.min(100, 108 * maxShare)],
      ...axisLabel("Share (%)"),
    },
    y: { type: "band", domain: Array.from({ length: bands }, (_, i) => i), axis: null, padding: 0.3 },
    marks: [
      plot.gridX({ stroke: palette.grid.light, strokeOpacity: 1 }),
      ...rowMarks(plot, rows),
      nameMark(names),
      legendMark(rows),
      note.mark,
    ],
  });
};

/** The name, cut off with an ellipsis where it is wider than `room` px. */
function firstLine(name: string, room: number): string {
  const [line] = wrapToPixels(name, room, fontSize);
  return line === name ? name : `${line}…`;
}

/** The largest number that a row shows. */
const maxOf = ({ share, atZero, atBias }: FrequencyRow) => Math.max(share, atZero, atBias);

/** The legend is beside the last rows, or in bands of its own below them if one of them reaches that far. */
function bandsForLegend(rows: readonly FrequencyRow[], maxShare: number): number {
  const reaching = rows.slice(-legendRows).some((row) => maxOf(row) > maxShare / 2);
  return reaching || rows.length < legendRows ? legendRows : 0;
}

/** The bars, and on each the two predictions. */
function rowMarks(plot: PlotLibrary, rows: readonly FrequencyRow[]): Markish[] {
  const y = (_: FrequencyRow, i: number) => i;
  return [
    plot.barX(rows, { y, x: ({ share }) => 100 * share, fill: palette.muted.dark, fillOpacity: 0.55 }),
    plot.tickX(rows, {
      y,
      x: ({ atZero }) => 100 * atZero,
      stroke: palette.vermilion.light,
      strokeWidth: 2.5,
      inset: -2,
    }),
    plot.dot(rows, {
      y,
      x: ({ atBias }) => 100 * atBias,
      fill: palette.blue.light,
      stroke: palette.paper.light,
      r: 4,
    }),
  ];
}

/** The names, left of their bars. Rows are identified by number, since two may have the same name. */
const nameMark =
  (names: readonly string[]): RenderFunction =>
  (_index, scales, _values, { marginLeft }, { document }) =>
    svgElement(
      document,
      "g",
      { "aria-label": "y-axis tick label", "text-anchor": "end" },
      ...names.map((name, i) => {
        const y = Number(scales.y?.(i)) + (scales.scales.y?.bandwidth ?? 0) / 2;
        const place = { x: marginLeft - 8, y, dy: "0.35em", fill: "currentColor" };
        return svgElement(document, "text", place, name);
      }),
    );

const legendMark = (rows: readonly FrequencyRow[]): RenderFunction =>
  legend(
    [
      { label: "share of the labels", stroke: palette.muted.dark, strokeWidth: 6 },
      { label: "prediction at bias 0", stroke: palette.vermilion.light, strokeWidth: 3 },
      { label: "prediction at the bias", stroke: palette.blue.light, strokeWidth: 3 },
    ],
    {
      avoid: rows.flatMap(({ share, atZero, atBias }, y) =>
        [atZero, atBias, ...alongBar(share)].map((x) => ({ x: 100 * x, y })),
      ),
      fill: palette.paper.light,
    },
  );

/** Points of a bar that a legend should not cover. */
const alongBar = (length: number) => [0, 0.2, 0.4, 0.6, 0.8, 1].map((part) => part * length);
