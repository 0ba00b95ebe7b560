import { clone } from "@bufbuild/protobuf";
import { type GraphProto, type NodeProto, type TensorProto, TensorProtoSchema } from "../onnx.gen.ts";
import { elementCount } from "../tensor.ts";
import { isParameter } from "./networkTensors.ts";
import { dtypeOf, protoTensor } from "./protoTensor.ts";

/** A parameter that starts as a constant, and one place that uses it. */
interface Use {
  readonly node: NodeProto;
  readonly index: number;
}

/** The parameters that were separated, by the name of the stored tensor that stood for all of them. */
export type Separated = ReadonlyMap<string, readonly string[]>;

/**
 * Separates parameters that an exporter stored as one because they start with equal values, such as biases of zeros and the
 * scales of normalisations; trained as one, they would be another network. torch.onnx's tracer in inference mode writes
 * `Identity(a.bias)` for b.bias; the optimizer of its torch.export path uses a.bias in the module b as well.
 *
 * Only tensors whose elements are all equal are separated: others are equal because they are tied. Changes the graph.
 */
export function separateMerged(graph: GraphProto, file: string): Separated {
  const constants = new Map(
    graph.initializer.filter((proto) => isConstant(proto, file)).map((proto) => [proto.name, proto]),
  );
  const separated = new Map<string, string[]>();
  const taken = new Set([
    ...graph.initializer.map(({ name }) => name),
    ...graph.node.flatMap(({ output }) => output),
  ]);
  const add = (source: string, name: string) => {
    graph.initializer.push({ ...clone(TensorProtoSchema, constants.get(source)!), name });
    separated.set(source, [...(separated.get(source) ?? []), name]);
  };
  graph.node = graph.node.filter(({ opType, input, output }) => {
    if (opType !== "Identity" || !constants.has(input[0])) return true;
    add(input[0], output[0]);
    return false;
  });
  for (const [source, modules] of usesByModule(graph, constants, file)) {
    const owner = modules.has(moduleOfName(source)) ? moduleOfName(source) : modules.keys().next().value;
    for (const [module, uses] of modules) {
      if (module === owner) continue;
      const name = freeName(`${module}.${roleOf(uses[0])}`, taken);
      add(source, name);
      for (const { node, index } of uses) node.input[index] = name;
    }
  }
  return separated;
}

/** Biases and scales are small; larger tensors need not be decoded. */
const maxElements = 2 ** 16;

/** Whether a tensor holds floats that are all the same, and more than one. Tensors in other files are too large to be meant. */
function isConstant(proto: TensorProto, file: string): boolean {
  const dtype = dtypeOf(proto.dataType ?? 0);
  if ((dtype !== "float32" && dtype !== "float64") || proto.externalData.length > 0) return false;
  if (elementCount(proto.dims.map(Number)) > maxElements) return false;
  const { data } = protoTensor(proto, file);
  return data.length > 1 && (data as Float32Array).every((value) => value === data[0]);
}

/** The places that use each parameter, by the module that they lie in; only of parameters that several modules use. */
function usesByModule(graph: GraphProto, constants: ReadonlyMap<string, TensorProto>, file: string) {
  const infos = new Map(graph.valueInfo.map((info) => [info.name, info]));
  const found = new Map<string, Map<string, Use[]>>();
  for (const node of graph.node) {
    const module = moduleOf(node);
    if (module === undefined) continue;
    node.input.forEach((name, index) => {
      if (!constants.has(name)) return;
      const modules = found.get(name) ?? new Map<string, Use[]>();
      modules.set(module, [...(modules.get(module) ?? []), { node, index }]);
      found.set(name, modules);
    });
  }
  return [...found].filter(
    ([name, modules]) =>
      modules.size > 1 && isParameter(name, protoTensor(constants.get(name)!, file), infos.get(name)),
  );
}

/** The module of a node as torch.export tells it: `['', 'encoder', 'encoder.norm', 'layer_norm']` lies in `encoder.norm`. */
export function moduleOf({ metadataProps }: NodeProto): string | undefined {
  const scopes = metadataProps.find(({ key }) => key === "pkg.torch.onnx.name_scopes")?.value;
  return scopes && [...scopes.matchAll(/'([^']*)'/g)].map(([, name]) => name).at(-2);
}

const moduleOfName = (name: string) => name.slice(0, Math.max(0, name.lastIndexOf(".")));

/** What the parameter is to its module, by its place in the node. */
function roleOf({ node, index }: Use): string {
  const isBias = node.opType === "Add" || index === 2;
  return isBias ? "bias" : "weight";
}

function freeName(name: string, taken: Set<string>): string {
  let free = name;
  for (let i = 1; taken.has(free); i++) free = `${name}_${i}`;
  taken.add(free);
  return free;
}
