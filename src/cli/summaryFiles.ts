import { readFile } from "node:fs/promises";
import { InputError } from "../errors.ts";
import { writeWhole } from "../files/writeWhole.ts";
import { mergeSummaries } from "../labels/mergeSummaries.ts";
import type { LabelSummary } from "../labels/summary.ts";
import { formatSummary, parseSummary } from "../labels/summaryDocument.ts";
import type { SourcedLabels } from "./labelFlags.ts";
import { grouped } from "./text.ts";

/** The labels of several summaries together. */
export async function readSummaries(paths: readonly string[]): Promise<SourcedLabels> {
  if (paths.length === 0)
    throw new InputError("--merge needs files that --summary wrote: --merge a.json b.json");
  const summaries: LabelSummary[] = [];
  for (const path of paths) {
    const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
      throw new InputError(
        `cannot read ${path}: ${error.code === "ENOENT" ? "there is no such file" : error.message}`,
      );
    });
    summaries.push(parseSummary(text, path));
  }
  const summary = summaries.reduce((all, one) => mergeSummaries(all, one));
  return {
    summary,
    source: `${paths.length === 1 ? "1 summary" : `${paths.length} summaries`}, ${grouped(summary.rows)} rows`,
  };
}

export async function writeSummaryFile(path: string, summary: LabelSummary | undefined): Promise<void> {
  if (summary === undefined)
    throw new InputError(
      "invalid --summary: this loss reads no labels, so there is nothing to write; leave it out",
    );
  await writeWhole(path, formatSummary(summary));
}
