import { InputError } from "../errors.ts";
import { type ByteSource, text, view } from "./bytes.ts";

/**
 * A reader of MessagePack that tells where bytes stand in the file: a bias is changed by overwriting its bytes, and
 * readers on npm (@msgpack/msgpack, msgpackr) hand out values but not their places. Strings, bytes and extensions are
 * not read but located, so that a file of gigabytes costs only its structure.
 * https://github.com/msgpack/msgpack/blob/master/spec.md
 */
export type MsgpackValue =
  | { readonly kind: "map"; readonly entries: ReadonlyMap<string, MsgpackValue> }
  | { readonly kind: "array"; readonly items: readonly MsgpackValue[] }
  | { readonly kind: "integer"; readonly value: number }
  | { readonly kind: "text" | "bytes"; readonly offset: number; readonly length: number }
  | { readonly kind: "extension"; readonly type: number; readonly offset: number; readonly length: number }
  /** nil, true, false, a floating-point number. */
  | { readonly kind: "other" };

/** Far more than any model's tree of parameters has; a hostile file of a gigabyte could have as many values. */
const maximumValues = 1_000_000;
const maximumDepth = 100;
/** In bytes. */
const longestKey = 1000;

/**
 * The one value that fills the bytes from `start` up to `end`.
 * @throws InputError, one line, unless they are exactly one value within the limits.
 */
export function readMsgpack(source: ByteSource, start: number, end: number): MsgpackValue {
  let at = start;
  let values = 0;
  const broken = (why: string) => new InputError(`${source.name}: broken MessagePack at byte ${at}: ${why}`);

  /** Moves past `length` bytes, and returns where they begin. */
  function skip(length: number): number {
    if (length > end - at)
      throw broken(`${length} bytes should follow, ${end - at} are left; the file may be cut short`);
    at += length;
    return at - length;
  }

  /** The big-endian unsigned number in the next 1, 2, 4 or 8 bytes; above 2^53 it is rounded. */
  function unsigned(width: number): number {
    const bytes = view(source, skip(width), width);
    if (width === 1) return bytes.getUint8(0);
    if (width === 2) return bytes.getUint16(0);
    if (width === 4) return bytes.getUint32(0);
    return Number(bytes.getBigUint64(0));
  }

  function integer(value: number): MsgpackValue {
    return { kind: "integer", value };
  }

  function located(kind: "text" | "bytes", length: number): MsgpackValue {
    return { kind, offset: skip(length), length };
  }

  function extension(length: number): MsgpackValue {
    const type = unsigned(1);
    return { kind: "extension", type, offset: skip(length), length };
  }

  function key(depth: number): string {
    const value = next(depth);
    if (value.kind === "integer") return String(value.value);
    if (value.kind !== "text") throw broken("a map's key is neither text nor an integer");
    if (value.length > longestKey) throw broken(`a map's key has ${value.length} bytes, above ${longestKey}`);
    return text(source, value.offset, value.length);
  }

  function map(size: number, depth: number): MsgpackValue {
    const entries = new Map<string, MsgpackValue>();
    for (let i = 0; i < size; i++) {
      const name = key(depth + 1);
      if (entries.has(name)) throw broken("a map has a key twice");
      entries.set(name, next(depth + 1));
    }
    return { kind: "map", entries };
  }

  function array(size: number, depth: number): MsgpackValue {
    const items: MsgpackValue[] = [];
    for (let i = 0; i < size; i++) items.push(next(depth + 1));
    return { kind: "array", items };
  }

  function next(depth: number): MsgpackValue {
    if (depth > maximumDepth) throw broken(`values are nested more than ${maximumDepth} deep`);
    if (++values > maximumValues) throw broken(`it has more than ${maximumValues} values`);
    const head = unsigned(1);
    if (head < 0x80) return integer(head);
    if (head < 0x90) return map(head & 0x0f, depth);
    if (head < 0xa0) return array(head & 0x0f, depth);
    if (head < 0xc0) return located("text", head & 0x1f);
    if (head >= 0xe0) return integer(head - 0x100);
    if (head === 0xc1) throw broken("it has the byte c1, which MessagePack never uses");
    // In each family the width of what follows doubles from one head to the next.
    if (head < 0xc4) return { kind: "other" };
    if (head < 0xc7) return located("bytes", unsigned(2 ** (head - 0xc4)));
    if (head < 0xca) return extension(unsigned(2 ** (head - 0xc7)));
    if (head < 0xcc) {
      skip(head === 0xca ? 4 : 8);
      return { kind: "other" };
    }
    if (head < 0xd0) return integer(unsigned(2 ** (head - 0xcc)));
    if (head < 0xd4) {
      const width = 2 ** (head - 0xd0);
      const value = unsigned(width);
      return integer(value < 2 ** (8 * width - 1) ? value : value - 2 ** (8 * width));
    }
    if (head < 0xd9) return extension(2 ** (head - 0xd4));
    if (head < 0xdc) return located("text", unsigned(2 ** (head - 0xd9)));
    if (head < 0xde) return array(unsigned(2 ** (head - 0xdb)), depth);
    return map(unsigned(2 ** (head - 0xdd)), depth);
  }

  const value = next(0);
  if (at !== end) throw broken(`${end - at} bytes follow after its end`);
  return value;
}
