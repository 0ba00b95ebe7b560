import { type ArmCurves, expectedLosses } from "./armCurves.ts";
import { divergence } from "./curves.ts";

/** Three decimals, or three digits where a loss has run away. */
export const lossText = (loss: number) =>
  Math.abs(loss) < 100 ? loss.toFixed(3) : loss < 1e6 ? loss.toFixed(0) : loss.toPrecision(3);

/** The sentences under the loss curves. `high` is the upper end of the axis. */
export function lossCurveSentences(arms: readonly ArmCurves[], high: number): string[] {
  const seeds = Math.max(0, ...arms.map(({ trials }) => trials.length));
  const over = seeds > 1 ? ` (mean of ${seeds} seeds; shaded: lowest to highest seed)` : "";
  const batches = seeds > 1 ? "mean over seeds of each batch's own loss" : "each batch's own loss";
  return [
    `Thick: running mean over the epoch${over}. Faint: ${batches}. Thin lines: expected before training.`,
    ...expectedLosses(arms).flatMap(({ names, y }) =>
      names.length > 2 ? [`Expected ${lossText(y)}: ${names.join(", ")}.`] : [],
    ),
    ...arms.flatMap((arm) => [...diverged(arm), ...offScale(arm, high)]),
  ];
}

function diverged({ name, trials }: ArmCurves): string[] {
  const ends = trials
    .map(({ runningLosses }) => divergence(runningLosses))
    .filter((end) => end !== undefined);
  if (ends.length === 0) return [];
  const first = Math.min(...ends) + 1;
  const who = trials.length === 1 ? "" : ` for ${ends.length} of ${trials.length} seeds`;
  const rest = ends.length < trials.length ? "; from there on the mean is that of the others" : "";
  return [`× ${name}: loss not finite from step ${first} on${who}${rest}.`];
}

function offScale({ name, running }: ArmCurves, high: number): string[] {
  const first = running.findIndex((step) => step.high > high);
  if (first < 0) return [];
  const top = running.reduce((most, step) => (step.high > most ? step.high : most), high);
  return [`${name}: off the scale from step ${first + 1} on, up to ${lossText(top)}.`];
}
