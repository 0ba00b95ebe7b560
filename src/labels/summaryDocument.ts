import { InputError } from "../errors.ts";
import type { LabelSummary } from "./summary.ts";

/** Grows when a file of an older version could be misread. */
const version = 1;

/** Fields that hold float64 arrays; JSON writes them as lists, in digits that read back to the same numbers. */
const arrays = new Set([
  "counts",
  "positives",
  "squares",
  "totals",
  "values",
  "weights",
  "meanDirection",
  "times",
  "events",
  "censored",
]);

/** A summary as JSON that `parseSummary` reads back, number for number. */
export const formatSummary = (summary: LabelSummary): string =>
  `${JSON.stringify({ format: "baserate labels", version, summary }, (_, value) => (ArrayBuffer.isView(value) ? Array.from(value as Float64Array) : value))}\n`;

/**
 * The summary that `formatSummary` wrote.
 *
 * @param name what messages call it
 * @throws InputError for anything else
 */
export function parseSummary(text: string, name: string): LabelSummary {
  const document = parse(text, name);
  if (document?.format !== "baserate labels") throw notSummary(name, "it was not written by --summary");
  if (document.version !== version) {
    throw notSummary(name, `it has version ${document.version}, and this baserate reads version ${version}`);
  }
  const { summary } = document;
  if (!isSummary(summary)) throw notSummary(name, "its numbers are not those of a summary");
  return summary;
}

const notSummary = (name: string, why: string) =>
  new InputError(`${name} is not a summary of labels: ${why}`);

type Plain = Readonly<Record<string, unknown>>;

function parse(text: string, name: string): Plain | null {
  try {
    return JSON.parse(text, (key, value) =>
      arrays.has(key) && Array.isArray(value) && value.every(Number.isFinite)
        ? Float64Array.from(value)
        : value,
    );
  } catch {
    throw notSummary(name, "it is not JSON");
  }
}

/** The arrays of each kind of labels, all of one length. */
const arraysOf: Readonly<Record<LabelSummary["kind"], readonly string[]>> = {
  classes: ["counts"],
  binary: ["positives", "squares", "totals"],
  numbers: ["meanDirection"],
  survival: ["times", "events", "censored"],
};

function isSummary(value: unknown): value is LabelSummary {
  const summary = value as Plain | undefined;
  const kind = String(summary?.kind);
  if (!summary || !Object.hasOwn(arraysOf, kind) || !(Number(summary.rows) > 0)) return false;
  if (!areArrays(summary, arraysOf[kind as LabelSummary["kind"]])) return false;
  if (kind === "classes")
    return [summary.labelEntropy, summary.labelSquares, summary.ignored].every(Number.isFinite);
  return kind !== "numbers" || (Array.isArray(summary.columns) && summary.columns.every(isColumn));
}

const isColumn = (column: Plain) =>
  areArrays(column, ["values", "weights"]) &&
  [column.weight, column.mean, column.variance, column.rankError].every(Number.isFinite);

function areArrays(holder: Plain, names: readonly string[]): boolean {
  const found = names.map((name) => holder[name]);
  return found.every(
    (array) =>
      array instanceof Float64Array &&
      array.length === (found[0] as Float64Array).length &&
      array.every(Number.isFinite),
  );
}
