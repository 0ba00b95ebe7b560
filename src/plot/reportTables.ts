import type { Comparison } from "../experiment/compare.ts";
import type { Evaluation, Trial } from "../experiment/record.ts";
import { type Html, html } from "./html.ts";
import { differenceText, quantities, signed, verdict } from "./verdict.ts";

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
const percent = (value: number) => (100 * value).toFixed(1);

function byArm(trials: readonly Trial[]): [string, Trial[]][] {
  const arms = [...new Set(trials.map(({ arm }) => arm))];
  return arms.map((arm) => [arm, trials.filter((trial) => trial.arm === arm)]);
}

/** A row a quantity, a column an arm, so that two or three arms fit a phone. */
function armTable(
  arms: readonly string[],
  caption: string,
  rows: readonly (readonly [string, readonly (string | Html)[]])[],
): Html {
  return html`<div class="wide"><table class="arms" style="--arms: ${arms.length}">
<caption>${caption}</caption>
<thead><tr><th></th>${arms.map((arm) => html`<th scope="col">${arm}</th>`)}</tr></thead>
<tbody>
${rows.map(([name, cells]) => html`<tr><th scope="row">${name}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>\n`)}</tbody>
</table></div>`;
}

/** Expected and measured loss before training, their difference, the band, and whether it was met. */
export function checkTable(trials: readonly Trial[]): Html {
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
    `Loss before training, in nats, over the whole training set${seeds > 1 ? `; mean ± standard deviation over ${seeds} seeds; the band is that of the first` : ""}.`,
    [
      row("expected", (own) => own[0].expectedLoss.toFixed(6)),
      row("measured", (own) =>
        overSeeds(
          own.map(({ initialLoss }) => initialLoss),
          loss,
        ),
      ),
      row("difference", (own) =>
        signed(own.reduce((sum, t) => sum + t.initialLoss - t.expectedLoss, 0) / own.length, "nats"),
      ),
      row("band", (own) => `${own[0].band.low.toFixed(4)} to ${own[0].band.high.toFixed(4)}`),
      row("in the band", met),
    ],
  );
}

/** What each arm ended with: in training, and on the test set as it is and re-weighted. */
export function resultsTable(trials: readonly Trial[], testImages: number): Html {
  const arms = byArm(trials);
  const seeds = Math.max(0, ...arms.map(([, own]) => own.length));
  const over = seeds > 1 ? ` Mean ± standard deviation over ${seeds} seeds.` : "";
  const row = (name: string, value: (trial: Trial) => number, format: (value: number) => string) =>
    [name, arms.map(([, own]) => overSeeds(own.map(value), format))] as const;
  const tested = (which: (trial: Trial) => Evaluation) => [
    row("loss", (t) => which(t).loss, loss),
    row("accuracy, %", (t) => which(t).accuracy, percent),
  ];
  const names = arms.map(([arm]) => arm);
  const last = (values: readonly number[]) => values.at(-1) ?? Number.NaN;
  const images = testImages.toLocaleString("en-US");
  return html`${armTable(names, `Training: running means at the end of the last epoch.${over}`, [
    row("loss", (t) => last(t.runningLosses), loss),
    row("accuracy, %", (t) => last(t.runningAccuracies), percent),
    row(
      "steps",
      (t) => t.batchLosses.length,
      (n) => n.toFixed(0),
    ),
    row(
      "time, s",
      (t) => t.trainSeconds,
      (s) => s.toFixed(1),
    ),
  ])}
${armTable(names, `Test set as it is: all ${images} images, every class alike.`, [
  ...tested((t) => t.test),
  row("balanced accuracy, %", (t) => t.test.balancedAccuracy, percent),
])}
${armTable(
  names,
  `Test set re-weighted: the same ${images} images, each class weighted by its share of the training set.`,
  tested((t) => t.testReweighted),
)}`;
}

/** Differences between two arms with their intervals, and what they say in plain words. */
export function comparisonTable(comparison: Comparison): Html {
  const names = Object.keys(quantities) as (keyof typeof quantities)[];
  const rows = names.map((name) => {
    const [quantity, difference] = [quantities[name], comparison[name]];
    const { mean, low, high } = difference;
    const interval =
      low === null || high === null
        ? "no interval"
        : `${signed(low, quantity.unit)} to ${signed(high, quantity.unit)}`;
    return html`<tr><th scope="row">${quantity.name}</th><td>${differenceText(mean, quantity.unit)}</td><td>${interval}</td><td class="text">${verdict(quantity, difference, comparison.arm)}</td></tr>\n`;
  });
  return html`<div class="wide"><table class="stacked">
<thead><tr><th scope="col">what</th><th scope="col">difference</th><th scope="col">95 % interval</th><th scope="col" class="text">verdict</th></tr></thead>
<tbody>
${rows}</tbody>
</table></div>`;
}
