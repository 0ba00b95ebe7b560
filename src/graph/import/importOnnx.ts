import { clone } from "@bufbuild/protobuf";
import { InputError } from "../../errors.ts";
import { Graph } from "../graph.ts";
import { type NetworkNoise, type NoiseKind, networkNoise } from "../noise.ts";
import { type ModelProto, type NodeProto, NodeProtoSchema, type ValueInfoProto } from "../onnx.gen.ts";
import type { Value } from "../op.ts";
import { zero } from "../op.ts";
import { ops } from "../ops.ts";
import { addNodes, constant, neededNodes, refuseUnknownOps } from "./addNodes.ts";
import { type ExportedMode, exportedMode } from "./exportedMode.ts";
import { exportTrained } from "./exportTrained.ts";
import { FixedBatch } from "./fixedBatch.ts";
import type {
  BoundNetwork,
  BuiltNetwork,
  ImportedNetwork,
  ImportOptions,
  NetworkValue,
} from "./importedNetwork.ts";
import { type NetworkTensors, networkTensors } from "./networkTensors.ts";
import type { NetworkContext } from "./nodeContext.ts";
import { dtypeOf, type ReadExternal } from "./protoTensor.ts";
import { readNetwork } from "./readNetwork.ts";
import { toInference } from "./toInference.ts";

/**
 * Reads an ONNX file as a network that can be trained: its float tensors are parameters by name, running statistics are
 * state, and every node becomes nodes of the table of ops.
 *
 * @throws InputError on files that are not ONNX, operators that cannot be trained through (by name and node), and files
 *   that were exported in inference mode, unless `asExported`
 */
export function importOnnx(bytes: Uint8Array, options: ImportOptions = {}): ImportedNetwork {
  const parts = readParts(bytes, options);
  const { model, file, tensors, inputs, outputs } = parts;
  return {
    inputs,
    outputs: model
      .graph!.output.filter(({ name }) => outputs.has(name))
      .map((info) => networkValue(info, file)),
    parameters: tensors.parameters,
    state: tensors.state,
    notes: parts.notes,
    bind: (shapes, outputs) => bind(parts, shapes, outputs),
    build: (graph, given, weights, { training, noise }) =>
      addNetwork(parts, graph, new Map([...given, ...weights]), training, (node, kind, shape) => {
        const { name } = noiseOf(node, kind, shape);
        const value = noise?.get(name);
        if (!value) throw new RangeError(`no value for the noise ${name}`);
        return value;
      }),
    exportTrained: (values) => exportTrained(model, values, file),
  };
}

/** A file taken apart: what every method of the network reads. */
interface Parts {
  readonly file: string;
  readonly external: ReadExternal | undefined;
  readonly model: ModelProto;
  /** In training mode and in inference form. */
  readonly nodes: { readonly training: readonly NodeProto[]; readonly inference: readonly NodeProto[] };
  readonly opset: number;
  readonly mode: ExportedMode;
  readonly tensors: NetworkTensors;
  readonly inputs: readonly NetworkValue[];
  /** Names of the outputs, each with that of the value that is read. */
  readonly outputs: ReadonlyMap<string, string>;
  readonly notes: readonly string[];
}

function readParts(bytes: Uint8Array, options: ImportOptions): Parts {
  const { file = "the model", frozen = [], external } = options;
  const { model, nodes: all, opset, notes } = readNetwork(bytes, file);
  const proto = model.graph!;
  const outputs = options.outputs ?? new Map(proto.output.map(({ name }) => [name, name]));
  const read = [...outputs.values()];
  const training = neededNodes(all, read);
  refuseUnknownOps(training, file);
  const needed = new Set([...training.flatMap(namesRead), ...read]);
  const tensors = networkTensors(model, training, needed, file, frozen, external);
  const mode = exportedMode(model, training, file, options.asExported ?? false);
  if (!tensors.parameters.some(({ trainable }) => trainable)) {
    throw new InputError(`${file}: it has no trainable parameters (${tensors.parameters.length} are frozen)`);
  }
  const nodes = { training, inference: inferenceNodes(training, read) };
  const stored = new Set(proto.initializer.map(({ name }) => name));
  const inputs = proto.input
    .filter(({ name }) => !stored.has(name) && (needed.has(name) || options.outputs === undefined))
    .map((info) => networkValue(info, file));
  const allNotes = [...notes, ...mode.notes, ...tensors.notes];
  return { file, external, model, nodes, opset, mode, tensors, inputs, outputs, notes: allNotes };
}

/** Adds the network to a graph. `given` holds the inputs, parameters and state by name. */
function addNetwork(
  parts: Parts,
  graph: Graph,
  given: ReadonlyMap<string, Value>,
  training: boolean,
  noise: NetworkContext["noise"],
): BuiltNetwork {
  const fixedBatch = fixedBatchOf(parts, given, training);
  const { values, nextState } = addValues(parts, graph, given, training, noise, fixedBatch);
  const outputs = [...parts.outputs].map(([name, read]) => [name, values.get(read)!] as const);
  for (const [name, read] of parts.outputs) {
    if (fixedBatch?.isFirst(read) ?? true) continue;
    throw new InputError(
      `${parts.file}: the first axis of ${name} is not the batch, which the file fixes; export with a batch of any size`,
    );
  }
  return { outputs: new Map(outputs), nextState };
}

/** Set where the file fixes the size of a batch, and the data have another; it is the first size of every input. */
function fixedBatchOf(
  parts: Parts,
  given: ReadonlyMap<string, Value>,
  training: boolean,
): FixedBatch | undefined {
  const { inputs } = parts;
  const [size] = inputs[0]?.shape ?? [];
  const isFixed = typeof size === "number" && inputs.every(({ shape }) => shape[0] === size);
  if (!isFixed) return undefined;
  const names = inputs.map(({ name }) => name);
  const now = given.get(names[0])!.shape[0];
  if (now === size) return undefined;
  const graph = new Graph();
  const atSize = [...given].map(([name, { dtype, shape }]) => {
    return [name, graph.input(name, dtype, names.includes(name) ? shape.with(0, size) : shape)] as const;
  });
  const { values } = addValues(parts, graph, new Map(atSize), training, (node, kind, shape) =>
    graph.input(noiseOf(node, kind, shape).name, "float32", shape),
  );
  const shapes = new Map([...values].map(([name, { shape }]) => [name, shape]));
  return new FixedBatch(size, now, shapes, names);
}

/** Adds the nodes of the file, and returns all that they compute, by the file's names. */
function addValues(
  { file, external, model, nodes, opset, mode, tensors }: Parts,
  graph: Graph,
  given: ReadonlyMap<string, Value>,
  training: boolean,
  noise: NetworkContext["noise"],
  fixedBatch?: FixedBatch,
) {
  const nextState = new Map<string, Value>();
  const network: NetworkContext = {
    graph,
    known: new Map(),
    training,
    unstatedNormsTrain: mode.unstatedNormsTrain,
    opset,
    unbiasedVariance: model.producerName === "pytorch",
    fixedBatch,
    noise,
    setState: (name, value) => nextState.set(name, value),
  };
  const values = new Map(given);
  for (const [name, content] of tensors.constants) values.set(name, constant(network, content));
  addNodes(network, training ? nodes.training : nodes.inference, values, file, external);
  return { values, nextState };
}

/** Builds the network in a graph of its own, to see whether it fits, what it is fed and what its outputs depend on. */
function bind(
  parts: Parts,
  shapes: Readonly<Record<string, readonly number[]>>,
  names: readonly string[] | undefined,
): BoundNetwork {
  const { inputs, tensors, file } = parts;
  const graph = new Graph();
  const given = new Map<string, Value>();
  for (const input of inputs) {
    const shape = boundShape(input, shapes[input.name], file);
    given.set(input.name, graph.input(input.name, input.dtype, shape));
  }
  for (const { name, shape, value } of [...tensors.parameters, ...tensors.state]) {
    given.set(name, graph.input(name, value.dtype, shape));
  }
  const noise: NetworkNoise[] = [];
  const { outputs } = addNetwork(parts, graph, given, true, (node, kind, shape) => {
    const one = noiseOf(node, kind, shape);
    noise.push(one);
    return graph.input(one.name, "float32", shape);
  });
  const wanted = [...outputs].filter(([name]) => names?.includes(name) ?? true).map(([, value]) => value);
  const reached = differentiableSources(graph, wanted);
  return {
    outputs: [...outputs].map(([name, value]) => ({ ...value, name })),
    noise,
    trainable: tensors.parameters.filter(({ name, trainable }) => trainable && reached.has(name)),
  };
}

/** The nodes in inference form. */
function inferenceNodes(nodes: readonly NodeProto[], outputs: readonly string[]): readonly NodeProto[] {
  const node = nodes.map((each) => clone(NodeProtoSchema, each));
  toInference({ node });
  return neededNodes(node, outputs);
}

function namesRead(node: NodeProto): string[] {
  const inner = node.attribute.flatMap(({ g }) => (g ? g.node.flatMap(namesRead) : []));
  const outputs = node.attribute.flatMap(({ g }) => g?.output.map(({ name }) => name) ?? []);
  return [...node.input, ...inner, ...outputs];
}

function networkValue({ name, type }: ValueInfoProto, file: string): NetworkValue {
  const tensorType = type?.value.case === "tensorType" ? type.value.value : undefined;
  const dtype = dtypeOf(tensorType?.elemType ?? 0);
  if (!tensorType || !dtype) {
    throw new InputError(
      `${file}: ${name} has element type ${tensorType?.elemType ?? "unknown"} of ONNX, which cannot be trained with`,
    );
  }
  const shape = (tensorType.shape?.dim ?? []).map(({ value }, axis) => {
    if (value.case === "dimValue") return Number(value.value);
    return value.case === "dimParam" && value.value !== "" ? value.value : `${name}[${axis}]`;
  });
  return { name, dtype, shape };
}

/** The shape that the data have, which must fit the file's; the first axis, that of the batch, may have any size. */
function boundShape(input: NetworkValue, given: readonly number[] | undefined, file: string): number[] {
  const wanted = `[${input.shape.join(", ")}]`;
  if (!given) {
    const fixed = input.shape.filter((size) => typeof size === "number");
    if (fixed.length === input.shape.length) return fixed;
    throw new InputError(
      `${file}: the shape of input ${input.name}, ${wanted}, is not determined by the data`,
    );
  }
  const fits = input.shape.every(
    (size, axis) => axis === 0 || typeof size === "string" || size === given[axis],
  );
  if (given.length !== input.shape.length || !fits) {
    throw new InputError(
      `${file}: input ${input.name} has the shape ${wanted}, but the data [${given.join(", ")}]`,
    );
  }
  return [...given];
}

const noiseOf = ({ output }: NodeProto, kind: NoiseKind, shape: readonly number[]): NetworkNoise =>
  networkNoise(`noise ${output[0]}`, kind, shape);

/** Names of the values that gradients of `outputs` reach. */
function differentiableSources(graph: Graph, outputs: readonly Value[]): Set<string> {
  const reached = new Set(outputs.map(({ name }) => name));
  for (const entry of graph.tape.toReversed()) {
    if (!reached.has(entry.y.name)) continue;
    const rules = "op" in entry ? ops[entry.op].gradient : [];
    entry.x.forEach((x, i) => {
      const rule = typeof rules === "function" ? rules(i) : rules[i];
      if (rule !== zero && x.dtype.startsWith("float")) reached.add(x.name);
    });
  }
  return reached;
}
