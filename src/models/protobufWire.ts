import { InputError } from "../errors.ts";
import type { ByteSource } from "../files/byteSource.ts";

/** A part of a file, from `start` to before `end`, in bytes. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** One field of a protobuf message as it stands in a file; the span is its value, without tag and length. */
export interface WireField extends Span {
  readonly number: number;
  readonly wireType: number;
  /** Where the field's tag begins, and where what follows it: the length, if there is one. */
  readonly tag: number;
  readonly afterTag: number;
}

/** https://protobuf.dev/programming-guides/encoding/#structure */
const wireType = { varint: 0, fixed64: 1, lengthDelimited: 2, fixed32: 5 } as const;

const pageBytes = 65_536;
/** More fields than this are taken for an attack: the largest real models have some hundred thousand. */
const maxFields = 50_000_000;

/**
 * Walks protobuf messages in a source of any size, reading one page at a time and skipping values without reading them.
 * All methods throw an InputError where the bytes are no protobuf message.
 */
export class WireReader {
  readonly source: ByteSource;
  private page: Uint8Array = new Uint8Array();
  private pageStart = 0;
  private position = 0;
  private fieldCount = 0;

  private readonly what: string;

  /** `what` names the file in messages. */
  constructor(source: ByteSource, what = "ONNX file") {
    this.source = source;
    this.what = what;
  }

  /** Where the last number that was read ends. */
  get at(): number {
    return this.position;
  }

  /** The first `count` varints in `span`, exact below 2^53. */
  leadingVarints(span: Span, count: number): number[] {
    this.position = span.start;
    return Array.from({ length: count }, () => this.varint(span.end));
  }

  /** Calls `visit` for each field of the message in `span`, in the file's order. */
  fields(span: Span, visit: (field: WireField) => void): void {
    let next = span.start;
    while (next < span.end) {
      if (++this.fieldCount > maxFields) throw this.broken(next, `more than ${maxFields} fields`);
      const tag = next;
      this.position = tag;
      const key = this.varint(span.end);
      const afterTag = this.position;
      const type = key % 8;
      const number = Math.floor(key / 8);
      if (number === 0 || number > 0x1fffffff) throw this.broken(tag, `field number ${number}`);
      const { start, end } = this.value(type, span.end, tag);
      if (end > span.end) {
        throw this.broken(
          tag,
          `field ${number} should have ${end - start} bytes, ${span.end - start} are left`,
        );
      }
      next = end;
      visit({ number, wireType: type, tag, afterTag, start, end });
    }
  }

  /** The varints in `span`, each modulo 2^32. */
  varints(span: Span): number[] {
    const values: number[] = [];
    this.position = span.start;
    while (this.position < span.end) values.push(this.varint(span.end) >>> 0);
    return values;
  }

  /** The error for a file that is no protobuf message at byte `offset`. */
  broken(offset: number, why: string): InputError {
    return new InputError(`${this.source.name}: broken ${this.what}: ${why} (at byte ${offset})`);
  }

  private value(type: number, limit: number, tag: number): Span {
    const start = this.position;
    if (type === wireType.fixed64) return { start, end: start + 8 };
    if (type === wireType.fixed32) return { start, end: start + 4 };
    if (type !== wireType.varint && type !== wireType.lengthDelimited) {
      throw this.broken(tag, `wire type ${type}`);
    }
    const number = this.varint(limit);
    return type === wireType.varint
      ? { start, end: this.position }
      : { start: this.position, end: this.position + number };
  }

  /** The varint at the position, which moves behind it; exact below 2^53. */
  private varint(limit: number): number {
    const start = this.position;
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.position >= limit) throw this.broken(start, "a number is truncated");
      const byte = this.byte(this.position++);
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw this.broken(start, "a number has more than 10 bytes");
  }

  private byte(offset: number): number {
    if (offset < this.pageStart || offset >= this.pageStart + this.page.length) {
      this.pageStart = offset;
      this.page = this.source.read(offset, Math.min(pageBytes, this.source.size - offset));
    }
    return this.page[offset - this.pageStart];
  }
}

/** `value` (an integer from 0 to 2^53) as a protobuf varint. */
export function encodeVarint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (; value >= 0x80; value = Math.floor(value / 0x80)) bytes.push((value % 0x80) | 0x80);
  return Uint8Array.from([...bytes, value]);
}

/** A length-delimited field of a message: tag, length, value. */
export function encodeField(number: number, value: Uint8Array): Uint8Array {
  const tag = encodeVarint(number * 8 + wireType.lengthDelimited);
  return concatBytes([tag, encodeVarint(value.length), value]);
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}
