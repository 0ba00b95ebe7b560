import { availableParallelism, cpus } from "node:os";
import type { Dataset } from "../data/dataset.ts";
import type { RowChoice } from "../data/datasetFile.ts";
import { experimentData } from "../data/exampleSet.ts";
import { isBiasFile } from "../experiment/arms.ts";
import type { Plan } from "../experiment/plan.ts";
import type { Versions } from "../experiment/record.ts";
import { rowsOfPlan } from "../experiment/settings.ts";
import type { TrialMaterials } from "../experiment/trialNetwork.ts";
import { version } from "../version.ts";
import { progressLine } from "./progressLine.ts";

/** Whether a plan needs no file of the user's. */
export const isNamed = ({ data, model, arms }: Plan) =>
  data === undefined && model === undefined && !arms.some(isBiasFile);

/** Loads the data, the network and the biases of a plan, and shows how far it has come. */
export async function loadMaterials(plan: Plan, signal: AbortSignal): Promise<TrialMaterials> {
  const named = async () => experimentData(await loadDataset(plan, signal, rowsOfPlan(plan)));
  if (isNamed(plan)) return { data: await named(), biases: {} };
  const { loadMaterials } = await import("../experiment/loadMaterials.ts");
  const progress = progressLine(`reading ${plan.data}`);
  try {
    return await loadMaterials(plan, { named, signal, onImages: progress.show });
  } finally {
    progress.end();
  }
}

/** Loads the dataset that a plan names, or of its training images some rows, and shows how far a download has come. */
export async function loadDataset(
  { dataset: name, counts = [] }: Plan,
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

/** SHA-256 in hex of everything that a run reads beside its plan. */
export async function hashMaterials(plan: Plan, { data, file, biases }: TrialMaterials): Promise<string> {
  const { datasets } = await import("../data/datasets.ts");
  const named = plan.data === undefined ? datasets[plan.dataset].hash(data) : undefined;
  if (named !== undefined && file === undefined && Object.keys(biases).length === 0) return named;
  const [{ createHash }, { StoredArray }] = await Promise.all([
    import("node:crypto"),
    import("../data/storedArray.ts"),
  ]);
  const hash = createHash("sha256");
  if (named !== undefined) hash.update(named);
  const labelled = named === undefined ? [data, ...Object.values(data.outputs ?? {})] : [];
  const arrays = labelled
    .flatMap(({ train, test }) => [train, test])
    .flatMap(({ inputs, labels, weights, rows }) => [...Object.values(inputs), labels, weights, rows]);
  for (const values of new Set(arrays)) {
    if (values instanceof StoredArray) for (const chunk of values.chunks()) hash.update(chunk);
    else if (values && "buffer" in values)
      hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  if (file) hash.update(file);
  return hash.update(JSON.stringify(biases)).digest("hex");
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
