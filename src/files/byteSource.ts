import { InputError } from "../errors.ts";

/**
 * Bytes that are read piece by piece: a file on disk, or an array in memory. Reading is synchronous, because the HDF5
 * library asks for bytes that way; in a browser, hand in the file's bytes.
 */
export interface ByteSource {
  /** What messages call it: a file's name. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** `length` bytes from `offset` on, as a copy or a view that must not be written to. Throws an InputError past the end. */
  read(offset: number, length: number): Uint8Array;
}

/** Throws unless the `length` bytes at `offset` lie within the source. NaN and fractions don't. */
export function checkRange(source: { name: string; size: number }, offset: number, length: number): void {
  const inside =
    Number.isSafeInteger(offset) &&
    Number.isSafeInteger(length) &&
    offset >= 0 &&
    length >= 0 &&
    offset + length <= source.size;
  if (!inside) {
    throw new InputError(
      `${source.name}: broken or truncated: it refers to ${length} bytes at ${offset}, but has ${source.size} bytes`,
    );
  }
}

/** A source of bytes in memory. */
export function bytesInMemory(name: string, bytes: Uint8Array): ByteSource {
  const source = {
    name,
    size: bytes.length,
    read(offset: number, length: number): Uint8Array {
      checkRange(source, offset, length);
      return bytes.subarray(offset, offset + length);
    },
  };
  return source;
}

/** The `length` bytes of `source` from `offset` on, as a source of their own. */
export function slice(source: ByteSource, offset: number, length: number, name = source.name): ByteSource {
  checkRange(source, offset, length);
  const part = {
    name,
    size: length,
    read(from: number, count: number): Uint8Array {
      checkRange(part, from, count);
      return source.read(offset + from, count);
    },
  };
  return part;
}

/** A view for reading little-endian numbers of the `length` bytes at `offset`. */
export function view(source: ByteSource, offset: number, length: number): DataView {
  const bytes = source.read(offset, length);
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** The bytes as text. Throws an InputError if they are no UTF-8. */
export function text(source: ByteSource, offset: number, length: number): string {
  try {
    return utf8.decode(source.read(offset, length));
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`${source.name}: broken: the text at byte ${offset} is not UTF-8`);
  }
}

/** No model's JSON comes near this, and it still fits into one string. */
const maxText = 2 ** 28;

/** The bytes as JSON. `what` names the part for the message. Throws an InputError if they aren't. */
export function json(source: ByteSource, offset: number, length: number, what: string): unknown {
  if (length > maxText)
    throw new InputError(`${source.name}: ${what} has ${length} bytes, too many for JSON`);
  const content = text(source, offset, length);
  try {
    return JSON.parse(content);
  } catch {
    throw new InputError(`${source.name}: broken: ${what} is not valid JSON`);
  }
}
