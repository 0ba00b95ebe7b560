import { InputError } from "../../errors.ts";
import { evaluateGraph } from "../evaluateGraph.ts";
import { Graph } from "../graph.ts";
import type { GraphProto, NodeProto } from "../onnx.gen.ts";
import type { Value } from "../op.ts";
import type { DType, Tensor } from "../tensor.ts";
import { arrayTypes, numbers } from "../tensor.ts";
import { sequenceOps, splitToSequence } from "./converters/sequence.ts";
import { converters, randomOps } from "./converters.ts";
import type { NetworkContext } from "./nodeContext.ts";
import { describeNode, NodeContext, nodeError } from "./nodeContext.ts";
import { protoTensor, type ReadExternal } from "./protoTensor.ts";

const isStandard = ({ domain }: NodeProto) => domain === "" || domain === "ai.onnx";

const canConvert = (node: NodeProto) =>
  isStandard(node) && (converters.has(node.opType) || node.opType === "If" || sequenceOps.has(node.opType));

const branches = (node: NodeProto): GraphProto[] => node.attribute.flatMap(({ g }) => (g ? [g] : []));

/** The values that a node reads, those that its branches take from around it included. */
function valuesRead(node: NodeProto): string[] {
  const inner = branches(node).flatMap((graph) => [
    ...graph.node.flatMap(valuesRead),
    ...graph.output.map(({ name }) => name),
  ]);
  return [...node.input, ...inner];
}

/** The nodes that `outputs` depend on, in order. */
export function neededNodes(nodes: readonly NodeProto[], outputs: readonly string[]): NodeProto[] {
  const needed = new Set(outputs);
  const kept = nodes.toReversed().filter((node) => {
    if (!node.output.some((name) => name !== "" && needed.has(name))) return false;
    for (const name of valuesRead(node)) needed.add(name);
    return true;
  });
  return kept.reverse();
}

/** Refuses a network with nodes that cannot be imported: the first by name, and how many others. */
export function refuseUnknownOps(nodes: readonly NodeProto[], file: string): void {
  const all = nodes.flatMap((node) => [node, ...branches(node).flatMap(({ node: inner }) => inner)]);
  const unknown = all.filter((node) => !canConvert(node));
  if (unknown.length === 0) return;
  const [first] = unknown;
  const kinds = new Set(unknown.map(({ domain, opType }) => `${domain}.${opType}`));
  const others =
    unknown.length === 1
      ? ""
      : `, nor ${unknown.length - 1} more such nodes (${kinds.size} operators in all: ${[...kinds]
          .map((kind) => kind.replace(/^\./, ""))
          .slice(0, 8)
          .join(", ")})`;
  const domain = isStandard(first) ? "ai.onnx" : first.domain;
  throw new InputError(
    `${file}: ${describeNode(first)} of domain ${domain} cannot be trained through${others}; export with a network of standard operators, or another exporter`,
  );
}

/**
 * Adds nodes of a file to a graph. `values` holds what they read, by the file's names, and gets what they compute.
 * A node that depends on constants only is computed here and now.
 *
 * @throws InputError that names the file and the node, where shapes do not fit
 */
export function addNodes(
  network: NetworkContext,
  nodes: readonly NodeProto[],
  values: Map<string, Value>,
  file: string,
  external?: ReadExternal,
): void {
  for (const node of nodes) {
    try {
      if (node.opType === "If") addBranch(network, node, values, file, external);
      else if (sequenceOps.has(node.opType)) addSequenceNode(network, node, values);
      else addNode(network, node, values);
    } catch (error) {
      throw nodeError(file, node, error);
    }
  }
}

function addNode(network: NetworkContext, node: NodeProto, values: Map<string, Value>): void {
  const read = node.input.map((name) => {
    if (name === "") return undefined;
    const value = values.get(name);
    if (!value) throw new RangeError(`no node or tensor defines its input ${name}`);
    return value;
  });
  const { fixedBatch } = network;
  const inputs = fixedBatch?.fitted(node, read, network.graph, network.known) ?? read;
  const isConstant =
    inputs.length > 0 &&
    !randomOps.has(node.opType) &&
    inputs.every((value) => !value || network.known.has(value.name));
  const outputs = isConstant ? folded(network, node, inputs) : converted(network, node, inputs);
  fixedBatch?.place(node, outputs);
  outputs.forEach((value, i) => {
    if (node.output[i]) values.set(node.output[i], value);
  });
}

function converted(
  network: NetworkContext,
  node: NodeProto,
  inputs: readonly (Value | undefined)[],
): readonly Value[] {
  const outputs = converters.get(node.opType)!(new NodeContext(network, node, inputs));
  return "name" in outputs ? [outputs] : outputs;
}

/** The outputs of a node of constants, computed by the definitions of the ops it is made of. */
function folded(
  network: NetworkContext,
  node: NodeProto,
  inputs: readonly (Value | undefined)[],
): readonly Value[] {
  const graph = new Graph();
  const known = new Map<string, Tensor>();
  const copies = inputs.map((value, i) => {
    if (!value) return undefined;
    const content = network.known.get(value.name)!;
    const copy = graph.namedConstant(`input_${i}`, content);
    known.set(copy.name, content);
    return copy;
  });
  const outputs = converted({ ...network, graph, known }, node, copies);
  outputs.forEach((value, i) => {
    graph.output(`output_${i}`, value);
  });
  const results = evaluateGraph(graph, {});
  return outputs.map((value, i) => {
    const content = known.get(value.name) ?? rounded(value.dtype, value.shape, results[`output_${i}`].data);
    return constant(network, content);
  });
}

/** Adds a constant whose content stays known. */
export function constant(network: NetworkContext, content: Tensor): Value {
  const value = network.graph.constant(content);
  network.known.set(value.name, content);
  return value;
}

const largestInt64 = 2 ** 63;

/** Float64 numbers as a tensor of a type; integers beyond the type's range become its ends. */
function rounded(dtype: DType, shape: readonly number[], data: Float64Array): Tensor {
  if (dtype !== "int64") return { dtype, shape, data: arrayTypes[dtype].from(data) };
  const whole = (number: number) => {
    if (Number.isNaN(number)) return 0n;
    if (number >= largestInt64) return 2n ** 63n - 1n;
    return number <= -largestInt64 ? -(2n ** 63n) : BigInt(number);
  };
  return { dtype, shape, data: BigInt64Array.from(data, whole) };
}

/** Adds a node that makes a sequence or takes from one: its elements are values of their own, `name[0]`, `name[1]` ... */
function addSequenceNode(network: NetworkContext, node: NodeProto, values: Map<string, Value>): void {
  const [from] = node.input;
  const [to] = node.output;
  if (node.opType === "SequenceAt") {
    const position = network.known.get(values.get(node.input[1])?.name ?? "");
    if (!position) throw new RangeError("its position depends on the data");
    const at = numbers(position)[0];
    const element = values.get(`${from}[${at}]`) ?? elementsOf(from, values).at(at);
    if (!element) throw new RangeError(`position ${at} of ${elementsOf(from, values).length} elements`);
    values.set(to, element);
    return;
  }
  const elements =
    node.opType === "SequenceConstruct"
      ? node.input.map((name) => values.get(name)!)
      : splitToSequence(
          new NodeContext(
            network,
            node,
            node.input.map((name) => values.get(name)),
          ),
        );
  elements.forEach((value, i) => {
    values.set(`${to}[${i}]`, value);
  });
}

function elementsOf(name: string, values: ReadonlyMap<string, Value>): Value[] {
  const elements: Value[] = [];
  for (let i = 0; values.has(`${name}[${i}]`); i++) elements.push(values.get(`${name}[${i}]`)!);
  return elements;
}

/** Adds the branch of an If whose condition is constant. */
function addBranch(
  network: NetworkContext,
  node: NodeProto,
  values: Map<string, Value>,
  file: string,
  external?: ReadExternal,
): void {
  const condition = network.known.get(values.get(node.input[0])?.name ?? "");
  if (!condition) throw new RangeError("its condition depends on the data; export with fixed shapes");
  const wanted = numbers(condition)[0] !== 0 ? "then_branch" : "else_branch";
  const branch = node.attribute.find(({ name }) => name === wanted)?.g;
  if (!branch) throw new RangeError(`it has no ${wanted}`);
  for (const proto of branch.initializer) {
    values.set(proto.name, constant(network, protoTensor(proto, file, external)));
  }
  addNodes(network, branch.node, values, file, external);
  branch.output.forEach(({ name }, i) => {
    values.set(node.output[i], values.get(name)!);
  });
}
