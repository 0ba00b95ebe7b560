import { InputError } from "../../errors.ts";
import type { Graph } from "../graph.ts";
import type { NoiseKind } from "../noise.ts";
import type { AttributeProto, NodeProto } from "../onnx.gen.ts";
import type { Value } from "../op.ts";
import type { DType, Tensor } from "../tensor.ts";
import { normalizeAxis, numbers, tensor } from "../tensor.ts";
import type { FixedBatch } from "./fixedBatch.ts";

/** What the nodes of a network share while they are added to a graph. */
export interface NetworkContext {
  readonly graph: Graph;
  /** Contents of values that do not depend on data, parameters or state, by the value's name. */
  readonly known: Map<string, Tensor>;
  readonly training: boolean;
  /** Whether batch normalisations whose node does not state a mode are trained with batch statistics. */
  readonly unstatedNormsTrain: boolean;
  readonly opset: number;
  /** Whether running variances are updated with the unbiased variance, as PyTorch does and ONNX does not. */
  readonly unbiasedVariance: boolean;
  /** Set where the file fixes another size of a batch. */
  readonly fixedBatch?: FixedBatch;
  /** Declares random numbers that are drawn anew for each step, and returns their value. */
  noise(node: NodeProto, kind: NoiseKind, shape: readonly number[]): Value;
  /** The next value of a state. */
  setState(name: string, value: Value): void;
}

/** One node of a file, while it is added to a graph. */
export class NodeContext {
  readonly network: NetworkContext;
  readonly graph: Graph;
  readonly node: NodeProto;
  /** Inputs; undefined where an optional one is left out. */
  readonly inputs: readonly (Value | undefined)[];

  constructor(network: NetworkContext, node: NodeProto, inputs: readonly (Value | undefined)[]) {
    this.network = network;
    this.graph = network.graph;
    this.node = node;
    this.inputs = inputs;
  }

  /** Input `index`, which must be there. */
  input(index: number): Value {
    const value = this.inputs[index];
    if (!value) throw new RangeError(`input ${index} is missing`);
    return value;
  }

  get x(): Value {
    return this.input(0);
  }

  #attribute(name: string): AttributeProto | undefined {
    return this.node.attribute.find((attribute) => attribute.name === name);
  }

  has(name: string): boolean {
    return this.#attribute(name) !== undefined;
  }

  int(name: string, otherwise: number): number {
    const attribute = this.#attribute(name);
    return attribute ? Number(attribute.i) : otherwise;
  }

  float(name: string, otherwise: number): number {
    return this.#attribute(name)?.f ?? otherwise;
  }

  ints(name: string): number[] | undefined {
    return this.#attribute(name)?.ints.map(Number);
  }

  floats(name: string): number[] | undefined {
    return this.#attribute(name)?.floats;
  }

  text(name: string, otherwise: string): string {
    const bytes = this.#attribute(name)?.s;
    return bytes ? new TextDecoder().decode(bytes) : otherwise;
  }

  attribute(name: string): AttributeProto | undefined {
    return this.#attribute(name);
  }

  axis(otherwise: number, rank = this.x.shape.length): number {
    return normalizeAxis(this.int("axis", otherwise), rank);
  }

  /** The content of an input that is constant; undefined where the input is left out. */
  numbers(index: number): number[] | undefined {
    const value = this.inputs[index];
    if (!value) return undefined;
    const content = this.network.known.get(value.name);
    if (!content) {
      throw new RangeError(
        `input ${index} (${this.node.input[index]}) must be constant, but it depends on the data; export with fixed shapes`,
      );
    }
    return [...numbers(content)];
  }

  /**
   * The output's shape, as constants of the file give it: -1 for an axis that they leave open. Constants keep their size,
   * which may only happen to be that of the file's batch, until they meet values of the data.
   */
  outputShape(given: readonly number[]): readonly number[] {
    if (this.isKnown(0)) return given;
    return this.network.fixedBatch?.outputShape(this.node, given) ?? given;
  }

  /** What an axis of an input measures in a file that fixes the size of a batch, if it holds the batch. */
  fileSize(index: number, axis: number): number | undefined {
    return this.network.fixedBatch?.fileSize(this.node.input[index], axis);
  }

  isKnown(index: number): boolean {
    const value = this.inputs[index];
    return value !== undefined && this.network.known.has(value.name);
  }

  /** A constant whose content stays known to the nodes that follow. */
  constant(content: Tensor): Value {
    const value = this.graph.constant(content);
    this.network.known.set(value.name, content);
    return value;
  }

  scalar(number: number, dtype: DType = this.x.dtype): Value {
    return this.constant(tensor(dtype, [], [number]));
  }

  int64(values: readonly number[], shape: readonly number[] = [values.length]): Value {
    return this.constant(tensor("int64", shape, values));
  }

  refuse(why: string): RangeError {
    return new RangeError(why);
  }
}

/** Adds a node of the file to the graph; returns its outputs. */
export type Converter = (context: NodeContext) => Value | readonly Value[];

/** `Conv "/layer1/conv"`: how messages name a node. */
export function describeNode({ opType, name, output, domain }: NodeProto): string {
  const op = domain === "" || domain === "ai.onnx" ? opType : `${domain}.${opType}`;
  return `${op} (node ${name || output.find((each) => each !== "") || "without name"})`;
}

/** An error of a node as one line that names the file and the node. */
export function nodeError(file: string, node: NodeProto, error: unknown): unknown {
  if (!(error instanceof RangeError)) return error;
  return new InputError(`${file}: ${describeNode(node)}: ${error.message}`);
}
