import { caption, wrapText } from "../caption.ts";
import { axisLabel, fontSize, frame } from "../frame.ts";
import { legend } from "../legend.ts";
import { drawSvg, type Figure, palette, svgElement, textWidth } from "../svg.ts";

export interface LabelFrequenciesData {
  /** One a class, or one a column of yes/no labels: its share of the labels, and what the first predictions say. */
  readonly rows: readonly {
    readonly name: string;
    readonly share: number;
    /** Prediction at bias 0, and at the solved bias. */
    readonly atZero: number;
    readonly atBias: number;
  }[];
  /** More rows than were drawn, if any. */
  readonly leftOut?: number;
}

const rowHeight = 22;
/** Rows that the legend takes the height of. */
const legendRows = 3;

/** How often each class (or yes) is in the labels, as bars, and what the network says of it before training. */
export const labelFrequencies: Figure<LabelFrequenciesData> = (
  plot,
  document,
  { rows, leftOut = 0 },
  { width = 640 } = {},
) => {
  const nameRoom = width / 3.5;
  const names = rows.map(({ name }) => wrapText(name, nameRoom, fontSize)[0]);
  const shown = names.map((name, i) => (name === rows[i].name ? name : `${name}…`));
  const marginLeft = 24 + Math.max(40, ...shown.map((name) => textWidth(name, fontSize)));
  const more = leftOut > 0 ? ` ${leftOut} smaller ones are left out.` : "";
  const note = caption(
    [
      `Bars: share of the labels. Symbols: prediction of the untrained network, the same for every input.${more}`,
    ],
    width,
  );
  const points = rows.flatMap((row, i) => [
    { i, x: 100 * row.atZero, y: i },
    { i, x: 100 * row.atBias, y: i },
  ]);
  const most = Math.max(...rows.flatMap(({ share, atZero, atBias }) => [share, atZero, atBias]));
  // The legend stands beside the last rows, or below them where one of them reaches that far.
  const reaching = rows
    .slice(-legendRows)
    .some((row) => Math.max(row.share, row.atZero, row.atBias) > most / 2);
  const bands = rows.length + (reaching || rows.length < legendRows ? legendRows : 0);
  const key = legend(
    [
      { label: "share of the labels", stroke: palette.muted.dark, strokeWidth: 6 },
      { label: "prediction at bias 0", stroke: palette.vermilion.light, strokeWidth: 3 },
      { label: "prediction at the bias", stroke: palette.blue.light, strokeWidth: 3 },
    ],
    {
      avoid: [...points, ...rows.flatMap(({ share }, i) => alongBar(100 * share).map((x) => ({ x, y: i })))],
      fill: palette.paper.light,
    },
  );
  return drawSvg(plot, document, {
    description: `Share of the labels of ${rows.length} classes or columns, with the prediction at bias 0 and at the solved bias.`,
    ...frame(width, 16, rowHeight * bands, note),
    marginLeft,
    marginRight: 24,
    x: {
      domain: [0, Math.min(100, 108 * most)],
      ...axisLabel("Share (%)"),
    },
    y: { type: "band", domain: Array.from({ length: bands }, (_, i) => i), axis: null, padding: 0.3 },
    marks: [
      plot.gridX({ stroke: palette.grid.light, strokeOpacity: 1 }),
      plot.barX(rows, {
        y: (_, i) => i,
        x: ({ share }) => 100 * share,
        fill: palette.muted.dark,
        fillOpacity: 0.55,
      }),
      plot.tickX(rows, {
        y: (_, i) => i,
        x: ({ atZero }) => 100 * atZero,
        stroke: palette.vermilion.light,
        strokeWidth: 2.5,
        inset: -2,
      }),
      plot.dot(rows, {
        y: (_, i) => i,
        x: ({ atBias }) => 100 * atBias,
        fill: palette.blue.light,
        stroke: palette.paper.light,
        r: 4,
      }),
      (_index, scales, _values, dimensions, context) =>
        svgElement(
          context.document,
          "g",
          { "aria-label": "y-axis tick label", "text-anchor": "end" },
          ...shown.map((name, i) =>
            svgElement(
              context.document,
              "text",
              {
                x: dimensions.marginLeft - 8,
                y: Number(scales.y?.(i)) + (scales.scales.y?.bandwidth ?? 0) / 2,
                dy: "0.35em",
                fill: "currentColor",
              },
              name,
            ),
          ),
        ),
      key,
      note.mark,
    ],
  });
};

/** Points of a bar that a legend should not cover. */
const alongBar = (length: number) => [0, 0.2, 0.4, 0.6, 0.8, 1].map((part) => part * length);
