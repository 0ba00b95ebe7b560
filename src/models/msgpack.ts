import { InputError } from "../errors.ts";
import { type ByteSource, text, view } from "../files/byteSource.ts";

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
const maxValues = 1_000_000;
const maxDepth = 100;
/** In bytes. */
const maxKeyBytes = 1000;

/**
 * The one value that fills the bytes from `start` up to `end`.
 * @throws InputError, one line, unless they are exactly one value within the limits.
 */
export function readMsgpack(source: ByteSource, start: number, end: number): MsgpackValue {
  const reader = new Reader(source, start, end);
  const value = reader.value(0);
  reader.checkEnd();
  return value;
}

/** Reads one value after the other; each method begins where the last one ended. */
class Reader {
  readonly #source: ByteSource;
  readonly #end: number;
  #at: number;
  #values = 0;

  constructor(source: ByteSource, start: number, end: number) {
    this.#source = source;
    this.#at = start;
    this.#end = end;
  }

  checkEnd(): void {
    if (this.#at !== this.#end) throw this.#broken(`${this.#end - this.#at} bytes follow its end`);
  }

  /** The next value, `depth` maps or arrays deep. Its first byte tells its kind, and its size where that is small. */
  value(depth: number): MsgpackValue {
    if (depth > maxDepth) throw this.#broken(`values are nested more than ${maxDepth} deep`);
    if (++this.#values > maxValues) throw this.#broken(`it has more than ${maxValues} values`);
    const head = this.#unsigned(1);
    if (head < 0x80) return integer(head);
    if (head < 0x90) return this.#map(head & 0x0f, depth);
    if (head < 0xa0) return this.#array(head & 0x0f, depth);
    if (head < 0xc0) return this.#located("text", head & 0x1f);
    if (head >= 0xe0) return integer(head - 0x100);
    return this.#wide(head, depth);
  }

  /** A value whose size is in the bytes that follow: in each family their width doubles from one head to the next. */
  #wide(head: number, depth: number): MsgpackValue {
    if (head === 0xc1) throw this.#broken("it contains the byte c1, which MessagePack does not use");
    if (head < 0xc4) return { kind: "other" };
    if (head < 0xc7) return this.#located("bytes", this.#unsigned(2 ** (head - 0xc4)));
    if (head < 0xca) return this.#extension(this.#unsigned(2 ** (head - 0xc7)));
    if (head < 0xcc) return this.#float(2 ** (head - 0xc8));
    if (head < 0xd0) return integer(this.#unsigned(2 ** (head - 0xcc)));
    if (head < 0xd4) return integer(this.#signed(2 ** (head - 0xd0)));
    if (head < 0xd9) return this.#extension(2 ** (head - 0xd4));
    if (head < 0xdc) return this.#located("text", this.#unsigned(2 ** (head - 0xd9)));
    if (head < 0xde) return this.#array(this.#unsigned(2 ** (head - 0xdb)), depth);
    return this.#map(this.#unsigned(2 ** (head - 0xdd)), depth);
  }

  #map(size: number, depth: number): MsgpackValue {
    const entries = new Map<string, MsgpackValue>();
    for (let i = 0; i < size; i++) {
      const name = this.#key(depth + 1);
      if (entries.has(name)) throw this.#broken("a map has the same key twice");
      entries.set(name, this.value(depth + 1));
    }
    return { kind: "map", entries };
  }

  #key(depth: number): string {
    const value = this.value(depth);
    if (value.kind === "integer") return String(value.value);
    if (value.kind !== "text") throw this.#broken("a map's key is neither text nor an integer");
    if (value.length > maxKeyBytes)
      throw this.#broken(`a map's key has ${value.length} bytes; at most ${maxKeyBytes} are read`);
    return text(this.#source, value.offset, value.length);
  }

  #array(size: number, depth: number): MsgpackValue {
    const items: MsgpackValue[] = [];
    for (let i = 0; i < size; i++) items.push(this.value(depth + 1));
    return { kind: "array", items };
  }

  #located(kind: "text" | "bytes", length: number): MsgpackValue {
    return { kind, offset: this.#skip(length), length };
  }

  #extension(length: number): MsgpackValue {
    const type = this.#unsigned(1);
    return { kind: "extension", type, offset: this.#skip(length), length };
  }

  #float(width: number): MsgpackValue {
    this.#skip(width);
    return { kind: "other" };
  }

  /** The big-endian unsigned number in the next 1, 2, 4 or 8 bytes; above 2^53 it is rounded. */
  #unsigned(width: number): number {
    const bytes = view(this.#source, this.#skip(width), width);
    if (width === 1) return bytes.getUint8(0);
    if (width === 2) return bytes.getUint16(0);
    if (width === 4) return bytes.getUint32(0);
    return Number(bytes.getBigUint64(0));
  }

  /** The same in two's complement. */
  #signed(width: number): number {
    const value = this.#unsigned(width);
    return value < 2 ** (8 * width - 1) ? value : value - 2 ** (8 * width);
  }

  /** Moves past `length` bytes, and returns where they begin. */
  #skip(length: number): number {
    const left = this.#end - this.#at;
    if (length > left)
      throw this.#broken(`${length} bytes should follow, but ${left} are left; the file may be truncated`);
    this.#at += length;
    return this.#at - length;
  }

  #broken(why: string): InputError {
    return new InputError(`${this.#source.name}: broken MessagePack at byte ${this.#at}: ${why}`);
  }
}

const integer = (value: number): MsgpackValue => ({ kind: "integer", value });
