import type { CheckData } from "../check/checkData.ts";
import { type ModelRun, modelRun } from "../check/modelRun.ts";
import { InputError } from "../errors.ts";
import { writeWhole } from "../files/writeWhole.ts";
import { editBias } from "../models/editBias.ts";
import { openModelFile } from "../models/openModelFile.ts";
import { writeModel } from "../models/writeModel.ts";
import { nodeRuntime } from "../runtime/node.ts";
import { progressLine } from "./progressLine.ts";

/** Runs an ONNX model on rows of data. */
export async function runModel(
  path: string,
  data: CheckData,
  output: string | undefined,
  signal: AbortSignal,
): Promise<ModelRun> {
  const model = await openModelFile(path);
  const progress = progressLine("running the model");
  try {
    return await modelRun(path, model, async () => (await nodeRuntime()).load(path, { threads: 2 }), data, {
      output,
      onRows(done, rows) {
        signal.throwIfAborted();
        progress.show(done, rows);
      },
    });
  } finally {
    progress.end();
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
