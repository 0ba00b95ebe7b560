import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { bytesInMemory } from "../../src/files/byteSource.ts";
import { editBias } from "../../src/models/editBias.ts";
import { decodeFloats, encodeFloats, roundTo } from "../../src/models/floats.ts";
import type { ModelFile } from "../../src/models/model.ts";
import { openModel } from "../../src/models/openModel.ts";
import { applyPatches, fixture } from "./fixtures.ts";

const plain = JSON.parse(readFileSync(fixture("tfjs-layers/model.json"), "utf8"));
const [{ paths, weights }] = plain.weightsManifest as [
  { paths: string[]; weights: { name: string; shape: number[] }[] },
];
const numbers = decodeFloats(
  "float32",
  Buffer.concat(paths.map((path) => readFileSync(fixture(`tfjs-layers/${path}`)))),
);

/** The fixture as the converter writes it with --quantize_float16 or --quantize_uint8: one type for all, in one shard. */
function quantized(dtype: "float16" | "uint8") {
  const quantization =
    dtype === "uint8" ? { dtype, scale: 0.01, min: -1, original_dtype: "float32" } : { dtype };
  const manifest = [
    {
      paths: ["shard.bin"],
      weights: weights.map((weight) => ({ ...weight, dtype: "float32", quantization })),
    },
  ];
  const shard =
    dtype === "float16"
      ? encodeFloats("float16", numbers)
      : Uint8Array.from(numbers, (x) => Math.round((x + 1) / 0.01));
  return { json: JSON.stringify({ ...plain, weightsManifest: manifest }), shard };
}

function open({ json, shard }: { json: string; shard: Uint8Array }): Promise<ModelFile> {
  const main = bytesInMemory("model.json", new TextEncoder().encode(json));
  return openModel({ name: "model.json", main, beside: (name) => bytesInMemory(name, shard) });
}

test("a bias quantized to float16 is set, rounded to float16, and all other bytes stay", async () => {
  const before = quantized("float16");
  const model = await open(before);
  const values = [-0.1, Math.log(0.3), 12.345];
  const { applied, patches } = await editBias(model, [{ values }]);
  const rounded = roundTo("float16", Float64Array.from(values));
  expect(applied[0]).toMatchObject({ after: rounded, tensor: { type: "float16" } });
  expect(applied[0].rounding).toBeGreaterThan(0);
  const after = applyPatches(before.shard, patches);
  expect([...decodeFloats("float16", after)]).toEqual([
    ...roundTo("float16", numbers).subarray(0, -3),
    ...rounded,
  ]);
});

test("a bias quantized to steps of a scale is refused, with what to do", async () => {
  const model = await open(quantized("uint8"));
  await expect(editBias(model, [{ values: [1, 2, 3] }])).rejects.toThrow(
    "tensor probabilities/bias: it is quantized to uint8; set the bias before converting, or quantize the kernels only: --quantize_uint8=*kernel*",
  );
});
