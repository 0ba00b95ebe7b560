import { InputError } from "../errors.ts";
import type { IntegerArray } from "../labels/countIntegers.ts";
import { fromHalf } from "../math/half.ts";
import type { ByteSource } from "./byteSource.ts";

export interface NpyHeader {
  /** The dtype as NumPy writes it: `<i8`. */
  readonly type: string;
  readonly fortran: boolean;
  readonly shape: readonly number[];
  /** Where the entries start, in bytes. */
  readonly offset: number;
}

/** Far more than NumPy writes for any simple type. */
const maxHeader = 2 ** 16;

/**
 * The header of a .npy file: \x93NUMPY, version (2 bytes), the header's length (2 bytes, 4 from version 2 on), and a
 * Python dictionary. https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 *
 * @throws InputError if the source is not a .npy file, or if the entries are not of one simple type
 */
export function readNpyHeader(source: ByteSource): NpyHeader {
  const start = source.read(0, Math.min(source.size, maxHeader));
  const broken = (why: string) => new InputError(`${source.name} is not a NumPy array: ${why}`);
  if (start.length < 12 || String.fromCharCode(...start.subarray(0, 6)) !== "\x93NUMPY")
    throw broken("it does not start with \\x93NUMPY");
  const wide = start[6] >= 2;
  const numbers = new DataView(start.buffer, start.byteOffset, start.byteLength);
  const offset = wide ? 12 + numbers.getUint32(8, true) : 10 + numbers.getUint16(8, true);
  if (offset > start.length) throw broken(`its header cannot have ${offset} bytes`);
  const header = new TextDecoder().decode(start.subarray(wide ? 12 : 10, offset));
  const type = /'descr':\s*'([^']*)'/.exec(header)?.[1];
  const fortran = /'fortran_order':\s*(True|False)/.exec(header)?.[1];
  const shape = /'shape':\s*\(([\d,\s]*)\)/.exec(header)?.[1];
  if (type === undefined) throw broken("its entries are not of one simple type");
  if (fortran === undefined || shape === undefined)
    throw broken(`its header reads ${header.trim().slice(0, 60)}`);
  const lengths = shape.match(/\d+/g)?.map(Number) ?? [];
  if (!Number.isSafeInteger(lengths.reduce((a, b) => a * b, 1))) throw broken(`its shape is (${shape})`);
  return { type, fortran: fortran === "True", shape: lengths, offset };
}

/** Entries of a .npy file. */
export type NpyEntries = IntegerArray | Float64Array | BigInt64Array | BigUint64Array | readonly string[];

/** How the entries of a dtype are read. */
export interface NpyType {
  /** Size of one entry. */
  readonly bytes: number;
  decode(bytes: Uint8Array): NpyEntries;
}

/**
 * The type of a dtype such as `<f4`: every boolean, integer and float type, and texts (S, U).
 *
 * @throws InputError for any other dtype
 */
export function npyType(file: string, descr: string): NpyType {
  const [, order, kind, digits] = /^([<>|=]?)([a-zA-Z])(\d+)$/.exec(descr) ?? [];
  const bytes = kind === "U" ? 4 * Number(digits) : Number(digits);
  const make = arrays[`${kind}${digits}`];
  const isSwapped = order === (isLittleEndian ? ">" : "<");
  if (make) return { bytes, decode: (data) => make(isSwapped ? swapped(data, bytes) : aligned(data)) };
  if ((kind === "S" || kind === "U") && bytes > 0)
    return { bytes, decode: (data) => texts(file, data, bytes, kind, order === ">") };
  throw new InputError(
    `${file} has entries of type ${descr}; allowed: booleans, integers, floats and texts (b, i, u, f, S, U)`,
  );
}

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

type Typed<T> = new (buffer: ArrayBufferLike, offset: number, length: number) => T;

function viewAs<T>(Type: Typed<T> & { BYTES_PER_ELEMENT: number }) {
  return ({ buffer, byteOffset, byteLength }: Uint8Array) =>
    new Type(buffer, byteOffset, byteLength / Type.BYTES_PER_ELEMENT);
}

const arrays: Record<string, (data: Uint8Array) => NpyEntries> = {
  b1: viewAs(Uint8Array),
  i1: viewAs(Int8Array),
  u1: viewAs(Uint8Array),
  i2: viewAs(Int16Array),
  u2: viewAs(Uint16Array),
  i4: viewAs(Int32Array),
  u4: viewAs(Uint32Array),
  i8: viewAs(BigInt64Array),
  u8: viewAs(BigUint64Array),
  f2: (data) => Float64Array.from(viewAs(Uint16Array)(data), (bits) => fromHalf("float16", bits)),
  f4: (data) => new Float64Array(viewAs(Float32Array)(data)),
  f8: viewAs(Float64Array),
};

/** Typed arrays start at a multiple of their element's size. */
const aligned = (data: Uint8Array) => (data.byteOffset % 8 === 0 ? data : Uint8Array.from(data));

/** A copy with the bytes of each entry in reverse. */
function swapped(data: Uint8Array, width: number): Uint8Array {
  const copy = Uint8Array.from(data);
  for (let start = 0; start < copy.length; start += width) copy.subarray(start, start + width).reverse();
  return copy;
}

/** Texts of a fixed length, padded with zeros: one byte per letter (S), or one code point per 4 bytes (U). */
function texts(file: string, data: Uint8Array, bytes: number, kind: string, bigEndian: boolean): string[] {
  const numbers = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return Array.from({ length: data.length / bytes }, (_, i) => {
    const start = i * bytes;
    const text =
      kind === "S"
        ? byteString(file, data.subarray(start, start + bytes))
        : Array.from({ length: bytes / 4 }, (_, j) =>
            character(file, numbers.getUint32(start + 4 * j, !bigEndian)),
          ).join("");
    return text.replace(/\0+$/, "");
  });
}

/** Texts that are not UTF-8 are refused: decoded leniently, two names would become one. */
function byteString(file: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const shown = Array.from(bytes, (byte) =>
      byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`,
    ).join("");
    throw new InputError(
      `${file} holds byte strings that are not UTF-8, such as b"${shown.replace(/(\\x00)+$/, "").slice(0, 60)}"; save them as texts: np.save("labels.npy", np.char.decode(labels, "latin-1")), with the encoding that they are in`,
    );
  }
}

/** Most bytes that are read at once, unless one row has more: the file and its numbers are not held in memory together. */
const pieceBytes = 2 ** 24;

/** A NumPy array of numbers, of any number of dimensions, whose rows are read when they are asked for. */
export interface NpyArray {
  readonly shape: readonly number[];
  /** The numbers of the given rows (entries of the first axis), row-major, in this order. */
  read(rows: readonly number[]): Float64Array | Uint8Array;
}

/** @throws InputError if the source is not a NumPy array of numbers in C order, or is truncated */
export function openNpyArray(source: ByteSource): NpyArray {
  const { name } = source;
  const header = readNpyHeader(source);
  const { type, fortran, shape, offset } = header;
  const { bytes, decode } = npyType(name, type);
  requireEntries(source, header, bytes);
  const width = shape.slice(1).reduce((a, b) => a * b, 1);
  if (fortran && shape.length > 1) throw fortranOrder(name);
  const mostRows = Math.max(1, Math.floor(pieceBytes / (width * bytes)));
  return {
    shape,
    read(wanted) {
      const values = new (type.endsWith("u1") ? Uint8Array : Float64Array)(wanted.length * width);
      for (let i = 0; i < wanted.length; ) {
        const start = i;
        while (++i < wanted.length && i - start < mostRows && wanted[i] === wanted[i - 1] + 1);
        const at = offset + wanted[start] * width * bytes;
        const found = decode(source.read(at, (i - start) * width * bytes));
        if (typeof found[0] === "string")
          throw new InputError(`${name} holds texts of type ${type}; numbers are needed here`);
        values.set(isBig(found) ? Float64Array.from(found, Number) : (found as Float64Array), start * width);
      }
      return values;
    },
  };
}

export const fortranOrder = (name: string) =>
  new InputError(`${name} is in Fortran order; save it with np.save(path, np.ascontiguousarray(x))`);

const isBig = (entries: NpyEntries): entries is BigInt64Array =>
  entries instanceof BigInt64Array || entries instanceof BigUint64Array;

/** Throws an InputError if the source is too short for the entries that its header promises. */
export function requireEntries(source: ByteSource, { shape, type, offset }: NpyHeader, bytes: number): void {
  const entries = shape.reduce((a, b) => a * b, 1);
  if (source.size >= offset + entries * bytes) return;
  throw new InputError(
    `${source.name} is truncated: ${shape.join(" x ")} entries of type ${type} need more than its ${source.size} bytes`,
  );
}

/** The last code point of Unicode. */
const lastCodePoint = 0x10ffff;

function character(file: string, codePoint: number): string {
  if (codePoint <= lastCodePoint) return String.fromCodePoint(codePoint);
  throw new InputError(`${file} is damaged: its text holds ${codePoint}, which is not a Unicode character`);
}
