import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { editBias } from "../../src/models/editBias.ts";
import type { ModelFile } from "../../src/models/model.ts";
import { type ModelOnDisk, openModelFile } from "../../src/models/openModelFile.ts";
import { writeModel } from "../../src/models/writeModel.ts";
import { applyPatches, fixture } from "./fixtures.ts";

/** Files whose outputs can all be set, one of each kind. */
const files = [
  "mlp.keras",
  "mlp-deflated.keras",
  "multi.keras",
  "detector.keras",
  "float16.keras",
  "bfloat16.keras",
  "float64.keras",
  "mlp.h5",
  "multi.h5",
  "bfloat16.h5",
  "tf-keras.h5",
  "mlp.weights.h5",
  "mlp.safetensors",
  "half.safetensors",
  "brain.safetensors",
  "sharded/model.safetensors.index.json",
  "mlp.npz",
  "mlp-deflated.npz",
  "big-endian.npz",
  "streamed.npz",
  "flax/head.msgpack",
  "flax/checkpoint_0",
  "tfjs-layers/model.json",
  "tfjs-detector/model.json",
  "tfjs-graph/model.json",
  "tfjs-graph-fused/model.json",
];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "baserate-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A copy of a fixture (with all files beside it, where it is one of a folder of its own) to be worked on. */
function copyOf(name: string): string {
  const from = name.includes("/") ? dirname(fixture(name)) : fixture(name);
  cpSync(from, join(folder, basename(from)), { recursive: true });
  return join(folder, name);
}

async function withModel<T>(path: string, use: (model: ModelOnDisk) => Promise<T> | T): Promise<T> {
  const model = await openModelFile(path);
  try {
    return await use(model);
  } finally {
    model.close();
  }
}

const tree = (path: string) =>
  Object.fromEntries(
    readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => [
        join(entry.parentPath, entry.name),
        readFileSync(join(entry.parentPath, entry.name), "hex"),
      ]),
  );

const contents = (model: ModelFile) =>
  new Map([...model.tensors].map(([name, tensor]) => [name, tensor.read()]));

const changesFor = (model: ModelFile) =>
  model.outputs.map(({ name, units }) => ({
    output: name,
    values: Float64Array.from({ length: units! }, (_, i) => i / 3 - 1),
  }));

test.each(files)(
  "%s: all biases are set, all other tensors and the old file stay as they are",
  async (name) => {
    const path = copyOf(name);
    const before = tree(folder);
    const { old, plan, written } = await withModel(path, async (model) => {
      const plan = await editBias(model, changesFor(model));
      return { old: contents(model), plan, written: await writeModel(model, plan, {}) };
    });
    expect(tree(folder)).toMatchObject(before);
    await withModel(written.path, (model) => {
      for (const { tensor, after } of plan.applied) old.set(tensor!.name, after);
      expect(contents(model)).toEqual(old);
    });
    expect(readdirSync(folder).filter((entry) => entry.startsWith("."))).toEqual([]);
  },
);

test.each(files)("%s: only the patched bytes differ", async (name) => {
  const path = copyOf(name);
  await withModel(path, async (model) => {
    const plan = await editBias(model, changesFor(model));
    const written = await writeModel(model, plan, { out: join(folder, "new", basename(path)) });
    for (const file of model.files) {
      const patches = plan.patches.filter((patch) => patch.file === file);
      const expected = applyPatches(readFileSync(join(dirname(path), file)), patches);
      expect(readFileSync(join(dirname(written.path), file)).equals(expected)).toBe(true);
    }
  });
});

test.each(["mlp.keras", "sharded/model.safetensors.index.json"])(
  "%s: in place, the old file is kept",
  async (name) => {
    const path = copyOf(name);
    const before = tree(folder);
    const written = await withModel(path, async (model) =>
      writeModel(model, await editBias(model, changesFor(model)), { inPlace: true }),
    );
    const after = tree(folder);
    expect(written.kept).toEqual(written.files.map((file) => `${file}.old`));
    for (const [i, file] of written.files.entries()) {
      expect(after[written.kept[i]]).toBe(before[file]);
      expect(after[file]).not.toBe(before[file]);
    }
    expect(Object.keys(after)).toHaveLength(Object.keys(before).length + written.kept.length);
  },
);

test("an older kept file is not replaced", async () => {
  const path = copyOf("mlp.keras");
  const kept: string[] = [];
  for (let i = 0; i < 3; i++) {
    const written = await withModel(path, async (model) =>
      writeModel(model, await editBias(model, [{ values: [i, i, i] }]), { inPlace: true }),
    );
    kept.push(...written.kept);
  }
  expect(kept).toEqual([`${path}.old`, `${path}.old2`, `${path}.old3`]);
});

test("what stands in the target's place is not replaced", async () => {
  const path = copyOf("mlp.keras");
  await withModel(path, async (model) => {
    const plan = await editBias(model, changesFor(model));
    await writeModel(model, plan, {});
    const before = tree(folder);
    await expect(writeModel(model, plan, {})).rejects.toThrow(/mlp.baserate.keras already exists; remove it/);
    await expect(writeModel(model, plan, { out: path })).rejects.toThrow(/already exists/);
    expect(tree(folder)).toEqual(before);
  });
});

test("a symbolic link is not replaced in place, but its target can be", async () => {
  const path = copyOf("mlp.keras");
  const link = join(folder, "link.keras");
  symlinkSync(path, link);
  await withModel(link, async (model) => {
    const plan = await editBias(model, changesFor(model));
    await expect(writeModel(model, plan, { inPlace: true })).rejects.toThrow(
      /is a symbolic link to .*mlp.keras/,
    );
  });
});

test("a copy that doesn't read back is thrown away", async () => {
  const path = copyOf("mlp.keras");
  const before = tree(folder);
  await withModel(path, async (model) => {
    const plan = await editBias(model, changesFor(model));
    const wrong = {
      ...plan,
      patches: plan.patches.map((patch) => ({ ...patch, bytes: patch.bytes.map((byte) => byte ^ 1) })),
    };
    await expect(writeModel(model, wrong, { out: join(folder, "new/model.keras") })).rejects.toThrow(
      /nothing was written|broken/,
    );
  });
  expect(tree(folder)).toEqual(before);
  expect(existsSync(join(folder, "new"))).toBe(false);
});
