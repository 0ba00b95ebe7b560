import { type Broken, InputError } from "../errors.ts";
import { type ByteSource, bytesInMemory, slice } from "./byteSource.ts";
import { crc32, crc32Changed } from "./crc32.ts";
import { deflateRaw, inflateRaw } from "./deflate.ts";
import type { Patch } from "./patch.ts";
import {
  type Directory,
  deflated,
  type Field,
  findDirectory,
  readDirectory,
  stored,
  type ZipEntry,
} from "./zipDirectory.ts";

/**
 * Zip files: the contents of their entries, and changes to those contents that leave all other bytes as they are. An
 * uncompressed entry is patched where it stands; a deflated one is replaced. Our own reader, because libraries
 * (@zip.js/zip.js, fflate) hand out contents but neither where they stand in the file nor a source of their bytes:
 * patching a 3 GB checkpoint in place needs the byte ranges of contents, checksums and sizes, with and without Zip64.
 * Layout: APPNOTE.TXT 6.3.10, https://pkware.cachefly.net/webdocs/APPNOTE/APPNOTE-6.3.10.TXT
 */
export interface ZipFile {
  /** By name, in the order of the directory. */
  readonly entries: ReadonlyMap<string, ZipEntry>;
  /**
   * The contents of an entry; a deflated one is inflated into memory. Throws an InputError if the entry is broken, or
   * has more than `maxBytes` uncompressed (by default 1 GiB if it is deflated, else no limit), before inflating it.
   */
  open(name: string, maxBytes?: number): Promise<ByteSource>;
  /** Turns patches of entries (`file` is an entry's name) into patches of the zip file, with checksums and directory. */
  finish(patches: readonly Patch[]): Promise<readonly Patch[]>;
}

/** Name of a zip file's first entry, as far as its first bytes show it; undefined if it is no zip file. */
export function firstEntry(start: Uint8Array): string | undefined {
  if (String.fromCharCode(...start.subarray(0, 4)) !== "PK\x03\x04") return undefined;
  return new TextDecoder().decode(start.subarray(30, 30 + (start[26] ?? 0) + 256 * (start[27] ?? 0)));
}

/** The most bytes that a deflated entry may have: it has to be inflated in memory. */
const maxInflated = 2 ** 30;

/** Reads the directory. `file` is the name that patches give to the zip file. */
export function readZip(source: ByteSource, file: string): ZipFile {
  const broken: Broken = (why) => new InputError(`${file}: broken zip file: ${why}`);
  const directory = findDirectory(source, broken);
  const entries = readDirectory(source, directory, broken);
  const find = (name: string): ZipEntry => {
    const entry = entries.get(name);
    if (!entry)
      throw new InputError(`${file}: no ${name} in it; it has ${[...entries.keys()].slice(0, 8).join(", ")}`);
    return entry;
  };
  const open = (name: string, maxBytes?: number) => openEntry(source, find(name), file, broken, maxBytes);
  return {
    entries,
    open,
    async finish(patches) {
      const result: Patch[] = [];
      const moves: { after: number; by: number }[] = [];
      for (const name of new Set(patches.map((patch) => patch.file))) {
        const entry = find(name);
        const own = patches.filter((patch) => patch.file === name);
        if (own.some(({ remove, bytes }) => remove !== bytes.length))
          throw broken(`${name} can't change its size`);
        if (entry.method === stored) {
          result.push(...patchStored(source, file, entry, own));
        } else {
          const contents = (await open(name)).read(0, entry.size).slice();
          for (const { offset, bytes } of own) contents.set(bytes, offset);
          const packed = await deflateRaw(contents);
          result.push(...patchDeflated(file, entry, crc32(contents), packed));
          moves.push({ after: entry.dataOffset, by: packed.length - entry.compressedSize.value });
        }
      }
      return [...result, ...moveDirectory(file, directory, entries, moves)];
    },
  };
}

async function openEntry(
  source: ByteSource,
  entry: ZipEntry,
  file: string,
  broken: Broken,
  maxBytes = entry.method === stored ? Number.POSITIVE_INFINITY : maxInflated,
): Promise<ByteSource> {
  const title = `${file}: ${entry.name}`;
  const raw = slice(source, entry.dataOffset, entry.compressedSize.value, title);
  if (entry.method !== stored && entry.method !== deflated) {
    throw broken(`${entry.name} has the compression method ${entry.method}; known: 0 (stored), 8 (deflated)`);
  }
  if (entry.size > maxBytes) {
    throw new InputError(
      `${title}: it has ${entry.size} bytes uncompressed, but at most ${maxBytes} are read`,
    );
  }
  if (entry.method === stored) return raw;
  // DEFLATE compresses at most 1,032 bytes into one.
  if (entry.size > raw.size * 1032 + 1032) throw broken(`${entry.name} can't have the size it claims`);
  const bytes = await inflateRaw(raw.read(0, raw.size), entry.size);
  if (bytes?.length !== entry.size || crc32(bytes) !== entry.crc32)
    throw broken(`the compressed contents of ${entry.name} are damaged`);
  return bytesInMemory(title, bytes);
}

function patchStored(source: ByteSource, file: string, entry: ZipEntry, patches: readonly Patch[]): Patch[] {
  let crc = entry.crc32;
  const changes = patches.map(({ offset, bytes }): Patch => {
    const before = source.read(entry.dataOffset + offset, bytes.length);
    crc = crc32Changed(crc, before, bytes, entry.size - offset - bytes.length);
    return { file, offset: entry.dataOffset + offset, remove: bytes.length, bytes };
  });
  return [...changes, ...crcPatches(file, entry, crc)];
}

function patchDeflated(file: string, entry: ZipEntry, crc: number, packed: Uint8Array): Patch[] {
  const sizes = [entry.compressedSize, entry.localCompressedSize];
  if (!entry.localCompressedSize) {
    throw new InputError(
      `${file}: ${entry.name} is compressed and was written as a stream; write the file again uncompressed (zip -0)`,
    );
  }
  return [
    { file, offset: entry.dataOffset, remove: entry.compressedSize.value, bytes: packed },
    ...sizes.filter((field) => field !== undefined).map((field) => changed(file, field, packed.length)),
    ...crcPatches(file, entry, crc),
  ];
}

function crcPatches(file: string, entry: ZipEntry, crc: number): Patch[] {
  return [...entry.localCrcOffsets, entry.recordOffset + 16].map((at) =>
    changed(file, { value: entry.crc32, at, width: 4 }, crc),
  );
}

/** All offsets of what stands behind an entry whose size has changed. */
function moveDirectory(
  file: string,
  directory: Directory,
  entries: ReadonlyMap<string, ZipEntry>,
  moves: readonly { after: number; by: number }[],
): Patch[] {
  const fields = [...entries.values()].map(({ headerOffset }) => headerOffset).concat(directory.offsetFields);
  return fields.flatMap((field) => {
    const by = moves.reduce((sum, move) => sum + (field.value > move.after ? move.by : 0), 0);
    return by === 0 ? [] : [changed(file, field, field.value + by)];
  });
}

function changed(file: string, field: Field, value: number): Patch {
  const bytes = new Uint8Array(field.width);
  const numbers = new DataView(bytes.buffer);
  if (field.width === 8) numbers.setBigUint64(0, BigInt(value), true);
  else numbers.setUint32(0, value, true);
  return { file, offset: field.at, remove: field.width, bytes };
}
