import { type ModelOutputs, modelOutputs } from "../check/modelOutputs.ts";
import { InputError } from "../errors.ts";
import { writeWhole } from "../files/writeWhole.ts";
import { editBias } from "../models/editBias.ts";
import { openModelFile } from "../models/openModelFile.ts";
import { writeModel } from "../models/writeModel.ts";
import { nodeRuntime } from "../runtime/node.ts";
import type { CheckData } from "./checkDataFlags.ts";
import { progressLine } from "./progressLine.ts";

export interface ModelRun {
  readonly outputs: ModelOutputs;
  /** Predictions where the file ends in a softmax or sigmoid. */
  readonly given: "outputs" | "predictions";
  /** The output layer's present bias, where the file tells it. */
  readonly bias?: Float64Array;
  /** How many outputs the model has. */
  readonly outputCount: number;
  /** What it was run on, for people, where that was a choice. */
  readonly madeAs?: string;
}

/** Runs an ONNX model on rows of data. */
export async function runModel(
  path: string,
  data: CheckData,
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
      const outputs = await modelOutputs(session, data.inputs(session.inputs), {
        output,
        onRows(done, rows) {
          signal.throwIfAborted();
          progress.show(done, rows);
        },
      });
      const known = model.outputs.find(({ name }) => name === outputs.name);
      return {
        outputs,
        given: /^(softmax|sigmoid)$/i.test(known?.activation ?? "") ? "predictions" : "outputs",
        bias: known?.bias?.read(),
        outputCount: session.outputs.length,
        madeAs: data.madeAs?.(session.inputs),
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
    return writeWhole(out ?? "bias.json", `${JSON.stringify(values)}\n`);
  }
  const model = await openModelFile(path);
  try {
    const plan = await editBias(model, [{ output, values }]).catch(ofApply);
    return (await writeModel(model, plan, { out, signal })).files[0];
  } finally {
    model.close();
  }
}

/** Advice on a bias that cannot be set names flags that only `baserate apply` has. */
function ofApply(error: Error): never {
  if (!(error instanceof InputError)) throw error;
  throw new InputError(error.message.replace(/--(tensor|add-bias)\b/g, "baserate apply --$1"));
}
