import { foundWithoutFault } from "../check/cause.ts";
import type { CheckReport } from "../check/checkOutputs.ts";
import { significant } from "../math/significant.ts";
import { table } from "../plot/table.ts";
import { field, grouped, wrap } from "./text.ts";

/** Rows of the table of predictions before the rest is left to --json. */
const maxRows = 20;

/** A check as text of at most 80 columns; the verdict is its first line. */
export function checkReport(report: CheckReport, source: string): string {
  const { causes } = report;
  const blocks = [wrap(verdictLine(report)), figures(report, source)];
  if (causes.length > 0) {
    const lines = causes.flatMap(({ name, evidence, fix, share }, i) => [
      `${i + 1}. ${name}${share === undefined ? "" : ` (${Math.max(1, Math.round(100 * share))} % of the explanations of the bias)`}`,
      field(" evidence", evidence),
      field(" fix", fix),
    ]);
    blocks.push([causes.length > 1 ? "Causes, likeliest first" : "Cause", ...lines].join("\n"));
  }
  if (report.notes.length > 0) blocks.push(report.notes.map((note) => wrap(note)).join("\n"));
  if (report.predictions.length > 1) blocks.push(predictionTable(report));
  return blocks.join("\n\n");
}

/** `Not sound: bias not set (loss 2.353, expected 1.601).` or `Starts high: loss 3.21, expected 1.601 (+1.609).` */
function verdictLine({ verdict, causes, measuredLoss, expectedLoss, band }: CheckReport): string {
  const loss = measuredLoss === null ? "" : `loss ${significant(measuredLoss)}, `;
  const near = `expected ${significant(expectedLoss)}`;
  if (verdict === "not sound") return `Not sound: ${causes[0].name} (${loss}${near}).`;
  if (verdict === "starts high") {
    const excess = significant(measuredLoss! - expectedLoss);
    return `Starts high: ${loss}${near} (+${excess}); ${foundWithoutFault(causes)}.`;
  }
  return `Sound: ${loss}${near}${band ? `, band ${rangeText(band)}` : ""}.`;
}

const rangeText = ({ low, high }: { low: number; high: number }) =>
  `${significant(low)} to ${significant(high)}`;

function figures(report: CheckReport, source: string): string {
  const { head, rows, expectedLoss, lossAtZero, measuredLoss, standardError, band, gap, outputVariance } =
    report;
  const lines = [
    field("checked", `${head}, ${grouped(rows)} rows of ${source}`),
    field("expected", `${significant(expectedLoss)}   (at bias 0: ${significant(lossAtZero)})`),
  ];
  if (band)
    lines.push(
      field("band", `${rangeText(band)}, where a sound network whose outputs vary this much starts`),
    );
  if (measuredLoss !== null)
    lines.push(field("measured", `${significant(measuredLoss)} +- ${significant(standardError!)}`));
  if (report.reportedLoss !== undefined) lines.push(field("reported", significant(report.reportedLoss)));
  if (gap) {
    const signed = (value: number) => `${value < 0 ? "" : "+"}${significant(value)}`;
    lines.push(
      field(
        "gap",
        `mean output ${signed(gap.bias)}, variance between inputs ${signed(gap.variance)}, correlation with labels ${signed(gap.association)}`,
      ),
    );
  }
  if (outputVariance) {
    lines.push(
      field(
        "outputs",
        `variance ${significant(outputVariance.between)} between inputs; the mean is ${significant(Math.sqrt(outputVariance.constant))} from the optimum (root mean square)`,
      ),
    );
  }
  return lines.join("\n");
}

function predictionTable({ predictions }: CheckReport): string {
  const shown = [...predictions];
  if (shown.length > maxRows) shown.sort((a, b) => b.meanLabel - a.meanLabel).splice(maxRows);
  const rows = shown.map(({ name, prediction, meanLabel }) => [
    name,
    prediction.toFixed(4),
    meanLabel.toFixed(4),
  ]);
  const more = predictions.length - shown.length;
  return [
    table(["output", "mean prediction", "labels"], rows),
    ...(more > 0 ? [`... and ${more} smaller; --json has all`] : []),
  ].join("\n");
}
