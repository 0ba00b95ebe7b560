import { effect, signal } from "@preact/signals";
import { addressed, number, text } from "./address.ts";
import { type Dropped, isOnnx } from "./dropped.ts";
import { labelChoices, labelReading, listOf, tableReading } from "./labelReading.ts";
import { given as labelsGiven, labels as labelsRead, options } from "./labels.ts";
import type { OutputsRequest, OutputsResult } from "./tasks/outputsTask.ts";
import { runTask } from "./tasks/runTask.ts";

/** What the reader chooses about the outputs to check; all of it is in the address. */
export const given = {
  ...labelReading("check."),
  /** `outputs`, `predictions`, or empty for what the model's file says. */
  scale: addressed("check.given", "", text),
  output: addressed("check.output", "", text),
  rows: addressed("check.rows", 1024, number),
  /** Whether the labels of all training data are those of “Your labels”. */
  training: addressed("check.training", "", text),
  framework: addressed("check.for", "pytorch", text),
};

/** The dropped files: outputs or a model, what the model is run on, and the labels. */
export const dropped = {
  outputs: signal<Dropped | undefined>(undefined),
  inputs: signal<Dropped | undefined>(undefined),
  labels: signal<Dropped | undefined>(undefined),
};

export const result = signal<OutputsResult | undefined>(undefined);
export const problem = signal<string | undefined>(undefined);
/** How many rows the model was run on; undefined where nothing is being checked. */
export const progress = signal<{ readonly done: number; readonly total: number } | undefined>(undefined);

let checking: AbortController | undefined;

/** Stops the check. */
export const cancelCheck = () => checking?.abort();

async function check(request: OutputsRequest): Promise<void> {
  checking?.abort();
  const own = new AbortController();
  checking = own;
  own.signal.addEventListener("abort", () => {
    progress.value = undefined;
  });
  progress.value = { done: 0, total: 0 };
  result.value = undefined;
  problem.value = undefined;
  const worker = new Worker(new URL("./tasks/outputsTask.ts", import.meta.url), { type: "module" });
  try {
    result.value = await runTask<OutputsRequest, OutputsResult>(worker, request, {
      signal: own.signal,
      onProgress: (done, total) => {
        progress.value = { done, total };
      },
    });
  } catch (error) {
    if (own.signal.aborted) return;
    problem.value = (error as Error).message;
  }
  progress.value = undefined;
}

/** Checks whenever something changes, from now on. */
export function followOutputs(): void {
  effect(() => {
    const [outputs, inputs, labels] = [dropped.outputs.value, dropped.inputs.value, dropped.labels.value];
    if (outputs === undefined || labels === undefined) return;
    const isModel = isOnnx(outputs);
    if (isModel && inputs === undefined) return;
    void check({
      outputs,
      inputs: isModel ? inputs : undefined,
      labels,
      loss: labelsGiven.loss.value,
      options: options.value,
      given: (given.scale.value || undefined) as OutputsRequest["given"],
      output: isModel ? given.output.value || undefined : undefined,
      rows: given.rows.value,
      columns: listOf(given.column.value),
      reading: tableReading(given),
      choices: labelChoices(given),
      training: given.training.value === "labels" ? labelsRead.value.value?.summary : undefined,
    });
  });
}
