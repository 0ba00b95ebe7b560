import { InputError } from "../errors.ts";
import type { ModelFile } from "../models/model.ts";
import type { Session } from "../runtime/runtime.ts";
import type { CheckData } from "./checkData.ts";
import { type ModelOutputOptions, type ModelOutputs, modelOutputs } from "./modelOutputs.ts";

/** What a model put out, and what its file says of that output. */
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

/**
 * Runs an ONNX model on rows of data.
 *
 * @param load loads the model into a runtime
 * @throws InputError for other models, and for data that do not fit
 */
export async function modelRun(
  path: string,
  model: ModelFile,
  load: () => Promise<Session>,
  data: CheckData,
  options: ModelOutputOptions,
): Promise<ModelRun> {
  if (!model.format.startsWith("ONNX")) {
    throw new InputError(
      `${path}: ${model.format}; check runs only ONNX models; for others, save the outputs and give --outputs`,
    );
  }
  const session = await load();
  try {
    const outputs = await modelOutputs(session, data.inputs(session.inputs), options);
    const known = model.outputs.find(({ name }) => name === outputs.name);
    return {
      outputs,
      given: /^(softmax|sigmoid)$/i.test(known?.activation ?? "") ? "predictions" : "outputs",
      bias: known?.bias?.read(),
      outputCount: session.outputs.length,
      madeAs: data.madeAs?.(session.inputs),
    };
  } finally {
    await session.dispose();
  }
}
