import { create, toBinary } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { Graph } from "../../src/graph/graph.ts";
import { converters } from "../../src/graph/import/converters.ts";
import { importOnnx } from "../../src/graph/import/importOnnx.ts";
import {
  type AttributeProto,
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  TensorProtoSchema,
  ValueInfoProtoSchema,
} from "../../src/graph/onnx.gen.ts";
import { dataTypes } from "../../src/graph/ops/elementwise.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import { elementCount, numbers, tensor } from "../../src/graph/tensor.ts";
import { toOnnx } from "../../src/graph/toOnnx.ts";
import { seededRandom } from "../../src/math/seededRandom.ts";
import { nodeRuntime } from "../../src/runtime/node.ts";
import { type NodeCase, type NodeInput, nodeCases } from "./nodeCases.ts";

function attribute(name: string, value: NodeCase["attributes"][string]): AttributeProto {
  const { INT, INTS, FLOAT, STRING } = AttributeProto_AttributeType;
  if (typeof value === "number") return create(AttributeProtoSchema, { name, type: INT, i: BigInt(value) });
  if (typeof value === "string")
    return create(AttributeProtoSchema, { name, type: STRING, s: new TextEncoder().encode(value) });
  if ("float" in value) return create(AttributeProtoSchema, { name, type: FLOAT, f: value.float });
  return create(AttributeProtoSchema, { name, type: INTS, ints: value.map(BigInt) });
}

const content = ({ dtype, shape, values }: NodeInput) => tensor(dtype, shape, values!);

/** A model of one node, and of a parameter that it does not use, without which a network is refused. */
function model({ op, x, attributes, outputs }: NodeCase): Uint8Array {
  const info = (name: string, dtype: NodeInput["dtype"], shape?: readonly number[]) =>
    create(ValueInfoProtoSchema, {
      name,
      type: {
        value: {
          case: "tensorType",
          value: {
            elemType: dataTypes[dtype],
            shape: shape && {
              dim: shape.map((size) => ({ value: { case: "dimValue" as const, value: BigInt(size) } })),
            },
          },
        },
      },
    });
  const stored = (name: string, { dtype, shape, data }: Tensor) =>
    create(TensorProtoSchema, {
      name,
      dataType: dataTypes[dtype],
      dims: shape.map(BigInt),
      rawData: new Uint8Array(data.buffer),
    });
  const given = x.flatMap((input, i) => (input ? [{ name: `x${i}`, ...input }] : []));
  const isInteger = op.startsWith("Arg");
  const names = Array.from({ length: outputs }, (_, i) => `y${i}`);
  const dtype = op === "IsNaN" ? "bool" : isInteger ? "int64" : "float32";
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: 10n,
      opsetImport: [{ domain: "", version: 21n }],
      graph: create(GraphProtoSchema, {
        name: "one node",
        node: [
          create(NodeProtoSchema, {
            opType: op,
            input: x.map((input, i) => (input ? `x${i}` : "")),
            output: names,
            attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
          }),
          create(NodeProtoSchema, { opType: "Identity", input: ["layer.weight"], output: ["z"] }),
        ],
        input: given
          .filter(({ values }) => !values)
          .map(({ name, dtype, shape }) => info(name, dtype, shape)),
        initializer: [
          ...given.filter(({ values }) => values).map((input) => stored(input.name, content(input))),
          stored("layer.weight", tensor("float32", [2], [1, 2])),
        ],
        output: [...names.map((name) => info(name, dtype)), info("z", "float32", [2])],
      }),
    }),
  );
}

function feedsOf({ x, title }: NodeCase): Record<string, Tensor> {
  const draw = seededRandom(1, title);
  const fed = x.flatMap((input, i) => (input && !input.values ? [[`x${i}`, input] as const] : []));
  return Object.fromEntries(
    fed.map(([name, { dtype, shape, below }]) => {
      const next = below ? () => draw.integer(below) : () => draw.normal();
      return [name, tensor(dtype, shape, Array.from({ length: elementCount(shape) }, next))];
    }),
  );
}

describe("an imported node computes what ONNX Runtime computes from the file", () => {
  test.each(nodeCases)("$title", async (nodeCase) => {
    const bytes = model(nodeCase);
    const feeds = feedsOf(nodeCase);
    const runtime = await nodeRuntime();
    const original = await runtime.load(bytes);
    const expected = await original.run(feeds);
    await original.dispose();

    const network = importOnnx(bytes, { asExported: true });
    const graph = new Graph();
    const inputs = Object.entries(feeds).map(([name, { dtype, shape }]) => [
      name,
      graph.input(name, dtype, shape),
    ]);
    const weights = [...network.parameters, ...network.state].map(({ name, value }) => [
      name,
      graph.namedConstant(name, value),
    ]);
    const { outputs } = network.build(graph, new Map(inputs as never), new Map(weights as never), {
      training: true,
    });
    for (const [name, value] of outputs) graph.output(`our ${name}`, value);
    const ours = await runtime.load(toOnnx(graph));
    const found = await ours.run(feeds);
    await ours.dispose();
    for (const [name, wanted] of Object.entries(expected)) {
      const value = found[`our ${name}`];
      expect(value.shape, name).toEqual(wanted.shape);
      expect(value.dtype, name).toBe(wanted.dtype);
      const [a, b] = [numbers(value), numbers(wanted)];
      a.forEach((number, i) => {
        expect(Math.abs(number - b[i]), `${name}[${i}]`).toBeLessThan(2e-5 * Math.max(1, Math.abs(b[i])));
      });
    }
  });
});

/** Operators that become one row of the table of ops, constants that need a network around them, and random ones. */
const testedElsewhere = [
  ...["Abs", "Add", "And", "Atanh", "Cast", "CastLike", "Ceil", "Cos", "Div", "Equal", "Erf", "Exp", "Floor"],
  ...[
    "Greater",
    "GreaterOrEqual",
    "Less",
    "LessOrEqual",
    "Log",
    "Mul",
    "Neg",
    "Not",
    "Or",
    "Pow",
    "Reciprocal",
  ],
  ...["Relu", "Round", "Sigmoid", "Sign", "Sin", "Softplus", "Sqrt", "Sub", "Sum", "Tanh", "Xor", "Identity"],
  ...["Constant", "ConstantOfShape", "Range", "Shape", "Size", "ReduceLogSum"],
  // ONNX Runtime has no opset 21 form of these.
  ...["RMSNormalization", "Swish"],
  ...["Bernoulli", "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike"],
];

test("every operator that can be imported has a case", () => {
  const tested = new Set([...nodeCases.map(({ op }) => op), ...testedElsewhere]);
  expect([...converters.keys()].filter((op) => !tested.has(op))).toEqual([]);
});
