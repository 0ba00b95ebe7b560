import { type Broken, InputError } from "../errors.ts";
import { type ByteSource, slice, text, view } from "../files/byteSource.ts";
import { crc32c } from "../files/crc32.ts";
import { type Span, WireReader } from "./protobufWire.ts";

/**
 * The index of a TensorFlow checkpoint ("tensor bundle"): a LevelDB table from names to places in the data files.
 * Blocks of entries (shared prefix length, own length, value length, key's rest, value), each followed by its type
 * (1 byte, 0: uncompressed) and its masked CRC-32C; at the end of the file a footer that locates the index block.
 * https://github.com/google/leveldb/blob/main/doc/table_format.md and
 * https://github.com/tensorflow/tensorflow/blob/v2.21.0/tensorflow/core/protobuf/tensor_bundle.proto
 */
export interface BundleIndex {
  readonly shards: number;
  readonly bigEndian: boolean;
  /** By key, in order. */
  readonly entries: ReadonlyMap<string, BundleEntry>;
}

/** Where a tensor's bytes are, and where the index holds their checksum. */
export interface BundleEntry {
  /** TensorFlow's number for the element type: https://github.com/tensorflow/tensorflow/blob/v2.21.0/tensorflow/core/framework/types.proto */
  readonly dtype: number;
  readonly shape: readonly number[];
  readonly shard: number;
  readonly offset: number;
  readonly size: number;
  /** The masked CRC-32C of the bytes, and where it is in the index file; undefined if it is left out because it is 0. */
  readonly crc: { readonly value: number; readonly at: number } | undefined;
  /** The block of the index that holds the entry. */
  readonly block: Span;
}

const footerBytes = 48;
const magic = [0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb];
const trailerBytes = 5;
const maxIndex = 2 ** 28;

/** Whether a file ends as a LevelDB table does. */
export function isTable(source: ByteSource): boolean {
  if (source.size < footerBytes) return false;
  const end = source.read(source.size - magic.length, magic.length);
  return magic.every((byte, i) => end[i] === byte);
}

/** As LevelDB and TensorFlow store a CRC-32C of data that holds CRCs itself. */
export const masked = (crc: number): number => (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;

/** The masked CRC-32C of a block and its type, which follows it. */
export const blockChecksum = (bytes: Uint8Array): number => masked(crc32c(bytes));

/** Throws an InputError if the index is broken or compressed. */
export function readBundleIndex(source: ByteSource): BundleIndex {
  const broken: Broken = (why) => new InputError(`${source.name}: broken checkpoint index: ${why}`);
  if (source.size > maxIndex) throw broken(`it has ${source.size} bytes; at most ${maxIndex} are read`);
  const reader = new WireReader(source, "checkpoint index");
  const footer = source.size - footerBytes;
  const [, , indexOffset, indexSize] = reader.leadingVarints({ start: footer, end: source.size }, 4);
  const entries = new Map<string, BundleEntry>();
  let header = { shards: 1, bigEndian: false };
  for (const handle of blockEntries({ start: indexOffset, end: indexOffset + indexSize }, reader, broken)) {
    const [offset, size] = reader.leadingVarints(handle.value, 2);
    const block = { start: offset, end: offset + size };
    for (const { key, value } of blockEntries(block, reader, broken)) {
      if (key === "") header = readHeader(value, reader);
      else entries.set(key, readEntry(value, block, reader));
    }
  }
  return { ...header, entries };
}

/** The entries of a block, each with the place of its value. */
function* blockEntries(
  block: Span,
  reader: WireReader,
  broken: Broken,
): Generator<{ key: string; value: Span }> {
  const { source } = reader;
  const length = block.end - block.start;
  if (!(length >= 4)) throw broken("a block is too short");
  const stored = view(source, block.start, length + trailerBytes);
  if (stored.getUint8(length) !== 0) throw broken("a block is compressed");
  const checked = source.read(block.start, length + 1);
  if (stored.getUint32(length + 1, true) !== blockChecksum(checked))
    throw broken("a block's checksum is wrong");
  const end = block.end - 4 - 4 * stored.getUint32(length - 4, true);
  if (end < block.start) throw broken("a block has too many restart points");
  let key: Uint8Array = new Uint8Array();
  for (let at = block.start; at < end; ) {
    const numbers = { start: at, end };
    const [shared, own, size] = reader.leadingVarints(numbers, 3);
    const keyStart = reader.at;
    const value = { start: keyStart + own, end: keyStart + own + size };
    if (shared > key.length || value.end > end) throw broken("an entry reaches beyond its block");
    key = Uint8Array.from([...key.subarray(0, shared), ...source.read(keyStart, own)]);
    yield { key: new TextDecoder().decode(key), value };
    at = value.end;
  }
}

/** BundleHeaderProto: num_shards = 1, endianness = 2 (0: little). */
function readHeader(value: Span, reader: WireReader) {
  const header = { shards: 1, bigEndian: false };
  reader.fields(value, ({ number, start, end }) => {
    if (number === 1) [header.shards] = reader.varints({ start, end });
    if (number === 2) header.bigEndian = reader.varints({ start, end })[0] !== 0;
  });
  return header;
}

/** BundleEntryProto: dtype = 1, shape = 2, shard_id = 3, offset = 4, size = 5, crc32c = 6. */
function readEntry(value: Span, block: Span, reader: WireReader): BundleEntry {
  const numbers = new Map<number, number>();
  const shape: number[] = [];
  let crc: BundleEntry["crc"];
  reader.fields(value, (field) => {
    if (field.number === 2) shape.push(...readShape(field, reader));
    else if (field.number === 6)
      crc = { value: view(reader.source, field.start, 4).getUint32(0, true), at: field.start };
    else if (field.wireType === 0) numbers.set(field.number, reader.leadingVarints(field, 1)[0]);
  });
  const [dtype, shard, offset, size] = [1, 3, 4, 5].map((number) => numbers.get(number) ?? 0);
  return { dtype, shape, shard, offset, size, crc, block };
}

/** TensorShapeProto: dim = 2, of which size = 1. */
function readShape(span: Span, reader: WireReader): number[] {
  const shape: number[] = [];
  reader.fields(span, (dimension) => {
    if (dimension.number !== 2) return;
    let size = 0;
    reader.fields(dimension, (field) => {
      if (field.number === 1) [size] = reader.leadingVarints(field, 1);
    });
    shape.push(size);
  });
  return shape;
}

/** The text of a scalar string tensor: its length as a varint, a checksum of 4 bytes, and the text's bytes. */
export function scalarString(data: ByteSource, entry: BundleEntry): ByteSource {
  const reader = new WireReader(data, "checkpoint");
  const [length] = reader.leadingVarints({ start: entry.offset, end: entry.offset + entry.size }, 1);
  return slice(data, reader.at + 4, length);
}

/** Names of variables by their keys, from the object graph: TrackableObjectGraph.nodes = 1, .attributes = 2, .full_name = 2, .checkpoint_key = 3. */
export function variableNames(graph: ByteSource): Map<string, string> {
  const reader = new WireReader(graph, "checkpoint");
  const names = new Map<string, string>();
  reader.fields({ start: 0, end: graph.size }, (node) => {
    if (node.number !== 1) return;
    reader.fields(node, (attribute) => {
      if (attribute.number !== 2) return;
      const texts = new Map<number, string>();
      reader.fields(attribute, ({ number, start, end }) => {
        if (number === 2 || number === 3) texts.set(number, text(graph, start, end - start));
      });
      const [name, key] = [texts.get(2), texts.get(3)];
      if (name && key) names.set(key, name);
    });
  });
  return names;
}
