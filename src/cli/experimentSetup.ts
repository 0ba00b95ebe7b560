import { availableParallelism, cpus } from "node:os";
import type { Dataset } from "../data/dataset.ts";
import type { RowChoice } from "../data/datasetFile.ts";
import type { Plan } from "../experiment/plan.ts";
import type { Versions } from "../experiment/record.ts";
import { version } from "../version.ts";

/** Loads the dataset of a plan, or of its training images some rows, and shows how far a download has come. */
export async function loadDataset(
  { dataset: name, counts }: Plan,
  signal: AbortSignal,
  rowsToKeep?: RowChoice,
): Promise<Dataset> {
  const [{ datasets }, { fetchProgress }] = await Promise.all([
    import("../data/datasets.ts"),
    import("./fetchProgress.ts"),
  ]);
  const progress = fetchProgress(name);
  const dataset = await datasets[name]
    .load(counts.length, { ...progress, rowsToKeep, signal })
    .finally(progress.end);
  performance.mark("data");
  return dataset;
}

/** The versions of the programs that compute trials. */
export async function softwareVersions(): Promise<Omit<Versions, "data">> {
  const { nodeRuntime } = await import("../runtime/node.ts");
  const runtime = await nodeRuntime();
  return { baserate: version, node: process.version, runtime: `${runtime.name} ${runtime.version}` };
}

export function machineName(): string {
  const [{ model }] = cpus();
  return `${model.trim()}, ${availableParallelism()} cores, ${process.platform} ${process.arch}`;
}
