import { create, toBinary } from "@bufbuild/protobuf";
import type { Graph, GraphNode, SumLoop } from "./graph.ts";
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
  const body = graphProto(graph, [...graph.outputs.values()]);
  // An output carries its own name by an Identity, which runtimes remove.
  for (const [name, value] of graph.outputs) {
    body.node.push(create(NodeProtoSchema, { opType: "Identity", input: [value.name], output: [name] }));
    body.output.push(valueInfo({ ...value, name }));
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
function graphProto(graph: Graph, values: readonly Value[]): GraphProto {
  const written = neededNodes(graph, values).map((node) =>
    "op" in node ? nodeProto(node) : loopProto(node),
  );
  return create(GraphProtoSchema, {
    name: "baserate",
    node: written.flatMap(({ protos }) => protos),
    initializer: written.flatMap(({ constants }) => constants),
    input: graph.inputs.map(valueInfo),
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
function neededNodes(graph: Graph, values: readonly Value[]): (GraphNode | SumLoop)[] {
  const needed = new Set(values.map(({ name }) => name));
  const nodes = graph.nodes.toReversed().filter((node) => {
    const outputs = "op" in node ? [node.y] : node.y;
    if (!outputs.some(({ name }) => needed.has(name))) return false;
    for (const { name } of "op" in node ? node.x : outerValues(node)) needed.add(name);
    return true;
  });
  return nodes.reverse();
}

/** Values of the outer graph that the iterations read (and the inner graph's own, which do no harm). */
function outerValues({ count, inner, terms }: SumLoop): Value[] {
  return [count, ...terms, ...inner.nodes.flatMap((node) => ("op" in node ? node.x : outerValues(node)))];
}

interface NodeProtos {
  readonly protos: NodeProto[];
  readonly constants: TensorProto[];
}

/** A Loop that carries one sum per output, starting from zero. */
function loopProto({ count, iteration, inner, terms, y }: SumLoop): NodeProtos {
  const body = graphProto(inner, terms);
  const go = { name: `${iteration.name}_go`, dtype: "bool", shape: [] } as const;
  const sums = y.map((value) => ({ ...value, name: `${value.name}_so_far` }));
  const next = y.map((value) => ({ ...value, name: `${value.name}_next` }));
  const goOn = { ...go, name: `${go.name}_on` };
  body.input.push(valueInfo(go), ...sums.map(valueInfo));
  body.output.push(valueInfo(goOn), ...next.map(valueInfo));
  body.node.push(create(NodeProtoSchema, { opType: "Identity", input: [go.name], output: [goOn.name] }));
  terms.forEach((part, i) => {
    body.node.push(
      create(NodeProtoSchema, { opType: "Add", input: [sums[i].name, part.name], output: [next[i].name] }),
    );
  });
  const zeros = y.map((value) => `${value.name}_zero`);
  const shapes = y.map(({ name, shape }) =>
    tensorProto(`${name}_shape`, tensor("int64", [shape.length], shape)),
  );
  const fill = y.map((value, i) => {
    const zero = create(AttributeProtoSchema, {
      name: "value",
      type: AttributeProto_AttributeType.TENSOR,
      t: tensorProto("", tensor(value.dtype, [1], [0])),
    });
    return create(NodeProtoSchema, {
      opType: "ConstantOfShape",
      input: [shapes[i].name],
      output: [zeros[i]],
      attribute: [zero],
    });
  });
  const loop = create(NodeProtoSchema, {
    name: `${iteration.name}_loop`,
    opType: "Loop",
    input: [count.name, "", ...zeros],
    output: y.map(({ name }) => name),
    attribute: [
      create(AttributeProtoSchema, { name: "body", type: AttributeProto_AttributeType.GRAPH, g: body }),
    ],
  });
  return { protos: [...fill, loop], constants: shapes };
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

function valueInfo({ name, dtype, shape }: Value): ValueInfoProto {
  const dim = shape.map((size) => ({ value: { case: "dimValue" as const, value: BigInt(size) } }));
  return create(ValueInfoProtoSchema, {
    name,
    type: { value: { case: "tensorType", value: { elemType: dataTypes[dtype], shape: { dim } } } },
  });
}
