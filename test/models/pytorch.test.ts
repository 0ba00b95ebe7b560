import { existsSync, readFileSync, rmSync } from "node:fs";
import { expect, test } from "vitest";
import { bytesInMemory } from "../../src/files/byteSource.ts";
import { crc32 } from "../../src/files/crc32.ts";
import { readZip } from "../../src/files/zip.ts";
import { type FloatType, roundTo } from "../../src/models/floats.ts";
import type { ModelFile } from "../../src/models/model.ts";
import { openModel } from "../../src/models/openModel.ts";
import { applyPatches, fixture } from "./fixtures.ts";

/** Written by scripts/fixtures/torchModels.py beside the models: the output bias of each, as PyTorch has it. */
const { models } = JSON.parse(readFileSync(fixture("torch/expected.json"), "utf8")) as {
  models: Record<string, { bias: string; type: FloatType; values: number[]; reason?: string }>;
};
const all = Object.entries(models).map(([file, what]) => ({ file, ...what }));
const settable = all.filter(({ reason }) => reason === undefined);

function load(file: string): Uint8Array {
  return readFileSync(fixture(`torch/${file}`));
}

function open(bytes: Uint8Array, name = "model.pt"): Promise<ModelFile> {
  const beside = () => {
    throw new Error("a PyTorch file has no files beside it");
  };
  return openModel({ name, main: bytesInMemory(name, bytes), beside });
}

test.each(settable)("$file: its output bias is $bias, and is read", async ({ file, bias, type, values }) => {
  const { outputs, reason } = await open(load(file));
  expect(reason).toBeUndefined();
  expect(outputs.map((output) => [output.bias?.name, output.bias?.type, output.units])).toEqual([
    [bias, type, 3],
  ]);
  expect([...outputs[0].bias!.read()]).toEqual(values);
});

test.each(settable)(
  "$file: a bias reads back as written, all other bytes and checksums hold",
  async ({ file, bias, type, values }) => {
    const before = load(file);
    const model = await open(before);
    const wanted = Float64Array.from(values, (_, i) => Math.log((i + 1) / 7));
    const after = applyPatches(before, await model.finish!(model.tensors.get(bias)!.patch(wanted)));
    const again = await open(after);
    expect([...again.tensors.get(bias)!.read()]).toEqual([...roundTo(type, wanted)]);
    for (const [name, tensor] of again.tensors) {
      if (name !== bias) expect(tensor.read()).toEqual(model.tensors.get(name)!.read());
    }
    const zip = readZip(bytesInMemory(file, after), file);
    for (const entry of zip.entries.values()) {
      if (entry.method === 0)
        expect(crc32(after.subarray(entry.dataOffset, entry.dataOffset + entry.size))).toBe(entry.crc32);
    }
    const back = await again.finish!(again.tensors.get(bias)!.patch(Float64Array.from(values)));
    expect(Buffer.compare(applyPatches(after, back), before)).toBe(0);
  },
);

test("a bias that shares its numbers is refused, and set where it is named", async () => {
  const { outputs, tensors } = await open(load("shared.pt"));
  expect(outputs[0].bias).toBeUndefined();
  expect(outputs[0].reason).toContain(models["shared.pt"].reason);
  expect(tensors.get("head.bias")!.patch(new Float64Array(3))).toHaveLength(1);
});

test("an expanded bias can't be set", async () => {
  const { tensors } = await open(load("expanded.pt"));
  const bias = tensors.get("head.bias")!;
  expect(bias.fixed).toContain(models["expanded.pt"].reason);
  expect(() => bias.patch(new Float64Array(3))).toThrow("is expanded");
});

test("the format from before 1.6 is refused with what to do", async () => {
  await expect(open(load("legacy.pt"))).rejects.toThrow('torch.save(torch.load("model.pt"), "new.pt")');
});

test("a pickle that names a function is read without calling it", async () => {
  expect(Buffer.from(load("evil.pt")).includes("touch /tmp/baserate-was-here")).toBe(true);
  rmSync("/tmp/baserate-was-here", { force: true });
  await open(load("evil.pt"));
  expect(existsSync("/tmp/baserate-was-here")).toBe(false);
});

test("a file is known by its contents, whatever its name", async () => {
  expect((await open(load("module.pt"), "model")).format).toBe("PyTorch, whole module (zip format)");
  expect((await open(load("script.pt"), "model")).format).toBe("PyTorch, TorchScript (zip format)");
});
