import { clone } from "@bufbuild/protobuf";
import { InputError } from "../../errors.ts";
import type { Random } from "../../math/random.ts";
import { Graph } from "../graph.ts";
import { type NodeProto, NodeProtoSchema, type ValueInfoProto } from "../onnx.gen.ts";
import type { Value } from "../op.ts";
import { zero } from "../op.ts";
import { ops } from "../ops.ts";
import type { DType, Tensor } from "../tensor.ts";
import { elementCount, tensor } from "../tensor.ts";
import { addNodes, constant, neededNodes, refuseUnknownOps } from "./addNodes.ts";
import { exportedMode } from "./exportedMode.ts";
import { exportTrained } from "./exportTrained.ts";
import { type NetworkParameter, type NetworkState, networkTensors } from "./networkTensors.ts";
import type { NetworkContext, NoiseKind } from "./nodeContext.ts";
import { dtypeOf, type ReadExternal } from "./protoTensor.ts";
import { readNetwork } from "./readNetwork.ts";
import { toInference } from "./toInference.ts";

export interface ImportOptions {
  /** Name of the file in messages. */
  readonly file?: string;
  /** Parameters that training leaves as they are: names, or patterns with `*`. */
  readonly frozen?: readonly string[];
  /** Train a file that was exported in inference mode as it is, in place of refusing it. */
  readonly asExported?: boolean;
  /** Reads a file beside the model that holds large tensors. */
  readonly external?: ReadExternal;
}

/** An input or output of the network. A size is a number, or the name of a size that the data settle. */
export interface NetworkValue {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly (number | string)[];
}

/** Random numbers that a training step is fed, such as the mask of a dropout: drawn anew for each step. */
export interface NetworkNoise {
  readonly name: string;
  /** Its element type is float32. */
  readonly shape: readonly number[];
  readonly kind: NoiseKind;
  draw(random: Random): Tensor;
}

export interface BuildOptions {
  /** Whether batch normalisation and dropout behave as in training. */
  readonly training: boolean;
  /** Values for the noise, by name; as `bind` lists it. */
  readonly noise?: ReadonlyMap<string, Value>;
}

export interface BuiltNetwork {
  readonly outputs: ReadonlyMap<string, Value>;
  /** The next value of each state that a training step updates. */
  readonly nextState: ReadonlyMap<string, Value>;
}

/** The network at fixed shapes of its inputs. */
export interface BoundNetwork {
  readonly outputs: readonly Value[];
  readonly noise: readonly NetworkNoise[];
  /** The parameters that are not frozen and that the outputs depend on. */
  readonly trainable: readonly NetworkParameter[];
}

/** A network that was read from an ONNX file. */
export interface ImportedNetwork {
  readonly inputs: readonly NetworkValue[];
  readonly outputs: readonly NetworkValue[];
  readonly parameters: readonly NetworkParameter[];
  readonly state: readonly NetworkState[];
  /** What the user should know: one sentence each. */
  readonly notes: readonly string[];
  /**
   * Checks that the network can be built at these shapes of its inputs, and says what it then computes and is fed.
   *
   * @param outputs the outputs that the loss reads; all of them unless given
   * @throws InputError that names the node where shapes do not fit
   */
  bind(shapes: Readonly<Record<string, readonly number[]>>, outputs?: readonly string[]): BoundNetwork;
  /**
   * Adds the network to a graph.
   *
   * @param inputs values for the inputs, by name, with the shapes that the network is built for
   * @param weights values for the parameters and the state, by name
   */
  build(
    graph: Graph,
    inputs: ReadonlyMap<string, Value>,
    weights: ReadonlyMap<string, Value>,
    options: BuildOptions,
  ): BuiltNetwork;
  /**
   * The file with other parameters and states, by name, in inference form: same names, inputs and outputs; batch
   * normalisation with running statistics, no dropout.
   */
  exportTrained(values: Readonly<Record<string, Tensor>>): Uint8Array;
}

/**
 * Reads an ONNX file as a network that can be trained: its float tensors are parameters by name, running statistics are
 * state, and every node becomes nodes of the table of ops.
 *
 * @throws InputError on files that are no ONNX, operators that cannot be trained through (by name and node), and files
 *   that were exported in inference mode, unless `asExported`
 */
export function importOnnx(bytes: Uint8Array, options: ImportOptions = {}): ImportedNetwork {
  const { file = "the model", frozen = [], external } = options;
  const { model, nodes: all, opset } = readNetwork(bytes, file);
  const proto = model.graph!;
  const outputNames = proto.output.map(({ name }) => name);
  const nodes = neededNodes(all, outputNames);
  refuseUnknownOps(nodes, file);
  const needed = new Set([...nodes.flatMap(namesRead), ...outputNames]);
  const tensors = networkTensors(model, nodes, needed, file, frozen, external);
  const mode = exportedMode(model, nodes, file, options.asExported ?? false);
  if (!tensors.parameters.some(({ trainable }) => trainable)) {
    throw new InputError(`${file}: it has no trainable parameters (${tensors.parameters.length} are frozen)`);
  }
  const atRest = inferenceNodes(nodes, outputNames);
  const stored = new Set(proto.initializer.map(({ name }) => name));
  const inputs = proto.input.filter(({ name }) => !stored.has(name)).map((info) => networkValue(info, file));
  const build = (
    graph: Graph,
    given: ReadonlyMap<string, Value>,
    weights: ReadonlyMap<string, Value>,
    training: boolean,
    noise: NetworkContext["noise"],
  ): BuiltNetwork => {
    const nextState = new Map<string, Value>();
    const network: NetworkContext = {
      graph,
      known: new Map(),
      training,
      unstatedNormsTrain: mode.unstatedNormsTrain,
      opset,
      unbiasedVariance: model.producerName === "pytorch",
      noise,
      setState: (name, value) => nextState.set(name, value),
    };
    const values = new Map([...given, ...weights]);
    for (const [name, content] of tensors.constants) values.set(name, constant(network, content));
    addNodes(network, training ? nodes : atRest, values, file, external);
    return { outputs: new Map(outputNames.map((name) => [name, values.get(name)!])), nextState };
  };
  const scratch = (shapes: Readonly<Record<string, readonly number[]>>) => {
    const graph = new Graph();
    const given = inputs.map((input) => [
      input.name,
      graph.input(input.name, input.dtype, boundShape(input, shapes[input.name], file)),
    ]);
    const weights = [...tensors.parameters, ...tensors.state].map(({ name, shape, value }) => [
      name,
      graph.input(name, value.dtype, shape),
    ]);
    const noise: NetworkNoise[] = [];
    const { outputs } = build(
      graph,
      new Map(given as [string, Value][]),
      new Map(weights as [string, Value][]),
      true,
      (node, kind, shape) => {
        noise.push(noiseOf(node, kind, shape));
        return graph.input(noise[noise.length - 1].name, "float32", shape);
      },
    );
    return { graph, outputs, noise };
  };
  return {
    inputs,
    outputs: proto.output.map((info) => networkValue(info, file)),
    parameters: tensors.parameters,
    state: tensors.state,
    notes: [...mode.notes, ...tensors.notes],
    bind(shapes, names) {
      const { graph, outputs, noise } = scratch(shapes);
      const wanted = [...outputs].filter(([name]) => names?.includes(name) ?? true).map(([, value]) => value);
      const reached = differentiableSources(graph, wanted);
      return {
        outputs: [...outputs].map(([name, value]) => ({ ...value, name })),
        noise,
        trainable: tensors.parameters.filter(({ name, trainable }) => trainable && reached.has(name)),
      };
    },
    build: (graph, given, weights, { training, noise }) =>
      build(graph, given, weights, training, (node, kind, shape) => {
        const { name } = noiseOf(node, kind, shape);
        const value = noise?.get(name);
        if (!value) throw new RangeError(`no value for the noise ${name}`);
        return value;
      }),
    exportTrained: (values) => exportTrained(model, values, file),
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
    throw new InputError(`${file}: the shape of input ${input.name}, ${wanted}, is not settled by the data`);
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

function noiseOf(node: NodeProto, kind: NoiseKind, shape: readonly number[]): NetworkNoise {
  const next = (random: Random) => {
    if (kind.kind === "mask") return Number(random.uniform() < kind.keep);
    if (kind.kind === "uniform") return kind.low + (kind.high - kind.low) * random.uniform();
    return kind.mean + kind.standardDeviation * random.normal();
  };
  return {
    name: `noise ${node.output[0]}`,
    shape,
    kind,
    draw: (random) =>
      tensor(
        "float32",
        shape,
        Float32Array.from({ length: elementCount(shape) }, () => next(random)),
      ),
  };
}

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
