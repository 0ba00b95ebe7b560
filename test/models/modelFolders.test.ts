import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { editBias } from "../../src/models/editBias.ts";
import { filesBelow } from "../../src/models/filesBelow.ts";
import { openModelFile } from "../../src/models/openModelFile.ts";
import { writeModel } from "../../src/models/writeModel.ts";
import { fixture } from "./fixtures.ts";

/** Biases as the frameworks gave them; scripts/fixtures/folderModels.py wrote both. */
const { biases } = JSON.parse(readFileSync(fixture("folders.json"), "utf8")) as {
  biases: Record<string, number[]>;
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "baserate-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function withModel<T>(path: string, use: (model: Awaited<ReturnType<typeof openModelFile>>) => T) {
  const model = await openModelFile(path);
  try {
    return await use(model);
  } finally {
    model.close();
  }
}

const biasOf = (path: string) => withModel(path, ({ outputs }) => [...outputs[0].bias!.read()]);
const values = [0.5, -1, 2];

test.each(Object.keys(biases))("%s: the bias of its one output is read, and set in a copy", async (name) => {
  expect(await biasOf(fixture(name))).toEqual(biases[name].map(Math.fround));
  const isFolder = !/\.\w+$/.test(name);
  const out = isFolder ? join(folder, "new") : join(folder, "new", name.split("/").at(-1)!);
  await withModel(fixture(name), async (model) => {
    expect(model.outputs).toHaveLength(1);
    const edit = await editBias(model, [{ values }]);
    await writeModel(model, edit, { out });
  });
  expect(await biasOf(out)).toEqual(values);
  if (isFolder) {
    expect(filesBelow(out)).toEqual(filesBelow(fixture(name)));
  }
});

test("the config of a folder of transformers says the loss and the classes in the order of the outputs", async () => {
  await withModel(fixture("transformers/bert"), ({ trainedWith, outputs, format }) => {
    expect(trainedWith).toEqual({ loss: "softmax", classes: ["cat", "dog", "bird"] });
    expect(outputs[0]).toMatchObject({ layer: "classifier", described: true });
    expect(format).toBe("folder of transformers, BertForSequenceClassification (safetensors)");
  });
});

test("an output whose softmax runs over the positions has no bias to set", async () => {
  await withModel(fixture("transformers/bert-answers"), async (model) => {
    await expect(editBias(model, [{ values: [1, 2] }])).rejects.toThrow(/softmax over the positions/);
  });
});

test("a folder is changed in place file by file, and another copy of the weights is left alone and named", async () => {
  const path = join(folder, "bert");
  cpSync(fixture("transformers/bert"), path, { recursive: true });
  writeFileSync(join(path, "pytorch_model.bin"), "other");
  const { files } = await withModel(path, async (model) => {
    expect(model.otherCopies).toEqual(["pytorch_model.bin"]);
    return writeModel(model, await editBias(model, [{ values }]), { inPlace: true });
  });
  expect(files).toEqual([join(path, "model.safetensors")]);
  expect(readdirSync(path).sort()).toEqual([
    "config.json",
    "model.safetensors",
    "model.safetensors.old",
    "pytorch_model.bin",
    "vocab.txt",
  ]);
  expect(await biasOf(path)).toEqual(values);
});

test("a folder that is there already is not written to", async () => {
  const path = join(folder, "bert");
  cpSync(fixture("transformers/bert"), path, { recursive: true });
  await withModel(fixture("transformers/bert"), async (model) => {
    const edit = await editBias(model, [{ values }]);
    await expect(writeModel(model, edit, { out: path })).rejects.toThrow(/already exists/);
  });
  expect(readdirSync(path)).toEqual(readdirSync(fixture("transformers/bert")));
});

test.each([
  [
    "sharded/model-00001-of-00002.safetensors",
    /shard 1 of the 2 .* give its index file, model.safetensors.index.json/,
  ],
  [
    "transformers/bert-sharded-bin/pytorch_model-00002-of-00002.bin",
    /pytorch_model.bin.index.json, or the folder/,
  ],
  ["tensorflow/saved/saved_model.pb", /give the folder of the SavedModel/],
  ["tensorflow/checkpoint/model.data-00000-of-00001", /give its .index file/],
])("%s, a part of a model, is refused with what to give instead", async (name, message) => {
  await expect(openModelFile(fixture(name))).rejects.toThrow(message);
});

test("a checkpoint whose data does not match its checksum is refused when the bias is read", async () => {
  cpSync(fixture("tensorflow/checkpoint"), folder, { recursive: true });
  const data = join(folder, "model.data-00000-of-00001");
  const bytes = readFileSync(data);
  await withModel(join(folder, "model.index"), ({ outputs }) => {
    const [patch] = outputs[0].bias!.patch(new Float64Array(3));
    bytes[patch.offset] ^= 1;
  });
  writeFileSync(data, bytes);
  await expect(biasOf(join(folder, "model.index"))).rejects.toThrow(/does not match its checksum/);
});

test("a broken config.json is refused in one line", async () => {
  cpSync(fixture("transformers/bert"), folder, { recursive: true });
  for (const content of ["{", '{"a":'.repeat(100_000)]) {
    writeFileSync(join(folder, "config.json"), content);
    await expect(openModelFile(folder)).rejects.toThrow(/config.json is not valid JSON/);
  }
  expect(existsSync(join(folder, "model.safetensors"))).toBe(true);
});

test.each([
  ["model.ort", "\x14\0\0\0ORTM", /ONNX Runtime's own format/],
  ["model.gguf", "GGUF\x03\0\0\0", /GGUF.*safetensors/],
  ["model.tflite", "\x1c\0\0\0TFL3", /TensorFlow Lite/],
  ["model.txt", "tree\nversion=v4\n", /LightGBM.*boost_from_average/],
  ["model.pkl", "\x80\x04\x95csklearn.linear_model", /scikit-learn model, which is fitted/],
  ["params.pkl", "\x80\x04\x95cnumpy._core.multiarray", /numpy.savez/],
  ["model.joblib", "\x78\x5e", /joblib/],
  ["graph.pb", "\x0a\x20", /frozen graph of TensorFlow/],
])("%s is refused by the name of its format, with what to do", async (name, content, message) => {
  const path = join(folder, name);
  writeFileSync(path, Buffer.from(content, "latin1"));
  await expect(openModelFile(path)).rejects.toThrow(message);
});
