import type { Evaluation, Trial } from "../../experiment/record.ts";
import { armLegend, symbolOptions } from "../armLegend.ts";
import { armStyles } from "../armStyles.ts";
import { caption, wrapText } from "../caption.ts";
import { overSeeds } from "../curves.ts";
import { axisLabel, fontSize, frame } from "../frame.ts";
import { drawSvg, type Figure, palette, svgElement, textWidth } from "../svg.ts";

export interface RecallByArmData {
  /** In dataset order, with the number of training images of each. */
  classes: readonly { readonly name: string; readonly count: number }[];
  trials: readonly (Pick<Trial, "arm" | "seed"> & { readonly test: Pick<Evaluation, "recall"> })[];
}

/** Distance between the arms' dots of a class, in px. */
const armStep = 11;

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
  const countHead = brief ? "images" : "training images";
  /** Room for a class's name; longer ones go on in a second line. */
  const nameRoom = width / 3.8;
  const styles = armStyles([...new Set(trials.map(({ arm }) => arm))]);
  const arms = [...styles.keys()];
  const names = classes.map(({ name }) => wrapText(name, nameRoom, fontSize));
  const counts = classes.map(({ count }) => count.toLocaleString("en-US"));
  const countRoom = Math.max(textWidth(countHead, fontSize), ...counts.map((c) => textWidth(c, fontSize)));
  const marginLeft = Math.max(60, ...names.flat().map((line) => textWidth(line, fontSize))) + countRoom + 38;
  const rowHeight = Math.max(
    armStep * arms.length + 9,
    ...names.map((lines) => lines.length * fontSize * 1.25 + 6),
  );
  const seeds = Math.max(0, ...arms.map((arm) => trials.filter((trial) => trial.arm === arm).length));
  const over = seeds > 1 ? ` Symbol: mean of ${seeds} seeds; line: lowest to highest seed.` : "";
  const note = caption(
    [
      `Share of each class's test images that are classified as that class.${over}${brief ? " Images: in the training set." : ""}`,
    ],
    width,
  );
  const key = armLegend(plot, styles, width - marginLeft - 20);
  const rows = arms.flatMap((arm, a) =>
    overSeeds(trials.filter((trial) => trial.arm === arm).map(({ test }) => test.recall)).map(
      ({ mean, low, high }, c) => ({ arm, mean: 100 * mean, low: 100 * low, high: 100 * high, row: c, a }),
    ),
  );
  const dy = (a: number) => (a - (arms.length - 1) / 2) * armStep;
  const description = `Recall on the test set of ${classes.length} classes for the arms ${arms.join(", ")}.`;
  return drawSvg(plot, document, {
    description,
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
      ...arms.flatMap((arm, a) => {
        const own = rows.filter((row) => row.arm === arm && Number.isFinite(row.mean));
        const style = styles.get(arm)!;
        return [
          plot.ruleY(seeds > 1 ? own : [], {
            y: "row",
            x1: "low",
            x2: "high",
            stroke: style.color,
            strokeWidth: 1.5,
            dy: dy(a),
          }),
          plot.dot(own, { y: "row", x: "mean", dy: dy(a), ...symbolOptions(style) }),
        ];
      }),
      ...key.marks,
      (_index, scales, _values, dimensions, context) => {
        const middle = (c: number) => Number(scales.y?.(c)) + rowHeight / 2;
        const text = (content: string, x: number, y: number, anchor: string, fill = "currentColor") =>
          svgElement(context.document, "text", { x, y, dy: "0.35em", "text-anchor": anchor, fill }, content);
        const right = dimensions.marginLeft - 14;
        const head = text(countHead, right, dimensions.marginTop - 9, "end", palette.muted.light);
        const labels = names.flatMap((lines, c) => [
          ...lines.map((line, i) =>
            text(line, 12, middle(c) + (i - (lines.length - 1) / 2) * fontSize * 1.25, "start"),
          ),
          text(counts[c], right, middle(c), "end", palette.muted.light),
        ]);
        return svgElement(context.document, "g", { "aria-label": "classes" }, head, ...labels);
      },
      note.mark,
    ],
  });
};
