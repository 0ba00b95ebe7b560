import { expect, test } from "vitest";
import { bytesInMemory } from "../../src/files/byteSource.ts";
import type { StoredTensor } from "../../src/models/model.ts";
import { outputsOfStateDict } from "../../src/models/stateDict.ts";
import { elements, tensorAt } from "../../src/models/tensorAt.ts";

/**
 * The output found among layers, each told by its name and its weight's shape, with a bias after `+`: "fc 5x4 +".
 * A name that ends in a tensor's own name is that tensor alone: "wte.weight 20x8", "cls.predictions.bias 20".
 */
function found(...layers: string[]): string {
  const shapes = new Map<string, number[]>();
  for (const layer of layers) {
    const [name, size, bias] = layer.split(" ");
    const shape = size.split("x").map(Number);
    const isTensor = /[./](weight|kernel|bias|original[01]|weight_\w+)$/.test(name);
    if (isTensor) shapes.set(name, shape);
    else {
      shapes.set(name.includes("/") ? `${name}/kernel` : `${name}.weight`, shape);
      const units = name.includes("/") ? shape.at(-1)! : shape[0];
      if (bias) shapes.set(name.includes("/") ? `${name}/bias` : `${name}.bias`, [units]);
    }
  }
  const source = bytesInMemory("model", new Uint8Array(2 ** 16));
  const place = { source, file: "model", offset: 0 };
  const tensors = new Map<string, StoredTensor>();
  for (const [name, shape] of shapes) {
    if (elements(shape) < 2 ** 14) tensors.set(name, tensorAt(name, "float32", shape, place));
  }
  const { outputs, candidates } = outputsOfStateDict(tensors, shapes);
  if (outputs.length === 0) return `one of ${candidates.map(({ name }) => name).join(", ") || "none"}`;
  return outputs.map(({ name, bias }) => (bias ? name : `${name} has no bias`)).join(", ");
}

const block = (prefix: string, ...layers: string[]) =>
  [0, 1].flatMap((i) => layers.map((one) => `${prefix}.${i}.${one}`));
const bert = [
  "bert.embeddings.word_embeddings.weight 20x8",
  ...block(
    "bert.encoder.layer",
    "attention.self.query 8x8 +",
    "attention.output.dense 8x8 +",
    "output.dense 8x8 +",
  ),
];

const architectures: Record<string, [string[], string]> = {
  "torchvision ResNet": [["conv1 8x3x7x7", "bn1 8 +", "layer1.0.conv1 8x8x3x3", "fc 5x8 +"], "fc"],
  "torchvision VGG": [["features.0 8x3x3x3 +", "classifier.0 16x8 +", "classifier.3 5x16 +"], "classifier.3"],
  "torchvision MobileNet": [["features.0.0 8x3x3x3", "classifier.1 5x8 +"], "classifier.1"],
  "torchvision DeepLab": [
    ["backbone.conv1 8x3x7x7", "classifier.4 5x8x1x1 +", "aux_classifier.4 5x4x1x1 +"],
    "classifier.4, aux_classifier.4",
  ],
  "torchvision Inception, with its second head": [
    ["Mixed.conv 8x8x1x1", "AuxLogits.fc 5x6 +", "fc 5x8 +"],
    "one of AuxLogits.fc, fc",
  ],
  "timm ViT": [
    [
      "patch_embed.proj 8x3x4x4 +",
      ...block("blocks", "attn.proj 8x8 +", "mlp.fc1 32x8 +", "mlp.fc2 8x32 +"),
      "head 5x8 +",
    ],
    "head",
  ],
  "timm ConvNeXt": [
    [
      "stem.0 8x3x4x4 +",
      ...block("stages", "mlp.fc1 32x8 +", "mlp.fc2 8x32 +"),
      "head.norm 8 +",
      "head.fc 5x8 +",
    ],
    "head.fc",
  ],
  "BERT for classification": [[...bert, "bert.pooler.dense 8x8 +", "classifier 5x8 +"], "classifier"],
  "BERT, masked words, its decoder tied to the embedding": [
    [
      ...bert,
      "cls.predictions.bias 20",
      "cls.predictions.transform.dense 8x8 +",
      "cls.seq_relationship 2x8 +",
    ],
    "cls.predictions, cls.seq_relationship",
  ],
  "RoBERTa for classification": [
    [...bert, "classifier.dense 8x8 +", "classifier.out_proj 5x8 +"],
    "classifier.out_proj",
  ],
  "DistilBERT for classification": [[...bert, "pre_classifier 8x8 +", "classifier 5x8 +"], "classifier"],
  "a head tied to the embedding, as torch saves it": [
    ["embed.weight 20x8", "mlp 8x8 +", "lm_head 20x8"],
    "lm_head has no bias",
  ],
  "Llama for classification": [
    ["embed_tokens.weight 20x8", ...block("layers", "self_attn.q_proj 8x8 +"), "score 5x8"],
    "score has no bias",
  ],
  "GPT-2, its head tied and left out": [
    ["wte.weight 20x8", ...block("h", "attn.c_attn 8x24 +", "mlp.c_proj 32x8 +")],
    "one of none",
  ],
  "PyTorch's CIFAR tutorial": [
    ["conv1 6x3x5x5 +", "conv2 16x6x5x5 +", "fc1 120x400 +", "fc2 84x120 +", "fc3 10x84 +"],
    "fc3",
  ],
  "PyTorch's quickstart, compiled": [
    ["_orig_mod.stack.0 16x9 +", "_orig_mod.stack.2 16x16 +", "_orig_mod.stack.4 16x16 +"],
    "_orig_mod.stack.4",
  ],
  "Sequential whose last layer has no bias": [["0 8x4 +", "2 3x8"], "one of 0"],
  "a layer of any name whose last has no bias": [["up 8x4 +", "down 3x8"], "one of up"],
  "a variational autoencoder": [
    ["fc1 40x78 +", "fc21 2x40 +", "fc22 2x40 +", "fc3 40x2 +", "fc4 78x40 +"],
    "one of fc1, fc21, fc22, fc3, fc4",
  ],
  "two heads, one as wide as the data": [
    ["backbone 8x4 +", "policy 3x8 +", "value 4x8 +"],
    "one of backbone, policy, value",
  ],
  "a checkpoint with averaged weights": [
    ["model.conv 4x3x3x3 +", "model.fc 5x4 +", "ema.conv 4x3x3x3 +", "ema.fc 5x4 +"],
    "one of model.fc, ema.fc, model.conv, ema.conv",
  ],
  "classes and boxes": [["body 8x4 +", "cls 3x8 +", "reg 4x8 +"], "cls, reg"],
  "classes and boxes, sorted by name as safetensors does": [
    ["body 8x4 +", "cls 3x8 +", "reg 4x8 +"].sort(),
    "cls, reg",
  ],
  "two heads in a list": [["body 8x4 +", "heads.0 3x8 +", "heads.1 2x8 +"], "heads.1, heads.0"],
  "a generator and a discriminator": [
    ["generator.0 8x4 +", "generator.2 16x8 +", "discriminator.0 8x16 +", "discriminator.2 1x8 +"],
    "discriminator.2, generator.2",
  ],
  "an image model with as many classes as channels, and a second head": [
    ["stem 8x3x3x3 +", "head 3x8 +", "head_dist 3x8 +"],
    "head, head_dist",
  ],
  weight_norm: [
    [
      "0 4x4 +",
      "1.parametrizations.weight.original0 3x1",
      "1.parametrizations.weight.original1 3x4",
      "1.bias 3",
    ],
    "1",
  ],
  "weight_norm before torch 2": [["0 4x4 +", "1.weight_g 3x1", "1.weight_v 3x4", "1.bias 3"], "1"],
  "LSTM and a dense layer": [
    ["lstm.weight_ih_l0 32x4", "lstm.weight_hh_l0 32x8", "lstm.bias_ih_l0 32", "decode 5x8 +"],
    "decode",
  ],
  "a dense layer before an LSTM": [
    ["encode 4x9 +", "lstm.weight_ih_l0 32x4", "lstm.weight_hh_l0 32x8"],
    "one of encode",
  ],
  "Flax's MNIST example": [
    [
      "params/Conv_0 3x3x1x32 +",
      "params/Conv_1 3x3x32x64 +",
      "params/Dense_0 3136x256 +",
      "params/Dense_1 256x10 +",
    ],
    "params/Dense_1",
  ],
};

test.each(Object.entries(architectures))("%s: its output layer", (_, [layers, output]) => {
  expect(found(...layers)).toBe(output);
});

test("a normalisation of the output's units after its layer is named, and no output is chosen", () => {
  const shapes = new Map([
    ["0.weight", [8, 4]],
    ["0.bias", [8]],
    ["2.weight", [3, 8]],
    ["2.bias", [3]],
    ["3.weight", [3]],
    ["3.bias", [3]],
    ["3.running_mean", [3]],
  ]);
  const source = bytesInMemory("model", new Uint8Array(2 ** 16));
  const place = { source, file: "model", offset: 0 };
  const tensors = new Map(
    [...shapes].map(([name, shape]) => [name, tensorAt(name, "float32", shape, place)]),
  );
  const { outputs, reason } = outputsOfStateDict(tensors, shapes);
  expect(outputs).toEqual([]);
  expect(reason).toMatch(/^layer 3 looks like a normalisation after 2/);
  for (const name of [...shapes.keys()].filter((name) => name.startsWith("3."))) {
    shapes.delete(name);
    tensors.delete(name);
  }
  expect(outputsOfStateDict(tensors, shapes).outputs.map(({ name }) => name)).toEqual(["2"]);
});

/** What is found among float32 tensors of these shapes. */
function foundIn(entries: readonly (readonly [string, readonly number[]])[]) {
  const place = { source: bytesInMemory("model", new Uint8Array(2 ** 16)), file: "model", offset: 0 };
  const shapes = new Map(entries);
  const tensors = new Map(entries.map(([name, shape]) => [name, tensorAt(name, "float32", shape, place)]));
  return outputsOfStateDict(tensors, shapes);
}

const twoLayers = [
  ["0.weight", [8, 4]],
  ["0.bias", [8]],
  ["2.weight", [3, 8]],
  ["2.bias", [3]],
] as const;

test("a normalisation without scale and shift is told by its running variance", () => {
  const { outputs, reason } = foundIn([...twoLayers, ["3.running_mean", [3]], ["3.running_var", [3]]]);
  expect(outputs).toEqual([]);
  expect(reason).toContain("layer 3 looks like a normalisation after 2");
});

test("biases that PyTorch's quantisation has packed with their weights are named", () => {
  const { outputs, reason } = foundIn([
    ["0._packed_params._packed_params.1", [8]],
    ["2._packed_params._packed_params.1", [3]],
  ]);
  expect(outputs).toEqual([]);
  expect(reason).toContain("the last one is 2._packed_params._packed_params.1: set it with --tensor");
});

test("numbered layers of a head are offered, as in torchvision's SSD", () => {
  const { outputs, candidates } = foundIn([
    ["backbone.features.0.block.1.fc.weight", [8, 4, 1, 1]],
    ["backbone.features.0.block.1.fc.bias", [8]],
    ["head.classification_head.module_list.0.1.weight", [18, 8, 1, 1]],
    ["head.classification_head.module_list.0.1.bias", [18]],
    ["head.regression_head.module_list.0.1.weight", [24, 8, 1, 1]],
    ["head.regression_head.module_list.0.1.bias", [24]],
  ]);
  expect(outputs).toEqual([]);
  expect(candidates[0].name).toBe("head.classification_head.module_list.0.1");
});

test("a last layer without a bias is the output, not the layer before it, as in torchvision's MaxViT", () => {
  const { outputs } = foundIn([
    ["stem.weight", [8, 3, 3, 3]],
    ["classifier.2.weight", [8]],
    ["classifier.2.bias", [8]],
    ["classifier.3.weight", [8, 8]],
    ["classifier.3.bias", [8]],
    ["classifier.5.weight", [3, 8]],
  ]);
  expect(outputs.map(({ name, bias }) => [name, bias])).toEqual([["classifier.5", undefined]]);
});
