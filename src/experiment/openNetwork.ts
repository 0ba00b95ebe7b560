import { fromBinary } from "@bufbuild/protobuf";
import { InputError } from "../errors.ts";
import type { ImportedNetwork } from "../graph/import/importedNetwork.ts";
import { importOnnx } from "../graph/import/importOnnx.ts";
import { ModelProtoSchema } from "../graph/onnx.gen.ts";
import { resolveGraph } from "../models/onnxGraph.ts";
import { findOutputLayers } from "../models/onnxOutputLayer.ts";
import type { Plan } from "./plan.ts";

/** A network read from a file, and the tensor that the arms set. */
export interface OpenedNetwork {
  readonly imported: ImportedNetwork;
  /** Name of the output layer's bias. */
  readonly outputBias: string;
}

/**
 * Reads the network of a plan.
 *
 * @throws InputError where the file cannot be trained, or its output has no bias that arms could differ in
 */
export function openNetwork(
  file: string,
  bytes: Uint8Array,
  { freeze, asExported, output }: Pick<Plan, "freeze" | "asExported" | "output">,
): OpenedNetwork {
  const imported = importOnnx(bytes, { file, frozen: freeze, asExported });
  const name = output ?? imported.outputs[0].name;
  return { imported, outputBias: outputBiasOf(file, bytes, name) };
}

function outputBiasOf(file: string, bytes: Uint8Array, output: string): string {
  const graph = resolveGraph(fromBinary(ModelProtoSchema, bytes).graph!, file);
  const layers = findOutputLayers(graph, output, file);
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
