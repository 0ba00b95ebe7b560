import { basename } from "node:path";
import type { CheckInput } from "../check/checkInput.ts";
import { haveLabelsAtPlaces, type PlaceArray, type PlaceRows, placesAsRows } from "../check/placesAsRows.ts";
import { InputError } from "../errors.ts";
import type { Head } from "../heads/head.ts";
import { findHead } from "../heads/index.ts";
import { float64 } from "../math/float64.ts";
import { type CheckData, type CheckDataFlags, openCheckData } from "./checkData.ts";
import type { ModelRun } from "./checkModel.ts";
import { headOptions } from "./headFlags.ts";
import { type LabelRows, pickRows, readLabelRows } from "./labelRows.ts";
import { readNumberArray } from "./numberArray.ts";
import { trainingLabels } from "./trainingLabels.ts";

export interface CheckInputFlags extends CheckDataFlags {
  readonly outputs?: string;
  readonly column?: readonly string[];
  readonly counts?: string | readonly number[];
  readonly trainingLabels?: string;
  readonly ignoreIndex?: number;
  readonly accumulate?: number;
  readonly bias?: readonly number[];
  readonly outputBias?: boolean;
  readonly classAxis?: number;
  readonly loss: string;
  readonly given?: "outputs" | "predictions";
  readonly output?: string;
  readonly reportedLoss?: number;
  readonly allowConstant?: true;
}

export interface ReadCheckInput {
  readonly input: CheckInput;
  /** What is checked, for people. */
  readonly source: string;
}

/** Outputs, run or read, with their labels. Throws an InputError where they don't fit together. */
export async function readCheckInput(
  model: string | undefined,
  flags: CheckInputFlags,
  signal: AbortSignal,
): Promise<ReadCheckInput> {
  const { head } = findHead(flags.loss);
  if (model === undefined) {
    if (flags.outputs === undefined) {
      throw new InputError("nothing to check: give --outputs, or an ONNX model with --data");
    }
    if (flags.data !== undefined) {
      throw new InputError(`--data ${flags.data} is for an ONNX model to be run on: name the model`);
    }
    const outputs = await readNumberArray(flags.outputs);
    return { input: await inputOf(head, outputs, flags), source: flags.outputs };
  }
  if (flags.outputs !== undefined) {
    throw new InputError(`outputs come from ${model} or from --outputs, not from both`);
  }
  const data = await openCheckData(model, head, flags, signal);
  try {
    const run = await (await import("./checkModel.ts")).runModel(model, data, flags.output, signal);
    const { name, rows, shape, values } = run.outputs;
    const outputs = { shape: [rows, ...shape], values };
    const which = run.outputCount > 1 ? `, output ${name} (of ${run.outputCount}),` : "";
    const made = run.madeAs ? ` (${run.madeAs})` : "";
    return {
      input: await inputOf(head, outputs, flags, data, run),
      source: `${basename(model)}${which} on ${flags.data}${made}`,
    };
  } finally {
    data.close();
  }
}

async function inputOf(
  head: Head,
  outputs: PlaceArray,
  flags: CheckInputFlags,
  data?: CheckData,
  run?: ModelRun,
): Promise<CheckInput> {
  const { names, training, ...sample } = await withLabels(head, outputs, flags, data);
  const { rows } = sample;
  const width = sample.outputs.length / rows;
  const counts = flags.counts ?? (flags.trainingLabels === undefined ? data?.counts : undefined);
  const told = await trainingLabels(head, { ...flags, counts, classes: names }, width);
  const bias = flags.bias ?? run?.bias;
  return {
    head: flags.loss,
    ...sample,
    ignoreIndex: flags.ignoreIndex,
    rowsPerInput: rows / outputs.shape[0],
    accumulate: flags.accumulate,
    hasBias: flags.outputBias,
    given: flags.given ?? run?.given ?? "outputs",
    options: headOptions(flags.loss, { ...flags }),
    training: told ?? training,
    ...(bias?.length === width && { bias }),
    data: run?.outputs.fed,
    reportedLoss: flags.reportedLoss,
    allowConstant: flags.allowConstant,
  };
}

interface LabelledRows extends PlaceRows {
  readonly names?: readonly string[];
  /** All labels that there are, where only some of their rows are checked. */
  readonly training?: CheckInput["training"];
}

/** Outputs with the labels of their rows. */
async function withLabels(
  head: Head,
  outputs: PlaceArray,
  { labels, column, classes, classAxis, ignoreIndex }: CheckInputFlags,
  data: CheckData | undefined,
): Promise<LabelledRows> {
  const [rows] = outputs.shape;
  const picked = data?.picked.slice(0, rows);
  const known = data?.labels;
  if (known) {
    return {
      labels: known.labels.slice(0, rows),
      rows,
      names: known.names,
      outputs: float64(outputs.values),
    };
  }
  if (labels === undefined) {
    throw new InputError("no labels: give --labels y.npy, one for each row of outputs");
  }
  if (isArrayFile(labels) && outputs.shape.length > 2) {
    const array = await readNumberArray(labels, picked, data?.available);
    if (haveLabelsAtPlaces(head, outputs, array)) return placesAsRows(head, outputs, array, classAxis);
  }
  const all = await readLabelRows(head, labels, column, classes);
  const wanted = data?.available ?? rows;
  if (all.rows !== wanted) {
    throw new InputError(`${all.rows} labels in ${labels} for ${wanted} rows; give as many`);
  }
  const { names } = all;
  return {
    labels: (picked ? pickRows(all, picked) : all).labels,
    rows,
    names,
    outputs: float64(outputs.values),
    training: { names: head.reads === "classes" ? names : undefined, ...withoutIgnored(all, ignoreIndex) },
  };
}

function withoutIgnored({ labels, rows }: LabelRows, ignored: number | undefined): LabelRows {
  if (ignored === undefined) return { labels, rows };
  const kept = labels.filter((label) => label !== ignored);
  return { labels: kept, rows: kept.length };
}

const isArrayFile = (path: string) => path.endsWith(".npy") || path.endsWith(".json");
