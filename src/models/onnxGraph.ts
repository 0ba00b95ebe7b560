import { InputError } from "../errors.ts";
import type { GraphProto, NodeProto, TensorProto } from "../graph/onnx.gen.ts";

/** A graph with its names resolved: which node computes a value, which nodes use it, which values are stored. */
export interface OnnxGraph {
  readonly graph: GraphProto;
  /** The node that computes a value. */
  readonly producers: ReadonlyMap<string, NodeProto>;
  /** The nodes that use a value, once per use; a subgraph of a node counts as that node. */
  readonly consumers: ReadonlyMap<string, readonly NodeProto[]>;
  /** Stored tensors by name: initializers, and the `value` of Constant nodes. */
  readonly tensors: ReadonlyMap<string, TensorProto>;
  readonly outputs: ReadonlySet<string>;
}

/** Resolves the names of a graph. Throws an InputError if a value is defined twice. */
export function resolveGraph(graph: GraphProto, file: string): OnnxGraph {
  const producers = new Map<string, NodeProto>();
  const consumers = new Map<string, NodeProto[]>();
  const tensors = new Map<string, TensorProto>();
  const define = <T>(map: Map<string, T>, name: string, value: T) => {
    if (producers.has(name) || tensors.has(name)) {
      throw new InputError(`${file}: broken ONNX file: two nodes or tensors define the value ${name}`);
    }
    map.set(name, value);
  };
  for (const tensor of graph.initializer) define(tensors, tensor.name, tensor);
  for (const node of graph.node) {
    const constant = constantTensor(node);
    if (constant) define(tensors, node.output[0], constant);
    for (const output of node.output) if (output && !constant) define(producers, output, node);
    for (const input of usedNames(node)) {
      const users = consumers.get(input);
      if (users) users.push(node);
      else consumers.set(input, [node]);
    }
  }
  return { graph, producers, consumers, tensors, outputs: new Set(graph.output.map(({ name }) => name)) };
}

/** Whether the node is `opType` of the standard operator set. */
export function isStandard({ domain }: NodeProto): boolean {
  return domain === "" || domain === "ai.onnx";
}

function constantTensor(node: NodeProto): TensorProto | undefined {
  if (node.opType !== "Constant" || !isStandard(node) || node.output.length !== 1) return undefined;
  return node.attribute.find(({ name }) => name === "value")?.t;
}

/** The values that a node reads, including those that its subgraphs (If, Loop, Scan) read from the outer graph. */
function usedNames(node: NodeProto): string[] {
  const inner = node.attribute.flatMap(({ g, graphs }) => (g ? [g, ...graphs] : graphs));
  const names = inner.flatMap((graph) => [
    ...graph.node.flatMap(usedNames),
    ...graph.output.map(({ name }) => name),
  ]);
  return [...node.input, ...names].filter((name) => name !== "");
}

/** An integer attribute, or `otherwise` if the node does not have it. */
export function integerAttribute(node: NodeProto, name: string, otherwise: number): number {
  const attribute = node.attribute.find((candidate) => candidate.name === name);
  return attribute ? Number(attribute.i) : otherwise;
}

/** A float attribute, or `otherwise` if the node does not have it. */
export function floatAttribute(node: NodeProto, name: string, otherwise: number): number {
  return node.attribute.find((candidate) => candidate.name === name)?.f ?? otherwise;
}

/** The node's name in messages: `Gemm /fc/Gemm`, or the name of its output if it has none. */
export function nodeLabel(node: NodeProto): string {
  return `${node.opType} ${node.name || `of ${node.output[0]}`}`;
}

/** Operators that only move or convert numbers; their first input carries them. */
export const layoutOps = new Set(
  "Identity Cast CastLike Reshape Flatten Squeeze Unsqueeze Transpose Dropout".split(" "),
);
/** Of these, the ones that keep the order of a vector: a stored bias may pass them on its way to the layer. */
const vectorOps = new Set("Identity Cast CastLike Reshape Flatten Squeeze Unsqueeze".split(" "));

/** A path longer than this from an output to its layer is taken for an attack. */
export const maxSteps = 10_000;

/** The node that makes `value`, looking through operators that only move numbers. */
export function throughLayout(graph: OnnxGraph, value: string): NodeProto | undefined {
  for (let steps = 0; steps < maxSteps; steps++) {
    const node = graph.producers.get(value);
    if (!node || !isStandard(node) || !layoutOps.has(node.opType)) return node;
    value = node.input[0];
  }
  return undefined;
}

/** The values from `value` back to where it is stored or computed, through operators that keep a vector's order. */
export function followVector(graph: OnnxGraph, value: string): string[] {
  const path = [value];
  for (let steps = 0; steps < maxSteps; steps++) {
    const node = graph.producers.get(path.at(-1)!);
    if (!node || !isStandard(node) || !vectorOps.has(node.opType) || !node.input[0]) break;
    path.push(node.input[0]);
  }
  return path;
}

/** The stored tensor behind a weight, through operators that keep its shape. */
export function followWeight(graph: OnnxGraph, value: string, through = ["Identity", "Cast"]): string {
  for (let steps = 0; steps < maxSteps; steps++) {
    const node = graph.producers.get(value);
    if (!node || !isStandard(node) || !through.includes(node.opType)) break;
    value = node.input[0];
  }
  return value;
}
