import type { Markish, RenderFunction } from "@observablehq/plot";
import { armLegend, symbolOptions } from "../armLegend.ts";
import { type ArmStyle, armStyles } from "../armStyles.ts";
import { caption } from "../caption.ts";
import { overSeeds } from "../curves.ts";
import { axisLabel, fontSize, frame } from "../frame.ts";
import {
  drawSvg,
  type Figure,
  type PlotLibrary,
  palette,
  svgElement,
  textWidth,
  wrapToPixels,
} from "../svg.ts";

export interface RecallByArmData {
  /** In dataset order, with the number of training images of each. */
  classes: readonly { readonly name: string; readonly count: number }[];
  trials: readonly { readonly arm: string; readonly test: { readonly recall?: readonly number[] } }[];
}

/** Distance between the arms' dots of a class, in px. */
const armStep = 11;
/** Distance between the lines of a class's name, in px. */
const lineHeight = fontSize * 1.25;

/**
 * Recall of each class on the test set by arm, in dataset order, with the classes' training counts; over several seeds
 * the mean, and a line from the lowest to the highest seed.
 */
export const recallByArm: Figure<RecallByArmData> = (
  plot,
  document,
  { classes, trials },
  { width = 720 } = {},
) => {
  const brief = width < 560;
  const styles = armStyles([...new Set(trials.map(({ arm }) => arm))]);
  const arms = [...styles].map(([name, style], place) => {
    const recalls = trials.filter(({ arm }) => arm === name).map(({ test }) => test.recall ?? []);
    return { style, recalls, dy: (place - (styles.size - 1) / 2) * armStep };
  });
  const seeds = Math.max(0, ...arms.map(({ recalls }) => recalls.length));
  const table = classTable(classes, {
    countHead: brief ? "images" : "training images",
    nameRoom: width / 3.8,
    minHeight: armStep * arms.length + 9,
  });
  const { rowHeight } = table;
  const marginLeft = table.width + 38;
  const note = caption(sentences(seeds, brief), width);
  const key = armLegend(plot, styles, width - marginLeft - 20);
  return drawSvg(plot, document, {
    description: `Recall on the test set of ${classes.length} classes for the arms ${[...styles.keys()].join(", ")}.`,
    ...frame(width, key.height + 12, rowHeight * classes.length, note),
    marginLeft,
    marginRight: 24,
    x: {
      domain: [0, 100],
      ...axisLabel("Recall on the test set (%)"),
    },
    y: { type: "band", domain: classes.map((_, c) => c), axis: null, padding: 0 },
    marks: [
      plot.gridX({ stroke: palette.grid.light, strokeOpacity: 1 }),
      plot.ruleY(classes, {
        y: (_, c) => c,
        stroke: palette.grid.light,
        dy: rowHeight / 2,
        insetLeft: 8 - marginLeft,
      }),
      ...arms.flatMap((arm) => armMarks(plot, arm, seeds > 1)),
      ...key.marks,
      table.mark,
      note.mark,
    ],
  });
};

function sentences(seeds: number, brief: boolean): string[] {
  const over = seeds > 1 ? ` Symbol: mean of ${seeds} seeds; line: lowest to highest seed.` : "";
  const images = brief ? " Images: in the training set." : "";
  return [`Share of each class's test images that are classified as that class.${over}${images}`];
}

interface ClassTableOptions {
  readonly countHead: string;
  /** Room for a class's name, in px; longer names are wrapped. */
  readonly nameRoom: number;
  /** Of a class's row, in px. */
  readonly minHeight: number;
}

/** The classes' names and training counts left of the frame: the mark, and the room it takes in px. */
function classTable(
  classes: RecallByArmData["classes"],
  { countHead, nameRoom, minHeight }: ClassTableOptions,
): { width: number; rowHeight: number; mark: RenderFunction } {
  const names = classes.map(({ name }) => wrapToPixels(name, nameRoom, fontSize));
  const counts = classes.map(({ count }) => count.toLocaleString("en-US"));
  const rowHeight = Math.max(minHeight, ...names.map((lines) => lines.length * lineHeight + 6));
  const widths = (texts: readonly string[]) => texts.map((content) => textWidth(content, fontSize));
  const mark: RenderFunction = (_index, scales, _values, { marginLeft, marginTop }, { document }) => {
    const middle = (c: number) => Number(scales.y?.(c)) + rowHeight / 2;
    const text = (content: string, x: number, y: number, anchor: string, fill = "currentColor") =>
      svgElement(document, "text", { x, y, dy: "0.35em", "text-anchor": anchor, fill }, content);
    const right = marginLeft - 14;
    const head = text(countHead, right, marginTop - 9, "end", palette.muted.light);
    const rows = names.flatMap((lines, c) => [
      ...lines.map((line, i) =>
        text(line, 12, middle(c) + (i - (lines.length - 1) / 2) * lineHeight, "start"),
      ),
      text(counts[c], right, middle(c), "end", palette.muted.light),
    ]);
    return svgElement(document, "g", { "aria-label": "classes" }, head, ...rows);
  };
  return {
    width: Math.max(60, ...widths(names.flat())) + Math.max(...widths([countHead, ...counts])),
    rowHeight,
    mark,
  };
}

interface ArmRecalls {
  readonly style: ArmStyle;
  /** One list per seed, with a number for each class. */
  readonly recalls: readonly (readonly number[])[];
  /** Of its symbols from the middle of a class's row, in px. */
  readonly dy: number;
}

/** An arm's symbols, over lines from the lowest to the highest seed. */
function armMarks(plot: PlotLibrary, { style, recalls, dy }: ArmRecalls, ranges: boolean): Markish[] {
  const points = overSeeds(recalls)
    .map(({ mean, low, high }, row) => ({ row, mean: 100 * mean, low: 100 * low, high: 100 * high }))
    .filter(({ mean }) => Number.isFinite(mean));
  return [
    plot.ruleY(ranges ? points : [], {
      y: "row",
      x1: "low",
      x2: "high",
      stroke: style.color,
      strokeWidth: 1.5,
      dy,
    }),
    plot.dot(points, { y: "row", x: "mean", dy, ...symbolOptions(style) }),
  ];
}
