import { basename } from "node:path";
import type { CheckData } from "../check/checkData.ts";
import { checkedRows } from "../check/checkedRows.ts";
import type { CheckInput } from "../check/checkInput.ts";
import type { ModelRun } from "../check/modelRun.ts";
import type { PlaceArray } from "../check/placesAsRows.ts";
import { InputError } from "../errors.ts";
import type { Head } from "../heads/head.ts";
import { findHead } from "../heads/index.ts";
import { readNumberArray } from "../tables/readNumberArray.ts";
import { openCheckData } from "./checkData.ts";
import type { CheckDataFlags } from "./checkDataFlags.ts";
import { type CheckLabelFlags, labelTable, trainingSummary } from "./checkLabels.ts";
import { headOptions } from "./headFlags.ts";

export interface CheckInputFlags extends CheckDataFlags, CheckLabelFlags {
  readonly outputs?: string;
  readonly accumulate?: number;
  readonly bias?: readonly number[];
  readonly outputBias?: boolean;
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
      throw new InputError(`--data ${flags.data} needs an ONNX model to run: give its path as well`);
    }
    const outputs = await readNumberArray(flags.outputs);
    return { input: await inputOf(head, outputs, flags), source: flags.outputs };
  }
  if (flags.outputs !== undefined) {
    throw new InputError(
      `${model} and --outputs cannot be combined: both give the outputs; leave one of them out`,
    );
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
    data.close?.();
  }
}

async function inputOf(
  head: Head,
  outputs: PlaceArray,
  flags: CheckInputFlags,
  data?: CheckData,
  run?: ModelRun,
): Promise<CheckInput> {
  const { names, training, ...sample } = await checkedRows(head, outputs, data, labelTable(flags));
  const { rows } = sample;
  const width = sample.outputs.length / rows;
  const told = await trainingSummary(head, flags, names, width);
  const bias = flags.bias ?? run?.bias;
  return {
    head: flags.loss,
    ...sample,
    rowsPerInput: rows / sample.inputs,
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
