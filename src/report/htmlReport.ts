import { type Comparison, comparedBy } from "../experiment/comparison.ts";
import { type DataFacts, shownClasses } from "../experiment/dataFacts.ts";
import type { Trial } from "../experiment/record.ts";
import { drawFigure } from "../plot/drawFigure.ts";
import { initialLoss } from "../plot/figures/initialLoss.ts";
import { lossCurves } from "../plot/figures/lossCurves.ts";
import { originalLossCurves } from "../plot/figures/originalLossCurves.ts";
import { recallByArm } from "../plot/figures/recallByArm.ts";
import { Html, html } from "./html.ts";
import { htmlPage, inlined, plural, type RunDescription, runSection } from "./htmlPage.ts";
import { capitalized, comparisonTable, initialLossTable, resultsTable } from "./htmlTables.ts";
import { differenceText, stepsSavedText, verdict } from "./verdict.ts";

/** The data of a report. */
export interface ReportInput extends RunDescription {
  title: string;
  /** One or two sentences on what was trained. */
  summary: string;
  facts: DataFacts;
  trials: readonly Trial[];
  /** Arms compared with their baseline; empty where there is one arm only. */
  comparisons: readonly Comparison[];
  /** As in `FigureOptions`. */
  lossUnit?: "nats" | "";
  /** Further things that a reader must know. */
  caveats?: readonly string[];
}

/** The report of a run, as an HTML page. */
export async function htmlReport(input: ReportInput): Promise<string> {
  const { title, summary, trials, lossUnit } = input;
  const classes = shownClasses(input.facts);
  return htmlPage(
    title,
    summary,
    html`${inShort(input)}
${initialLossSection(trials, await inlined(initialLoss, trials, { lossUnit }))}
${await trainingSection(trials, lossUnit)}
${resultsSection(input, classes && (await inlined(recallByArm, { classes, trials })))}
${comparisonSection(input)}
${caveatsSection(input)}
${runSection(input)}`,
  );
}

const seedsOf = (trials: readonly Trial[]) => new Set(trials.map(({ seed }) => seed)).size;

/** The answers first. */
function inShort({ trials, comparisons, facts }: ReportInput): Html {
  const inside = trials.filter(({ inBand }) => inBand).length;
  const { classes, trainCount, unit } = facts;
  const inClasses = classes ? ` in ${classes.length} ${classes.length === 1 ? "class" : "classes"}` : "";
  const start =
    inside === trials.length
      ? `The initial loss of every network was within the band that its labels predict (${plural(trials.length, "network")}).`
      : `The initial loss was outside its band in ${trials.length - inside} of ${plural(trials.length, "network")}.`;
  const answers = comparisons.flatMap((comparison) => {
    const { arm, baseline, stepsSaved } = comparison;
    const lines = comparedBy(comparison)
      .filter(([measure]) => "headline" in measure)
      .map(([measure, difference]) => {
        const { title, unit } = measure;
        return html`<strong>${capitalized(title)}</strong>, ${arm} against ${baseline}: ${differenceText(difference.mean, unit)}; ${verdict(measure, difference, arm)}.`;
      });
    return [...lines, html`<strong>Steps saved:</strong> ${stepsSavedText(stepsSaved, arm, baseline)}`];
  });
  return html`<section>
<p class="note">${plural(trainCount, `training ${unit}`)}${inClasses}; ${plural(seedsOf(trials), "seed")}.</p>
<ul>
<li>${start}</li>
${answers.map((answer) => html`<li>${answer}</li>\n`)}</ul>
</section>`;
}

function initialLossSection(trials: readonly Trial[], figure: Html): Html {
  return html`<section>
<h2>Initial loss</h2>
<p>The labels and the output bias determine the loss of an untrained network: if its output is its bias alone, it has the
expected loss below. Random weights change that a little; the initial loss of a sound network lies in the band.</p>
${initialLossTable(trials)}
${figure}
</section>`;
}

async function trainingSection(trials: readonly Trial[], lossUnit: ReportInput["lossUnit"]): Promise<Html> {
  const of = (arm: string) => trials.find((trial) => trial.arm === arm);
  const [zero, prior] = [of("zero"), of("prior")];
  const original =
    zero === undefined || prior === undefined || zero.seed !== prior.seed
      ? undefined
      : html`<figure class="square">${new Html(await drawFigure(originalLossCurves, { zero: zero.runningLosses, prior: prior.runningLosses }))}
<figcaption>As in the original experiment: seed ${zero.seed}, running loss against step.</figcaption></figure>`;
  return html`<section>
<h2>Training</h2>
${await inlined(lossCurves, trials, { lossUnit })}
${original}
</section>`;
}

function resultsSection({ trials, facts }: ReportInput, figure: Html | undefined): Html {
  return html`<section>
<h2>Results by arm</h2>
${resultsTable(trials, facts)}
${figure}
</section>`;
}

function comparisonSection({ comparisons, trials }: ReportInput): Html | undefined {
  if (comparisons.length === 0) return undefined;
  const seeds = seedsOf(trials);
  const how =
    seeds > 1
      ? `Differences are taken within each seed, whose arms share initial weights and batch order; the interval is a paired bootstrap 95\u00a0% interval over ${seeds} seeds.`
      : "A single seed has no interval: run several seeds to tell a difference from noise.";
  return html`<section>
<h2>Comparison</h2>
<p>${how}</p>
${comparisons.map(
  (comparison) => html`<h3>${comparison.arm} against ${comparison.baseline}</h3>
${comparisonTable(comparison)}
<p>Steps saved: ${stepsSavedText(comparison.stepsSaved, comparison.arm, comparison.baseline)}</p>
`,
)}
</section>`;
}

function caveatsSection({ trials, facts, caveats = [] }: ReportInput): Html {
  const epochs = Math.max(0, ...trials.map((trial) => (trial.epochs.at(-1) ?? -1) + 1));
  const general = [
    "The arms of a seed share initial weights and batch order and differ in the output bias alone. The original experiment drew the weights of each arm separately, ran once, and had no test set, so its numbers differ.",
    `A better start is not a better model: the advantage fades as training goes on, and the evidence that it helps the final model is mixed. These results are for ${plural(epochs, "epoch")}.`,
    "The running loss is a mean over the epoch so far, so it still includes a high start at the end: part of a difference in the final training loss is the start itself. This does not affect the test set.",
    `The intervals account for the random weights and batches, not for the choice of training and test ${facts.unit}s; with few seeds, bootstrap intervals are a little too narrow.`,
  ];
  return html`<section>
<h2>What to keep in mind</h2>
<ul>
${[...general, ...facts.notes, ...caveats].map((caveat) => html`<li>${caveat}</li>\n`)}</ul>
</section>`;
}
