import { create, toBinary } from "@bufbuild/protobuf";
import type { Graph, Node } from "./graph.ts";
import type { AttributeProto, NodeProto, TensorProto, ValueInfoProto } from "./onnx.gen.ts";
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  TensorProtoSchema,
  ValueInfoProtoSchema,
} from "./onnx.gen.ts";
import type { AttributeValue, Lowered, Op, Value } from "./op.ts";
import { dataTypes } from "./ops/elementwise.ts";
import type { OpAttributes, OpName } from "./ops.ts";
import { ops } from "./ops.ts";
import type { Tensor } from "./tensor.ts";
import { tensor } from "./tensor.ts";

const opset = 21n;
/** The intermediate representation's version that opset 21 came with. */
const irVersion = 10n;

/** The graph as the bytes of an ONNX model. Nodes that no output needs are left out. */
export function toOnnx(graph: Graph): Uint8Array {
  const needed = neededNodes(graph);
  const used = new Set(needed.flatMap(({ x }) => x.map(({ name }) => name)));
  const initializers = [...graph.constants]
    .filter(([name]) => used.has(name))
    .map(([name, content]) => tensorProto(name, content));
  const nodes: NodeProto[] = [];
  for (const node of needed) {
    const { proto, constants } = nodeProto(node);
    initializers.push(...constants);
    nodes.push(proto);
  }
  const domains = new Set(nodes.map(({ domain }) => domain));
  const outputs = [...graph.outputs];
  // An output carries its own name by an Identity, which runtimes remove.
  for (const [name, value] of outputs)
    nodes.push(create(NodeProtoSchema, { opType: "Identity", input: [value.name], output: [name] }));
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion,
      producerName: "baserate",
      opsetImport: [
        { domain: "", version: opset },
        ...[...domains].filter(Boolean).map((domain) => ({ domain, version: 1n })),
      ],
      graph: {
        name: "baserate",
        node: nodes,
        initializer: initializers,
        input: graph.inputs.map((value) => valueInfo(value)),
        output: outputs.map(([name, value]) => valueInfo({ ...value, name })),
      },
    }),
  );
}

/** The nodes that some output depends on, in the order of computation. */
function neededNodes(graph: Graph): Node[] {
  const needed = new Set([...graph.outputs.values()].map(({ name }) => name));
  const nodes = graph.nodes.toReversed().filter(({ x, y }) => {
    if (!needed.has(y.name)) return false;
    for (const { name } of x) needed.add(name);
    return true;
  });
  return nodes.reverse();
}

function nodeProto<Name extends OpName>({
  op,
  x,
  y,
  attributes,
}: Node<Name>): { proto: NodeProto; constants: TensorProto[] } {
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
  return { proto, constants };
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
