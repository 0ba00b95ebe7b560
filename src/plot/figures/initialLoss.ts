import type { Markish } from "@observablehq/plot";
import { symbolOptions } from "../armLegend.ts";
import { type ArmStyle, armStyles } from "../armStyles.ts";
import { caption } from "../caption.ts";
import { axisLabel, fontSize, frame } from "../frame.ts";
import { roundTicks } from "../roundTicks.ts";
import { drawSvg, type Figure, lossLabel, type PlotLibrary, palette, textWidth } from "../svg.ts";

/** The initial loss of one network. */
export interface InitialLossTrial {
  readonly arm: string;
  readonly expectedLoss: number;
  readonly initialLoss: number;
  /** Where the initial loss of a sound network lies. */
  readonly band: { readonly low: number; readonly high: number };
  readonly inBand: boolean;
}

/** What is drawn of an arm. */
interface ArmRow {
  readonly arm: string;
  readonly style: ArmStyle;
  readonly verdict: string;
  /** The band of all its seeds. */
  readonly low: number;
  readonly high: number;
  readonly expected: number;
  /** The finite measured losses, one per seed. */
  readonly measured: readonly number[];
}

const rowHeight = 52;

/**
 * The initial loss, one row per arm on a common axis: the band in which a sound network starts, the expected loss, and
 * the measured loss (one symbol per seed).
 */
export const initialLoss: Figure<readonly InitialLossTrial[]> = (
  plot,
  document,
  trials,
  { width = 720, lossUnit } = {},
) => {
  const rows = rowByArm(trials, width < 560 ? "in" : "in the band");
  const arms = rows.map(({ arm }) => arm);
  const shown = rows.flatMap(({ measured }) => measured).length;
  const note = caption(sentences(trials.length - shown), width);
  const domain = lossRange(rows);
  const marginLeft = Math.max(0, ...arms.map((arm) => textWidth(arm, fontSize))) + 28;
  const marginRight = Math.max(0, ...rows.map(({ verdict }) => textWidth(verdict, fontSize))) + 24;
  const ticks = roundTicks(...domain, Math.min(10, (width - marginLeft - marginRight) / 40));
  return drawSvg(plot, document, {
    description: `Initial loss and expected loss of the arms ${arms.join(", ")}.`,
    ...frame(width, 14, rowHeight * rows.length, note),
    marginLeft,
    marginRight,
    x: { domain, ticks, ...axisLabel(lossLabel("Initial loss", { lossUnit })) },
    y: { type: "band", domain: arms, label: null, tickSize: 0, padding: 0.45 },
    marks: [
      plot.gridX({ ticks, stroke: palette.grid.light, strokeOpacity: 1 }),
      ...rows.map((row) => bandMark(plot, row)),
      expectedMark(plot, rows),
      ...rows.map((row) => measuredMark(plot, row)),
      plot.text(rows, { y: "arm", text: "verdict", frameAnchor: "right", textAnchor: "start", dx: 10 }),
      note.mark,
    ],
  });
};

/** @param inBand the verdict on losses within the band */
function rowByArm(trials: readonly InitialLossTrial[], inBand: string): ArmRow[] {
  return [...armStyles([...new Set(trials.map(({ arm }) => arm))])].map(([arm, style]) => {
    const own = trials.filter((trial) => trial.arm === arm);
    const inside = own.filter((trial) => trial.inBand).length;
    return {
      arm,
      style,
      verdict: own.length === 1 ? (inside ? inBand : "outside") : `${inside} of ${own.length} ${inBand}`,
      low: Math.min(...own.map(({ band }) => band.low)),
      high: Math.max(...own.map(({ band }) => band.high)),
      expected: own[0].expectedLoss,
      measured: own.map(({ initialLoss }) => initialLoss).filter(Number.isFinite),
    };
  });
}

/** The range of all that is drawn, with a margin. */
function lossRange(rows: readonly ArmRow[]): [low: number, high: number] {
  const drawn = rows.flatMap(({ low, high, expected, measured }) => [low, high, expected, ...measured]);
  const [low, high] = [Math.min(...drawn), Math.max(...drawn)];
  const margin = 0.04 * (high - low || 1);
  return [low - margin, high + margin];
}

/** @param missing measured losses that can't be shown */
function sentences(missing: number): string[] {
  const legend =
    "Bar: where a sound network starts. Line: expected from the labels. Symbols: measured before training, one per seed.";
  if (missing === 0) return [legend];
  return [
    legend,
    `${missing} measured ${missing === 1 ? "loss is" : "losses are"} not finite and not shown.`,
  ];
}

const bandMark = (plot: PlotLibrary, row: ArmRow): Markish =>
  plot.barX([row], { y: "arm", x1: "low", x2: "high", fill: row.style.color, fillOpacity: 0.16 });

const expectedMark = (plot: PlotLibrary, rows: readonly ArmRow[]): Markish =>
  plot.tickX(rows, {
    y: "arm",
    x: "expected",
    stroke: "currentColor",
    strokeWidth: 1.2,
    insetTop: -5,
    insetBottom: -5,
  });

const measuredMark = (plot: PlotLibrary, { arm, style, measured }: ArmRow): Markish =>
  plot.dot(measured, { y: () => arm, x: (loss) => loss, ...symbolOptions(style), fillOpacity: 0.75 });
