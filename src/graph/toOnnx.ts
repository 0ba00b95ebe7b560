import { create, toBinary } from "@bufbuild/protobuf";
import { fastNodes } from "./fastNodes.ts";
import type { Graph, GraphNode, Loop } from "./graph.ts";
import type { AttributeProto, GraphProto, NodeProto, TensorProto, ValueInfoProto } from "./onnx.gen.ts";
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  TensorProtoSchema,
  ValueInfoProtoSchema,
} from "./onnx.gen.ts";
import type { AttributeValue, Lowered, Op, Value } from "./op.ts";
import type { OpAttributes, OpName } from "./opAttributes.ts";
import { dataTypes } from "./ops/elementwise.ts";
import { ops } from "./ops.ts";
import type { Tensor } from "./tensor.ts";
import { tensor } from "./tensor.ts";

const opset = 21n;
/** The intermediate representation's version that opset 21 came with. */
const irVersion = 10n;

/** The graph as the bytes of an ONNX model. Nodes that no output needs are left out. */
export function toOnnx(graph: Graph): Uint8Array {
  return modelBytes(graph, (node) => [node]);
}

/** The same for a model that is run here rather than handed to people: each node in the form that is computed fastest. */
export function toFastOnnx(graph: Graph): Uint8Array {
  return modelBytes(graph, fastNodes);
}

/** The nodes to write for a node of a graph, the last of which makes its output. */
type Rewrite = typeof fastNodes;

function modelBytes(graph: Graph, rewrite: Rewrite): Uint8Array {
  const body = graphProto(graph, [...graph.outputs.values()], rewrite);
  const stacked = new Set(
    graph.nodes.flatMap((node) => ("op" in node ? [] : node.stacked.map(({ y }) => y.name))),
  );
  // An output carries its own name by an Identity, which runtimes remove.
  for (const [name, value] of graph.outputs) {
    body.node.push(create(NodeProtoSchema, { opType: "Identity", input: [value.name], output: [name] }));
    body.output.push(valueInfo({ ...value, name }, stacked.has(value.name)));
  }
  const constants = [...graph.constants].map(([name, content]) => tensorProto(name, content));
  const used = namesRead(body);
  body.initializer.push(...constants.filter(({ name }) => used.has(name)));
  const domains = [...domainsUsed(body)].filter((domain) => domain !== "");
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion,
      producerName: "baserate",
      opsetImport: [{ domain: "", version: opset }, ...domains.map((domain) => ({ domain, version: 1n }))],
      graph: body,
    }),
  );
}

/** The inputs of a graph and the nodes that `values` need; its outputs, and the constants, are the caller's to add. */
function graphProto(graph: Graph, values: readonly Value[], rewrite: Rewrite): GraphProto {
  const written = neededNodes(graph, values).flatMap((node) =>
    "op" in node ? rewrite(node, graph).map((one) => nodeProto(one)) : [loopProto(node, rewrite)],
  );
  return create(GraphProtoSchema, {
    name: "baserate",
    node: written.flatMap(({ protos }) => protos),
    initializer: written.flatMap(({ constants }) => constants),
    input: graph.inputs.map((value) => valueInfo(value)),
  });
}

/** The names that nodes of a graph, and of graphs inside it, read. */
function namesRead({ node }: GraphProto): Set<string> {
  return new Set(
    node.flatMap(({ input, attribute }) => [
      ...input,
      ...attribute.flatMap(({ g }) => (g ? [...namesRead(g)] : [])),
    ]),
  );
}

function domainsUsed({ node }: GraphProto): Set<string> {
  return new Set(
    node.flatMap(({ domain, attribute }) => [
      domain,
      ...attribute.flatMap(({ g }) => (g ? [...domainsUsed(g)] : [])),
    ]),
  );
}

/** The nodes that some of the given values depend on, in the order of computation. */
function neededNodes(graph: Graph, values: readonly Value[]): (GraphNode | Loop)[] {
  const needed = new Set(values.map(({ name }) => name));
  const nodes = graph.nodes.toReversed().filter((node) => {
    const outputs = "op" in node ? [node.y] : loopOutputs(node);
    if (!outputs.some(({ name }) => needed.has(name))) return false;
    for (const { name } of "op" in node ? node.x : outerValues(node)) needed.add(name);
    return true;
  });
  return nodes.reverse();
}

const loopOutputs = ({ carried, stacked }: Loop): Value[] => [
  ...carried.map(({ last }) => last),
  ...stacked.map(({ y }) => y),
];

/** Values that an iteration makes: the next of those that are carried, and those that are stacked. */
const iterationOutputs = ({ carried, stacked }: Loop): Value[] => [
  ...carried.map(({ next }) => next),
  ...stacked.map(({ each }) => each),
];

/** Values of the outer graph that the iterations read (and the inner graph's own, which do no harm). */
function outerValues(loop: Loop): Value[] {
  const inner = loop.inner.nodes.flatMap((node) => ("op" in node ? node.x : outerValues(node)));
  return [loop.count, ...loop.carried.map(({ first }) => first), ...iterationOutputs(loop), ...inner];
}

interface NodeProtos {
  readonly protos: NodeProto[];
  readonly constants: TensorProto[];
}

function loopProto(loop: Loop, rewrite: Rewrite): NodeProtos {
  const { count, iteration, inner, carried } = loop;
  const body = graphProto(inner, iterationOutputs(loop), rewrite);
  const go = { name: `${iteration.name}_go`, dtype: "bool", shape: [] } as const;
  const goOn = { ...go, name: `${go.name}_on` };
  // The inputs of a body: the iteration, whether to go on, and the carried values.
  body.input.splice(1, 0, valueInfo(go));
  // An output of its own name each: a value may be an input of the body too, or be both carried and stacked.
  const outputs = iterationOutputs(loop).map((value, i) => ({ ...value, name: `${iteration.name}_y${i}` }));
  body.output.push(valueInfo(goOn), ...outputs.map((value) => valueInfo(value)));
  const copies = [go, ...iterationOutputs(loop)].map(({ name }, i) => {
    return create(NodeProtoSchema, {
      opType: "Identity",
      input: [name],
      output: [[goOn, ...outputs][i].name],
    });
  });
  body.node.push(...copies);
  const proto = create(NodeProtoSchema, {
    name: `${iteration.name}_loop`,
    opType: "Loop",
    input: [count.name, "", ...carried.map(({ first }) => first.name)],
    output: loopOutputs(loop).map(({ name }) => name),
    attribute: [
      create(AttributeProtoSchema, { name: "body", type: AttributeProto_AttributeType.GRAPH, g: body }),
    ],
  });
  return { protos: [proto], constants: [] };
}

function nodeProto<Name extends OpName>({ op, x, y, attributes }: GraphNode<Name>): NodeProtos {
  const { lower, domain = "" }: Op<OpAttributes[Name]> = ops[op];
  const lowered: Lowered = lower
    ? lower(attributes)
    : { attributes: attributes as Record<string, AttributeValue> };
  const constants = (lowered.inputs ?? []).map(({ dtype, shape, data }, i) =>
    tensorProto(`${y.name}_${i}`, tensor(dtype, shape, data)),
  );
  const proto = create(NodeProtoSchema, {
    name: y.name,
    opType: op,
    domain,
    input: [...x.map(({ name }) => name), ...constants.map(({ name }) => name)],
    output: [y.name],
    attribute: Object.entries(lowered.attributes ?? {}).map(([name, value]) => attributeProto(name, value)),
  });
  return { protos: [proto], constants };
}

function attributeProto(name: string, value: AttributeValue): AttributeProto {
  if (typeof value === "string") {
    return create(AttributeProtoSchema, {
      name,
      type: AttributeProto_AttributeType.STRING,
      s: new TextEncoder().encode(value),
    });
  }
  if (typeof value === "number")
    return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.INT, i: BigInt(value) });
  if ("float" in value)
    return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.FLOAT, f: value.float });
  return create(AttributeProtoSchema, {
    name,
    type: AttributeProto_AttributeType.INTS,
    ints: value.map(BigInt),
  });
}

function tensorProto(name: string, { dtype, shape, data }: Tensor): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dataType: dataTypes[dtype],
    dims: shape.map(BigInt),
    rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  });
}

/** @param stacked whether the first size is the number of iterations, which the runtime then finds for itself */
function valueInfo({ name, dtype, shape }: Value, stacked = false): ValueInfoProto {
  const dim = shape.map((size, axis) => ({
    value:
      stacked && axis === 0
        ? { case: "dimParam" as const, value: "iterations" }
        : { case: "dimValue" as const, value: BigInt(size) },
  }));
  return create(ValueInfoProtoSchema, {
    name,
    type: { value: { case: "tensorType", value: { elemType: dataTypes[dtype], shape: { dim } } } },
  });
}
