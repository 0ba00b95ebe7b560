import { legend } from "../legend.ts";
import { roundTicks } from "../roundTicks.ts";
import { drawSvg, type Figure } from "../svg.ts";

export interface OriginalLossCurvesData {
  /** Running losses of the arm with bias 0, one per step. */
  readonly zero: readonly number[];
  /** Running losses of the arm with bias log(class frequency). */
  readonly prior: readonly number[];
}

const size = 360;

/**
 * The figure of the original experiment: running loss against step, black on nothing, one line dashed and one solid.
 * Losses that are not finite leave a gap.
 */
export const originalLossCurves: Figure<OriginalLossCurvesData> = (plot, document, { zero, prior }) => {
  const points = [zero, prior].flatMap((losses) =>
    losses.flatMap((y, i) => (Number.isFinite(y) ? [{ x: i + 1, y }] : [])),
  );
  const line = (losses: readonly number[], dash?: string) =>
    plot.line(losses, {
      x: (_, i) => i + 1,
      y: (loss) => (Number.isFinite(loss) ? loss : Number.NaN),
      stroke: "currentColor",
      strokeWidth: 1.5,
      strokeDasharray: dash,
      strokeLinecap: "butt",
    });
  const ticks = { tickSize: 4, tickPadding: 3, labelAnchor: "center", labelArrow: "none" } as const;
  const [low, high] = points.length > 0 ? extent(points.map(({ y }) => y)) : [0, 1];
  const stepRange = widen([1, Math.max(zero.length, prior.length)]);
  return drawSvg(plot, document, {
    description:
      "Running loss against step: the optimal initial bias (dashed) and a non-optimal one (solid).",
    transparent: true,
    width: size,
    height: size,
    marginLeft: 48,
    marginBottom: 38,
    marginTop: 4,
    marginRight: 4,
    x: { domain: stepRange, label: "Step", ticks: roundTicks(...stepRange, 6, 1), tickFormat: "d", ...ticks },
    y: { domain: widen([low, high]), label: "Loss", ticks: 6, ...ticks },
    style: { fontSize: "10px" },
    marks: [
      plot.frame({ stroke: "currentColor", strokeWidth: 0.8 }),
      line(prior, "5.5 2.4"),
      line(zero),
      plot.dot(stepRange[1] < 2 ? points : [], { x: "x", y: "y", r: 2, fill: "currentColor" }),
      points.length > 0 ? null : plot.text(["no finite loss"], { frameAnchor: "middle" }),
      legend(
        [
          { label: "optimal initial bias", stroke: "currentColor", dash: "5.5 2.4" },
          { label: "non-optimal initial bias", stroke: "currentColor" },
        ],
        { avoid: points },
      ),
    ],
  });
};

const extent = (values: readonly number[]): [number, number] => [
  values.reduce((a, b) => Math.min(a, b)),
  values.reduce((a, b) => Math.max(a, b)),
];

/** A margin of 5 % on both sides, as matplotlib leaves. */
function widen([low, high]: readonly [number, number]): [number, number] {
  const margin = 0.05 * (high - low || Math.abs(low) || 1);
  return [low - margin, high + margin];
}
