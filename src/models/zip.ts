import { InputError } from "../errors.ts";
import { type ByteSource, bytesInMemory, slice, view } from "./bytes.ts";
import { crc32, crc32Changed } from "./crc32.ts";
import { deflateRaw, inflateRaw } from "./deflate.ts";
import type { Patch } from "./model.ts";

/**
 * The directory of a zip file, and changes to the contents of its entries that leave all other bytes as they are: an
 * uncompressed entry is patched where it stands, a deflated one is put in anew. Our own, because libraries for zip
 * files hand out contents but not where they stand. Layout: APPNOTE.TXT 6.3.10, https://pkware.cachefly.net/webdocs/APPNOTE/APPNOTE-6.3.10.TXT
 */
export interface ZipFile {
  /** By name, in the order of the directory. */
  readonly entries: ReadonlyMap<string, ZipEntry>;
  /** The contents of an entry; a deflated one is inflated into memory. Throws an InputError if it is broken. */
  open(name: string): Promise<ByteSource>;
  /** Patches of entries (`file` is an entry's name) as patches of the zip file, checksums and directory mended. */
  seal(patches: readonly Patch[]): Promise<readonly Patch[]>;
}

export interface ZipEntry {
  readonly name: string;
  /** 0 stored, 8 deflated. */
  readonly method: number;
  readonly crc32: number;
  readonly size: number;
  readonly compressedSize: Field;
  readonly headerOffset: Field;
  /** Where its record stands in the directory, and where its (compressed) contents stand. */
  readonly recordOffset: number;
  readonly dataOffset: number;
  /** Where the compressed size stands before the contents, undefined if it only follows them. */
  readonly localCompressedSize: Field | undefined;
  /** Where the CRC stands, before or after the contents; in the directory it stands at recordOffset + 16. */
  readonly localCrcOffsets: readonly number[];
}

/** A number and where it stands, so that it can be mended. */
interface Field {
  readonly value: number;
  readonly at: number;
  readonly width: 4 | 8;
}

const stored = 0;
const deflated = 8;
const signatures = {
  local: 0x04034b50,
  central: 0x02014b50,
  end: 0x06054b50,
  end64: 0x06064b50,
  locator64: 0x07064b50,
  descriptor: 0x08074b50,
};

/** Name of a zip file's first entry, as far as its first bytes show it; undefined if it is no zip file. */
export function firstEntry(start: Uint8Array): string | undefined {
  if (String.fromCharCode(...start.subarray(0, 4)) !== "PK\x03\x04") return undefined;
  return new TextDecoder().decode(start.subarray(30, 30 + (start[26] ?? 0) + 256 * (start[27] ?? 0)));
}

/** What a deflated entry may have at most: it has to be inflated in memory. */
const maximumInflated = 2 ** 30;
/** A directory larger than this is no model's. */
const maximumDirectory = 2 ** 28;

/** Reads the directory. `file` is the name patches give to the zip file. */
export function readZip(source: ByteSource, file: string): ZipFile {
  const broken = (why: string) => new InputError(`${file}: broken zip file: ${why}`);
  const directory = findDirectory(source, broken);
  const entries = readDirectory(source, directory, broken);
  const find = (name: string): ZipEntry => {
    const entry = entries.get(name);
    if (!entry)
      throw new InputError(`${file}: no ${name} in it; it has ${[...entries.keys()].slice(0, 8).join(", ")}`);
    return entry;
  };
  const open = async (name: string): Promise<ByteSource> => {
    const entry = find(name);
    const title = `${file}: ${name}`;
    const raw = slice(source, entry.dataOffset, entry.compressedSize.value, title);
    if (entry.method === stored) return raw;
    if (entry.method !== deflated)
      throw broken(`${name} has the compression method ${entry.method}; known: 0 (stored), 8 (deflated)`);
    if (entry.size > maximumInflated) {
      throw new InputError(
        `${title}: it is compressed and has ${entry.size} bytes, more than the ${maximumInflated} that are read into memory; store it uncompressed (zip -0)`,
      );
    }
    // DEFLATE packs 1,032 bytes into one at most.
    if (entry.size > raw.size * 1032 + 1032) throw broken(`${name} can't have the size it claims`);
    const bytes = await inflateRaw(raw.read(0, raw.size), entry.size);
    if (bytes?.length !== entry.size || crc32(bytes) !== entry.crc32)
      throw broken(`the compressed contents of ${name} are damaged`);
    return bytesInMemory(title, bytes);
  };
  return {
    entries,
    open,
    async seal(patches) {
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

interface Directory {
  readonly count: number;
  readonly size: number;
  readonly offset: number;
  /** All places that hold the directory's offset, or (the last one, in a zip64 file) that of the zip64 end record. */
  readonly offsetFields: readonly Field[];
}

type Broken = (why: string) => InputError;

/** The end record is the last thing in the file, save a comment of at most 65,535 bytes. */
function findDirectory(source: ByteSource, broken: Broken): Directory {
  const length = Math.min(source.size, 22 + 0xffff);
  const start = source.size - length;
  const tail = view(source, start, length);
  let end = length - 22;
  while (
    end >= 0 &&
    !(tail.getUint32(end, true) === signatures.end && tail.getUint16(end + 20, true) === length - end - 22)
  )
    end--;
  if (end < 0) throw broken("it is cut short (no end of the directory)");
  const field = (at: number): Field => ({ value: tail.getUint32(at, true), at: start + at, width: 4 });
  let directory: Directory = {
    count: tail.getUint16(end + 10, true),
    size: tail.getUint32(end + 12, true),
    offset: tail.getUint32(end + 16, true),
    offsetFields: [field(end + 16)],
  };
  let limit = start + end;
  if (start + end >= 20) {
    const locator = view(source, start + end - 20, 20);
    if (locator.getUint32(0, true) === signatures.locator64) {
      const at = readSafe(locator, 8);
      if (at + 56 > start + end - 20) throw broken("its zip64 end record lies beyond its place");
      const record = view(source, at, 56);
      if (record.getUint32(0, true) !== signatures.end64) throw broken("its zip64 end record is missing");
      limit = at;
      directory = {
        count: readSafe(record, 32),
        size: readSafe(record, 40),
        offset: readSafe(record, 48),
        offsetFields: [
          ...directory.offsetFields.filter(({ value }) => value !== 0xffffffff),
          { value: readSafe(record, 48), at: at + 48, width: 8 },
          { value: at, at: start + end - 20 + 8, width: 8 },
        ],
      };
    }
  }
  if (directory.offset + directory.size > limit || directory.size > maximumDirectory) {
    throw broken(
      `its directory (${directory.size} bytes at ${directory.offset}) doesn't lie where it should`,
    );
  }
  return directory;
}

function readDirectory(source: ByteSource, directory: Directory, broken: Broken): Map<string, ZipEntry> {
  const records = view(source, directory.offset, directory.size);
  const entries = new Map<string, ZipEntry>();
  let at = 0;
  for (let i = 0; i < directory.count; i++) {
    const record = readRecord(records, at, broken);
    if (entries.has(record.name)) throw broken(`${record.name} is in it twice`);
    entries.set(record.name, readEntry(source, directory, records, record, broken));
    at += record.length;
  }
  checkOverlaps(entries.values(), broken);
  return entries;
}

/** Where an entry's record stands in the directory's bytes, and its variable parts. */
interface DirectoryRecord {
  readonly at: number;
  readonly length: number;
  readonly name: string;
  readonly extra: number;
  readonly extraLength: number;
}

function readRecord(records: DataView, at: number, broken: Broken): DirectoryRecord {
  if (at + 46 > records.byteLength || records.getUint32(at, true) !== signatures.central)
    throw broken("its directory is damaged");
  const nameLength = records.getUint16(at + 28, true);
  const extraLength = records.getUint16(at + 30, true);
  const length = 46 + nameLength + extraLength + records.getUint16(at + 32, true);
  if (at + length > records.byteLength) throw broken("its directory is cut short");
  const name = new TextDecoder().decode(bytesOf(records, at + 46, nameLength));
  return { at, length, name, extra: at + 46 + nameLength, extraLength };
}

function readEntry(
  source: ByteSource,
  directory: Directory,
  records: DataView,
  { at, name, extra, extraLength }: DirectoryRecord,
  broken: Broken,
): ZipEntry {
  if (records.getUint16(at + 8, true) & 1) throw broken(`${name} is encrypted`);
  const fields = zip64Fields(records, extra, extraLength, [at + 24, at + 20, at + 42], broken);
  const [size, compressedSize, headerOffset] = fields.map((field) => ({
    ...field,
    at: directory.offset + field.at,
  }));
  const crc = records.getUint32(at + 16, true);
  const entry = {
    name,
    method: records.getUint16(at + 10, true),
    crc32: crc,
    size: size.value,
    compressedSize,
    headerOffset,
    recordOffset: directory.offset + at,
    ...readLocal(source, headerOffset.value, compressedSize.value, crc, broken),
  };
  if (contentsEnd(entry) > directory.offset)
    throw broken(`${name} (${compressedSize.value} bytes at ${entry.dataOffset}) runs into the directory`);
  if (entry.method === stored && entry.size !== compressedSize.value)
    throw broken(`${name} is stored, but has two sizes`);
  return entry;
}

const contentsEnd = ({ dataOffset, compressedSize }: ZipEntry) => dataOffset + compressedSize.value;

function checkOverlaps(entries: Iterable<ZipEntry>, broken: Broken): void {
  const inPlace = [...entries].sort((a, b) => a.headerOffset.value - b.headerOffset.value);
  for (let i = 1; i < inPlace.length; i++) {
    const [before, after] = [inPlace[i - 1], inPlace[i]];
    if (after.headerOffset.value < contentsEnd(before))
      throw broken(`${before.name} and ${after.name} overlap`);
  }
}

/** What stands before and after an entry's contents. */
function readLocal(source: ByteSource, offset: number, compressedSize: number, crc: number, broken: Broken) {
  const header = view(source, offset, 30);
  if (header.getUint32(0, true) !== signatures.local) throw broken(`no entry at byte ${offset}`);
  const nameLength = header.getUint16(26, true);
  const extraLength = header.getUint16(28, true);
  const dataOffset = offset + 30 + nameLength + extraLength;
  const hasDescriptor = (header.getUint16(6, true) & 8) !== 0;
  const localCrcOffsets = header.getUint32(14, true) === crc ? [offset + 14] : [];
  if (hasDescriptor && dataOffset + compressedSize + 8 <= source.size) {
    const descriptor = view(source, dataOffset + compressedSize, 8);
    const skip = descriptor.getUint32(0, true) === signatures.descriptor ? 4 : 0;
    if (descriptor.getUint32(skip, true) === crc) localCrcOffsets.push(dataOffset + compressedSize + skip);
  }
  const local = view(source, offset, 30 + nameLength + extraLength);
  const fields = zip64Fields(local, 30 + nameLength, extraLength, [22, 18], broken);
  const localCompressedSize = hasDescriptor ? undefined : { ...fields[1], at: offset + fields[1].at };
  return { dataOffset, localCrcOffsets, localCompressedSize };
}

/** Numbers at `places` (4 bytes each); one that is all ones stands in the zip64 extra field instead, in this order. */
function zip64Fields(
  record: DataView,
  extra: number,
  extraLength: number,
  places: readonly number[],
  broken: Broken,
): Field[] {
  let from = 0;
  let to = 0;
  for (let at = extra; at + 4 <= extra + extraLength; at += 4 + record.getUint16(at + 2, true)) {
    if (record.getUint16(at, true) !== 1) continue;
    from = at + 4;
    to = from + record.getUint16(at + 2, true);
    if (to > extra + extraLength) throw broken("a zip64 field is cut short");
    break;
  }
  return places.map((at) => {
    const value = record.getUint32(at, true);
    if (value !== 0xffffffff) return { value, at, width: 4 };
    if (from + 8 > to) throw broken("a zip64 field is missing");
    from += 8;
    return { value: readSafe(record, from - 8), at: from - 8, width: 8 };
  });
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
      `${file}: ${entry.name} is compressed and was written as a stream; write the file anew uncompressed (zip -0)`,
    );
  }
  return [
    { file, offset: entry.dataOffset, remove: entry.compressedSize.value, bytes: packed },
    ...sizes.filter((field) => field !== undefined).map((field) => mend(file, field, packed.length)),
    ...crcPatches(file, entry, crc),
  ];
}

function crcPatches(file: string, entry: ZipEntry, crc: number): Patch[] {
  return [...entry.localCrcOffsets, entry.recordOffset + 16].map((at) =>
    mend(file, { value: entry.crc32, at, width: 4 }, crc),
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
    return by === 0 ? [] : [mend(file, field, field.value + by)];
  });
}

function mend(file: string, field: Field, value: number): Patch {
  const bytes = new Uint8Array(field.width);
  const numbers = new DataView(bytes.buffer);
  if (field.width === 8) numbers.setBigUint64(0, BigInt(value), true);
  else numbers.setUint32(0, value, true);
  return { file, offset: field.at, remove: field.width, bytes };
}

function bytesOf(record: DataView, at: number, length: number): Uint8Array {
  return new Uint8Array(record.buffer, record.byteOffset + at, length);
}

/** A 64-bit number; beyond 2^53 it is no offset in any file, and comes out as such for the checks that follow. */
function readSafe(record: DataView, at: number): number {
  return Number(record.getBigUint64(at, true));
}
