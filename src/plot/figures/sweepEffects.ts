import type { Markish } from "@observablehq/plot";
import { armLegend, symbolOptions } from "../armLegend.ts";
import { type ArmStyle, armStyles } from "../armStyles.ts";
import { caption } from "../caption.ts";
import { fontSize } from "../frame.ts";
import { roundTicks } from "../roundTicks.ts";
import { drawSvg, type Figure, type PlotLibrary, palette, textWidth, wrapToPixels } from "../svg.ts";

/** The difference of an arm to the baseline by one measure, in one setting of a sweep. */
export interface SweepEffect {
  readonly setting: string;
  readonly arm: string;
  /** Title of the measure, with its unit. */
  readonly measure: string;
  readonly mean: number;
  /** 95 % interval; null for a single seed. */
  readonly low: number | null;
  readonly high: number | null;
}

export interface SweepEffectsData {
  readonly baseline: string;
  readonly effects: readonly SweepEffect[];
}

/** A point or line of an effect, in panels: panel i is from i to i + 1, with 0 in its middle. */
interface PlacedEffect {
  readonly setting: string;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  /** Distance from the middle of the row, in px. */
  readonly dy: number;
  readonly style: ArmStyle;
}

/** One measure. */
interface Panel {
  readonly measure: string;
  /** The position of a value. */
  place(value: number): number;
  /** The largest distance from 0, in the measure's unit. */
  readonly scale: number;
}

const armStep = 11;
const headSize = 9.5;
const headLine = 13;

/** The effect of each arm over the settings of a sweep: one panel per measure, each with a scale of its own. */
export const sweepEffects: Figure<SweepEffectsData> = (plot, document, data, { width = 720 } = {}) => {
  const effects = data.effects.filter(({ mean }) => Number.isFinite(mean));
  const styles = armStyles([data.baseline, ...new Set(effects.map(({ arm }) => arm))]);
  styles.delete(data.baseline);
  const panels = panelsOf(effects);
  const names = settingNames(effects, width / 4);
  const marginLeft = names.width + 26;
  const panelWidth = (width - marginLeft - 12) / Math.max(1, panels.length);
  const heads = panels.map(({ measure }) => wrapToPixels(measure, panelWidth - 6, headSize));
  const headHeight = headLine * Math.max(1, ...heads.map((lines) => lines.length));
  const rowHeight = Math.max(names.height, armStep * styles.size + 10);
  const key = armLegend(plot, styles, width - marginLeft - 20, headHeight + 6);
  const note = caption(sentences(data.baseline, data.effects.length - effects.length), width);
  const marginTop = key.height + headHeight + 18;
  return drawSvg(plot, document, {
    description: `Effect of ${[...styles.keys()].join(", ")} against ${data.baseline} in ${names.texts.size} settings, by ${panels.length} measures.`,
    width,
    height: marginTop + rowHeight * names.texts.size + 30 + note.height,
    marginLeft,
    marginRight: 12,
    marginTop,
    marginBottom: 30 + note.height,
    style: { fontSize: `${fontSize}px` },
    x: { domain: [0, Math.max(1, panels.length)], axis: null },
    y: { type: "band", domain: [...names.texts.keys()], axis: null, padding: 0 },
    marks: [
      ...panelMarks(plot, panels, heads, width < 560),
      plot.text([...names.texts], {
        y: ([setting]: [string, string]) => setting,
        text: ([, text]: [string, string]) => text,
        ariaDescription: "y-axis tick label",
        frameAnchor: "left",
        textAnchor: "end",
        dx: -10,
      }),
      ...effectMarks(plot, placed(effects, panels, styles)),
      ...key.marks,
      note.mark,
    ],
  });
};

/** Share of a panel on either side of 0. */
const halfWidth = 0.38;

function panelsOf(effects: readonly SweepEffect[]): Panel[] {
  return [...new Set(effects.map(({ measure }) => measure))].map((measure, i) => {
    const own = effects.filter((effect) => effect.measure === measure);
    const ends = own.flatMap(({ mean, low, high }) => [mean, low ?? mean, high ?? mean]);
    const scale = Math.max(...ends.map(Math.abs)) || 1;
    return { measure, scale, place: (value) => i + 0.5 + (halfWidth * value) / scale };
  });
}

/** The names of the settings in lines of at most `room` px, and the size of the largest in px. */
function settingNames(effects: readonly SweepEffect[], room: number) {
  const settings = [...new Set(effects.map(({ setting }) => setting))];
  const lines = settings.map((name) => wrapToPixels(name, room, fontSize));
  return {
    texts: new Map(settings.map((name, i) => [name, lines[i].join("\n")])),
    width: Math.max(0, ...lines.flat().map((line) => textWidth(line, fontSize))),
    height: 14 * Math.max(1, ...lines.map(({ length }) => length)) + 8,
  };
}

function placed(
  effects: readonly SweepEffect[],
  panels: readonly Panel[],
  styles: ReadonlyMap<string, ArmStyle>,
): PlacedEffect[] {
  const arms = [...styles.keys()];
  return effects.map(({ measure, setting, arm, mean, low, high }) => {
    const { place } = panels.find((panel) => panel.measure === measure)!;
    return {
      setting,
      mean: place(mean),
      low: place(low ?? mean),
      high: place(high ?? mean),
      dy: (arms.indexOf(arm) - (arms.length - 1) / 2) * armStep,
      style: styles.get(arm)!,
    };
  });
}

/**
 * Of each panel its title, a line at 0, and a round number on either side.
 *
 * @param brief labels the number on the right alone
 */
function panelMarks(
  plot: PlotLibrary,
  panels: readonly Panel[],
  heads: readonly (readonly string[])[],
  brief: boolean,
): Markish[] {
  const ticks = panels.flatMap(({ scale, place }) => {
    const step = roundTicks(0, scale, 2.5).at(-1) || scale;
    return [-step, 0, step].map((value) => ({ x: place(value), value }));
  });
  const middles = panels.map(({ place }, i) => ({ x: place(0), text: heads[i].join("\n") }));
  return [
    plot.ruleX(ticks, {
      x: "x",
      stroke: ({ value }: { value: number }) => (value === 0 ? palette.muted.light : palette.grid.light),
    }),
    plot.text(
      ticks.filter(({ value }) => !brief || value > 0),
      {
        x: "x",
        text: ({ value }: { value: number }) => tickText(value),
        frameAnchor: "bottom",
        dy: 14,
        fontSize: headSize,
      },
    ),
    plot.text(middles, {
      x: "x",
      text: "text",
      frameAnchor: "top",
      lineAnchor: "bottom",
      dy: -6,
      fontSize: headSize,
      lineHeight: headLine / headSize,
    }),
  ];
}

function tickText(value: number): string {
  if (value === 0) return "0";
  const size = Number(Math.abs(value).toPrecision(3));
  // A panel has no room for many zeros.
  const text = size < 1e-3 ? size.toExponential().replace("-", "−") : `${size}`;
  return (value < 0 ? "−" : "+") + text;
}

function effectMarks(plot: PlotLibrary, effects: readonly PlacedEffect[]): Markish[] {
  return effects.flatMap((effect) => {
    const { dy, style } = effect;
    const line = { stroke: style.color, strokeWidth: 1.5 };
    return [
      plot.ruleY([effect], { y: "setting", x1: "low", x2: "high", dy, ...line }),
      plot.dot([effect], { y: "setting", x: "mean", dy, ...symbolOptions(style) }),
    ];
  });
}

/** @param missing effects that can't be shown */
function sentences(baseline: string, missing: number): string[] {
  const legend = `Symbol: mean difference to ${baseline} over seeds. Line: 95 % interval; where it crosses 0, the difference may be noise.`;
  return missing === 0 ? [legend] : [legend, `${missing} differences are not finite and not shown.`];
}
