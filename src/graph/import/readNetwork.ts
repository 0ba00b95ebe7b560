import { clone, fromBinary } from "@bufbuild/protobuf";
import { InputError } from "../../errors.ts";
import {
  type AttributeProto,
  type FunctionProto,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
} from "../onnx.gen.ts";
import { exportLine } from "./exportedMode.ts";
import { moduleOf, type Separated, separateMerged } from "./separateMerged.ts";

/** Oldest opset whose operators are read: from 13 on, axes and shapes are inputs. */
const oldestOpset = 13;

/** An ONNX file with its functions written out. */
export interface NetworkFile {
  readonly model: ModelProto;
  readonly nodes: readonly NodeProto[];
  readonly opset: number;
  readonly notes: readonly string[];
}

/** Reads an ONNX file. @throws InputError if it is none, or its opset is too old */
export function readNetwork(bytes: Uint8Array, file: string): NetworkFile {
  let model: ModelProto;
  try {
    model = fromBinary(ModelProtoSchema, bytes);
  } catch (error) {
    throw new InputError(`${file}: not an ONNX file: ${(error as Error).message}`);
  }
  if (!model.graph || model.graph.output.length === 0) {
    throw new InputError(`${file}: not an ONNX file, or a broken one: it has no graph with outputs`);
  }
  const version = model.opsetImport.find(({ domain }) => domain === "" || domain === "ai.onnx")?.version;
  const opset = Number(version ?? 1);
  if (opset < oldestOpset) {
    throw new InputError(
      `${file}: opset ${opset}; allowed: ${oldestOpset} or later. Export again with opset_version=18, or convert the file with onnx.version_converter.convert_version(model, 18)`,
    );
  }
  const separated = separateMerged(model.graph, file);
  const functions = new Map(model.functions.map((each) => [functionKey(each.domain, each.name ?? ""), each]));
  const notes = [
    ...(separated.size > 0 ? [separatedNote(separated, file)] : []),
    ...unbiasedNote(model.graph.node, file),
  ];
  return { model, nodes: inlined(model.graph.node, functions, "", 0, file), opset, notes };
}

function separatedNote(separated: Separated, file: string): string {
  const [[stored, others]] = separated;
  const more = [...separated.values()].flat().length - 1;
  return `${file}: the exporter stored parameters that start with equal values as one, such as ${stored} and ${others[0]}${more > 0 ? ` (${more} more)` : ""}; they are trained separately. It does so in inference mode, in which dropout is left out: if the network has dropout, export it with ${exportLine}`;
}

/** torch.export's optimizer drops biases of zeros; the file does not tell such a layer from one that has none. */
function unbiasedNote(nodes: readonly NodeProto[], file: string): string[] {
  const unbiased = nodes.filter(
    (node) => node.opType === "Gemm" && !node.input[2] && moduleOf(node) !== undefined,
  );
  if (unbiased.length === 0) return [];
  const layers = unbiased.length === 1 ? "1 linear layer has" : `${unbiased.length} linear layers have`;
  return [
    `${file}: ${layers} no bias (${moduleOf(unbiased[0])}); the exporter drops biases that are all zeros: if yours has one, export with optimize=False`,
  ];
}

const functionKey = (domain: string | undefined, name: string) => `${domain ?? ""}:${name}`;

/** Functions call functions; real ones are a few deep. */
const maxDepth = 50;

/** The nodes with each call of a function of the file replaced by the function's own nodes, under names of their own. */
function inlined(
  nodes: readonly NodeProto[],
  functions: ReadonlyMap<string, FunctionProto>,
  prefix: string,
  depth: number,
  file: string,
): NodeProto[] {
  if (depth > maxDepth) throw new InputError(`${file}: functions call each other more than ${maxDepth} deep`);
  return nodes.flatMap((node, i) => {
    const called = functions.get(functionKey(node.domain, node.opType ?? ""));
    if (!called) return [node];
    const own = `${prefix}${node.name || called.name}_${i}/`;
    return inlined(bodyOf(called, node, own), functions, own, depth + 1, file);
  });
}

function bodyOf(called: FunctionProto, call: NodeProto, prefix: string): NodeProto[] {
  const names = new Map<string, string>([["", ""]]);
  called.input.forEach((name, i) => {
    names.set(name, call.input[i] ?? "");
  });
  called.output.forEach((name, i) => {
    if (call.output[i]) names.set(name, call.output[i]);
  });
  const rename = (name: string) => names.get(name) ?? `${prefix}${name}`;
  const given = new Map<string, AttributeProto>(
    [...called.attributeProto, ...call.attribute].map((attribute) => [attribute.name, attribute]),
  );
  return called.node.map((node) => {
    const copy = clone(NodeProtoSchema, node);
    copy.name = `${prefix}${node.name}`;
    copy.input = node.input.map(rename);
    copy.output = node.output.map(rename);
    // An attribute that refers to one of the function takes the value of the call, or is left out.
    copy.attribute = copy.attribute.flatMap((attribute) => {
      if (!attribute.refAttrName) return [attribute];
      const value = given.get(attribute.refAttrName);
      return value ? [{ ...value, name: attribute.name }] : [];
    });
    return copy;
  });
}
