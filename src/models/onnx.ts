import { create, toBinary } from "@bufbuild/protobuf";
import { InputError } from "../errors.ts";
import { type GraphProto, GraphProtoSchema, NodeProtoSchema, TensorProtoSchema } from "../graph/onnx.gen.ts";
import { encodeFloats } from "./floats.ts";
import type { Format, ModelFile, ModelOutput, ModelSource, StoredTensor, WritableTensor } from "./model.ts";
import type { Addition, OnnxOutputLayer } from "./onnxBias.ts";
import { type MessageEdit, withLengths } from "./onnxEdit.ts";
import { nodeLabel, type OnnxGraph, resolveGraph } from "./onnxGraph.ts";
import { findOutputLayers } from "./onnxOutputLayer.ts";
import { type SkimmedModel, skimOnnx } from "./onnxSkim.ts";
import { externalPlace, onnxTensor } from "./onnxTensor.ts";
import { concatBytes, encodeField } from "./protobufWire.ts";
import { checkLength } from "./tensorAt.ts";

/** Tags of the fields producer_name, producer_version, domain, model_version, doc_string, graph and opset_import. */
const secondTags = new Set([0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42]);

/** ONNX: a protobuf ModelProto, with tensors inside or in external files beside it. https://onnx.ai/onnx/repo-docs/IR.html */
export const onnx: Format = {
  name: "ONNX (.onnx)",
  // A protobuf message has no magic number; a model begins with ir_version (a varint below 128) and one more known field.
  matches: (start, { name }) =>
    name.endsWith(".onnx") || (start[0] === 0x08 && start[1] < 0x80 && secondTags.has(start[2])),
  async open(source: ModelSource): Promise<ModelFile> {
    const skim = skimOnnx(source.main);
    const { graph: proto } = skim.model;
    if (!proto) throw new InputError(`${source.name}: broken ONNX file: it has no graph`);
    const graph = resolveGraph(proto, source.name);
    const { tensors, files } = readTensors(graph, skim, source);
    const outputs = proto.output.flatMap(({ name }) => outputsOf(name, graph, tensors, skim, source.name));
    return {
      format: `ONNX (IR version ${skim.model.irVersion})`,
      outputs,
      candidates: [],
      ...(outputs.length === 0 && { reason: "the graph has no outputs" }),
      tensors,
      files: [source.name, ...files],
      finish: async (patches) => withLengths(source.name, patches),
    };
  },
};

/** The float tensors, and the names of all external files. Checks that every external tensor lies within its file. */
function readTensors({ tensors: stored }: OnnxGraph, skim: SkimmedModel, source: ModelSource) {
  const tensors = new Map<string, StoredTensor>();
  const files = new Set<string>();
  for (const [name, proto] of stored) {
    if (externalPlace(proto, source)) {
      files.add(proto.externalData.find(({ key }) => key === "location")!.value);
    }
    const tensor = onnxTensor(name, proto, skim, source);
    if (tensor) tensors.set(name, tensor);
  }
  return { tensors, files: [...files] };
}

/** The graph's output `name`: one, or one for each layer where several are concatenated. */
function outputsOf(
  name: string,
  graph: OnnxGraph,
  tensors: ReadonlyMap<string, StoredTensor>,
  skim: SkimmedModel,
  file: string,
): ModelOutput[] {
  const layers = findOutputLayers(graph, name, file);
  return layers.map((layer, i) => ({
    name: layers.length === 1 ? name : `${name}.${i}`,
    layer: layer.layer ? layer.layer.name || nodeLabel(layer.layer) : name,
    activation: layer.activation,
    units: layer.units,
    convolution: layer.convolution,
    described: true,
    ...biasOf(layer, tensors),
    ...(layer.addition && { added: additionTensor(layer.addition, graph, skim, file) }),
  }));
}

function biasOf({ bias, reason }: OnnxOutputLayer, tensors: ReadonlyMap<string, StoredTensor>) {
  if (reason !== undefined || bias === undefined) return { reason };
  const tensor = tensors.get(bias);
  return tensor ? { bias: tensor } : { reason: `its bias ${bias} does not hold floating-point numbers` };
}

/**
 * The tensor of an `Add(value, tensor)` inserted after the node that computes `value`. That node's result is renamed and
 * the sum takes its name, so that everything that used the value, the graph's output included, uses the sum.
 */
function additionTensor(
  { value, shape, type, dataType }: Addition,
  graph: OnnxGraph,
  skim: SkimmedModel,
  file: string,
): WritableTensor {
  const names = allNames(graph.graph);
  const name = unused(`${value}_bias`, names);
  const patch = (values: Float64Array): readonly MessageEdit[] => {
    checkLength(name, shape, values);
    const before = unused(`${value}_without_bias`, names);
    const tensor = create(TensorProtoSchema, {
      name,
      dims: shape.map(BigInt),
      dataType,
      rawData: encodeFloats(type, values),
    });
    const add = create(NodeProtoSchema, {
      name: unused(`${value}_add_bias`, names),
      opType: "Add",
      input: [before, name],
      output: [value],
    });
    const place = skim.places.get(graph.producers.get(value)!)!;
    const { node, initializer } = GraphProtoSchema.field;
    const bytes = concatBytes([
      encodeField(node.number, toBinary(NodeProtoSchema, add)),
      encodeField(initializer.number, toBinary(TensorProtoSchema, tensor)),
    ]);
    const inserted = { file, within: place.parent!, offset: place.end, remove: 0, bytes };
    return [{ file, within: place, ...renamed(skim, place, value, before) }, inserted];
  };
  return { name, type, shape, patch };
}

/** The change that gives a node's result `from` the name `to`. */
function renamed(skim: SkimmedModel, place: { start: number; end: number }, from: string, to: string) {
  const { reader } = skim;
  const text = new TextDecoder();
  let edit: { offset: number; remove: number; bytes: Uint8Array } | undefined;
  reader.fields(place, ({ number, tag, start, end }) => {
    const isOutput = number === NodeProtoSchema.field.output.number;
    if (isOutput && text.decode(reader.source.read(start, end - start)) === from) {
      edit = { offset: tag, remove: end - tag, bytes: encodeField(number, new TextEncoder().encode(to)) };
    }
  });
  if (!edit) throw new Error(`internal: no output ${from} in its own node`);
  return edit;
}

function allNames({ node, initializer, input }: GraphProto): Set<string> {
  const nodes = node.flatMap((each) => [each.name, ...each.input, ...each.output]);
  return new Set([...nodes, ...[...initializer, ...input].map(({ name }) => name)]);
}

/** `wish`, with a number appended if the name is taken. */
function unused(wish: string, taken: ReadonlySet<string>): string {
  let name = wish;
  for (let i = 2; taken.has(name); i++) name = `${wish}_${i}`;
  return name;
}
