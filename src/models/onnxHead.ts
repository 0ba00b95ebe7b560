import type { NodeProto } from "../graph/onnx.gen.ts";
import type { FloatType } from "./floats.ts";
import { floatAttribute, integerAttribute, isStandard, nodeLabel, type OnnxGraph } from "./onnxGraph.ts";
import { floatType, shapeOf } from "./onnxTensor.ts";

/** The layer that an output of a graph comes from, walked back from the output. */
export interface OnnxHead {
  /** The node whose result is the output before activations, without its bias; undefined where none is known. */
  readonly layer?: NodeProto;
  /** The node that adds the bias: the layer itself, or an Add. */
  readonly adder?: NodeProto;
  /** The activations between layer and output, in the order of their work: "Softmax", or "Softmax, Log". */
  readonly activation?: string;
  readonly units?: number;
  readonly convolution: boolean;
  /** The name of the stored bias; undefined if there is none to set, and `reason` then says why. */
  readonly bias?: string;
  readonly reason?: string;
  /** Where there is no bias: where one can be added. */
  readonly addition?: Addition;
}

/** Where a bias can be added: to `value`, by an Add of a tensor of this shape. */
export interface Addition {
  readonly value: string;
  readonly shape: readonly number[];
  /** The element type, as baserate calls it and as ONNX numbers it. */
  readonly type: FloatType;
  readonly dataType: number;
}

/** Elementwise functions and normalised exponentials that turn outputs into predictions. */
const activations = new Set(
  "Softmax LogSoftmax Sigmoid HardSigmoid Softplus Softsign Exp Log Tanh Relu Elu Selu LeakyRelu Clip".split(
    " ",
  ),
);
/** Operators that only move or convert numbers; their first input carries them. */
const layoutOps = new Set(
  "Identity Cast CastLike Reshape Flatten Squeeze Unsqueeze Transpose Dropout".split(" "),
);
/** Operators that make each channel's numbers from that channel's alone, and of equal numbers the same number. */
const channelOps = new Set("GlobalAveragePool GlobalMaxPool MaxPool AveragePool Resize Upsample".split(" "));
/** Of these, the ones that a stored bias may pass on its way to the layer: they keep the order of a vector. */
const vectorOps = new Set("Identity Cast CastLike Reshape Flatten Squeeze Unsqueeze".split(" "));
/** Layers whose third input is a bias. */
const biasedLayers = new Set(["Gemm", "FusedGemm", "Conv", "FusedConv", "ConvTranspose"]);
const matrixProducts = new Set(["MatMul", "FusedMatMul"]);
const scaling = new Set(["Mul", "Div", "Sub", "Neg", "Pow", "Sqrt", "Reciprocal"]);
const selection = new Set([
  "ArgMax",
  "ArgMin",
  "TopK",
  "ZipMap",
  "LabelEncoder",
  "ArrayFeatureExtractor",
  "NonMaxSuppression",
]);
const domains = new Set(["", "ai.onnx", "ai.onnx.ml", "com.microsoft"]);

/** More steps than this from an output to its layer are taken for an attack. */
const maximumSteps = 10_000;

/** The layers that the output `name` comes from: one, or one for each branch where branches are concatenated. */
export function findHeads(graph: OnnxGraph, name: string, file: string): OnnxHead[] {
  const heads = new Map<string, OnnxHead>();
  const pending: { value: string; after: string[] }[] = [{ value: name, after: [] }];
  const seen = new Set<string>();
  for (let steps = 0; pending.length > 0; steps++) {
    const { value, after } = pending.pop()!;
    const found = (head: OnnxHead) => heads.set(head.layer?.output[0] ?? value, withActivation(head, after));
    if (seen.has(value)) continue;
    seen.add(value);
    const node = graph.producers.get(value);
    if (steps > maximumSteps) found(nothing(`it is more than ${maximumSteps} nodes away from a layer`));
    else if (!node) found(nothing(sourceReason(graph, value)));
    else if (activations.has(node.opType) && isStandard(node))
      pending.push({ value: node.input[0], after: [node.opType, ...after] });
    else if (layoutOps.has(node.opType) && isStandard(node)) pending.push({ value: node.input[0], after });
    else if (channelOps.has(node.opType) && isStandard(node) && !fillsIn(node))
      pending.push({ value: node.input[0], after });
    else if (node.opType === "Concat" && isStandard(node))
      for (const input of [...node.input].reverse()) pending.push({ value: input, after });
    else found(head(graph, node, value, file));
    if (steps > maximumSteps) break;
  }
  if (heads.size === 0) return [nothing("its nodes feed each other in a circle")];
  return unshared(graph, [...heads.values()]);
}

/** Whether numbers of its own come in at the borders: zeros that count in a mean, or those of a crop. */
function fillsIn(node: NodeProto): boolean {
  const mode = node.attribute.find(({ name }) => name === "coordinate_transformation_mode")?.s;
  const crops = mode !== undefined && new TextDecoder().decode(mode) === "tf_crop_and_resize";
  return crops || (node.opType === "AveragePool" && integerAttribute(node, "count_include_pad", 0) !== 0);
}

function nothing(reason: string, layer?: NodeProto): OnnxHead {
  return { layer, reason, convolution: false };
}

function withActivation(head: OnnxHead, after: readonly string[]): OnnxHead {
  const all = head.activation ? [head.activation, ...after] : after;
  return { ...head, activation: all.length > 0 ? all.join(", ") : undefined };
}

function sourceReason(graph: OnnxGraph, value: string): string {
  if (graph.tensors.has(value)) return `it is the stored tensor ${value}, made by no layer`;
  if (graph.graph.input.some(({ name }) => name === value))
    return `it is the input ${value}, made by no layer`;
  return `no node of the graph makes ${value}`;
}

/** What the node that makes the output before activations says about the bias. */
function head(graph: OnnxGraph, node: NodeProto, value: string, file: string): OnnxHead {
  const { opType } = node;
  const label = nodeLabel(node);
  if (!domains.has(node.domain)) {
    return nothing(
      `it is made by ${label} of the domain ${node.domain}, which baserate doesn't know; export the model with standard operators, or name the bias with --tensor`,
      node,
    );
  }
  if (opType === "Add") return addHead(graph, node, file);
  if (biasedLayers.has(opType)) return layerHead(graph, node, value, file);
  if (matrixProducts.has(opType)) return withoutBias(graph, node, value, file);
  if (/Normalization$/.test(opType)) return normalised(graph, node, value, file);
  if (scaling.has(opType)) {
    return nothing(
      `between it and its layer stands ${label}, which scales what the bias adds up to; name the bias with --tensor if you know it is right`,
      node,
    );
  }
  if (selection.has(opType)) {
    return nothing(`it is made by ${label}: a choice, not scores; use the output that has the scores`, node);
  }
  if (/^QLinear|^ConvInteger$|^MatMulInteger$|^QGemm$|^DequantizeLinear$|^MatMulNBits$/.test(opType)) {
    return nothing(`its layer ${label} is quantised; set the bias before quantising`, node);
  }
  if (/^(Linear|TreeEnsemble|SVM)(Classifier|Regressor)$|^TreeEnsemble$|^Normalizer$/.test(opType)) {
    return nothing(
      `it is made by ${label}, a fitted model of scikit-learn's kind: its intercept is no bias to start a training from`,
      node,
    );
  }
  return nothing(
    `it is made by ${label}, through which baserate can't look back; name the bias with --tensor`,
    node,
  );
}

/** Gemm: alpha A' B' + beta C; Conv: X * W + B. Both have the bias as their third input. */
function layerHead(graph: OnnxGraph, node: NodeProto, value: string, file: string): OnnxHead {
  const label = nodeLabel(node);
  const activation = node.attribute.find(({ name }) => name === "activation")?.s;
  const fused = activation && activation.length > 0 ? new TextDecoder().decode(activation) : undefined;
  if (!node.input[2]) return { ...withoutBias(graph, node, value, file), activation: fused };
  const shape = layerShape(graph, node, file);
  if (/Gemm$/.test(node.opType)) {
    const beta = floatAttribute(node, "beta", 1);
    if (beta !== 1) return nothing(`its layer ${label} multiplies the bias by beta = ${beta}`, node);
  }
  const allowed = (dimensions: number[]) =>
    dimensions.length < 2 || (dimensions.length === 2 && dimensions[0] === 1);
  return {
    activation: fused,
    ...storedBias(graph, node, node, node.input[2], shape, allowed, file),
  };
}

/** The layer's result plus a stored vector. */
function addHead(graph: OnnxGraph, node: NodeProto, file: string): OnnxHead {
  const [bias, other] = graph.tensors.has(followVector(graph, node.input[1]).at(-1)!)
    ? [node.input[1], node.input[0]]
    : [node.input[0], node.input[1]];
  const source = throughLayout(graph, other);
  if (source && scaling.has(source.opType)) {
    return nothing(
      `before ${nodeLabel(node)} stands ${nodeLabel(source)}: a normalisation's scale and shift; its shift is no layer's bias`,
      node,
    );
  }
  const layer =
    source && (matrixProducts.has(source.opType) || biasedLayers.has(source.opType)) ? source : node;
  const shape = layer === node ? undefined : layerShape(graph, layer, file);
  // Counted from the last dimension, which is where broadcasting begins: 0 for [K] and [1, K], 2 for [K, 1, 1].
  const axis = shape?.convolution ? shape.spatial : 0;
  const allowed = (dimensions: number[]) => {
    const wide = dimensions.flatMap((size, i) => (size === 1 ? [] : [dimensions.length - 1 - i]));
    return wide.length === 0 || (wide.length === 1 && (layer === node || wide[0] === axis));
  };
  return storedBias(graph, layer, node, bias, shape, allowed, file);
}

/** The head whose bias is `value`, if that is a stored vector of the right length. */
function storedBias(
  graph: OnnxGraph,
  layer: NodeProto,
  user: NodeProto,
  value: string,
  shape: LayerShape | undefined,
  allowed: (dimensions: number[]) => boolean,
  file: string,
): OnnxHead {
  const path = followVector(graph, value);
  const name = path.at(-1)!;
  const tensor = graph.tensors.get(name);
  const convolution = shape?.convolution ?? false;
  const refuse = (reason: string): OnnxHead => ({ layer, reason, convolution, units: shape?.units });
  if (!tensor) {
    const producer = graph.producers.get(name);
    if (producer?.opType === "DequantizeLinear") {
      return refuse(`the bias of ${nodeLabel(user)} is quantised; set the bias before quantising`);
    }
    const from = producer ? nodeLabel(producer) : `the input ${name}`;
    return refuse(`the bias of ${nodeLabel(user)} is no stored tensor but comes from ${from} at run time`);
  }
  const dimensions = shapeOf(tensor, file);
  const length = dimensions.reduce((product, size) => product * size, 1);
  const units = shape?.units ?? length;
  if (!allowed(dimensions) || length !== units) {
    return refuse(
      `what ${nodeLabel(user)} adds, ${name} of shape [${dimensions}], is not one number for each of the ${units} units`,
    );
  }
  for (const step of path) {
    const users = graph.consumers.get(step) ?? [];
    if (users.length > 1 || graph.outputs.has(step)) {
      return { layer, adder: user, convolution, units, bias: name, reason: sharedReason(graph, step, users) };
    }
  }
  return { layer, adder: user, convolution, units, bias: name };
}

function sharedReason(graph: OnnxGraph, name: string, users: readonly NodeProto[]): string {
  const others = users.slice(0, 3).map(nodeLabel);
  if (graph.outputs.has(name)) others.push("the graph's outputs");
  const more = users.length > 3 ? ` and ${users.length - 3} more` : "";
  return `its bias ${name} is shared by ${others.join(", ")}${more}; give the layer a bias of its own, or set it for all with --tensor ${name}`;
}

/** A shared bias is no obstacle where all its users are layers of this very output, as in a detection head's levels. */
function unshared(graph: OnnxGraph, heads: readonly OnnxHead[]): OnnxHead[] {
  const adders = new Set(heads.map(({ adder }) => adder));
  const done = new Set<string>();
  const result: OnnxHead[] = [];
  for (const found of heads) {
    const { bias, reason } = found;
    if (bias === undefined || reason === undefined) {
      result.push(found);
      continue;
    }
    const users = graph.consumers.get(bias) ?? [];
    const own = users.length > 1 && !graph.outputs.has(bias) && users.every((user) => adders.has(user));
    if (!own) result.push({ ...found, bias: undefined });
    else if (!done.has(bias)) result.push({ ...found, reason: undefined });
    done.add(bias);
  }
  return result;
}

interface LayerShape {
  readonly units?: number;
  readonly convolution: boolean;
  /** Dimensions behind the channels. */
  readonly spatial: number;
}

/** Units of a layer, from its weight: Gemm and MatMul (in, out), Conv (out, in / group, ...), ConvTranspose (in, out / group, ...). */
function layerShape(graph: OnnxGraph, node: NodeProto, file: string): LayerShape {
  const convolution = /Conv/.test(node.opType);
  const weight = graph.tensors.get(followWeight(graph, node.input[1]));
  const dimensions = weight ? shapeOf(weight, file) : undefined;
  const spatial = convolution && dimensions ? dimensions.length - 2 : 0;
  if (!dimensions || dimensions.length === 0) return { convolution, spatial };
  const group = integerAttribute(node, "group", 1);
  if (node.opType === "ConvTranspose") return { units: dimensions[1] * group, convolution, spatial };
  if (convolution) return { units: dimensions[0], convolution, spatial };
  const transposed = integerAttribute(node, "transB", 0) !== 0;
  if (dimensions.length === 1) return { units: 1, convolution, spatial };
  return { units: dimensions.at(transposed ? -2 : -1), convolution, spatial };
}

/** A layer that adds nothing: the reason, and where a bias can be added. */
function withoutBias(graph: OnnxGraph, node: NodeProto, value: string, file: string): OnnxHead {
  const shape = layerShape(graph, node, file);
  const { units, convolution, spatial } = shape;
  const like = graph.tensors.get(followWeight(graph, node.input[1], ["Identity"]));
  const reason = `its layer ${nodeLabel(node)} has no bias`;
  const type = floatType(like?.dataType);
  if (units === undefined || !like || !type || like.dims.length < 2)
    return { layer: node, reason, convolution, units };
  return {
    layer: node,
    reason: `${reason} (exporters drop one that is all zeros); --add-bias puts in an Add node`,
    convolution,
    units,
    addition: { value, shape: [units, ...Array(spatial).fill(1)], type, dataType: like.dataType },
  };
}

/** A normalisation's result: its shift (if it has one) is no layer's bias. */
function normalised(graph: OnnxGraph, node: NodeProto, value: string, file: string): OnnxHead {
  const reason = `before its activation stands the normalisation ${nodeLabel(node)}, which undoes or hides a layer's bias`;
  const like = graph.tensors.get(node.input[1]);
  const batch = node.opType === "BatchNormalization" && isStandard(node);
  const layer = node.opType === "LayerNormalization" && integerAttribute(node, "axis", -1) === -1;
  const rank = batch ? rankOf(graph, node.input[0], file) : 2;
  const type = floatType(like?.dataType);
  if (!like || !type || !(batch || layer) || rank === undefined || like.dims.length !== 1)
    return nothing(reason, node);
  const units = Number(like.dims[0]);
  return {
    layer: node,
    reason: `${reason}; --add-bias puts an Add node behind it`,
    convolution: rank > 2,
    units,
    addition: { value, shape: [units, ...Array(rank - 2).fill(1)], type, dataType: like.dataType },
  };
}

/** Number of dimensions of what a Gemm or Conv makes (the input of a BatchNormalization), or of a value with a declared shape. */
function rankOf(graph: OnnxGraph, value: string, file: string): number | undefined {
  const declared = [...graph.graph.valueInfo, ...graph.graph.input].find(({ name }) => name === value);
  const type = declared?.type?.value;
  if (type?.case === "tensorType" && type.value.shape) return type.value.shape.dim.length;
  const producer = graph.producers.get(value);
  if (!producer) return undefined;
  if (producer.opType === "Gemm") return 2;
  const weight = graph.tensors.get(followWeight(graph, producer.input[1] ?? ""));
  return /^Conv/.test(producer.opType) && weight ? shapeOf(weight, file).length : undefined;
}

/** The node that makes `value`, seen through operators that only move numbers. */
function throughLayout(graph: OnnxGraph, value: string): NodeProto | undefined {
  for (let steps = 0; steps < maximumSteps; steps++) {
    const node = graph.producers.get(value);
    if (!node || !isStandard(node) || !layoutOps.has(node.opType)) return node;
    value = node.input[0];
  }
  return undefined;
}

/** The values from `value` back to where it is stored or made, through operators that keep a vector's order. */
function followVector(graph: OnnxGraph, value: string): string[] {
  const path = [value];
  for (let steps = 0; steps < maximumSteps; steps++) {
    const node = graph.producers.get(path.at(-1)!);
    if (!node || !isStandard(node) || !vectorOps.has(node.opType) || !node.input[0]) break;
    path.push(node.input[0]);
  }
  return path;
}

/** The stored tensor behind a weight, through operators that keep its shape. */
function followWeight(graph: OnnxGraph, value: string, through = ["Identity", "Cast"]): string {
  for (let steps = 0; steps < maximumSteps; steps++) {
    const node = graph.producers.get(value);
    if (!node || !isStandard(node) || !through.includes(node.opType)) break;
    value = node.input[0];
  }
  return value;
}
