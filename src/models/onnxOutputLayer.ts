import type { NodeProto } from "../graph/onnx.gen.ts";
import {
  addedBias,
  biasedLayer,
  biasedLayers,
  matrixProducts,
  normalised,
  nothing,
  type OnnxOutputLayer,
  quantisedProduct,
  scaling,
  withoutBias,
} from "./onnxBias.ts";
import { integerAttribute, isStandard, layoutOps, maxSteps, nodeLabel, type OnnxGraph } from "./onnxGraph.ts";

/** Elementwise functions and normalised exponentials that turn outputs into predictions. */
const activations = new Set(
  "Softmax LogSoftmax Sigmoid HardSigmoid Softplus Softsign Exp Log Tanh Relu Elu Selu LeakyRelu Clip".split(
    " ",
  ),
);
/** Operators that compute each channel from that channel alone and map a constant to itself. */
const channelOps = new Set("GlobalAveragePool GlobalMaxPool MaxPool AveragePool Resize Upsample".split(" "));
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

/** The layers that the output `name` comes from: one, or one for each branch where branches are concatenated. */
export function findOutputLayers(graph: OnnxGraph, name: string, file: string): OnnxOutputLayer[] {
  const layers = new Map<string, OnnxOutputLayer>();
  const pending: { value: string; after: string[] }[] = [{ value: name, after: [] }];
  const seen = new Set<string>();
  for (let steps = 0; pending.length > 0; steps++) {
    const { value, after } = pending.pop()!;
    const found = (layer: OnnxOutputLayer) =>
      layers.set(layer.layer?.output[0] ?? value, withActivation(layer, after));
    if (seen.has(value)) continue;
    seen.add(value);
    const node = graph.producers.get(value);
    if (steps > maxSteps) found(nothing(`no layer was found within ${maxSteps} nodes of it`));
    else if (!node) found(nothing(sourceReason(graph, value)));
    else if (activations.has(node.opType) && isStandard(node))
      pending.push({ value: node.input[0], after: [node.opType, ...after] });
    else if (layoutOps.has(node.opType) && isStandard(node)) pending.push({ value: node.input[0], after });
    else if (channelOps.has(node.opType) && isStandard(node) && !fillsIn(node))
      pending.push({ value: node.input[0], after });
    else if (node.opType === "Concat" && isStandard(node))
      for (const input of [...node.input].reverse()) pending.push({ value: input, after });
    else found(outputLayer(graph, node, value, file));
    if (steps > maxSteps) break;
  }
  if (layers.size === 0) return [nothing("its nodes form a cycle")];
  return unshared(graph, [...layers.values()]);
}

/** Whether the operator fills in numbers at the borders: zeros that count in a mean, or those outside a crop. */
function fillsIn(node: NodeProto): boolean {
  const mode = node.attribute.find(({ name }) => name === "coordinate_transformation_mode")?.s;
  const crops = mode !== undefined && new TextDecoder().decode(mode) === "tf_crop_and_resize";
  return crops || (node.opType === "AveragePool" && integerAttribute(node, "count_include_pad", 0) !== 0);
}

function withActivation(layer: OnnxOutputLayer, after: readonly string[]): OnnxOutputLayer {
  const all = layer.activation ? [layer.activation, ...after] : after;
  return { ...layer, activation: all.length > 0 ? all.join(", ") : undefined };
}

function sourceReason(graph: OnnxGraph, value: string): string {
  if (graph.tensors.has(value)) return `it is the stored tensor ${value}, not the output of a layer`;
  if (graph.graph.input.some(({ name }) => name === value))
    return `it is the input ${value}, not the output of a layer`;
  return `no node of the graph computes ${value}`;
}

/** The output layer that ends in `node`, which computes the output before its activations. */
function outputLayer(graph: OnnxGraph, node: NodeProto, value: string, file: string): OnnxOutputLayer {
  const { opType } = node;
  const label = nodeLabel(node);
  if (!domains.has(node.domain)) {
    return nothing(
      `it comes from ${label} of the operator domain ${node.domain}, which baserate doesn't know; export the model with standard operators, or name the bias with --tensor`,
      node,
    );
  }
  if (opType === "Add") return addedBias(graph, node, file);
  if (biasedLayers.has(opType)) return biasedLayer(graph, node, value, file);
  if (matrixProducts.has(opType)) return withoutBias(graph, node, value, file);
  if (/Normalization$/.test(opType)) return normalised(graph, node, value, file);
  const product = quantisedProduct(graph, node);
  if (product) return withoutBias(graph, product, value, file);
  if (scaling.has(opType)) {
    return nothing(
      `${label} comes between its layer and the output and would scale the bias too; if that is what you want, name the bias with --tensor`,
      node,
    );
  }
  if (selection.has(opType)) {
    return nothing(
      `it comes from ${label}, which picks classes; export the model with the scores as an output, and choose that`,
      node,
    );
  }
  if (/^QLinear|^ConvInteger$|^MatMulInteger$|^QGemm$|^DequantizeLinear$/.test(opType)) {
    return nothing(
      `its layer ${label} is quantised with its bias; set the bias in the model before quantising, or quantise dynamically (quantize_dynamic), which keeps the bias in floats`,
      node,
    );
  }
  if (/^(Linear|TreeEnsemble|SVM)(Classifier|Regressor)$|^TreeEnsemble$|^Normalizer$/.test(opType)) {
    return nothing(
      `it comes from ${label}, a fitted model as in scikit-learn: it is not trained further, so there is no bias to set`,
      node,
    );
  }
  return nothing(
    `it comes from ${label}, which baserate can't trace back to a layer; name the bias with --tensor`,
    node,
  );
}

/** A bias shared only by layers of the same output can be set, as in the levels of a detection network. */
function unshared(graph: OnnxGraph, layers: readonly OnnxOutputLayer[]): OnnxOutputLayer[] {
  const adders = new Set(layers.map(({ adder }) => adder));
  const done = new Set<string>();
  const result: OnnxOutputLayer[] = [];
  for (const found of layers) {
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
