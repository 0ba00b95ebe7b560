import { rename, writeFile } from "node:fs/promises";
import { type InputRows, modelOutputs, onlyInput } from "../check/modelOutputs.ts";
import { InputError } from "../errors.ts";
import { planBias } from "../models/apply.ts";
import { openModelFile } from "../models/disk.ts";
import { writeModel } from "../models/write.ts";
import { nodeRuntime } from "../runtime/node.ts";
import type { ValueInfo } from "../runtime/runtime.ts";
import { progressLine } from "./progressLine.ts";

export interface ModelRun {
  readonly outputs: Float64Array;
  /** Predictions where the file ends in a softmax or sigmoid. */
  readonly given: "outputs" | "predictions";
  /** The output layer's present bias, where the file tells it and has one number for each output. */
  readonly bias?: Float64Array;
  /** What it was run on. */
  readonly data: InputRows;
}

/** Rows as they are, or a reader that makes them for the model's input. */
export type DataRows = InputRows | ((input: ValueInfo) => Promise<InputRows>);

/** Runs an ONNX model on rows of data. */
export async function runModel(
  path: string,
  rows: DataRows,
  output: string | undefined,
  signal: AbortSignal,
): Promise<ModelRun> {
  const model = await openModelFile(path);
  try {
    if (!model.format.startsWith("ONNX")) {
      throw new InputError(`${path}: ${model.format}; only ONNX models are run, give the others' --outputs`);
    }
    const session = await (await nodeRuntime()).load(path, { threads: 2 });
    const progress = progressLine("running the model");
    try {
      const data = typeof rows === "function" ? await rows(onlyInput(session)) : rows;
      const { outputs, name } = await modelOutputs(session, data, output, (done, all) => {
        signal.throwIfAborted();
        progress.show(done, all);
      });
      const known = model.outputs.find((one) => one.name === name);
      const bias = known?.bias?.read();
      const isLink = /^(softmax|sigmoid)$/i.test(known?.activation ?? "");
      const width = outputs.length / data.rows;
      return {
        outputs,
        data,
        given: isLink ? "predictions" : "outputs",
        ...(bias?.length === width && { bias }),
      };
    } finally {
      progress.end();
      await session.dispose();
    }
  } finally {
    model.close();
  }
}

/** Writes a bias into a copy of the model; without a model, or where it is only an addition, as a JSON list. */
export async function writeBias(
  path: string | undefined,
  values: readonly number[],
  isWhole: boolean,
  { out, output }: { readonly out?: string; readonly output?: string },
  signal: AbortSignal,
): Promise<string> {
  if (path === undefined || !isWhole) {
    const file = out ?? "bias.json";
    await writeFile(`${file}.tmp`, `${JSON.stringify(values)}\n`).catch((error: Error) => {
      throw new InputError(`cannot write ${file}: ${error.message}`);
    });
    await rename(`${file}.tmp`, file);
    return file;
  }
  const model = await openModelFile(path);
  try {
    const plan = await planBias(model, [{ output, values }]);
    return (await writeModel(model, plan, { out }, signal)).files[0];
  } finally {
    model.close();
  }
}
