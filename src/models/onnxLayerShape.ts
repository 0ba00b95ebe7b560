import type { NodeProto } from "../graph/onnx.gen.ts";
import { followWeight, integerAttribute, type OnnxGraph } from "./onnxGraph.ts";
import { shapeOf } from "./onnxTensor.ts";

export interface LayerShape {
  readonly units?: number;
  readonly convolution: boolean;
  /** Dimensions behind the channels. */
  readonly spatial: number;
}

/** Units of a layer, from its weight: Gemm and MatMul (in, out), Conv (out, in / group, ...), ConvTranspose (in, out / group, ...). */
export function layerShape(graph: OnnxGraph, node: NodeProto, file: string): LayerShape {
  const convolution = /Conv/.test(node.opType);
  const weight = graph.tensors.get(followWeight(graph, node.input[1]));
  const dimensions = weight ? shapeOf(weight, file) : undefined;
  const spatial = convolution && dimensions ? dimensions.length - 2 : 0;
  // The weight of MatMulNBits is packed; the operator says its size.
  if (node.opType === "MatMulNBits") return { units: integerAttribute(node, "N", 0), convolution, spatial };
  if (!dimensions || dimensions.length === 0) return { convolution, spatial };
  const group = integerAttribute(node, "group", 1);
  if (node.opType === "ConvTranspose") return { units: dimensions[1] * group, convolution, spatial };
  if (convolution) return { units: dimensions[0], convolution, spatial };
  const transposed = integerAttribute(node, "transB", 0) !== 0;
  if (dimensions.length === 1) return { units: 1, convolution, spatial };
  return { units: dimensions.at(transposed ? -2 : -1), convolution, spatial };
}

/** Number of dimensions of what a Gemm or Conv makes (the input of a BatchNormalization), or of a value with a declared shape. */
export function rankOf(graph: OnnxGraph, value: string, file: string): number | undefined {
  const declared = [...graph.graph.valueInfo, ...graph.graph.input].find(({ name }) => name === value);
  const type = declared?.type?.value;
  if (type?.case === "tensorType" && type.value.shape) return type.value.shape.dim.length;
  const producer = graph.producers.get(value);
  if (!producer) return undefined;
  if (producer.opType === "Gemm") return 2;
  const weight = graph.tensors.get(followWeight(graph, producer.input[1] ?? ""));
  return /^Conv/.test(producer.opType) && weight ? shapeOf(weight, file).length : undefined;
}
