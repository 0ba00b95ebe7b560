import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { InputError } from "../../src/errors.ts";
import { bytesInMemory } from "../../src/files/byteSource.ts";
import { editBias } from "../../src/models/editBias.ts";
import type { ModelFile } from "../../src/models/model.ts";
import { readMsgpack } from "../../src/models/msgpack.ts";
import { openModel } from "../../src/models/openModel.ts";
import { applyPatches, fixture } from "./fixtures.ts";

interface Expected {
  readonly layer: string;
  readonly type: string;
  readonly values: readonly number[];
}
const expected: Record<string, Expected> = JSON.parse(
  readFileSync(fixture("flax/expected.json"), "utf8"),
).models;
const bytesOf = (name: string) => readFileSync(fixture(`flax/${name}`));

function open(name: string, bytes: Uint8Array): Promise<ModelFile> {
  const main = bytesInMemory(name, bytes);
  return openModel({ name, main, beside: () => main });
}

const contents = (model: ModelFile) =>
  new Map([...model.tensors].map(([name, tensor]) => [name, tensor.read()]));

test.each(Object.entries(expected))("%s: the bias that Flax wrote", async (name, { layer, type, values }) => {
  const model = await open(name, bytesOf(name));
  const found = [...model.outputs, ...model.candidates].find((output) => output.layer === layer)!;
  expect(found.bias).toMatchObject({ name: `${layer}/bias`, type, shape: [3] });
  expect([...found.bias!.read()]).toEqual(values);
});

test.each(Object.keys(expected).filter((name) => name !== "chunked.msgpack"))(
  "%s: the bias is set, all other bytes stay",
  async (name) => {
    const model = await open(name, bytesOf(name));
    const { layer } = expected[name];
    const { patches, applied } = await editBias(model, [{ output: layer, values: [-1.5, 0.3, 2] }]);
    const changed = await open(name, applyPatches(bytesOf(name), patches));
    expect(contents(changed)).toEqual(contents(model).set(`${layer}/bias`, applied[0].after));
  },
);

test("of layers that Flax numbered the last of the chain is the output", async () => {
  const model = await open("float32.msgpack", bytesOf("float32.msgpack"));
  expect(model.outputs.map(({ name }) => name)).toEqual(["params/Dense_1"]);
  expect(model.candidates.map(({ name, units }) => [name, units])).toEqual([
    ["params/Dense_0", 5],
    ["params/Dense_1", 3],
  ]);
});

test("an optimiser's moments are no candidates, but can be named", async () => {
  const model = await open("checkpoint_0", bytesOf("checkpoint_0"));
  expect(model.outputs.map(({ name }) => name)).toEqual(["params/head"]);
  expect(model.candidates.map(({ name }) => name)).toEqual(["params/head", "params/Dense_0"]);
  expect([...model.tensors.get("opt_state/0/mu/head/bias")!.read()]).toEqual([0, 0, 0]);
});

test("arrays in chunks are read, and a bias in chunks is not changed", async () => {
  const whole = contents(await open("head.msgpack", bytesOf("head.msgpack")));
  const kernel = await open("chunked-kernel.msgpack", bytesOf("chunked-kernel.msgpack"));
  const chunked = await open("chunked.msgpack", bytesOf("chunked.msgpack"));
  expect(contents(kernel)).toEqual(whole);
  expect(contents(chunked)).toEqual(whole);
  await expect(editBias(chunked, [{ values: [1, 2, 3] }])).rejects.toThrow(
    "tensor params/head/bias: Flax has written it in chunks, as it does above 1 GiB, and baserate can't change such a tensor",
  );
});

test.each(Object.keys(expected))("%s: cut short anywhere, it is refused", async (name) => {
  const whole = bytesOf(name);
  for (let length = 0; length < whole.length; length++) {
    await expect(open(name, whole.subarray(0, length)), `${length} bytes`).rejects.toThrow(InputError);
  }
});

const read = (...bytes: number[]) => readMsgpack(bytesInMemory("m", Uint8Array.from(bytes)), 0, bytes.length);

test.each([
  [[0x7f], 127],
  [[0xff], -1],
  [[0xe0], -32],
  [[0xcc, 0xff], 255],
  [[0xcd, 1, 0], 256],
  [[0xce, 0xff, 0xff, 0xff, 0xff], 2 ** 32 - 1],
  [[0xcf, 0, 0, 0, 1, 0, 0, 0, 0], 2 ** 32],
  [[0xd0, 0x80], -128],
  [[0xd1, 0xff, 0xfe], -2],
  [[0xd2, 0x7f, 0xff, 0xff, 0xff], 2 ** 31 - 1],
  [[0xd3, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0], -(2 ** 32)],
])("MessagePack %j = %d", (bytes, value) => {
  expect(read(...bytes)).toEqual({ kind: "integer", value });
});

test.each([
  ["text", [0xa2, 65, 66], 1, 2],
  ["text", [0xd9, 2, 65, 66], 2, 2],
  ["text", [0xda, 0, 2, 65, 66], 3, 2],
  ["text", [0xdb, 0, 0, 0, 2, 65, 66], 5, 2],
  ["bytes", [0xc4, 1, 9], 2, 1],
  ["bytes", [0xc5, 0, 1, 9], 3, 1],
  ["bytes", [0xc6, 0, 0, 0, 1, 9], 5, 1],
  ["extension", [0xd4, 1, 9], 2, 1],
  ["extension", [0xd8, 1, ...new Array<number>(16).fill(9)], 2, 16],
  ["extension", [0xc7, 1, 1, 9], 3, 1],
  ["extension", [0xc8, 0, 1, 1, 9], 4, 1],
  ["extension", [0xc9, 0, 0, 0, 1, 1, 9], 6, 1],
])("MessagePack %s in %j stands at byte %d, %d long", (kind, bytes, offset, length) => {
  expect(read(...bytes)).toMatchObject({ kind, offset, length });
});

test("MessagePack arrays and maps of each width hold their values", () => {
  const one = { kind: "integer", value: 1 };
  for (const head of [[0x91], [0xdc, 0, 1], [0xdd, 0, 0, 0, 1]])
    expect(read(...head, 1)).toEqual({ kind: "array", items: [one] });
  for (const head of [[0x81], [0xde, 0, 1], [0xdf, 0, 0, 0, 1]])
    expect(read(...head, 0xa1, 65, 1)).toEqual({ kind: "map", entries: new Map([["A", one]]) });
  const others = [0xc0, 0xc2, 0xc3, 0xca, 0, 0, 0, 0, 0xcb, 0, 0, 0, 0, 0, 0, 0, 0];
  expect(read(0x95, ...others)).toEqual({ kind: "array", items: new Array(5).fill({ kind: "other" }) });
});

test.each([
  ["a map's end is missing", [0x81, 0xa1, 65], "1 bytes should follow, but 0 are left"],
  ["a length is beyond the file", [0x81, 0xdb, 255, 255, 255, 255], "4294967295 bytes should follow"],
  ["a count is beyond the file", [0xdd, 255, 255, 255, 255], "1 bytes should follow, but 0 are left"],
  ["a key comes twice", [0x82, 0xa1, 65, 1, 0xa1, 65, 1], "the same key twice"],
  ["a key is a map", [0x81, 0x80, 1], "neither text nor an integer"],
  ["bytes follow", [1, 1], "1 bytes follow its end"],
  ["it nests too deep", [...new Array<number>(200).fill(0x91), 1], "more than 100 deep"],
  ["it has too many values", [0xdd, 0, 32, 0, 0, ...new Array<number>(2 ** 21).fill(1)], "more than 1000000"],
  ["c1 stands in it", [0xc1], "does not use"],
])("MessagePack is refused where %s", (_, bytes, message) => {
  const source = bytesInMemory("m", Uint8Array.from(bytes));
  expect(() => readMsgpack(source, 0, source.size)).toThrow(message);
});

test("a file that is not Flax's is refused with one line", async () => {
  await expect(open("a.msgpack", Uint8Array.of(0x81, 0xa1, 65, 1))).rejects.toThrow(
    "a.msgpack: a MessagePack file, but it holds no Flax arrays",
  );
  await expect(open("a.msgpack", Buffer.from("no such thing"))).rejects.toThrow("bytes follow its end");
  await expect(open("a.bin", Uint8Array.of(0x80, 1))).rejects.toThrow(InputError);
  const array = [0x93, 0x91, 0x03, 0xa7, ...Buffer.from("float32"), 0xc4, 0x04, 0, 0, 0, 0];
  await expect(open("a", Uint8Array.of(0x81, 0xa1, 65, 0xc7, array.length, 1, ...array))).rejects.toThrow(
    "its shape takes 12 bytes of float32, but it has 4",
  );
});
