import { readFileSync } from "node:fs";
import { fromBinary } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { bytesInMemory } from "../../src/files/byteSource.ts";
import type { Patch } from "../../src/files/patch.ts";
import { ModelProtoSchema } from "../../src/graph/onnx.gen.ts";
import { type FloatType, roundTo } from "../../src/models/floats.ts";
import type { ModelFile, ModelOutput } from "../../src/models/model.ts";
import { openModel } from "../../src/models/openModel.ts";
import { applyPatches, fixture } from "./fixtures.ts";

interface ExpectedOutput {
  bias: string;
  type: FloatType;
  shape: number[];
  values: number[];
  activation: string | null;
  reason?: string;
  add?: number;
}

/** Written by scripts/fixtures/onnxModels.py beside the models: what each output of each model should show. */
const { models } = JSON.parse(readFileSync(fixture("onnx/expected.json"), "utf8")) as {
  models: Record<string, Record<string, ExpectedOutput>>;
};
const all = Object.entries(models).flatMap(([file, outputs]) =>
  Object.entries(outputs).map(([output, what]) => ({ file, output, what })),
);
const settable = all.filter(({ what }) => !what.reason);
const refused = all.filter(({ what }) => what.reason);
const addable = refused.filter(({ what }) => what.add);

function load(file: string): Uint8Array {
  return readFileSync(fixture(`onnx/${file}`));
}

function open(bytes: Uint8Array): Promise<ModelFile> {
  return openModel({
    name: "model.onnx",
    main: bytesInMemory("model.onnx", bytes),
    beside: (name) => bytesInMemory(name, load(name)),
  });
}

/** The file with the patches of one or more biases, finished. */
async function patched(bytes: Uint8Array, patches: readonly Patch[]): Promise<Uint8Array> {
  const { finish } = await open(bytes);
  return applyPatches(bytes, await finish!(patches));
}

async function find(bytes: Uint8Array, name: string): Promise<ModelOutput> {
  const { outputs } = await open(bytes);
  return outputs.find((output) => output.name === name)!;
}

/** The model as the protobuf library reads it, without one initializer. */
function without(bytes: Uint8Array, initializer: string) {
  const model = fromBinary(ModelProtoSchema, bytes);
  const graph = model.graph!;
  graph.initializer = graph.initializer.filter(({ name }) => name !== initializer);
  return model;
}

test.each(Object.keys(models))("%s: its outputs are found", async (file) => {
  const { outputs } = await open(load(file));
  expect(outputs.map(({ name }) => name)).toEqual(Object.keys(models[file]));
});

test.each(settable)("$file, $output: its bias is found and read", async ({ file, output, what }) => {
  const found = await find(load(file), output);
  expect(found.reason).toBeUndefined();
  expect(found.bias).toMatchObject({ name: what.bias, shape: what.shape, type: what.type });
  expect([...found.bias!.read()]).toEqual(what.values);
  expect(found.activation ?? null).toBe(what.activation);
  expect(found.units).toBe(what.values.length);
});

test.each(settable)(
  "$file, $output: a bias reads back as written, all else is as it was",
  async ({ file, output, what }) => {
    const before = load(file);
    const bias = (await find(before, output)).bias!;
    const values = Float64Array.from(what.values, (_, i) => Math.log((i + 1) / 7));
    const patches = bias.patch(values);
    const after = await patched(before, patches);
    expect([...(await find(after, output)).bias!.read()]).toEqual([...roundTo(what.type, values)]);
    if (file !== "constant.onnx") expect(without(after, what.bias)).toEqual(without(before, what.bias));
    // Back to the old values: the same file, unless the numbers had to move.
    if (patches.every(({ remove, bytes }) => remove === bytes.length)) {
      const again = (await find(after, output)).bias!.patch(Float64Array.from(what.values));
      expect(Buffer.compare(await patched(after, again), before)).toBe(0);
    }
  },
);

test.each(refused)("$file, $output: refused, because $what.reason", async ({ file, output, what }) => {
  const found = await find(load(file), output);
  expect(found.bias).toBeUndefined();
  expect(found.reason).toContain(what.reason);
  expect(found.added !== undefined).toBe(what.add !== undefined);
});

test.each(addable)("$file: an added bias is found again", async ({ file, output, what }) => {
  const before = load(file);
  const values = Float64Array.from({ length: what.add! }, (_, i) => -i / 4);
  const added = (await find(before, output)).added!;
  const after = await patched(before, added.patch(values));
  const found = await find(after, output);
  expect(found.bias).toMatchObject({ name: added.name, type: added.type, shape: added.shape });
  expect([...found.bias!.read()]).toEqual([...values]);
  const graph = fromBinary(ModelProtoSchema, after).graph!;
  expect(graph.node.map(({ opType }) => opType)).toContain("Add");
  expect(graph.initializer.length).toBe(without(before, "").graph!.initializer.length + 1);
});

test("numbers in an external file move into the model; the external file is never patched", async () => {
  const bytes = load("external.onnx");
  const bias = (await find(bytes, "y")).bias!;
  const patches: readonly Patch[] = bias.patch(new Float64Array([1, 2, 3]));
  expect(patches.every(({ file }) => file === "model.onnx")).toBe(true);
  const moved = fromBinary(ModelProtoSchema, await patched(bytes, patches)).graph!.initializer;
  expect(moved.map(({ name, externalData }) => [name, externalData.length])).toEqual([
    ["w", 3],
    ["b", 0],
  ]);
});

test("two tensors that change their size at once", async () => {
  for (const file of ["gemm-float16-typed.onnx", "external.onnx"]) {
    const before = load(file);
    const { tensors } = await open(before);
    const wanted = { w: new Float64Array(12).fill(-0.5), b: new Float64Array([1, 2, 3]) };
    const patches = Object.entries(wanted).flatMap(([name, values]) => tensors.get(name)!.patch(values));
    const after = await open(await patched(before, patches));
    for (const [name, values] of Object.entries(wanted))
      expect(after.tensors.get(name)!.read()).toEqual(values);
  }
});

test("a wrong number of values is refused", async () => {
  const bias = (await find(load("gemm-float32-raw.onnx"), "y")).bias!;
  expect(() => bias.patch(new Float64Array(4))).toThrow("tensor b has 3 values (shape [3]), not 4");
});
