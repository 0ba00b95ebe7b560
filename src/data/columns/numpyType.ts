import { endianness } from "node:os";
import { InputError } from "../../errors.ts";
import { fromHalf } from "../../math/half.ts";
import type { Cells } from "./column.ts";

/** A NumPy dtype that labels may have. */
export interface NumpyType {
  readonly bytes: number;
  /** Cells from bytes that start at a multiple of 8 and may be changed. */
  decode(bytes: Buffer): Cells;
}

/** Of a dtype such as `<f4`: every boolean, integer and float type, and texts (S, U). */
export function numpyType(file: string, descr: string): NumpyType {
  const [, order, kind, digits] = /^([<>|=]?)([a-zA-Z])(\d+)$/.exec(descr) ?? [];
  const bytes = kind === "U" ? 4 * Number(digits) : Number(digits);
  const make = arrays[`${kind}${digits}`];
  const swapped = order === ">" ? endianness() === "LE" : order === "<" && endianness() === "BE";
  if (make) return { bytes, decode: (data) => make(aligned(swapped ? swap(data, bytes) : data)) };
  if ((kind === "S" || kind === "U") && bytes > 0)
    return { bytes, decode: (data) => texts(data, bytes, kind, order === ">") };
  throw new InputError(
    `${file} has entries of type ${descr}; labels are booleans, integers, floats or texts (b, i, u, f, S, U)`,
  );
}

type View = { buffer: ArrayBufferLike; byteOffset: number; byteLength: number };
type Typed<T> = new (buffer: ArrayBufferLike, offset: number, length: number) => T;

function viewAs<T>(Type: Typed<T> & { BYTES_PER_ELEMENT: number }) {
  return ({ buffer, byteOffset, byteLength }: View) =>
    new Type(buffer, byteOffset, byteLength / Type.BYTES_PER_ELEMENT);
}

const arrays: Record<string, (data: View) => Cells> = {
  b1: viewAs(Uint8Array),
  i1: viewAs(Int8Array),
  u1: viewAs(Uint8Array),
  i2: viewAs(Int16Array),
  u2: viewAs(Uint16Array),
  i4: viewAs(Int32Array),
  u4: viewAs(Uint32Array),
  // Exact up to 2^53, far above any class index; larger labels are numbers, which are float64 anyway.
  i8: (data) => Float64Array.from(viewAs(BigInt64Array)(data), Number),
  u8: (data) => Float64Array.from(viewAs(BigUint64Array)(data), Number),
  f2: (data) => Float64Array.from(viewAs(Uint16Array)(data), (bits) => fromHalf("float16", bits)),
  f4: (data) => Float64Array.from(viewAs(Float32Array)(data)),
  f8: viewAs(Float64Array),
};

function swap(data: Buffer, bytes: number): Buffer {
  if (bytes === 2) return data.swap16();
  if (bytes === 4) return data.swap32();
  return bytes === 8 ? data.swap64() : data;
}

function aligned(data: Buffer): View {
  return data.byteOffset % 8 === 0 ? data : Uint8Array.from(data);
}

/** Texts of a fixed length, filled up with zeros: one byte a letter (S), or a code point in four (U). */
function texts(data: Buffer, bytes: number, kind: string, bigEndian: boolean): string[] {
  return Array.from({ length: data.length / bytes }, (_, i) => {
    const entry = data.subarray(i * bytes, (i + 1) * bytes);
    if (kind === "S") return entry.toString("utf8").replace(/\0+$/, "");
    const points = Array.from({ length: bytes / 4 }, (_, j) =>
      bigEndian ? entry.readUInt32BE(4 * j) : entry.readUInt32LE(4 * j),
    );
    return String.fromCodePoint(...points).replace(/\0+$/, "");
  });
}
