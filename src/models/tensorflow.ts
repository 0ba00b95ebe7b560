import { InputError } from "../errors.ts";
import type { ByteSource } from "../files/byteSource.ts";
import { crc32c } from "../files/crc32.ts";
import type { Patch } from "../files/patch.ts";
import {
  type BundleEntry,
  type BundleIndex,
  blockChecksum,
  isTable,
  masked,
  readBundleIndex,
  scalarString,
  variableNames,
} from "./bundleIndex.ts";
import { decodeFloats, encodeFloats, type FloatType, floatBytes } from "./floats.ts";
import type { Format, ModelFile, ModelSource, StoredTensor } from "./model.ts";
import { outputsOfStateDict } from "./stateDict.ts";
import { checkLength, elements } from "./tensorAt.ts";

/**
 * TensorFlow's checkpoints, which are also the variables of a SavedModel: NAME.index says where the tensors are in
 * NAME.data-00000-of-00001. A bias is overwritten in the data file, and its checksum and that of its block in the index.
 */
export const tensorflow: Format = {
  name: "TensorFlow checkpoint (.index) or SavedModel",
  matches: (_, { main }) => isTable(main),
  async open(source: ModelSource): Promise<ModelFile> {
    const index = readBundleIndex(source.main);
    const prefix = source.name.replace(/\.index$/, "");
    const dataName = (shard: number) =>
      `${prefix}.data-${String(shard).padStart(5, "0")}-of-${String(index.shards).padStart(5, "0")}`;
    const names = Array.from({ length: index.shards }, (_, shard) => dataName(shard));
    const data = names.map((name) => source.beside(name));
    const checkpoint = { index, data, names };
    const tensors = new Map<string, StoredTensor>();
    const shapes = new Map<string, readonly number[]>();
    for (const [name, entries] of variables(checkpoint)) {
      shapes.set(name, entries[0].shape);
      const type = floatTypes.get(entries[0].dtype);
      if (type) tensors.set(name, variable(name, type, entries, checkpoint));
    }
    return {
      format: prefix === "variables/variables" ? "TensorFlow SavedModel" : "TensorFlow checkpoint",
      tensors,
      files: [source.name, ...names],
      finish: async (patches) => [...patches, ...indexPatches(patches, checkpoint, source)],
      ...outputsOfStateDict(tensors, shapes),
    };
  },
};

/** DT_FLOAT, DT_DOUBLE, DT_BFLOAT16, DT_HALF. */
const floatTypes = new Map<number, FloatType>([
  [1, "float32"],
  [2, "float64"],
  [14, "bfloat16"],
  [19, "float16"],
]);

interface Checkpoint {
  readonly index: BundleIndex;
  /** The data files, by number, and their names. */
  readonly data: readonly ByteSource[];
  readonly names: readonly string[];
}

const graphKey = "_CHECKPOINTABLE_OBJECT_GRAPH";
const suffix = "/.ATTRIBUTES/VARIABLE_VALUE";

/**
 * Variables by name, each with its entries: Keras's export stores a variable under two keys. The name is the
 * variable's own ("mlp/label/bias"); or its key, if different variables have the same name.
 */
function variables(checkpoint: Checkpoint): Map<string, BundleEntry[]> {
  const { index, data } = checkpoint;
  const graph = index.entries.get(graphKey);
  const names = graph ? variableNames(scalarString(data[graph.shard], graph)) : new Map<string, string>();
  const found = new Map<string, BundleEntry[]>();
  for (const [key, entry] of index.entries) {
    if (key === graphKey) continue;
    const name = names.get(key) ?? key.replace(suffix, "");
    const same = found.get(name);
    if (!same) found.set(name, [entry]);
    else if (isCopy(same[0], entry)) same.push(entry);
    else found.set(key.replace(suffix, ""), [entry]);
  }
  return found;
}

/** Whether two entries hold the same bytes, as far as their checksums tell. */
const isCopy = (a: BundleEntry, b: BundleEntry): boolean =>
  a.dtype === b.dtype && String(a.shape) === String(b.shape) && a.crc?.value === b.crc?.value;

function variable(
  name: string,
  type: FloatType,
  entries: readonly BundleEntry[],
  { index, data, names }: Checkpoint,
): StoredTensor {
  const { shape, shard, offset, size, crc } = entries[0];
  const littleEndian = !index.bigEndian;
  const broken = (why: string) =>
    new InputError(`${names[shard] ?? `shard ${shard}`}: broken checkpoint: tensor ${name} ${why}`);
  if (!data[shard] || size !== elements(shape) * floatBytes[type])
    throw broken(`of shape [${shape}] has ${size} bytes`);
  return {
    name,
    type,
    shape,
    read() {
      const bytes = data[shard].read(offset, size);
      if (masked(crc32c(bytes)) !== (crc?.value ?? 0)) throw broken("does not match its checksum");
      return decodeFloats(type, bytes, littleEndian);
    },
    patch(values) {
      checkLength(name, shape, values);
      const bytes = encodeFloats(type, values, littleEndian);
      return entries.map((entry) => ({
        file: names[entry.shard],
        offset: entry.offset,
        remove: size,
        bytes,
      }));
    },
  };
}

/** The checksums in the index that change with these patches of whole tensors, and those of the blocks they are in. */
function indexPatches(patches: readonly Patch[], { index, names }: Checkpoint, source: ModelSource): Patch[] {
  const blocks = new Map<number, { bytes: Uint8Array; changed: Patch[] }>();
  for (const { file, offset, bytes } of patches) {
    const entry = [...index.entries.values()].find(
      (one) => names[one.shard] === file && one.offset === offset && one.size === bytes.length,
    );
    if (!entry?.crc)
      throw new InputError(`${source.name}: the tensor at byte ${offset} of ${file} has no checksum`);
    const { start, end } = entry.block;
    const block = blocks.get(start) ?? {
      bytes: source.main.read(start, end - start + 1).slice(),
      changed: [],
    };
    blocks.set(start, block);
    const value = littleEndian32(masked(crc32c(bytes)));
    block.bytes.set(value, entry.crc.at - start);
    block.changed.push({ file: source.name, offset: entry.crc.at, remove: 4, bytes: value });
  }
  return [...blocks].flatMap(([start, { bytes, changed }]) => {
    const checksum = littleEndian32(blockChecksum(bytes));
    return [...changed, { file: source.name, offset: start + bytes.length, remove: 4, bytes: checksum }];
  });
}

function littleEndian32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}
