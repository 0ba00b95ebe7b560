import { type Comparison, comparedBy } from "../experiment/comparison.ts";
import type { DataFacts } from "../experiment/dataFacts.ts";
import { type Measure, measuresOf } from "../experiment/measures.ts";
import type { Trial } from "../experiment/record.ts";
import { grouped } from "../math/grouped.ts";
import { type Html, html } from "./html.ts";
import { differenceText, intervalText, signed, verdict } from "./verdict.ts";

/** Mean and standard deviation (n - 1) over seeds; the value alone if all are the same. */
function overSeeds(values: readonly number[], format: (value: number) => string): string {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  if (!Number.isFinite(mean)) {
    const bad = values.filter((value) => !Number.isFinite(value)).length;
    return values.length === 1 ? "not finite" : `not finite in ${bad} of ${values.length}`;
  }
  if (values.every((value) => value === values[0])) return format(values[0]);
  const sd = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (values.length - 1));
  return `${format(mean)} ± ${format(sd)}`;
}

const loss = (value: number) => value.toFixed(4);
const formats: Readonly<Record<Measure["unit"], (value: number) => string>> = {
  loss,
  fraction: (value) => (100 * value).toFixed(1),
  number: (value) => value.toPrecision(4),
};

function byArm(trials: readonly Trial[]): [string, Trial[]][] {
  const arms = [...new Set(trials.map(({ arm }) => arm))];
  return arms.map((arm) => [arm, trials.filter((trial) => trial.arm === arm)]);
}

/** One row per measure and one column per arm, so that two or three arms fit on a phone. */
function armTable(
  arms: readonly string[],
  caption: string,
  rows: readonly (readonly [string, readonly (string | Html)[]])[],
): Html {
  return html`<div class="wide" tabindex="0"><table class="arms" style="--arms: ${arms.length}">
<caption>${caption}</caption>
<thead><tr><td></td>${arms.map((arm) => html`<th scope="col">${arm}</th>`)}</tr></thead>
<tbody>
${rows.map(([name, cells]) => html`<tr><th scope="row">${name}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>\n`)}</tbody>
</table></div>`;
}

/** Expected and measured initial loss, their difference, the band, and whether the measured loss lies in it. */
export function initialLossTable(trials: readonly Trial[]): Html {
  const arms = byArm(trials);
  const row = (name: string, cell: (own: readonly Trial[]) => string | Html) =>
    [name, arms.map(([, own]) => cell(own))] as const;
  const met = (own: readonly Trial[]) => {
    const inside = own.filter(({ inBand }) => inBand).length;
    const text = own.length === 1 ? (inside === 1 ? "yes" : "no") : `${inside} of ${own.length}`;
    return html`<span class="${inside === own.length ? "good" : "bad"}">${text}</span>`;
  };
  const seeds = Math.max(0, ...arms.map(([, own]) => own.length));
  return armTable(
    arms.map(([arm]) => arm),
    `Initial loss over the whole training set${seeds > 1 ? `; mean ± standard deviation over ${seeds} seeds; the band is that of the first` : ""}.`,
    [
      row("expected", (own) => own[0].expectedLoss.toFixed(6)),
      row("measured", (own) =>
        overSeeds(
          own.map(({ initialLoss }) => initialLoss),
          loss,
        ),
      ),
      row("difference", (own) =>
        signed(own.reduce((sum, t) => sum + t.initialLoss - t.expectedLoss, 0) / own.length, "loss"),
      ),
      row("band", (own) => `${own[0].band.low.toFixed(4)} to ${own[0].band.high.toFixed(4)}`),
      row("in the band", met),
    ],
  );
}

/**
 * Every measure by arm.
 *
 * @param facts what was tested on, where that is known
 */
export function resultsTable(trials: readonly Trial[], facts?: Pick<DataFacts, "testCount" | "unit">): Html {
  const tested = facts ? `${grouped(facts.testCount)} test ${facts.unit}s` : "test rows";
  const arms = byArm(trials);
  const seeds = Math.max(0, ...arms.map(([, own]) => own.length));
  const over = seeds > 1 ? ` Mean ± standard deviation over ${seeds} seeds.` : "";
  const mix = trials.some(({ testTrainingMix }) => testTrainingMix)
    ? ", and on the training mix, where each class is weighted by its frequency in the training set"
    : "";
  const rows = measuresOf(trials).map(({ title, unit, of }) => {
    const name = unit === "fraction" ? `${title}, %` : title;
    const values = (own: readonly Trial[]) => own.map((trial) => of(trial) ?? Number.NaN);
    return [capitalized(name), arms.map(([, own]) => overSeeds(values(own), formats[unit]))] as const;
  });
  return armTable(
    arms.map(([arm]) => arm),
    `Losses of cross-entropies are in nats. Training: running means at the end of the last epoch. Test: all ${tested} as they are${mix}.${over}`,
    rows,
  );
}

/** Differences between two arms with their intervals, and what they show. */
export function comparisonTable(comparison: Comparison): Html {
  const rows = comparedBy(comparison).map(([measure, difference]) => {
    const { title, unit } = measure;
    return html`<tr><th scope="row">${capitalized(title)}</th><td>${differenceText(difference.mean, unit)}</td><td>${intervalText(difference, unit) ?? "no interval"}</td><td class="text">${verdict(measure, difference, comparison.arm)}</td></tr>\n`;
  });
  return html`<div class="wide" tabindex="0"><table class="stacked">
<thead><tr><th scope="col">measure</th><th scope="col">difference</th><th scope="col">95 % interval</th><th scope="col" class="text">verdict</th></tr></thead>
<tbody>
${rows}</tbody>
</table></div>`;
}

export const capitalized = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
