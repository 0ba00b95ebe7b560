import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bytesInMemory } from "../../src/files/byteSource.ts";
import { editBias } from "../../src/models/editBias.ts";
import type { ModelFile, ModelOutput } from "../../src/models/model.ts";
import { openModel } from "../../src/models/openModel.ts";
import { openModelFile, safeName } from "../../src/models/openModelFile.ts";
import { fixture } from "./fixtures.ts";

async function outputsOf<T>(name: string, use: (model: ModelFile) => T): Promise<Awaited<T>> {
  const model = await openModelFile(fixture(name));
  try {
    return await use(model);
  } finally {
    model.close();
  }
}

/** `label <- label_logits, 3, softmax: layers/dense_1/vars/1 float32` */
const line = ({ name, layer, units, convolution, activation, bias, reason }: ModelOutput) =>
  `${name} <- ${layer}, ${units}${convolution ? " channels" : ""}, ${activation}: ${bias ? `${bias.name} ${bias.type}` : reason}`;

const expected: Record<string, string[]> = {
  "mlp.keras": ["probabilities <- probabilities, 3, softmax: layers/dense_1/vars/1 float32"],
  "multi.keras": [
    "label <- label_logits, 3, softmax: layers/dense_1/vars/1 float32",
    "flags <- flags, 2, sigmoid: layers/sequential/layers/dense_1/vars/1 float32",
    "price <- price, 1, linear: layers/dense_2/vars/1 float32",
  ],
  "multi.h5": [
    "label <- label_logits, 3, softmax: model_weights/label_logits/label_logits/bias float32",
    "flags <- flags, 2, sigmoid: model_weights/tower/tower/flags/bias float32",
    "price <- price, 1, linear: model_weights/price/price/bias float32",
  ],
  "detector.keras": [
    "boxes <- box_head, 12 channels, linear: layers/conv2d_2/vars/1 float32",
    "classes <- class_head, 15 channels, sigmoid: layers/conv2d_1/vars/1 float32",
  ],
  "odd.keras": [
    "tags <- tags, 5, softmax: layers/time_distributed/layer/vars/1 float32",
    "einsum <- einsum, 7, linear: layers/einsum_dense/vars/1 float32",
    "pooled <- separable, 6 channels, linear: layers/separable_conv1d/vars/2 float32",
    "no_bias <- no_bias, 3, linear: layer no_bias (Dense) has no bias; build it with use_bias=True and save again",
    "normalized <- norm, undefined, softmax: BatchNormalization norm comes after the last layer with a bias and cancels that bias; remove it, or set its beta with --tensor",
    "twice <- once, 3, softmax, then softmax: layer once is followed by softmax, then softmax: the first of them would change a bias that was solved for the last; remove the first, or name the tensor with --tensor",
    "joined <- joined, undefined, linear: Add joined combines several layers; name the tensor to set with --tensor",
    "scaled <- scaled, undefined, linear: Rescaling scaled is not a Dense or convolution layer, so it has no bias that shifts the output by a constant; if another tensor does, name it with --tensor",
  ],
  "own-class.keras": ["head <- head, 3, undefined: head/vars/1 float32"],
  "own-class.weights.h5": ["head <- head, 3, undefined: head/vars/1 float32"],
  "tf-keras.h5": [
    "label <- label, 3, softmax: model_weights/label/label/bias:0 float32",
    "tower <- flags, 2, sigmoid: model_weights/tower/flags/bias:0 float32",
  ],
  "bfloat16.h5": [
    "probabilities <- probabilities, 3, softmax: model_weights/probabilities/mlp/probabilities/bias bfloat16",
  ],
  "float16.keras": ["probabilities <- probabilities, 3, softmax: layers/dense_1/vars/1 float16"],
  "float64.keras": ["probabilities <- probabilities, 3, softmax: layers/dense_1/vars/1 float64"],
  "mlp.weights.h5": ["probabilities <- probabilities, 3, undefined: layers/dense_1/vars/1 float32"],
  "mlp-weights-only.h5": [
    "probabilities <- probabilities, 3, undefined: probabilities/mlp/probabilities/bias float32",
  ],
  "mlp.safetensors": ["head <- head, 3, undefined: head.bias float32"],
  "sharded/model.safetensors.index.json": ["head <- head, 3, undefined: head.bias float32"],
  "big-endian.npz": ["head <- head, 3, undefined: head.bias float32"],
  "tfjs-layers/model.json": ["probabilities <- probabilities, 3, softmax: probabilities/bias float32"],
  "tfjs-detector/model.json": [
    "classes <- class_head, 15 channels, sigmoid: class_head/bias float32",
    "tower <- flags, 2, linear: flags/bias float32",
  ],
  "tfjs-graph/model.json": [
    "flags <- add, 2, linear: add/ReadVariableOp float32",
    "label <- label, 3, softmax: label/BiasAdd/ReadVariableOp float32",
  ],
  "tfjs-graph-fused/model.json": [
    "flags <- add, 2, linear: add/ReadVariableOp float32",
    "label <- label, 3, softmax: label/BiasAdd/ReadVariableOp float32",
  ],
};

test.each(Object.keys(expected))("%s: its outputs", async (name) => {
  expect(await outputsOf(name, (model) => model.outputs.map(line))).toEqual(expected[name]);
});

const refusal = (name: string, ...changes: Parameters<typeof editBias>[1]) =>
  outputsOf(name, (model) => editBias(model, changes)).then(
    () => "not refused",
    (error: Error) => `${error.name}: ${error.message}`,
  );

test("what can't be told or set is refused with what there is", async () => {
  const three = [1, 2, 3];
  expect(await refusal("multi.keras", { values: three })).toBe(
    "InputError: the model has 3 outputs: label, flags, price; choose one with --output, or give a bias for each with --heads",
  );
  expect(await refusal("multi.keras", { output: "lable", values: three })).toBe(
    "InputError: unknown output: lable; did you mean label? Known: label, flags, price",
  );
  expect(await refusal("multi.keras", { output: "flags", values: three })).toBe(
    "InputError: output flags (layer flags) has 2 units, but there are 3 values for it",
  );
  expect(
    await refusal(
      "multi.keras",
      { output: "label", values: three },
      { output: "label_logits", values: three },
    ),
  ).toBe("InputError: output label is given twice");
  expect(await refusal("multi.weights.h5", { values: [1, 2, 3, 4, 5, 6, 7, 8] })).toBe(
    "InputError: the file holds named tensors only, and 5 of them could be the bias of an output layer: hidden (8), label_logits (3), price (1), sequential/inner (8), sequential/flags (2); choose one with --output",
  );
  expect(await refusal("mlp.keras", { values: [1, Number.NaN, 3] })).toBe(
    "InputError: output probabilities: value 1 is NaN, not a finite number",
  );
  expect(await refusal("half.safetensors", { values: [1, 2, 1e6] })).toBe(
    "InputError: output head: value 2 is 1000000, too large for float16",
  );
  for (const name of ["mlp-chunks.h5", "mlp-compressed.h5", "mlp-shuffled.h5"])
    expect(await refusal(name, { values: three })).toMatch(
      /is stored in several chunks or compressed; load the model and save it/,
    );
  expect(await refusal("odd.keras", { output: "no_bias", values: three })).toMatch(
    /has no bias; build it with use_bias=True/,
  );
});

test("a convolution repeats the classes for each anchor, fastest unless said otherwise", async () => {
  const values = [1, 2, 3, 4, 5];
  const after = (layout?: "classes,anchors") =>
    outputsOf(
      "detector.keras",
      async (model) => (await editBias(model, [{ output: "classes", values, layout }])).applied[0].after,
    );
  expect([...(await after())]).toEqual([...values, ...values, ...values]);
  expect([...(await after("classes,anchors"))]).toEqual(values.flatMap((value) => [value, value, value]));
});

test("a tensor by its name goes before what the file says of outputs", async () => {
  const plan = await outputsOf("odd.keras", (model) =>
    editBias(model, [{ tensor: "layers/batch_normalization/vars/1", values: [1, 2, 3] }]),
  );
  expect(plan.applied[0].tensor?.name).toBe("layers/batch_normalization/vars/1");
});

test("a name that leads out of the model's folder is refused", () => {
  for (const name of ["../a", "/a", "a/../../b", "", "a\0b", "..", "./../x"]) {
    expect(() => safeName(name), name).toThrow(/outside its own folder/);
  }
  expect(["a", "data/w.bin", "a/../b"].map(safeName)).toEqual(["a", "data/w.bin", "b"]);
});

/** A name that says nothing, or something wrong. */
test.each([
  ["mlp.keras", "Keras 3 (.keras)"],
  ["mlp.h5", "Keras HDF5 (.h5), whole model"],
  ["mlp.npz", "NumPy archive (.npz)"],
  ["mlp.safetensors", "safetensors"],
  ["torch/state-float32.pt", "PyTorch, state dict or checkpoint (zip format)"],
  ["torch/script.pt", "PyTorch, TorchScript (zip format)"],
  ["flax/float32.msgpack", "Flax (MessagePack)"],
  ["onnx/gemm-float32-raw.onnx", "ONNX (IR version 10)"],
])("%s is known by its content, whatever its name", async (name, format) => {
  const bytes = readFileSync(fixture(name));
  for (const called of ["model", "model.tar", "model.bin", "model.zip", "model.pth.tar", "model.old"]) {
    const main = bytesInMemory(called, bytes);
    expect((await openModel({ name: called, main, beside: () => main })).format).toBe(format);
  }
});

test("a folder is answered by what lies in it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "baserate-"));
  const refused = async (...files: string[]) => {
    const path = mkdtempSync(join(folder, "model-"));
    for (const file of files) writeFileSync(join(path, file), "");
    return openModelFile(path).then(
      () => "opened",
      ({ message }: Error) => message.slice(path.length + 2),
    );
  };
  expect(await refused("notes.txt")).toBe("a folder; give the path of the model file");
  expect(await refused("model.keras", "model.h5")).toBe(
    "a folder; give the path of one file in it: model.h5, model.keras",
  );
  expect(await refused("_CHECKPOINT_METADATA", "manifest.ocdbt")).toMatch(/^an Orbax checkpoint, .*to_bytes/);
  expect(await refused(".metadata", "__0_0.distcp")).toMatch(/^a distributed checkpoint of PyTorch/);
  rmSync(folder, { recursive: true });
});

test("an unknown file is named by its first bytes", async () => {
  const main = bytesInMemory("model.xyz", new Uint8Array([0xde, 0xad, 0xbe, 0xef]));
  const source = { name: "model.xyz", main, beside: () => main };
  await expect(openModel(source)).rejects.toThrow(
    /unknown format \(first bytes de ad be ef\); supported: Keras 3/,
  );
});
