import type { RunDocument } from "../report/runFiles.ts";

/** Prints the results of a run: one JSON document, or tables and the names of the files. */
export async function printRun(document: RunDocument, path: string, json: boolean): Promise<void> {
  if (json) {
    console.log(JSON.stringify(document));
    return;
  }
  const tables = "settings" in document ? await sweepTables(document) : await runTables(document);
  console.log(`\n${tables}\n\n${path} contains ${Object.keys(document.files).join(", ")}`);
}

async function sweepTables(document: Extract<RunDocument, { settings: unknown }>): Promise<string> {
  const { sweepTable } = await import("../report/sweep.ts");
  return sweepTable(document);
}

async function runTables(document: Exclude<RunDocument, { settings: unknown }>): Promise<string> {
  const { comparisonTable, runTable } = await import("../report/runTable.ts");
  const { comparison, furtherComparisons } = document;
  const compared = [comparison, ...furtherComparisons].filter((pair) => pair !== null);
  return [runTable(document), ...compared.map(comparisonTable)].join("\n\n");
}
