import type { Markish } from "@observablehq/plot";
import { type ArmCurves, expectedLosses, groupByArm, type LossCurvesTrial } from "../armCurves.ts";
import { caption } from "../caption.ts";
import { divergence, type SeedStep, visibleIndices } from "../curves.ts";
import { axisLabel, fontSize } from "../frame.ts";
import { lossCurveSentences, lossText } from "../lossCurveSentences.ts";
import { roundTicks } from "../roundTicks.ts";
import { type SideLabel, sideLabelMark } from "../sideLabels.ts";
import { drawSvg, type Figure, lossLabel, type PlotLibrary, palette, textWidth } from "../svg.ts";

/** The step at which one arm has come down to where another started. */
export interface ArrivalMark {
  readonly step: number;
  readonly loss: number;
  /** Such as `step 12: zero is where prior started`. */
  readonly text: string;
}

/** A longer curve is reduced to the extremes of this many stretches, which looks the same. */
const maxPoints = 240;

/** Up to this many epochs have a rule, and up to a third as many have a number. */
const maxEpochRules = 36;

/**
 * Running loss of every arm against step, with the loss expected before training as a thin line and the batches' own
 * losses faint behind; over several seeds their mean, and a band from the lowest to the highest seed.
 * Losses that are not finite, or off the scale, are named in the caption.
 */
export const lossCurves: Figure<readonly LossCurvesTrial[]> = (plot, document, trials, options) =>
  markedLossCurves(plot, document, { trials }, options);

/** The same, with a step marked. */
export const markedLossCurves: Figure<{
  readonly trials: readonly LossCurvesTrial[];
  readonly mark?: ArrivalMark;
}> = (plot, document, { trials, mark }, { width = 720, lossUnit } = {}) => {
  const arms = groupByArm(trials);
  const steps = Math.max(1, ...arms.map(({ running }) => running.length));
  const [low, high] = lossRange(arms);
  const labels = sideLabels(arms, width < 560);
  const labelRoom = Math.max(0, ...labels.map(({ text }) => textWidth(text, fontSize)));
  const marginRight = Math.ceil(labelRoom + 30);
  const note = caption(lossCurveSentences(arms, high), width);
  const margin = (steps - 1) * 0.02 || 0.5;
  return drawSvg(plot, document, {
    description: `Training loss against step by arm: ${labels.map(({ text }) => text).join("; ")}.`,
    width,
    height: Math.min(360, 0.4 * width + 100) + note.height,
    marginLeft: 52,
    marginRight,
    marginTop: 34,
    marginBottom: 42 + note.height,
    style: { fontSize: `${fontSize}px` },
    x: {
      domain: [1 - margin, steps + margin],
      ...axisLabel("Step"),
      ticks: roundTicks(1, steps, Math.min(6, (width - marginRight) / 55), 1),
      tickFormat: ",d",
    },
    y: {
      domain: [low, high],
      label: lossLabel("Training loss", { lossUnit }),
      labelOffset: 40,
      labelArrow: "none",
      ticks: 6,
    },
    marks: [
      plot.gridY({ ticks: 6, stroke: palette.grid.light, strokeOpacity: 1 }),
      ...epochMarks(plot, arms),
      ...arms.flatMap((arm) => backgroundMarks(plot, arm)),
      ...expectedLines(plot, arms),
      ...arms.flatMap((arm) => curveMarks(plot, arm, steps)),
      ...(mark ? arrivalMarks(plot, mark, steps) : []),
      sideLabelMark(labels),
      note.mark,
      labels.length > 0 ? null : plot.text(["no losses recorded"], { frameAnchor: "middle" }),
    ],
  });
};

/** The range of all that is drawn, but no more than twice the highest start: a diverged arm must not flatten the others. */
function lossRange(arms: readonly ArmCurves[]): [number, number] {
  const starts = arms.flatMap(({ expectedLoss, running }) => [expectedLoss, running[0]?.mean]);
  const cap = 2 * Math.max(...starts.filter(Number.isFinite));
  const drawn = arms.flatMap(({ expectedLoss, running, batch }) => [
    expectedLoss,
    ...running.flatMap((step) => [step.low, step.high]),
    ...batch.map((step) => step.mean),
  ]);
  const shown = drawn.filter((loss) => loss <= cap);
  if (shown.length === 0) return [0, 1];
  const low = shown.reduce((a, b) => Math.min(a, b));
  const high = shown.reduce((a, b) => Math.max(a, b));
  const margin = 0.04 * (high - low || Math.abs(high) || 1);
  return [low - margin, high + margin];
}

function sideLabels(arms: readonly ArmCurves[], brief: boolean): SideLabel[] {
  const ends = arms.flatMap(({ name, style, running, trials }): SideLabel[] => {
    const last = running.findLastIndex(({ seeds }) => seeds > 0);
    if (last < 0)
      return [{ text: `${name}: no finite loss`, color: style.color, x: 1, y: trials[0].expectedLoss }];
    const { mean, low, high, seeds } = running[last];
    const range = seeds > 1 && !brief ? ` (${lossText(low)}–${lossText(high)})` : "";
    return [{ text: `${name} ${lossText(mean)}${range}`, color: style.color, x: last + 1, y: mean }];
  });
  const expected = expectedLosses(arms).map(({ names, y, color }) => {
    const whose = names.length > 2 ? `${names[0]} and ${names.length - 1} more` : names.join(", ");
    const text = `expected${brief ? "" : ` (${whose})`} ${lossText(y)}`;
    return { text, x: Infinity, y, color };
  });
  return [...ends, ...expected];
}

/** The steps at which an epoch after the first begins. */
const epochStarts = (epochs: readonly number[]) =>
  epochs.flatMap((epoch, i) => (i > 0 && epoch !== epochs[i - 1] ? [{ step: i + 1, epoch }] : []));

function epochMarks(plot: PlotLibrary, arms: readonly ArmCurves[]): Markish[] {
  const longest = arms.map(({ epochs }) => epochs).reduce((a, b) => (b.length > a.length ? b : a), []);
  const starts = epochStarts(longest);
  if (starts.length === 0 || starts.length > maxEpochRules) return [];
  const numbered = starts.length <= maxEpochRules / 3 ? starts : [];
  return [
    plot.ruleX(starts, { x: ({ step }) => step - 0.5, stroke: palette.grid.light }),
    plot.text(numbered, {
      x: ({ step }) => step - 0.5,
      text: ({ epoch }) => (numbered.length > 4 ? String(epoch + 1) : `epoch ${epoch + 1}`),
      frameAnchor: "top",
      textAnchor: "start",
      dx: 3,
      dy: 3,
      fill: palette.muted.light,
    }),
  ];
}

/** Points of a curve for Plot; `epoch` breaks the line where the running mean starts afresh. */
function points(arm: ArmCurves, steps: readonly SeedStep[]) {
  const indices = visibleIndices(
    steps.map(({ mean }) => mean),
    maxPoints,
  );
  return indices.map((i) => ({ step: i + 1, epoch: arm.epochs[i], ...steps[i] }));
}

/** What lies behind the curves: each batch's own loss, and the band over seeds. */
function backgroundMarks(plot: PlotLibrary, arm: ArmCurves): Markish[] {
  const { color } = arm.style;
  const behind = { x: "step", clip: true, z: "epoch" } as const;
  const batch = plot.line(points(arm, arm.batch), {
    ...behind,
    y: "mean",
    stroke: color,
    strokeOpacity: 0.28,
    strokeWidth: 1,
  });
  const band = plot.areaY(points(arm, arm.running), {
    ...behind,
    y1: "low",
    y2: "high",
    fill: color,
    fillOpacity: 0.16,
  });
  return arm.trials.length > 1 ? [batch, band] : [batch];
}

const expectedLines = (plot: PlotLibrary, arms: readonly ArmCurves[]): Markish[] =>
  expectedLosses(arms).map(({ y, color }) =>
    plot.ruleY([y], { stroke: color, strokeWidth: 0.7, clip: true }),
  );

/** The running loss, with a cross where a seed's last finite loss is. */
function curveMarks(plot: PlotLibrary, arm: ArmCurves, steps: number): Markish[] {
  const { color, dash } = arm.style;
  const ends = arm.trials.flatMap(({ runningLosses }) => {
    const end = divergence(runningLosses);
    return end === undefined || end === 0 ? [] : [{ step: end, loss: runningLosses[end - 1] }];
  });
  const curve = points(arm, arm.running);
  return [
    plot.line(curve, {
      x: "step",
      y: "mean",
      z: "epoch",
      stroke: color,
      strokeWidth: 2,
      strokeDasharray: dash,
      strokeLinecap: "butt",
      clip: true,
    }),
    plot.dot(steps === 1 ? curve : [], { x: "step", y: "mean", r: 3, fill: color }),
    plot.dot(ends, {
      x: "step",
      y: "loss",
      symbol: "times",
      r: 4.5,
      stroke: color,
      strokeWidth: 2,
      clip: true,
    }),
  ];
}

/** The start of the other arm as a dotted line, to the marked step, with a dot and its text above. */
function arrivalMarks(plot: PlotLibrary, { step, loss, text }: ArrivalMark, steps: number): Markish[] {
  const onLeft = step > steps / 2;
  return [
    plot.ruleY([loss], { x1: 1, x2: step, stroke: palette.ink.light, strokeDasharray: "2 3" }),
    plot.dot([{ step, loss }], {
      x: "step",
      y: "loss",
      r: 5,
      fill: palette.paper.light,
      stroke: palette.ink.light,
      strokeWidth: 2,
    }),
    plot.text([text], {
      x: step,
      y: loss,
      dx: onLeft ? -9 : 9,
      dy: -12,
      textAnchor: onLeft ? "end" : "start",
      fill: palette.ink.light,
      stroke: palette.paper.light,
      strokeWidth: 4,
    }),
  ];
}
