import type { Comparison } from "../experiment/compare.ts";
import type { Trial } from "../experiment/record.ts";
import { drawFigure } from "./drawFigure.ts";
import { initialLoss } from "./figures/initialLoss.ts";
import { lossCurves } from "./figures/lossCurves.ts";
import { originalLossCurves } from "./figures/originalLossCurves.ts";
import { recallByArm } from "./figures/recallByArm.ts";
import { Html, html } from "./html.ts";
import { reportStyle } from "./reportStyle.ts";
import { checkTable, comparisonTable, resultsTable } from "./reportTables.ts";

import type { Figure } from "./svg.ts";
import { differenceText, quantities, stepsSavedText, verdict } from "./verdict.ts";

/** All that a report says; plain data. */
export interface ReportInput {
  title: string;
  /** One or two sentences on what was trained. */
  summary: string;
  classes: readonly { readonly name: string; readonly count: number }[];
  /** Images in the test set. */
  testImages: number;
  trials: readonly Trial[];
  /** Arms beside their baseline; empty where there is one arm only. */
  comparisons: readonly Comparison[];
  /** How it was run: "seeds", "machine", "onnxruntime-node", ... */
  run: Readonly<Record<string, string>>;
  /** The plan as resolved (YAML or JSON text). */
  plan: string;
  /** The command that runs it again. */
  command?: string;
  /** Further things a reader must know. */
  caveats?: readonly string[];
}

/**
 * One HTML page that needs nothing else: style and figures are inside, nothing is requested, and every text of the
 * input is escaped. Light and dark, for paper and for phones.
 */
export async function report(input: ReportInput): Promise<string> {
  const { title, summary, trials } = input;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${new Html(reportStyle)}</style>
</head>
<body>
<header>
<h1>${title}</h1>
<p>${summary}</p>
</header>
<main>
${inShort(input)}
${checkSection(trials, await inlined(initialLoss, trials))}
${await trainingSection(trials)}
${resultsSection(input, await inlined(recallByArm, input))}
${comparisonSection(input)}
${caveatsSection(input)}
${runSection(input)}
</main>
</body>
</html>
`;
  return page.text;
}

/** A figure in two widths, of which the style sheet shows the one that fits. */
async function inlined<Data>(figure: Figure<Data>, data: Data): Promise<Html> {
  const [page, phone] = [await drawFigure(figure, data), await drawFigure(figure, data, { width: 380 })];
  return html`<figure><div class="page">${new Html(page)}</div><div class="phone">${new Html(phone)}</div></figure>`;
}

const seedsOf = (trials: readonly Trial[]) => new Set(trials.map(({ seed }) => seed)).size;
const plural = (count: number, word: string) =>
  `${count.toLocaleString("en-US")} ${word}${count === 1 ? "" : "s"}`;

/** The answers first. */
function inShort({ trials, comparisons, classes }: ReportInput): Html {
  const inside = trials.filter(({ inBand }) => inBand).length;
  const images = classes.reduce((sum, { count }) => sum + count, 0);
  const check =
    inside === trials.length
      ? `Before training, every network's loss was where its labels say it must be (${plural(trials.length, "network")}).`
      : `Before training, the loss was outside its band in ${trials.length - inside} of ${plural(trials.length, "network")}.`;
  const answers = comparisons.flatMap((comparison) => {
    const { arm, baseline, stepsSaved } = comparison;
    const line = (name: keyof typeof quantities) => {
      const [quantity, difference] = [quantities[name], comparison[name]];
      return html`<strong>${quantity.name}</strong>, ${arm} against ${baseline}: ${differenceText(difference.mean, quantity.unit)}; ${verdict(quantity, difference, arm)}.`;
    };
    const steps = html`<strong>Steps saved:</strong> ${stepsSavedText(stepsSaved, arm, baseline)}`;
    return [line("initialLoss"), line("finalLoss"), steps, line("testLoss"), line("balancedAccuracy")];
  });
  return html`<section>
<p class="note">${plural(images, "training image")} in ${classes.length} ${classes.length === 1 ? "class" : "classes"}; ${plural(seedsOf(trials), "seed")}.</p>
<ul>
<li>${check}</li>
${answers.map((answer) => html`<li>${answer}</li>\n`)}</ul>
</section>`;
}

function checkSection(trials: readonly Trial[], figure: Html): Html {
  return html`<section>
<h2>The check before training</h2>
<p>The labels and the output bias say what the loss of an untrained network must be: one whose output is its bias and
nothing else shows the expected loss below. Random weights move that a little; the band is where a sound network lies.</p>
${checkTable(trials)}
${figure}
</section>`;
}

async function trainingSection(trials: readonly Trial[]): Promise<Html> {
  const of = (arm: string) => trials.find((trial) => trial.arm === arm);
  const [zero, prior] = [of("zero"), of("prior")];
  const original =
    zero === undefined || prior === undefined || zero.seed !== prior.seed
      ? undefined
      : html`<figure class="square">${new Html(await drawFigure(originalLossCurves, { zero: zero.runningLosses, prior: prior.runningLosses }))}
<figcaption>In the manner of the original experiment: seed ${zero.seed}, running loss against step.</figcaption></figure>`;
  return html`<section>
<h2>Training</h2>
${await inlined(lossCurves, trials)}
${original}
</section>`;
}

function resultsSection({ trials, testImages }: ReportInput, figure: Html): Html {
  return html`<section>
<h2>Results by arm</h2>
${resultsTable(trials, testImages)}
${figure}
</section>`;
}

function comparisonSection({ comparisons, trials }: ReportInput): Html | undefined {
  if (comparisons.length === 0) return undefined;
  const seeds = seedsOf(trials);
  const how =
    seeds > 1
      ? `Differences are taken within each seed, whose arms share initial weights and batch order; the interval is a paired bootstrap 95\u00a0% interval over ${seeds} seeds.`
      : "With a single seed there is no interval: run several to tell a difference from noise.";
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

function caveatsSection({ trials, caveats = [] }: ReportInput): Html {
  const epochs = Math.max(0, ...trials.map((trial) => (trial.epochs.at(-1) ?? -1) + 1));
  const general = [
    "The arms of a seed share initial weights and batch order and differ in the output bias alone. The original experiment drew each arm's weights separately, ran once, and did not look at a test set, so its numbers need not be met exactly.",
    `A better start is not a better model: the head start fades as training goes on, and the evidence that it helps the final model is mixed. What is shown here holds for ${plural(epochs, "epoch")}.`,
    "The running loss is a mean over the epoch so far, so a high start still weighs on it at the end: part of a difference in the final training loss is the start itself. The test set does not have that part.",
    "The intervals cover the draw of weights and batches, not the choice of training and test images; with few seeds, bootstrap intervals are a little too narrow.",
  ];
  return html`<section>
<h2>What to keep in mind</h2>
<ul>
${[...general, ...caveats].map((caveat) => html`<li>${caveat}</li>\n`)}</ul>
</section>`;
}

function runSection({ run, plan, command }: ReportInput): Html {
  return html`<section>
<h2>How it was run</h2>
<dl>
${Object.entries(run).map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>\n`)}</dl>
${command === undefined ? undefined : html`<p>To run it again:</p>\n<pre>${command}</pre>`}
<p>The plan, as resolved:</p>
<pre>${plan}</pre>
</section>`;
}
