import { z } from "zod";
import { InputError } from "../errors.ts";
import { type ByteSource, json, view } from "../files/byteSource.ts";
import type { FloatType } from "./floats.ts";
import type { Format, ModelFile, ModelSource, StoredTensor } from "./model.ts";
import { refuseShard } from "./refuseShard.ts";
import { outputsOfStateDict } from "./stateDict.ts";
import { elements, tensorAt } from "./tensorAt.ts";

/**
 * safetensors: N, the header's length (8 bytes, little-endian), N bytes of JSON {name: {dtype, shape, data_offsets}},
 * then the tensors' bytes; offsets count from the header's end, cover the rest of the file and don't overlap.
 * https://github.com/huggingface/safetensors/blob/main/README.md
 */
const entry = z.object({
  dtype: z.string(),
  shape: z.array(z.number().int().nonnegative()),
  data_offsets: z.tuple([z.number().int().nonnegative(), z.number().int().nonnegative()]),
});
const header = z.record(z.string(), z.unknown());
const index = z.object({ weight_map: z.record(z.string(), z.string()) });

/** The reference reader's own limit on the header. */
const maxHeader = 100_000_000;

/** Only the types in which a bias can be written; tensors of other types are left alone. */
const floatTypes: Record<string, FloatType> = {
  F16: "float16",
  BF16: "bfloat16",
  F32: "float32",
  F64: "float64",
};
const typeBits: Record<string, number> = {
  BOOL: 8,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F6_E2M3: 6,
  F6_E3M2: 6,
  F4: 4,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  I64: 64,
  U64: 64,
  F64: 64,
  C64: 64,
};

interface Contents {
  readonly tensors: Map<string, StoredTensor>;
  readonly shapes: Map<string, readonly number[]>;
}

export const safetensors: Format = {
  name: "safetensors (.safetensors, .safetensors.index.json)",
  matches(start, source) {
    if (source.name.endsWith(".safetensors.index.json")) return true;
    // An 8-byte length whose upper half is 0, then a JSON object.
    const plausible =
      start.length > 8 && start[8] === 0x7b && start.subarray(4, 8).every((byte) => byte === 0);
    return plausible || source.name.endsWith(".safetensors");
  },
  async open(source) {
    refuseShard(source.name);
    return source.name.endsWith(".json") ? openSharded(source) : openSingle(source);
  },
};

function openSingle(source: ModelSource): ModelFile {
  const contents = readFile(source.main, source.name);
  return {
    format: "safetensors",
    tensors: contents.tensors,
    files: [source.name],
    ...outputsOfStateDict(contents.tensors, contents.shapes),
  };
}

function openSharded(source: ModelSource): ModelFile {
  const parsed = index.safeParse(json(source.main, 0, source.main.size, "the index"));
  if (!parsed.success)
    throw new InputError(`${source.name}: broken: the index has no weight_map {tensor: file}`);
  const map = new Map(Object.entries(parsed.data.weight_map));
  const shards = [...new Set(map.values())].sort();
  const contents: Contents = { tensors: new Map(), shapes: new Map() };
  const files = new Map(shards.map((shard) => [shard, readFile(source.beside(shard), shard)]));
  for (const [name, shard] of map) {
    const file = files.get(shard)!;
    const shape = file.shapes.get(name);
    if (!shape)
      throw new InputError(
        `${source.name}: broken: the index puts ${name} into ${shard}, which doesn't have it`,
      );
    contents.shapes.set(name, shape);
    const tensor = file.tensors.get(name);
    if (tensor) contents.tensors.set(name, tensor);
  }
  return {
    format: `safetensors, ${shards.length} shards`,
    tensors: contents.tensors,
    files: [source.name, ...shards],
    ...outputsOfStateDict(contents.tensors, contents.shapes),
  };
}

function readFile(source: ByteSource, file: string): Contents {
  const broken = (why: string) => new InputError(`${file}: broken safetensors file: ${why}`);
  if (source.size < 8) throw broken(`it has ${source.size} bytes`);
  const length = view(source, 0, 8).getBigUint64(0, true);
  if (length > BigInt(Math.min(maxHeader, source.size - 8))) {
    throw broken(
      `its header claims ${length} bytes; the file has ${source.size}, and at most ${maxHeader} are read`,
    );
  }
  const start = 8 + Number(length);
  const parsed = header.safeParse(json(source, 8, Number(length), "the header"));
  if (!parsed.success) throw broken("its header is not a JSON object");
  const contents: Contents = { tensors: new Map(), shapes: new Map() };
  const spans: { name: string; from: number; to: number }[] = [];
  for (const [name, value] of Object.entries(parsed.data)) {
    if (name === "__metadata__") continue;
    const { success, data } = entry.safeParse(value);
    if (!success) throw broken(`the entry of tensor ${name} is not {dtype, shape, data_offsets}`);
    const [from, to] = data.data_offsets;
    const count = elements(data.shape);
    const bits = typeBits[data.dtype];
    if (bits === undefined) throw broken(`tensor ${name} has the unknown dtype ${data.dtype}`);
    if (to - from !== Math.ceil((count * bits) / 8) || start + to > source.size) {
      throw broken(
        `tensor ${name} (${data.dtype}, shape [${data.shape}]) doesn't fit its bytes ${from} to ${to}`,
      );
    }
    spans.push({ name, from, to });
    contents.shapes.set(name, data.shape);
    const type = floatTypes[data.dtype];
    if (type)
      contents.tensors.set(name, tensorAt(name, type, data.shape, { source, file, offset: start + from }));
  }
  spans.sort((a, b) => a.from - b.from || a.to - b.to);
  for (let i = 1; i < spans.length; i++) {
    if (spans[i].from < spans[i - 1].to)
      throw broken(`tensors ${spans[i - 1].name} and ${spans[i].name} overlap`);
  }
  return contents;
}
