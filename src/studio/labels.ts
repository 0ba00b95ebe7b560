import { computed, effect, signal } from "@preact/signals";
import { InputError } from "../errors.ts";
import { commonOptions } from "../heads/bind.ts";
import { type FoundHead, findHead } from "../heads/index.ts";
import { type OptionSpecs, type Options, optionFromText } from "../heads/options.ts";
import { addressed, json, number, text } from "./address.ts";
import type { Dropped } from "./dropped.ts";
import { labelChoices, labelReading, listOf, tableReading } from "./labelReading.ts";
import { isSummaryText, summaryFromText, summaryText } from "./sharedSummary.ts";
import { counts, solvedBias } from "./state.ts";
import type { AnswerRequest, FullAnswer } from "./tasks/answerTask.ts";
import type { LabelsRequest, LabelsResult } from "./tasks/labelsTask.ts";
import { runTask } from "./tasks/runTask.ts";

const isTextRecord = (value: unknown): value is Readonly<Record<string, string>> =>
  typeof value === "object" && value !== null && Object.values(value).every((one) => typeof one === "string");

/** What the reader types or chooses about the labels and the loss; all of it is in the address. */
export const given = {
  ...labelReading(),
  /** Pasted counts, or a pasted column of labels. */
  pasted: addressed("labels", "", text),
  loss: addressed("loss", "softmax", text),
  /** Options of the loss as text, by name; as the command line's flags are written. */
  options: addressed<Readonly<Record<string, string>>>("options", {}, json(isTextRecord)),
  batchSize: addressed("batch", 256, number),
  framework: addressed("for", "pytorch", text),
  weightColumn: addressed("weights", "", text),
  countColumn: addressed("countColumn", "", text),
  /** What a file of labels said, where that is short enough for a link: the file itself stays here. */
  summary: addressed("summary", "", text),
};

/** The dropped file or folder. */
export const labelFile = signal<Dropped | undefined>(undefined);

type Outcome<T> = { readonly value?: T; readonly problem?: string };
const attempt = <T>(work: () => T): Outcome<T> => {
  try {
    return { value: work() };
  } catch (error) {
    if (error instanceof InputError) return { problem: error.message };
    throw error;
  }
};

/** The loss by its name, ours or a framework's. */
export const found = computed((): Outcome<FoundHead> => attempt(() => findHead(given.loss.value)));

/** The options that the loss has. */
export const specs = computed((): OptionSpecs => ({ ...found.value.value?.head.options, ...commonOptions }));

/** The options that the reader has set, of those that the loss has. */
export const options = computed((): Options => {
  const set = Object.entries(given.options.value).filter(
    ([name, value]) => Object.hasOwn(specs.value, name) && value.trim() !== "",
  );
  return Object.fromEntries(set.map(([name, value]) => [name, optionFromText(specs.value[name], value)]));
});

/** How far the reading of a file is; undefined where nothing is read. */
export const progress = signal<{ readonly done: number; readonly total: number } | undefined>(undefined);
/** The columns of the dropped table. */
export const columns = signal<readonly string[]>([]);
export const labels = signal<Outcome<LabelsResult>>({});
export const answered = signal<Outcome<FullAnswer>>({});

let reading: AbortController | undefined;

/** Stops the reading of a file. */
export const cancelReading = () => reading?.abort();

/** What the labels are read from, and how. */
const request = computed((): LabelsRequest | undefined => {
  const head = found.value.value?.head;
  if (head === undefined) return undefined;
  const { name, reads, family } = head;
  return {
    head: { name, reads, family },
    dropped: labelFile.value,
    pasted: given.pasted.value.trim() === "" ? counts.value.join(", ") : given.pasted.value,
    columns: listOf(given.column.value),
    weightColumn: given.weightColumn.value || undefined,
    countColumn: given.countColumn.value || undefined,
    reading: tableReading(given),
    choices: labelChoices(given),
  };
});

/** The last request that was read, so that another batch size does not read a file again. */
let lastRead = "";

async function read(wanted: LabelsRequest): Promise<void> {
  const { dropped, ...rest } = wanted;
  const key = JSON.stringify([dropped?.name, dropped?.files.map(({ file }) => file.size), rest]);
  if (key === lastRead) return;
  lastRead = key;
  reading?.abort();
  reading = new AbortController();
  const { signal: stop } = reading;
  stop.addEventListener("abort", () => {
    progress.value = undefined;
  });
  progress.value = { done: 0, total: 0 };
  const worker = new Worker(new URL("./tasks/labelsTask.ts", import.meta.url), { type: "module" });
  try {
    const result = await runTask<LabelsRequest, LabelsResult>(worker, wanted, {
      signal: stop,
      onProgress: (done, total) => {
        progress.value = { done, total };
      },
    });
    columns.value = result.allColumns;
    labels.value = result.problem === undefined ? { value: result } : { problem: result.problem };
    given.summary.value = dropped && result.summary ? summaryText(result.summary) : "";
  } catch (error) {
    if (stop.aborted) return;
    labels.value = { problem: (error as Error).message };
  }
  progress.value = undefined;
}

/** Labels that came with the link, until others are given. */
function fromLink(): boolean {
  const shared = given.summary.value;
  if (labelFile.value !== undefined || shared === "") return false;
  const summary = isSummaryText(shared) ? summaryFromText(shared) : undefined;
  labels.value = summary
    ? { value: { summary, source: "labels from the link", allColumns: [] } }
    : { problem: "the labels in this link are broken; ask for the link again, or give the labels" };
  return true;
}

let answering: AbortController | undefined;

async function solveFor(wanted: AnswerRequest): Promise<void> {
  answering?.abort();
  answering = new AbortController();
  const { signal: stop } = answering;
  const worker = new Worker(new URL("./tasks/answerTask.ts", import.meta.url), { type: "module" });
  try {
    answered.value = { value: await runTask<AnswerRequest, FullAnswer>(worker, wanted, { signal: stop }) };
  } catch (error) {
    if (stop.aborted) return;
    answered.value = { problem: (error as Error).message };
  }
  const solution = answered.value.value?.solution;
  solvedBias.value = solution?.bias.length ? { bias: solution.bias, loss: wanted.loss } : undefined;
}

/** Reads and solves whenever something changes, from now on. */
export function followLabels(): void {
  effect(() => {
    const wanted = request.value;
    if (!fromLink() && wanted) void read(wanted);
  });
  effect(() => {
    const read = labels.value.value;
    if (found.value.value === undefined || read === undefined) {
      answered.value = {};
      solvedBias.value = undefined;
      return;
    }
    void solveFor({
      loss: given.loss.value,
      labels: read.summary,
      options: options.value,
      batchSize: given.batchSize.value,
      framework: given.framework.value,
    });
  });
}

/** Takes a dropped file; what the link said of other labels no longer holds. */
export function takeLabels(dropped: Dropped | undefined): void {
  given.column.value = "";
  given.summary.value = "";
  columns.value = [];
  labelFile.value = dropped;
}
