import { readFileSync } from "node:fs";
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { InputError } from "../../src/errors.ts";
import { bytesInMemory } from "../../src/files/byteSource.ts";
import {
  type GraphProto,
  GraphProtoSchema,
  ModelProtoSchema,
  TensorProto_DataLocation,
} from "../../src/graph/onnx.gen.ts";
import type { ModelFile } from "../../src/models/model.ts";
import { openModel } from "../../src/models/openModel.ts";
import { safeName } from "../../src/models/openModelFile.ts";
import { readPickle } from "../../src/models/pickle.ts";
import { concatBytes, encodeField, encodeVarint } from "../../src/models/protobufWire.ts";
import { applyPatches, fixture } from "./fixtures.ts";

function open(name: string, bytes: Uint8Array, data = new Uint8Array(16)): Promise<ModelFile> {
  const beside = (other: string) => bytesInMemory(safeName(other), data);
  return openModel({ name, main: bytesInMemory(name, bytes), beside });
}

function openGraph(graph: MessageInitShape<typeof GraphProtoSchema>): Promise<ModelFile> {
  return open("model.onnx", toBinary(ModelProtoSchema, create(ModelProtoSchema, { irVersion: 10n, graph })));
}

/** A model whose graph field has this content. */
function rawModel(graph: Uint8Array): Uint8Array {
  return concatBytes([Uint8Array.of(0x08, 10), encodeField(7, graph)]);
}

const gemm = { opType: "Gemm", input: ["x", "w", "b"], output: ["y"] };
const output = [{ name: "y" }];

function external(entries: Record<string, string>) {
  const externalData = Object.entries(entries).map(([key, value]) => ({ key, value }));
  const tensor = {
    name: "b",
    dims: [2n],
    dataType: 1,
    dataLocation: TensorProto_DataLocation.EXTERNAL,
    externalData,
  };
  return openGraph({ node: [gemm], output, initializer: [tensor] });
}

test.each([
  ["leads out of the folder", { location: "../../etc/passwd" }, "outside its own folder"],
  ["is absolute", { location: "/etc/passwd" }, "outside its own folder"],
  ["is missing", { offset: "0" }, "does not name a file"],
  ["begins behind the end", { location: "d", offset: "17" }, "17, but has 16 bytes"],
  ["ends behind the end", { location: "d", offset: "12", length: "8" }, "8 bytes at 12, but has 16"],
  ["begins at no number", { location: "d", offset: "-1", length: "8" }, "NaN, but has 16"],
  [
    "is longer than the tensor",
    { location: "d", offset: "0", length: "12" },
    "but 12 bytes of external data",
  ],
])("ONNX external data that %s", async (_, entries, message) => {
  await expect(external(entries as Record<string, string>)).rejects.toThrow(message);
});

test("an ONNX length beyond the file", async () => {
  const bytes = concatBytes([Uint8Array.of(0x08, 10, 0x3a), encodeVarint(2 ** 50)]);
  await expect(open("model.onnx", bytes)).rejects.toThrow(
    "field 7 should have 1125899906842624 bytes, 0 are left",
  );
});

test("ONNX graphs within graphs without end", async () => {
  let graph: GraphProto = create(GraphProtoSchema, {});
  for (let depth = 0; depth < 50; depth++) {
    graph = create(GraphProtoSchema, {
      node: [{ opType: "If", attribute: [{ name: "then_branch", g: graph }] }],
    });
  }
  await expect(openGraph(graph)).rejects.toThrow("nested more than 100 deep");
});

test("an ONNX type of types without end", async () => {
  let type = new Uint8Array();
  while (type.length < 200_000) type = encodeField(4, encodeField(1, type)) as Uint8Array<ArrayBuffer>;
  const graph = encodeField(12, concatBytes([encodeField(1, Buffer.from("y")), encodeField(2, type)]));
  await expect(open("model.onnx", rawModel(graph))).rejects.toThrow(InputError);
});

test("an ONNX tensor of more elements than there are numbers", async () => {
  const tensor = { name: "b", dims: [2n ** 40n, 2n ** 40n], dataType: 1, rawData: new Uint8Array(4) };
  await expect(openGraph({ initializer: [tensor] })).rejects.toThrow("tensor b has the shape");
  await expect(openGraph({ initializer: [{ ...tensor, dims: [-2n] }] })).rejects.toThrow(
    "tensor b has the shape [-2]",
  );
});

test("an ONNX bias with fewer bytes than its shape says", async () => {
  const tensor = { name: "b", dims: [2n ** 40n], dataType: 1, rawData: new Uint8Array(4) };
  const { outputs } = await openGraph({ node: [gemm], output, initializer: [tensor] });
  expect(() => outputs[0].bias!.read()).toThrow("but 4 bytes of data");
  expect(() => outputs[0].bias!.patch(new Float64Array(1))).toThrow("but 4 bytes of data");
});

test("ONNX nodes that feed each other", async () => {
  const node = [
    { opType: "Identity", input: ["a"], output: ["y"] },
    { opType: "Identity", input: ["y"], output: ["a"] },
  ];
  const { outputs } = await openGraph({ node, output });
  expect(outputs[0].reason).toContain("its nodes form a cycle");
});

test("an ONNX value made twice", async () => {
  await expect(openGraph({ node: [gemm, gemm], output })).rejects.toThrow("define the value y");
});

test("an ONNX output at the end of 100,000 nodes", async () => {
  const node = Array.from({ length: 100_000 }, (_, i) => ({
    opType: "Identity",
    input: [`v${i + 1}`],
    output: [i ? `v${i}` : "y"],
  }));
  const { outputs } = await openGraph({ node, output });
  expect(outputs[0].reason).toContain("no layer was found within 10000 nodes");
});

/** A PyTorch file with another data.pkl of the same length (checksums are not looked at for stored entries). */
function withPickle(change: (pickle: string) => string): Uint8Array {
  const bytes = readFileSync(fixture("torch/state-float32.pt"));
  const from = bytes.indexOf("\x80\x02ccollections", 0, "latin1");
  const to = bytes.indexOf("b.PK", from, "latin1") + 2;
  const pickle = bytes.toString("latin1", from, to);
  const changed = Buffer.from(change(pickle), "latin1");
  if (changed.length > pickle.length) throw new Error("the changed pickle must not be longer");
  return applyPatches(bytes, [{ file: "", offset: from, remove: changed.length, bytes: changed }]);
}

test.each([
  [
    "a storage that isn't there",
    (p: string) => p.replace("X\x01\0\0\x003", "X\x01\0\0\x009"),
    "the file has no storage 9",
  ],
  [
    "an offset beyond the storage",
    (p: string) => p.replace("QK\0K\x03\x85", "QK\xffK\x03\x85"),
    "ends at byte",
  ],
  [
    "more elements than the storage",
    (p: string) => p.replace("QK\0K\x03\x85", "QK\0K\xff\x85"),
    "ends at byte",
  ],
  ["a list that holds itself", () => "\x80\x02]q\0h\0a.", ""],
  ["nothing but an end", () => ".", "a value is missing"],
])("a PyTorch file with %s", async (_, change, message) => {
  const opened = open("model.pt", withPickle(change));
  if (message === "") expect((await opened).outputs).toEqual([]);
  else await expect(opened).rejects.toThrow(message);
});

test("a pickle that nests 100 deep and more", async () => {
  const nested = withPickle(() => `\x80\x02${"]".repeat(220)}${"a".repeat(219)}.`);
  expect((await open("model.pt", nested).catch((error) => error)).message).toContain(
    "nested more than 100 deep",
  );
});

test("a pickle of ten million opcodes", () => {
  const bytes = new Uint8Array(10_000_001).fill("N".charCodeAt(0));
  expect(() => readPickle(bytes, (why) => new InputError(why))).toThrow("more than 10000000 opcodes");
});

test("an ONNX node of 200,000 inputs", async () => {
  const input = Array.from({ length: 200_000 }, (_, i) => `v${i}`);
  const { outputs } = await openGraph({ node: [{ opType: "Concat", input, output: ["y"] }], output });
  expect(outputs[0].reason).toContain("no node of the graph computes v0");
});
