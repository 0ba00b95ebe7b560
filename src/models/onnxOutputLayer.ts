import type { NodeProto } from "../graph/onnx.gen.ts";
import {
  addedBias,
  biasedLayer,
  biasedLayers,
  matrixProducts,
  normalised,
  nothing,
  type OnnxOutputLayer,
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
/** Operators that make each channel's numbers from that channel's alone, and of equal numbers the same number. */
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
  const heads = new Map<string, OnnxOutputLayer>();
  const pending: { value: string; after: string[] }[] = [{ value: name, after: [] }];
  const seen = new Set<string>();
  for (let steps = 0; pending.length > 0; steps++) {
    const { value, after } = pending.pop()!;
    const found = (head: OnnxOutputLayer) =>
      heads.set(head.layer?.output[0] ?? value, withActivation(head, after));
    if (seen.has(value)) continue;
    seen.add(value);
    const node = graph.producers.get(value);
    if (steps > maxSteps) found(nothing(`it is more than ${maxSteps} nodes away from a layer`));
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
  if (heads.size === 0) return [nothing("its nodes feed each other in a circle")];
  return unshared(graph, [...heads.values()]);
}

/** Whether numbers of its own come in at the borders: zeros that count in a mean, or those of a crop. */
function fillsIn(node: NodeProto): boolean {
  const mode = node.attribute.find(({ name }) => name === "coordinate_transformation_mode")?.s;
  const crops = mode !== undefined && new TextDecoder().decode(mode) === "tf_crop_and_resize";
  return crops || (node.opType === "AveragePool" && integerAttribute(node, "count_include_pad", 0) !== 0);
}

function withActivation(head: OnnxOutputLayer, after: readonly string[]): OnnxOutputLayer {
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
function outputLayer(graph: OnnxGraph, node: NodeProto, value: string, file: string): OnnxOutputLayer {
  const { opType } = node;
  const label = nodeLabel(node);
  if (!domains.has(node.domain)) {
    return nothing(
      `it is made by ${label} of the domain ${node.domain}, which baserate doesn't know; export the model with standard operators, or name the bias with --tensor`,
      node,
    );
  }
  if (opType === "Add") return addedBias(graph, node, file);
  if (biasedLayers.has(opType)) return biasedLayer(graph, node, value, file);
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

/** A shared bias is no obstacle where all its users are layers of this very output, as in a detection head's levels. */
function unshared(graph: OnnxGraph, heads: readonly OnnxOutputLayer[]): OnnxOutputLayer[] {
  const adders = new Set(heads.map(({ adder }) => adder));
  const done = new Set<string>();
  const result: OnnxOutputLayer[] = [];
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
