import { readFile, stat } from "node:fs/promises";
import type { ExperimentData } from "../data/exampleSet.ts";
import { loadExamples } from "../data/ownExamples.ts";
import { InputError } from "../errors.ts";
import { fileError } from "../files/openByteSource.ts";
import { findHead } from "../heads/index.ts";
import { selfContained } from "../models/selfContained.ts";
import { readNumberArray } from "../tables/readNumberArray.ts";
import { isBiasFile } from "./arms.ts";
import { openNetwork } from "./openNetwork.ts";
import { outputPlans } from "./outputPlans.ts";
import type { Plan } from "./plan.ts";
import type { TrialMaterials } from "./trialNetwork.ts";

export interface MaterialOptions {
  /** Loads a dataset by its name. */
  readonly named: (plan: Plan) => Promise<ExperimentData>;
  readonly onImages?: (done: number, all: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Loads the data of a plan, the file of its network and the biases that its arms name.
 *
 * @throws InputError where a file cannot be read or does not fit the plan
 */
export async function loadMaterials(plan: Plan, options: MaterialOptions): Promise<TrialMaterials> {
  const file = plan.model === undefined ? undefined : await readModel(plan.model);
  // Refused before the data are read.
  const imported = file && openNetwork(plan.model!, file, plan).imported;
  const [firstInput] = imported?.inputs ?? [];
  const isGrey = firstInput?.shape.length === 4 && (firstInput.shape[1] === 1 || firstInput.shape[3] === 1);
  const data =
    plan.data === undefined
      ? await options.named(plan)
      : await loadExamples({ ...plan, data: plan.data }, labelSetsOf(plan), {
          channels: isGrey ? 1 : 3,
          onImages: options.onImages,
          signal: options.signal,
        });
  const files = plan.arms.filter(isBiasFile);
  const biases = await Promise.all(
    files.map(async (path) => [path, Array.from((await readNumberArray(path)).values)] as const),
  );
  return { data, file, biases: Object.fromEntries(biases) };
}

/** Where the labels of each output are, and the head that reads them. */
const labelSetsOf = (plan: Plan) =>
  outputPlans(plan).map((own) => ({
    ...own,
    name: plan.heads && own.output,
    head: findHead(own.loss ?? "softmax").head,
  }));

async function readModel(path: string): Promise<Uint8Array> {
  if ((await stat(path).catch(() => undefined))?.isDirectory()) {
    throw new InputError(`${path} is a folder; --model takes an ONNX file`);
  }
  const read = await readFile(path).catch((error) => {
    throw new InputError(`cannot read ${path}: ${fileError(error)}`);
  });
  const bytes = selfContained(path, read);
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  return shared;
}
