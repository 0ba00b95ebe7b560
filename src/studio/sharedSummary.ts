import type { LabelSummary } from "../labels/summary.ts";

/** Longest text that goes into a link. */
const longest = 4000;

/** A summary of labels for a link; empty where it would be too long, as for real numbers. */
export function summaryText(summary: LabelSummary): string {
  const written = JSON.stringify(summary, (_, value) =>
    value instanceof Float64Array ? { float64: [...value] } : value,
  );
  return written.length > longest ? "" : written;
}

const kinds = ["classes", "binary", "numbers", "survival"];

/** Whether a text of a link is JSON of a summary. */
export function isSummaryText(text: string): boolean {
  try {
    return kinds.includes((JSON.parse(text) as LabelSummary | null)?.kind ?? "");
  } catch {
    return false;
  }
}

/** The summary of such a text. */
export const summaryFromText = (text: string): LabelSummary =>
  JSON.parse(text, (_, value) => (Array.isArray(value?.float64) ? Float64Array.from(value.float64) : value));
