import type { FoundHead } from "../heads/index.ts";
import type { Solution } from "../heads/solve.ts";
import type { ClassSummary, LabelSummary } from "../labels/summary.ts";
import { table } from "../plot/table.ts";
import type { SourcedLabels } from "./labelFlags.ts";
import { grouped, wrap } from "./text.ts";

/** Largest number of rows of a table; --json has all. */
const maxRows = 20;
/** Dominant classes: the fewest that hold this fraction of the labels. */
const dominantFraction = 0.8;

/** A solution as text of at most 80 columns. */
export function solveReport(
  { head, framework }: FoundHead,
  labels: SourcedLabels,
  solution: Solution,
): string {
  const parts = [
    wrap(`${head.name}: ${head.summary}`),
    wrap(labels.source),
    ...(framework ? [wrap(`${framework.name}: ${framework.note}`)] : []),
    "",
    ...(solution.kind === "none"
      ? [wrap(`No bias: ${solution.reason}.`), wrap(`Instead: ${solution.instead}.`)]
      : [biasTable(labels.summary, solution)]),
    "",
    lossLines(solution),
    ...(labels.summary?.kind === "classes" ? ["", wrap(balanceText(labels.summary))] : []),
    ...solution.warnings.map((warning) => wrap(`Warning: ${warning}`)),
  ];
  return parts.join("\n");
}

/** Labels as JSON: what was read, and what they say. */
export function labelsDocument({ summary, source }: SourcedLabels): Record<string, unknown> {
  if (summary === undefined) return { source };
  const { kind, rows } = summary;
  if (summary.kind === "classes") {
    const { counts, names, ignored } = summary;
    return {
      source,
      kind,
      rows,
      ignored,
      counts: [...counts],
      names,
      entropy: entropy(summary),
      effectiveClasses: Math.exp(entropy(summary)),
    };
  }
  if (summary.kind === "binary") {
    return {
      source,
      kind,
      rows,
      positives: [...summary.positives],
      totals: [...summary.totals],
      names: summary.names,
    };
  }
  if (summary.kind === "survival") {
    return {
      source,
      kind,
      rows,
      times: [...summary.times],
      events: [...summary.events],
      censored: [...summary.censored],
    };
  }
  const columns = summary.columns.map(({ weight, mean, variance, exact, rankError, values }) => ({
    weight,
    mean,
    variance,
    min: values[0],
    max: values[values.length - 1],
    exact,
    rankError,
  }));
  return { source, kind, rows, columns, names: summary.names };
}

function lossLines({
  expectedLoss,
  lossAtZero,
  lossAtTorchDefault,
  lossAtTorchDefaultError,
  kind,
  reduction,
}: Solution): string {
  const how = kind === "none" ? "no signal" : kind;
  const error =
    lossAtTorchDefaultError > 0
      ? `, simulated, standard error ${lossAtTorchDefaultError.toPrecision(1)}`
      : "";
  return [
    wrap(`expected loss     ${loss(expectedLoss)}   at this bias (${how}); ${reduction}`, 27),
    `at bias 0         ${loss(lossAtZero)}`,
    wrap(
      `at torch default  ${loss(lossAtTorchDefault)}   mean over biases from U(+-1/sqrt(fan-in))${error}`,
      27,
    ),
  ].join("\n");
}

const loss = (value: number | null) => (value === null ? "not known" : value.toFixed(6));

function biasTable(summary: LabelSummary | undefined, { bias, centredBias, prediction }: Solution): string {
  const labelCells = labelColumns(summary, bias.length);
  const perOutput = prediction.length === bias.length;
  const header = [
    ...labelCells.header,
    "bias",
    ...(centredBias ? ["centred"] : []),
    ...(perOutput ? ["prediction"] : []),
  ];
  const order = rowOrder(labelCells.sizes, bias.length);
  const rows = order.map((i) => [
    ...labelCells.row(i),
    shortNumber(bias[i]),
    ...(centredBias ? [shortNumber(centredBias[i])] : []),
    ...(perOutput ? [shortNumber(prediction[i])] : []),
  ]);
  const more =
    bias.length > order.length ? [`... and ${bias.length - order.length} smaller; --json has all`] : [];
  return [table(header, rows), ...more].join("\n");
}

/** All outputs in order; of many outputs, those with the largest counts. */
function rowOrder(sizes: ArrayLike<number> | undefined, length: number): number[] {
  const all = Array.from({ length }, (_, i) => i);
  if (length <= maxRows) return all;
  return (sizes ? all.sort((i, j) => sizes[j] - sizes[i]) : all).slice(0, maxRows);
}

interface LabelCells {
  readonly header: readonly string[];
  readonly sizes?: ArrayLike<number>;
  row(i: number): string[];
}

/** Columns about the labels, where there is one class or column for each output. */
function labelColumns(summary: LabelSummary | undefined, outputs: number): LabelCells {
  if (summary?.kind === "classes" && summary.counts.length === outputs) {
    const { counts, names } = summary;
    const total = sum(counts);
    return {
      header: ["class", "count", "frequency"],
      sizes: counts,
      row: (k) => [names?.[k] ?? String(k), count(counts[k]), percent(counts[k] / total)],
    };
  }
  if (summary?.kind === "binary" && summary.totals.length === outputs) {
    const { positives, totals, names } = summary;
    return {
      header: ["column", "yes", "frequency"],
      sizes: positives,
      row: (j) => [names?.[j] ?? String(j), count(positives[j]), percent(positives[j] / totals[j])],
    };
  }
  if (summary?.kind === "numbers" && summary.columns.length === outputs) {
    const { columns, names } = summary;
    return {
      header: ["column", "mean", "std"],
      row: (j) => [
        names?.[j] ?? String(j),
        shortNumber(columns[j].mean),
        shortNumber(Math.sqrt(columns[j].variance)),
      ],
    };
  }
  return { header: ["output"], row: (i) => [String(i)] };
}

/** How balanced the classes are, and the accuracy of always answering the most common one. */
function balanceText(summary: ClassSummary): string {
  const { counts, names } = summary;
  const total = sum(counts);
  const order = Array.from(counts.keys()).sort((i, j) => counts[j] - counts[i]);
  const name = (k: number) => names?.[k] ?? String(k);
  let held = 0;
  let dominant = 0;
  while (held < dominantFraction * total) held += counts[order[dominant++]];
  const effective = Math.exp(entropy(summary));
  const lines = [`Perplexity (effective number of classes): ${effective.toFixed(2)} of ${counts.length}.`];
  if (dominant <= counts.length / 2) {
    const listed = order.slice(0, Math.min(dominant, 5)).map(name).join(", ") + (dominant > 5 ? ", ..." : "");
    lines.push(
      `${dominant === 1 ? "One class holds" : `${dominant} classes hold`} ${percent(held / total)} of the labels: ${listed}.`,
    );
  }
  lines.push(
    `Always answering ${name(order[0])} would be right ${percent(counts[order[0]] / total)} of the time.`,
  );
  return lines.join(" ");
}

/** Entropy of the class frequencies, in nats. */
function entropy({ counts }: ClassSummary): number {
  const total = sum(counts);
  return counts.reduce((h, n) => (n > 0 ? h - (n / total) * Math.log(n / total) : h), 0);
}

const sum = (values: Float64Array) => values.reduce((a, b) => a + b, 0);
const percent = (fraction: number) => `${(100 * fraction).toFixed(2)} %`;
const count = (value: number) => (Number.isInteger(value) ? grouped(value) : shortNumber(value));

function shortNumber(value: number): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  return size >= 1e-4 && size < 1e7
    ? value.toFixed(size < 0.1 ? 6 : size < 1000 ? 4 : 2)
    : value.toExponential(4);
}
