import type { Trial } from "../../experiment/record.ts";
import { symbolOptions } from "../armLegend.ts";
import { armStyles } from "../armStyles.ts";
import { caption } from "../caption.ts";
import { axisLabel, fontSize, frame } from "../frame.ts";
import { roundTicks } from "../roundTicks.ts";
import { drawSvg, type Figure, palette, textWidth } from "../svg.ts";

export type InitialLossTrial = Pick<
  Trial,
  "arm" | "seed" | "expectedLoss" | "initialLoss" | "band" | "inBand"
>;

const rowHeight = 52;

/**
 * The check before training, a row an arm on one axis: the band in which a sound network starts, the loss expected, and
 * the loss measured (one symbol a seed).
 */
export const initialLoss: Figure<readonly InitialLossTrial[]> = (
  plot,
  document,
  trials,
  { width = 720 } = {},
) => {
  const inBand = width < 560 ? "in" : "in the band";
  const arms = [...new Set(trials.map(({ arm }) => arm))];
  const styles = armStyles(arms);
  const rows = arms.map((arm) => {
    const own = trials.filter((trial) => trial.arm === arm);
    const inside = own.filter((trial) => trial.inBand).length;
    const verdict = own.length === 1 ? (inside ? inBand : "outside") : `${inside} of ${own.length} ${inBand}`;
    const low = Math.min(...own.map(({ band }) => band.low));
    const high = Math.max(...own.map(({ band }) => band.high));
    return { arm, verdict, low, high, expected: own[0].expectedLoss };
  });
  const finite = trials.filter(({ initialLoss }) => Number.isFinite(initialLoss));
  const missing = trials.length - finite.length;
  const note = caption(
    [
      "Bar: where a sound network starts. Line: expected from the labels. Symbols: measured before training, one a seed.",
      ...(missing > 0
        ? [`${missing} measured ${missing === 1 ? "loss is" : "losses are"} not finite and not shown.`]
        : []),
    ],
    width,
  );
  const ends = [
    ...rows.flatMap(({ low, high, expected }) => [low, high, expected]),
    ...finite.map((t) => t.initialLoss),
  ];
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const margin = 0.04 * (high - low || 1);
  const marginLeft = Math.max(0, ...arms.map((arm) => textWidth(arm, fontSize))) + 28;
  const marginRight = Math.max(0, ...rows.map(({ verdict }) => textWidth(verdict, fontSize))) + 24;
  const ticks = roundTicks(
    low - margin,
    high + margin,
    Math.min(10, (width - marginLeft - marginRight) / 40),
  );
  return drawSvg(plot, document, {
    description: `Loss before training against the loss expected, for the arms ${arms.join(", ")}.`,
    ...frame(width, 14, rowHeight * arms.length, note),
    marginLeft,
    marginRight,
    x: {
      domain: [low - margin, high + margin],
      ticks,
      ...axisLabel("Loss before training (nats)"),
    },
    y: { type: "band", domain: arms, label: null, tickSize: 0, padding: 0.45 },
    marks: [
      plot.gridX({ ticks, stroke: palette.grid.light, strokeOpacity: 1 }),
      ...rows.map((row) =>
        plot.barX([row], {
          y: "arm",
          x1: "low",
          x2: "high",
          fill: styles.get(row.arm)!.color,
          fillOpacity: 0.16,
        }),
      ),
      plot.tickX(rows, {
        y: "arm",
        x: "expected",
        stroke: "currentColor",
        strokeWidth: 1.2,
        insetTop: -5,
        insetBottom: -5,
      }),
      ...arms.map((arm) =>
        plot.dot(
          finite.filter((trial) => trial.arm === arm),
          { y: "arm", x: "initialLoss", ...symbolOptions(styles.get(arm)!), fillOpacity: 0.75 },
        ),
      ),
      plot.text(rows, { y: "arm", text: "verdict", frameAnchor: "right", textAnchor: "start", dx: 10 }),
      note.mark,
    ],
  });
};
