import { InputError, unknownName } from "../errors.ts";
import type { ImportedNetwork } from "../graph/import/importedNetwork.ts";
import { importOnnx } from "../graph/import/importOnnx.ts";
import type { LabelledOutput } from "../graph/import/networkOnData.ts";
import { readNetwork } from "../graph/import/readNetwork.ts";
import type { ModelProto } from "../graph/onnx.gen.ts";
import { resolveAll } from "../heads/bind.ts";
import { type Head, linkOf } from "../heads/head.ts";
import { findHead } from "../heads/index.ts";
import { resolveGraph } from "../models/onnxGraph.ts";
import { findOutputLayers } from "../models/onnxOutputLayer.ts";
import { outputPlans } from "./outputPlans.ts";
import type { Plan } from "./plan.ts";

/** A network read from a file, and the tensors that the arms set. */
export interface OpenedNetwork {
  /** Its outputs are those that losses read, before the activation that belongs to the loss. */
  readonly imported: ImportedNetwork;
  /** In the order of the plan, each with the name of its layer's bias. */
  readonly outputs: readonly Pick<LabelledOutput, "name" | "outputBias">[];
  /** What was chosen of the file: one sentence each. */
  readonly notes: readonly string[];
}

/**
 * Reads the network of a plan.
 *
 * @throws InputError where the file cannot be trained, or its output has no bias that arms could differ in
 */
export function openNetwork(file: string, bytes: Uint8Array, plan: Plan): OpenedNetwork {
  const { model } = readNetwork(bytes, file);
  const read = outputPlans(plan).map((part) => {
    const name = chosenOutput(model, part.output);
    return { name, part, last: lastActivation(model, name) };
  });
  const imported = importOnnx(bytes, {
    file,
    frozen: plan.freeze,
    asExported: plan.asExported,
    outputs: new Map(read.map(({ name, last }) => [name, last?.before ?? name])),
  });
  const outputs = read.map(({ name, part, last }) => {
    if (last) requireLink(file, name, last.activation, part);
    return { name, outputBias: outputBiasOf(file, model, name, last) };
  });
  const names = outputs.map(({ name }) => name);
  const twice = outputs.find(
    ({ outputBias }, i) => outputs.findIndex((other) => other.outputBias === outputBias) < i,
  );
  if (twice) {
    throw new InputError(
      `${file}: several outputs share the bias ${twice.outputBias}, ${twice.name} among them; each output with a loss needs a layer of its own`,
    );
  }
  const others = model.graph!.output.map(({ name }) => name).filter((name) => !names.includes(name));
  const isChosen = plan.output !== undefined || plan.heads !== undefined;
  const notes = [
    ...(others.length > 0 && !isChosen
      ? [
          `${file}: the loss reads the output ${names[0]}; of the others, ${others.join(", ")}, one is chosen with --output, or several with --heads`,
        ]
      : []),
    ...read.flatMap(({ name, last }) =>
      last
        ? [
            `${file}: ${name} comes after ${last.activation}, which the loss computes itself: it is trained on ${last.before}`,
          ]
        : [],
    ),
  ];
  return { imported, outputs, notes };
}

function chosenOutput(model: ModelProto, wanted?: string): string {
  const names = model.graph!.output.map(({ name }) => name);
  if (wanted === undefined) return names[0];
  if (names.includes(wanted)) return wanted;
  throw unknownName("output", wanted, names);
}

/** Activations that are the link of a loss, by the link's name. */
const links: Readonly<Record<string, string>> = {
  Exp: "exp",
  LogSoftmax: "softmax",
  Sigmoid: "sigmoid",
  Softmax: "softmax",
  Softplus: "softplus",
  Tanh: "tanh",
};

interface LastActivation {
  readonly activation: string;
  /** Name of the value that it is computed from: the raw outputs. */
  readonly before: string;
}

/** The activation that an output comes out of, if it is the link of a loss. */
function lastActivation(model: ModelProto, output: string): LastActivation | undefined {
  const producers = new Map(
    model.graph!.node.flatMap((node) => node.output.map((name) => [name, node] as const)),
  );
  let node = producers.get(output);
  while (node?.opType === "Identity") node = producers.get(node.input[0]);
  return node && node.opType in links ? { activation: node.opType, before: node.input[0] } : undefined;
}

/** @throws InputError where the loss would put raw outputs through another function than the file's last one */
function requireLink(
  file: string,
  output: string,
  activation: string,
  { loss = "softmax", lossOptions }: Pick<Plan, "loss" | "lossOptions">,
): void {
  const { head, options } = findHead(loss);
  const link = linkOf(head as Head, resolveAll(head, { ...options, ...lossOptions }));
  if (link.name === links[activation]) return;
  throw new InputError(
    `${file}: ${output} comes after ${activation}, and ${head.name} reads raw outputs (${link.text}); choose a loss for ${activation}, or export the network without its last activation`,
  );
}

function outputBiasOf(file: string, model: ModelProto, output: string, last?: LastActivation): string {
  const graph = resolveGraph(model.graph!, file);
  const layers = findOutputLayers(graph, last?.before ?? output, file);
  const [{ bias, reason, activation }] = layers;
  if (layers.length > 1) {
    throw new InputError(
      `${file}: ${output} joins ${layers.length} output layers, and arms set the bias of one; choose an output of one layer with --output`,
    );
  }
  if (reason !== undefined || bias === undefined) {
    throw new InputError(
      `${file}: ${output} has no bias that the arms could set: ${reason}. Export the network with a bias in its last layer, or add one: baserate apply ${file} --add-bias`,
    );
  }
  if (activation !== undefined) {
    throw new InputError(
      `${file}: ${output} comes after ${activation}, and losses read raw outputs; export the network without its last activation`,
    );
  }
  return bias;
}
