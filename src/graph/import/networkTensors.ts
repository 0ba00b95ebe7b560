import { InputError, nearest } from "../../errors.ts";
import type { ModelProto, NodeProto, ValueInfoProto } from "../onnx.gen.ts";
import type { Tensor } from "../tensor.ts";
import { elementCount } from "../tensor.ts";
import { protoTensor, type ReadExternal } from "./protoTensor.ts";

/** A tensor of the file that training updates by its gradient. */
export interface NetworkParameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly value: Tensor;
  /** False for parameters that were frozen by name. */
  readonly trainable: boolean;
}

/** A tensor that a training step updates without a gradient: a running mean or variance. */
export interface NetworkState {
  readonly name: string;
  readonly shape: readonly number[];
  readonly value: Tensor;
}

export interface NetworkTensors {
  readonly parameters: readonly NetworkParameter[];
  readonly state: readonly NetworkState[];
  readonly constants: ReadonlyMap<string, Tensor>;
  readonly notes: readonly string[];
}

const isFloat = ({ dtype }: Tensor) => dtype === "float32" || dtype === "float64";

/** Inputs that are settings of a node rather than something to train: the scales of a Resize, the bounds of a Clip. */
const settings: Readonly<Record<string, readonly number[]>> = {
  Clip: [1, 2],
  CumSum: [1],
  Dropout: [1, 2],
  Pad: [1, 2],
  Range: [0, 1, 2],
  Resize: [1, 2],
};

/** What torch.export said of a tensor: PARAMETER, BUFFER or CONSTANT_TENSOR. */
export const torchKind = (info: ValueInfoProto | undefined): string | undefined =>
  info?.metadataProps.find(({ key }) => key === "pkg.torch.export.graph_signature.InputSpec.kind")?.value;

/** What torch.onnx computed a tensor from, where it folded constants; undefined for tensors that it did not compute. */
function foldedFrom(info: ValueInfoProto | undefined): string[] | undefined {
  const list = info?.metadataProps.find(({ key }) => key === "pkg.onnxscript.optimizer.folded_from")?.value;
  return list === undefined ? undefined : [...list.matchAll(/'([^']*)'/g)].map(([, name]) => name);
}

/** Names of a module's tensors (`layer.weight`) that are parameters, not lifted constants or tables of frequencies. */
const isModuleName = (name: string) => name.includes(".") && !/lifted_tensor|inv_freq|_ids$|mask$/.test(name);

/** Names that exporters make up for constants: `val_12`, `scalar_tensor_default`, `/d/Constant_output_0`, `const_fold_opt__5`. */
const madeUpName =
  /^(_?val_\d+$|scalar_tensor|_to_copy|lifted_tensor|clone_|alias|c_|const|Const)|Constant|const_fold|_const/;

/**
 * Sorts the stored tensors into parameters, state and constants. Running means and variances are state. Integers are
 * constants. Of the floats, the exporter's own word decides where it gives one (torch.export names parameters and
 * buffers); without it, a tensor of one number under a name that exporters make up is a constant.
 */
export function networkTensors(
  model: ModelProto,
  nodes: readonly NodeProto[],
  needed: ReadonlySet<string>,
  file: string,
  frozen: readonly string[],
  external?: ReadExternal,
): NetworkTensors {
  const infos = new Map(model.graph!.valueInfo.map((info) => [info.name, info]));
  const running = new Set(
    nodes.flatMap(({ opType, input }) => (opType === "BatchNormalization" ? input.slice(3, 5) : [])),
  );
  const fixed = new Set(
    nodes.flatMap(({ opType, input }) => (settings[opType] ?? []).map((index) => input[index])),
  );
  const parameters: NetworkParameter[] = [];
  const state: NetworkState[] = [];
  const constants = new Map<string, Tensor>();
  const mixed: string[] = [];
  const isOurs = model.producerName === "baserate";
  for (const proto of model.graph!.initializer) {
    if (!needed.has(proto.name)) continue;
    const { name } = proto;
    const value = protoTensor(proto, file, external);
    if (running.has(name)) state.push({ name, shape: value.shape, value });
    else if (isOurs && /^constant_\d+$/.test(name)) constants.set(name, value);
    else if (!fixed.has(name) && isParameter(name, value, infos.get(name))) {
      if ((foldedFrom(infos.get(name))?.length ?? 0) > 1) mixed.push(name);
      const trainable = !frozen.some((pattern) => matches(pattern, name));
      parameters.push({ name, shape: value.shape, value, trainable });
    } else constants.set(name, value);
  }
  refuseUnknownNames(
    frozen,
    parameters.map(({ name }) => name),
  );
  return { parameters, state, constants, notes: mixed.length > 0 ? [foldedNote(mixed, infos, file)] : [] };
}

function foldedNote(
  mixed: readonly string[],
  infos: ReadonlyMap<string, ValueInfoProto>,
  file: string,
): string {
  const source = foldedFrom(infos.get(mixed[0]))!.find(isModuleName);
  const others = mixed.length > 1 ? ` and ${mixed.length - 1} more` : "";
  return `${file}: the exporter computed ${mixed[0]} from the parameter ${source}${others}, and the result is trained in its place; export with optimize=False to train the parameters themselves`;
}

/** Whether training changes a stored tensor that is no running statistic. */
export function isParameter(name: string, value: Tensor, info: ValueInfoProto | undefined): boolean {
  if (!isFloat(value)) return false;
  const kind = torchKind(info);
  const sources = foldedFrom(info);
  if (sources) return sources.some(isModuleName);
  if (kind !== undefined) return kind === "PARAMETER";
  if (elementCount(value.shape) > 1) return !(madeUpName.test(name) && value.shape.length < 2);
  return !madeUpName.test(name) && name.includes(".");
}

/** Whether a name is the pattern, in which `*` stands for any characters. */
function matches(pattern: string, name: string): boolean {
  const escaped = pattern.split("*").map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${escaped.join(".*")}$`).test(name);
}

function refuseUnknownNames(frozen: readonly string[], names: readonly string[]): void {
  for (const pattern of frozen) {
    if (names.some((name) => matches(pattern, name))) continue;
    const guess = nearest(pattern, names);
    throw new InputError(
      `unknown parameter to freeze: ${pattern}${guess ? `; did you mean ${guess}?` : ""}; allowed: a name, or a pattern with * such as ${names[0] ?? "conv1"}*`,
    );
  }
}
