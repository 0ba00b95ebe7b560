import type { SweepSummary } from "../experiment/summary.ts";
import { type SweepEffect, type SweepEffectsData, sweepEffects } from "../plot/figures/sweepEffects.ts";
import { type Html, html } from "./html.ts";
import { htmlPage, inlined, plural, type RunDescription, runSection } from "./htmlPage.ts";
import { sweepEffectsData, sweepVerdicts } from "./sweep.ts";

/** The report of a sweep, as an HTML page: which settings gain, as counts, as small multiples and as one table. */
export async function sweepReport(summary: SweepSummary, description: RunDescription): Promise<string> {
  const { settings, seeds, plan } = summary;
  const effects = sweepEffectsData(summary);
  const about = `${plural(settings.length, "setting")} of ${plan.dataset}, ${plural(seeds.length, "seed")} each, with the arms ${plan.arms.join(", ")}.`;
  return htmlPage(
    "Effect of the output bias over a sweep",
    about,
    html`${verdictSection(summary)}
<section>
<h2>Effects by setting</h2>
${await inlined(sweepEffects, effects)}
${effectTable(effects)}
</section>
${runSection(description)}`,
  );
}

function verdictSection(summary: SweepSummary): Html {
  const rows = sweepVerdicts(summary).map(
    ({ arm, title, better, worse, settings }) =>
      html`<tr><th scope="row">${arm}</th><td class="text">${title}</td><td>${better}</td><td>${worse}</td><td>${settings - better - worse}</td></tr>\n`,
  );
  return html`<section>
<div class="wide" tabindex="0"><table>
<caption>Number of settings in which an arm is better or worse than the baseline: the 95\u00a0% interval over paired seeds
excludes 0. With many settings and measures, one interval in twenty or more excludes 0 by chance.</caption>
<thead><tr><th scope="col">arm</th><th scope="col" class="text">measure</th><th scope="col">better</th><th scope="col">worse</th><th scope="col">may be noise</th></tr></thead>
<tbody>
${rows}</tbody>
</table></div>
</section>`;
}

/** One row per setting and arm: the headline measures, in bold where the interval excludes 0. */
function effectTable({ baseline, effects }: SweepEffectsData): Html {
  const measures = [...new Set(effects.map(({ measure }) => measure))];
  const rows = effects.filter(({ measure }) => measure === measures[0]);
  const cell = ({ setting, arm }: SweepEffect, measure: string) => {
    const { mean, low, high } = effects.find(
      (effect) => effect.setting === setting && effect.arm === arm && effect.measure === measure,
    )!;
    const isClear = low !== null && high !== null && (low > 0 || high < 0);
    const text = mean.toPrecision(3).replace("-", "−");
    return isClear ? html`<td><strong>${text}</strong></td>` : html`<td>${text}</td>`;
  };
  return html`<div class="wide" tabindex="0"><table>
<caption>Difference to ${baseline}; in bold where the 95\u00a0% interval excludes 0. sweep.csv has every measure with its
interval.</caption>
<thead><tr><th scope="col">setting</th><th scope="col" class="text">arm</th>${measures.map((measure) => html`<th scope="col">${measure}</th>`)}</tr></thead>
<tbody>
${rows.map((row) => html`<tr><th scope="row">${row.setting}</th><td class="text">${row.arm}</td>${measures.map((measure) => cell(row, measure))}</tr>\n`)}</tbody>
</table></div>`;
}
