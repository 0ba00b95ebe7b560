import type { Broken } from "../errors.ts";
import { type ByteSource, view } from "./byteSource.ts";

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

/** A number and where it stands, so that it can be changed. */
export interface Field {
  readonly value: number;
  readonly at: number;
  readonly width: 4 | 8;
}

export const stored = 0;
export const deflated = 8;
const signatures = {
  local: 0x04034b50,
  central: 0x02014b50,
  end: 0x06054b50,
  end64: 0x06064b50,
  locator64: 0x07064b50,
  descriptor: 0x08074b50,
};

/** A directory larger than this does not belong to any model. */
const maxDirectory = 2 ** 28;

export interface Directory {
  readonly count: number;
  readonly size: number;
  readonly offset: number;
  /** All places that hold the directory's offset, or (the last one, in a zip64 file) that of the zip64 end record. */
  readonly offsetFields: readonly Field[];
}

/** The end record is the last thing in the file, save a comment of at most 65,535 bytes. */
export function findDirectory(source: ByteSource, broken: Broken): Directory {
  const length = Math.min(source.size, 22 + 0xffff);
  const start = source.size - length;
  const tail = view(source, start, length);
  let end = length - 22;
  while (
    end >= 0 &&
    !(tail.getUint32(end, true) === signatures.end && tail.getUint16(end + 20, true) === length - end - 22)
  )
    end--;
  if (end < 0) throw broken("it is truncated (it has no end-of-directory record)");
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
      if (at + 56 > start + end - 20) throw broken("its zip64 end record is out of place");
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
  if (directory.offset + directory.size > limit || directory.size > maxDirectory) {
    throw broken(`its directory (${directory.size} bytes at ${directory.offset}) is out of place`);
  }
  return directory;
}

export function readDirectory(
  source: ByteSource,
  directory: Directory,
  broken: Broken,
): Map<string, ZipEntry> {
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
  if (at + length > records.byteLength) throw broken("its directory is truncated");
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
    if (to > extra + extraLength) throw broken("a zip64 field is truncated");
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

function bytesOf(record: DataView, at: number, length: number): Uint8Array {
  return new Uint8Array(record.buffer, record.byteOffset + at, length);
}

/** A 64-bit number; beyond 2^53 it is no offset in any file, and comes out as such for the checks that follow. */
function readSafe(record: DataView, at: number): number {
  return Number(record.getBigUint64(at, true));
}
