import { InputError } from "../../errors.ts";
import type { ModelProto, NodeProto } from "../onnx.gen.ts";
import { torchKind } from "./networkTensors.ts";

/** The line of Python that exports a network in training mode. */
export const exportLine =
  "torch.onnx.export(model.train(), args, path, dynamo=True, optimize=False, external_data=False)";

/** How a file's training mode is read. */
export interface ExportedMode {
  /** Whether batch normalisations whose node does not state a mode are trained with batch statistics. */
  readonly unstatedNormsTrain: boolean;
  readonly notes: readonly string[];
}

/**
 * Refuses a file that shows that it was exported in inference mode, in which batch normalisation is fused into
 * convolutions and dropout is gone, so that training it would train another network; unless `asExported`.
 *
 * torch.export writes batch normalisation without a mode, also of networks in training mode: it is then trained with
 * batch statistics, and a note says so.
 */
export function exportedMode(
  model: ModelProto,
  nodes: readonly NodeProto[],
  file: string,
  asExported: boolean,
): ExportedMode {
  const evidence = signsOfInference(model, nodes);
  if (evidence.length > 0) {
    const what = `${file} was exported in inference mode (${evidence.join("; ")}), so training it trains another network`;
    const unstatedNormsTrain = false;
    if (asExported) return { unstatedNormsTrain, notes: [`${what}; it is trained as it is`] };
    throw new InputError(`${what}; export it with ${exportLine}, or go on with asExported (--as-exported)`);
  }
  const unstated = nodes.filter((node) => node.opType === "BatchNormalization" && !statesMode(node)).length;
  if (unstated === 0 || asExported) return { unstatedNormsTrain: false, notes: [] };
  const note = `${file}: ${count(unstated, "batch normalisation")} without a mode, as torch.export writes: trained with the statistics of each batch`;
  return { unstatedNormsTrain: true, notes: [note] };
}

const modeOf = (node: NodeProto) => node.attribute.find(({ name }) => name === "training_mode");
const statesMode = (node: NodeProto) => modeOf(node) !== undefined;

function signsOfInference(model: ModelProto, nodes: readonly NodeProto[]): string[] {
  const norms = nodes.filter(({ opType }) => opType === "BatchNormalization");
  const isTorchExport = model.graph!.valueInfo.some((info) => torchKind(info) !== undefined);
  const resting = norms.filter((node) => (statesMode(node) ? modeOf(node)!.i !== 1n : !isTorchExport));
  const dropouts = nodes.filter(({ opType }) => opType === "Dropout");
  const fused = fusedConvolutions(model, nodes);
  const isTraining = dropouts.some(isTrainingDropout) || norms.some((node) => modeOf(node)?.i === 1n);
  const fusion = fused > 0 ? [`a batch normalisation is fused into ${count(fused, "convolution")}`] : [];
  if (isTraining) return fusion;
  return [
    ...(resting.length > 0 ? [`${count(resting.length, "batch normalisation")} with fixed statistics`] : []),
    ...(dropouts.length > 0 ? [`${count(dropouts.length, "dropout")} switched off`] : []),
    ...fusion,
  ];
}

const count = (n: number, what: string) => `${n} ${what}${n === 1 ? "" : "s"}`;

const isTrainingDropout = ({ opType, input }: NodeProto) =>
  opType === "Dropout" && input.length > 2 && input[2] !== "";

/**
 * Convolutions whose kernel the exporter rewrote: torch.onnx's tracer then makes up names for kernel and bias
 * (`onnx::Conv_12`; for the kernel alone, which Keras transposes, it is no fusion), and its torch.export path no longer says
 * what the tensor is, as it does of parameters and buffers.
 */
function fusedConvolutions(model: ModelProto, nodes: readonly NodeProto[]): number {
  const kinds = new Map(model.graph!.valueInfo.map((info) => [info.name, torchKind(info)]));
  const stored = new Set(model.graph!.initializer.map(({ name }) => name));
  const saysKinds = [...kinds.values()].includes("PARAMETER");
  return nodes.filter(({ opType, input }) => {
    if (opType !== "Conv" || !stored.has(input[1])) return false;
    const areRenamed = input.length > 2 && input.slice(1, 3).every((name) => /^onnx::Conv_\d+$/.test(name));
    return areRenamed || (saysKinds && kinds.get(input[1]) === undefined);
  }).length;
}
