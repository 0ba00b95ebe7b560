import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { expect, test } from "vitest";
import { ModelProtoSchema, TensorProto_DataType } from "../../src/graph/onnx.gen.ts";

const bias = Uint8Array.from([0, 0, 128, 63, 0, 0, 0, 64]); // 1, 2 as little-endian float32

function gemm() {
  return create(ModelProtoSchema, {
    irVersion: 10n,
    opsetImport: [{ domain: "", version: 21n }],
    graph: {
      name: "g",
      node: [{ opType: "Gemm", input: ["x", "W", "b"], output: ["y"] }],
      initializer: [{ name: "b", dims: [2n], dataType: TensorProto_DataType.FLOAT, rawData: bias }],
    },
  });
}

test("an ONNX model is the same after writing and reading, byte for byte", () => {
  const bytes = toBinary(ModelProtoSchema, gemm());
  const model = fromBinary(ModelProtoSchema, bytes);
  expect(model.graph!.initializer[0].rawData).toEqual(bias);
  expect(model.graph!.node[0]).toMatchObject({ opType: "Gemm", input: ["x", "W", "b"], output: ["y"] });
  expect(toBinary(ModelProtoSchema, model)).toEqual(bytes);
});

test("the bytes of a model are those of the protobuf encoding", () => {
  const model = create(ModelProtoSchema, { irVersion: 10n, producerName: "p" });
  // field 1 varint: tag 0x08, 10; field 2 bytes: tag 0x12, length 1, "p"
  expect([...toBinary(ModelProtoSchema, model)]).toEqual([0x08, 10, 0x12, 1, 0x70]);
});

test("fields that onnx-ml.proto does not know survive writing", () => {
  const unknown = new BinaryWriter().tag(7777, 2).string("later").finish();
  const bytes = Uint8Array.from([...toBinary(ModelProtoSchema, gemm()), ...unknown]);
  expect(toBinary(ModelProtoSchema, fromBinary(ModelProtoSchema, bytes))).toEqual(bytes);
});
