import { fromHalf, toHalf } from "../math/half.ts";

/** Floating-point numbers as files hold them. All arithmetic is in float64; these convert at the file's edge. */
export type FloatType = "float16" | "bfloat16" | "float32" | "float64";

/** Bytes of one number. */
export const floatBytes: Record<FloatType, number> = { float16: 2, bfloat16: 2, float32: 4, float64: 8 };

/** The numbers that `bytes` hold, exactly. */
export function decodeFloats(type: FloatType, bytes: Uint8Array, littleEndian = true): Float64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const width = floatBytes[type];
  return Float64Array.from({ length: Math.floor(bytes.length / width) }, (_, i) => {
    if (type === "float64") return view.getFloat64(i * width, littleEndian);
    if (type === "float32") return view.getFloat32(i * width, littleEndian);
    return fromHalf(type, view.getUint16(i * width, littleEndian));
  });
}

/** The bytes of `values`, each rounded to nearest, ties to even (IEEE 754's default). */
export function encodeFloats(type: FloatType, values: Float64Array, littleEndian = true): Uint8Array {
  const width = floatBytes[type];
  const bytes = new Uint8Array(values.length * width);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => {
    if (type === "float64") view.setFloat64(i * width, value, littleEndian);
    else if (type === "float32") view.setFloat32(i * width, value, littleEndian);
    else view.setUint16(i * width, toHalf(type, value), littleEndian);
  });
  return bytes;
}

/** `values` as a file of this type will hold them. */
export function roundTo(type: FloatType, values: Float64Array): Float64Array {
  return decodeFloats(type, encodeFloats(type, values));
}
