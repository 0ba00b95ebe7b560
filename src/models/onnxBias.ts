import { type NodeProto, TensorProto_DataType } from "../graph/onnx.gen.ts";
import type { FloatType } from "./floats.ts";
import {
  floatAttribute,
  followVector,
  followWeight,
  integerAttribute,
  isStandard,
  nodeLabel,
  type OnnxGraph,
  throughLayout,
} from "./onnxGraph.ts";
import { type LayerShape, layerShape, rankOf } from "./onnxLayerShape.ts";
import { floatType, shapeOf } from "./onnxTensor.ts";

/** The layer that an output of a graph comes from, walked back from the output. */
export interface OnnxOutputLayer {
  /** The node that computes the output before activations, without its bias; undefined if none is known. */
  readonly layer?: NodeProto;
  /** The node that adds the bias: the layer itself, or an Add. */
  readonly adder?: NodeProto;
  /** The activations between layer and output, in the order in which they are applied: "Softmax", or "Softmax, Log". */
  readonly activation?: string;
  readonly units?: number;
  readonly convolution: boolean;
  /** The name of the stored bias; undefined if there is none to set, and `reason` then says why. */
  readonly bias?: string;
  readonly reason?: string;
  /** If there is no bias: where one can be added. */
  readonly addition?: Addition;
}

/** Where a bias can be added: to `value`, by an Add node with a tensor of this shape. */
export interface Addition {
  readonly value: string;
  readonly shape: readonly number[];
  /** The element type, as baserate calls it and as ONNX numbers it. */
  readonly type: FloatType;
  readonly dataType: number;
}

/** Layers with a bias, and which of their inputs it is; the last three are ONNX Runtime's own, for quantised weights. */
export const biasedLayers: ReadonlyMap<string, number> = new Map([
  ["Gemm", 2],
  ["FusedGemm", 2],
  ["Conv", 2],
  ["FusedConv", 2],
  ["ConvTranspose", 2],
  ["MatMulIntegerToFloat", 6],
  ["DynamicQuantizeMatMul", 4],
  ["MatMulNBits", 5],
]);
export const matrixProducts = new Set(["MatMul", "FusedMatMul"]);
export const scaling = new Set(["Mul", "Div", "Sub", "Neg", "Pow", "Sqrt", "Reciprocal"]);
/** An output whose bias is not known, and why. */
export function nothing(reason: string, layer?: NodeProto): OnnxOutputLayer {
  return { layer, reason, convolution: false };
}

/** Gemm: alpha A' B' + beta C; Conv: X * W + B. */
export function biasedLayer(graph: OnnxGraph, node: NodeProto, value: string, file: string): OnnxOutputLayer {
  const label = nodeLabel(node);
  const activation = node.attribute.find(({ name }) => name === "activation")?.s;
  const fused = activation && activation.length > 0 ? new TextDecoder().decode(activation) : undefined;
  const bias = node.input[biasedLayers.get(node.opType)!];
  if (!bias) return { ...withoutBias(graph, node, value, file), activation: fused };
  const shape = layerShape(graph, node, file);
  if (/Gemm$/.test(node.opType)) {
    const beta = floatAttribute(node, "beta", 1);
    if (beta !== 1)
      return nothing(
        `its layer ${label} multiplies the bias by beta = ${beta}; export the model with beta = 1`,
        node,
      );
  }
  const allowed = (dimensions: number[]) =>
    dimensions.length < 2 || (dimensions.length === 2 && dimensions[0] === 1);
  return {
    activation: fused,
    ...storedBias(graph, node, node, bias, shape, allowed, file),
  };
}

/** An Add node: the layer's result plus a stored vector. */
export function addedBias(graph: OnnxGraph, node: NodeProto, file: string): OnnxOutputLayer {
  const [bias, other] = graph.tensors.has(followVector(graph, node.input[1]).at(-1)!)
    ? [node.input[1], node.input[0]]
    : [node.input[0], node.input[1]];
  const source = throughLayout(graph, other);
  const product = quantisedProduct(graph, source);
  if (source && !product && scaling.has(source.opType)) {
    return nothing(
      `${nodeLabel(node)} comes after ${nodeLabel(source)}: together they are the scale and shift of a normalisation, not the bias of a layer; if its shift is what you want to set, name it with --tensor`,
      node,
    );
  }
  const layer =
    product ??
    (source && (matrixProducts.has(source.opType) || biasedLayers.has(source.opType)) ? source : node);
  const shape = layer === node ? undefined : layerShape(graph, layer, file);
  // Counted from the last dimension, as broadcasting does: 0 for [K] and [1, K], 2 for [K, 1, 1].
  const axis = shape?.convolution ? shape.spatial : 0;
  const allowed = (dimensions: number[]) => {
    const wide = dimensions.flatMap((size, i) => (size === 1 ? [] : [dimensions.length - 1 - i]));
    return wide.length === 0 || (wide.length === 1 && (layer === node || wide[0] === axis));
  };
  return storedBias(graph, layer, node, bias, shape, allowed, file);
}

/**
 * The product of quantised numbers that a Mul scales back to floats, as dynamic quantisation writes it: MatMulInteger or
 * ConvInteger, a Cast, and a Mul by the scale. The bias is added after it, in floats.
 */
export function quantisedProduct(graph: OnnxGraph, node: NodeProto | undefined): NodeProto | undefined {
  if (node?.opType !== "Mul") return undefined;
  return node.input
    .map((input) => throughLayout(graph, input))
    .find((source) => source?.opType === "MatMulInteger" || source?.opType === "ConvInteger");
}

/** The output layer whose bias is `value`, if that is a stored vector of the right length. */
function storedBias(
  graph: OnnxGraph,
  layer: NodeProto,
  user: NodeProto,
  value: string,
  shape: LayerShape | undefined,
  allowed: (dimensions: number[]) => boolean,
  file: string,
): OnnxOutputLayer {
  const path = followVector(graph, value);
  const name = path.at(-1)!;
  const tensor = graph.tensors.get(name);
  const convolution = shape?.convolution ?? false;
  const refuse = (reason: string): OnnxOutputLayer => ({ layer, reason, convolution, units: shape?.units });
  if (!tensor) {
    const producer = graph.producers.get(name);
    if (producer?.opType === "DequantizeLinear") {
      return refuse(`the bias of ${nodeLabel(user)} is quantised; set the bias before quantising`);
    }
    const from = producer ? nodeLabel(producer) : `the input ${name}`;
    return refuse(
      `the bias of ${nodeLabel(user)} is not stored in the file but computed at run time by ${from}`,
    );
  }
  const dimensions = shapeOf(tensor, file);
  const length = dimensions.reduce((product, size) => product * size, 1);
  const units = shape?.units ?? length;
  if (!allowed(dimensions) || length !== units) {
    return refuse(
      `${nodeLabel(user)} adds ${name} of shape [${dimensions}], which is not one number for each of the ${units} units`,
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
  const shared = `its bias ${name} is shared by ${others.join(", ")}${more}`;
  return users.some(({ opType }) => opType === "Identity")
    ? `${shared}: torch.onnx stores parameters with equal values once; export the model in training mode, or with dynamo=True and optimize=False`
    : `${shared}; give the layer its own bias, or set it for all of them with --tensor ${name}`;
}

/** A layer without a bias: the reason, and where one can be added. */
export function withoutBias(graph: OnnxGraph, node: NodeProto, value: string, file: string): OnnxOutputLayer {
  const shape = layerShape(graph, node, file);
  const { units, convolution, spatial } = shape;
  const like = graph.tensors.get(followWeight(graph, node.input[1], ["Identity"]));
  const reason = `its layer ${nodeLabel(node)} has no bias`;
  const isQuantised = /Integer$/.test(node.opType);
  const type = isQuantised ? "float32" : floatType(like?.dataType);
  if (units === undefined || !like || !type || like.dims.length < 2)
    return { layer: node, reason, convolution, units };
  return {
    layer: node,
    reason: `${reason} (exporters drop a bias that is all zeros); --add-bias adds one with an Add node`,
    convolution,
    units,
    addition: {
      value,
      shape: [units, ...Array(spatial).fill(1)],
      type,
      dataType: isQuantised ? TensorProto_DataType.FLOAT : like.dataType,
    },
  };
}

/** A normalisation's result: its shift (if it has one) is not the bias of a layer. */
export function normalised(graph: OnnxGraph, node: NodeProto, value: string, file: string): OnnxOutputLayer {
  const reason = `the normalisation ${nodeLabel(node)} comes between its layer and its activation and cancels the layer's bias`;
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
    reason: `${reason}; --add-bias adds a bias after it, with an Add node`,
    convolution: rank > 2,
    units,
    addition: { value, shape: [units, ...Array(rank - 2).fill(1)], type, dataType: like.dataType },
  };
}
