import { InputError } from "../errors.ts";
import { type ByteSource, text } from "../files/byteSource.ts";
import { type FloatType, floatBytes } from "./floats.ts";
import type { Format, ModelFile, StoredTensor } from "./model.ts";
import { type MsgpackValue, readMsgpack } from "./msgpack.ts";
import { outputsOfStateDict } from "./stateDict.ts";
import { elements, tensorAt } from "./tensorAt.ts";

/**
 * Flax: what flax.serialization.to_bytes writes, a tree of maps in MessagePack. An array is an extension of type 1 that
 * holds, in MessagePack again, [shape, name of the dtype, bytes in C order]; one above 1 GiB is a map with a mark, its
 * shape {"0": size, ...} and its chunks {"0": flat array, ...}.
 * https://github.com/google/flax/blob/main/flax/serialization.py
 */
export const flax: Format = {
  name: "Flax (.msgpack)",
  matches(start, source) {
    // A map (of less than 2^16 entries) whose first key is text. Checkpoints of flax.training have no extension.
    const [head] = start;
    const key = head > 0x80 && head < 0x90 ? start[1] : head === 0xde ? start[3] : 0;
    const isText = (key > 0xa0 && key < 0xc0) || key === 0xd9;
    return isText || source.name.endsWith(".msgpack");
  },
  async open({ name: file, main }): Promise<ModelFile> {
    const found: Arrays = { tensors: new Map(), shapes: new Map() };
    collect("", readMsgpack(main, 0, main.size), { source: main, file }, found);
    if (found.shapes.size === 0)
      throw new InputError(`${file}: a MessagePack file, but it holds no Flax arrays`);
    // An optimiser's moments have the names and shapes of the parameters they belong to.
    const parameters = new Map([...found.tensors].filter(([name]) => !name.split("/").includes("opt_state")));
    return {
      format: "Flax (MessagePack)",
      tensors: found.tensors,
      files: [file],
      ...outputsOfStateDict(parameters, found.shapes),
    };
  },
};

const arrayExtension = 1;
/** In bytes; NumPy's own names are shorter. */
const maxTypeBytes = 100;
const chunkedMark = "__msgpack_chunked_array__";

const floatTypes: ReadonlyMap<string, FloatType> = new Map(
  (["float16", "bfloat16", "float32", "float64"] as const).map((type) => [type, type]),
);

interface Arrays {
  readonly tensors: Map<string, StoredTensor>;
  readonly shapes: Map<string, readonly number[]>;
}

interface FileBytes {
  readonly source: ByteSource;
  readonly file: string;
}

/** An array: its shape, and where its numbers can be read if they are floating-point. */
interface FlaxArray {
  readonly shape: readonly number[];
  readonly tensor?: StoredTensor;
}

/** Puts all arrays in `value` into `found`, named by the keys that lead to them: `params/Dense_0/bias`. */
function collect(name: string, value: MsgpackValue, where: FileBytes, found: Arrays): void {
  const array = arrayOf(name, value, where);
  if (array) {
    if (found.shapes.has(name)) throw new InputError(`${where.file}: two of its arrays are called ${name}`);
    found.shapes.set(name, array.shape);
    if (array.tensor) found.tensors.set(name, array.tensor);
    return;
  }
  const children = value.kind === "map" ? value.entries : value.kind === "array" ? value.items.entries() : [];
  for (const [key, child] of children) collect(name ? `${name}/${key}` : `${key}`, child, where, found);
}

function arrayOf(name: string, value: MsgpackValue, where: FileBytes): FlaxArray | undefined {
  if (value.kind === "extension" && value.type === arrayExtension)
    return storedArray(name, value.offset, value.length, where);
  if (value.kind === "map" && value.entries.has(chunkedMark)) return chunkedArray(name, value.entries, where);
  return undefined;
}

function storedArray(name: string, offset: number, length: number, where: FileBytes): FlaxArray {
  const broken = (why: string) =>
    new InputError(`${where.file}: broken Flax array at byte ${offset}: ${why}`);
  const content = readMsgpack(where.source, offset, offset + length);
  const [sizes, dtype, data] = content.kind === "array" ? content.items : [];
  const shape = sizes?.kind === "array" ? shapeOf(sizes.items) : undefined;
  const located = data?.kind === "bytes" || data?.kind === "text";
  if (!shape || dtype?.kind !== "text" || dtype.length > maxTypeBytes || !located)
    throw broken("it is not [shape, dtype, bytes]");
  const type = floatTypes.get(text(where.source, dtype.offset, dtype.length));
  if (!type) return { shape };
  const bytes = elements(shape) * floatBytes[type];
  if (bytes !== data.length)
    throw broken(`its shape takes ${bytes} bytes of ${type}, but it has ${data.length}`);
  return { shape, tensor: tensorAt(name, type, shape, { ...where, offset: data.offset }) };
}

/** An array in chunks: to be read, for its bytes stand apart, but not to be changed. */
function chunkedArray(name: string, entries: ReadonlyMap<string, MsgpackValue>, where: FileBytes): FlaxArray {
  const broken = () =>
    new InputError(
      `${where.file}: broken: a chunked array is not {shape, chunks}, or some of its numbers are missing`,
    );
  const shape = shapeOf(listOf(entries.get("shape")) ?? []);
  const chunks = listOf(entries.get("chunks"))?.map((chunk) => arrayOf(name, chunk, where));
  if (!shape || !chunks || chunks.length === 0) throw broken();
  const tensors = chunks.flatMap((chunk) => chunk?.tensor ?? []);
  if (tensors.length === 0) return { shape };
  const total = tensors.reduce((sum, tensor) => sum + elements(tensor.shape), 0);
  const sameType = tensors.every(({ type }) => type === tensors[0].type);
  if (tensors.length !== chunks.length || !sameType || total !== elements(shape)) throw broken();
  return { shape, tensor: readOnly(name, shape, tensors) };
}

function readOnly(name: string, shape: readonly number[], chunks: readonly StoredTensor[]): StoredTensor {
  const fixed =
    "Flax has written it in chunks, as it does above 1 GiB, and baserate can't change such a tensor";
  return {
    name,
    type: chunks[0].type,
    shape,
    fixed,
    read: () => Float64Array.from(chunks.flatMap((chunk) => [...chunk.read()])),
    patch() {
      throw new InputError(`tensor ${name}: ${fixed}`);
    },
  };
}

/** The values of the map {"0": ..., "1": ..., ...} in this order, as Flax writes a tuple. */
function listOf(value: MsgpackValue | undefined): MsgpackValue[] | undefined {
  if (value?.kind !== "map") return undefined;
  const items: MsgpackValue[] = [];
  for (let i = 0; i < value.entries.size; i++) {
    const item = value.entries.get(String(i));
    if (!item) return undefined;
    items.push(item);
  }
  return items;
}

function shapeOf(sizes: readonly MsgpackValue[]): number[] | undefined {
  const shape = sizes.flatMap((size) => (size.kind === "integer" && size.value >= 0 ? size.value : []));
  return shape.length === sizes.length ? shape : undefined;
}
