import { dataOf, type ExperimentData } from "../data/exampleSet.ts";
import { InputError } from "../errors.ts";
import { networkOnData } from "../graph/import/networkOnData.ts";
import { redrawParameters } from "../graph/import/redrawParameters.ts";
import { elementCount, numbers, type Tensor, type TensorData, tensor } from "../graph/tensor.ts";
import { findHead } from "../heads/index.ts";
import { openNetwork } from "./openNetwork.ts";
import type { Plan } from "./plan.ts";
import { layersNetwork, type TrialNetwork } from "./plannedModel.ts";

/** What a trial needs beside its plan; worker threads get it once. */
export interface TrialMaterials {
  readonly data: ExperimentData;
  /** The file of the plan's network. */
  readonly file?: Uint8Array;
  /** The biases of the files that arms name. */
  readonly biases: Readonly<Record<string, readonly number[]>>;
}

/** @throws InputError where network, data and loss do not fit each other */
export function trialNetwork(plan: Plan, { data, file }: Omit<TrialMaterials, "biases">): TrialNetwork {
  if (file !== undefined) return importedTrialNetwork(plan, data, file);
  if (data.inputs.length > 1) {
    throw new InputError(
      `layers take one input, and ${data.name} has ${data.inputs.map(({ name }) => name).join(", ")}; give a network with --model, or categories as one-hot`,
    );
  }
  return layersNetwork(plan, data.inputs[0], outputsFor(plan, data));
}

/** Outputs that the plan's loss needs for the labels of the data. */
function outputsFor(plan: Plan, { classNames, labelShape, train }: ExperimentData): number {
  const { head } = findHead(plan.loss ?? "softmax");
  if (head.reads === "binary" || head.reads === "numbers") return elementCount(labelShape);
  const classes = classNames?.length ?? 1 + largest(train.labels);
  return head.family === "ordinal" ? classes - 1 : classes;
}

function largest(labels: TensorData): number {
  let most = 0;
  for (const label of labels) most = Math.max(most, Number(label));
  return most;
}

function importedTrialNetwork(plan: Plan, data: ExperimentData, bytes: Uint8Array): TrialNetwork {
  const file = plan.model!;
  const { imported, outputs, notes } = openNetwork(file, bytes, plan);
  const network = networkOnData(imported, {
    file,
    inputs: data.inputs,
    outputs: outputs.map(({ name, outputBias }) => ({
      name,
      outputBias,
      labelShape: dataOf(data, name).labelShape,
    })),
  });
  const stored = Object.fromEntries(
    [...imported.parameters, ...imported.state].map(({ name, value }) => [name, value]),
  );
  const zeros: Record<string, Tensor> = {};
  for (const { outputBias } of network.parts) {
    const bias = network.parameters.find(({ name }) => name === outputBias);
    if (!bias) {
      throw new InputError(
        `${file}: its output bias ${outputBias} is not a parameter that can be trained; leave it out of freeze, or export the network again with its parameters`,
      );
    }
    zeros[outputBias] = tensor("float32", bias.shape, new Float32Array(elementCount(bias.shape)));
  }
  const drawn = imported.parameters.filter(({ name, trainable }) => trainable && !(name in zeros));
  const weights = (seed: number) => ({
    ...stored,
    ...(plan.keepWeights ? {} : redrawParameters(drawn, seed).values),
    ...zeros,
  });
  return {
    network: { ...network, outputBias: network.parts[0].outputBias },
    parts: network.parts.map((part) => ({ ...part, asIs: Array.from(numbers(stored[part.outputBias])) })),
    weights,
    redrawn: plan.keepWeights
      ? []
      : redrawParameters(drawn, 0).report.map(({ name, text }) => `${name}: ${text}`),
    notes: [...imported.notes, ...notes],
    exportTrained: imported.exportTrained,
  };
}
