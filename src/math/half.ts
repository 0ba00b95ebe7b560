/** Bits of the mantissa that are stored, and the exponent's bias, of the two 16-bit types. */
const half = {
  float16: { mantissa: 10, bias: 15 },
  bfloat16: { mantissa: 7, bias: 127 },
} as const;

export type HalfType = keyof typeof half;

/** The 16 bits nearest to `value`, ties to even; overflow gives infinity, and every NaN the quiet NaN. */
export function toHalf(type: HalfType, value: number): number {
  const { mantissa, bias } = half[type];
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const infinity = 0x7fff & ~((1 << mantissa) - 1);
  if (Number.isNaN(value)) return infinity | (1 << (mantissa - 1));
  const size = Math.abs(value);
  if (size === 0) return sign;
  if (size === Infinity) return sign | infinity;
  // The smallest normal exponent also serves the subnormals: `steps` then is below 2^mantissa.
  const exponent = Math.max(floorLog2(size), 1 - bias);
  const steps = roundHalfEven(size * 2 ** (mantissa - exponent));
  // A carry out of the mantissa runs into the exponent bits, which is what rounding up to a power of two means.
  const bits = ((exponent + bias - 1) << mantissa) + steps;
  return sign | Math.min(bits, infinity);
}

/** The number that 16 bits stand for, exactly. */
export function fromHalf(type: HalfType, bits: number): number {
  const { mantissa, bias } = half[type];
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits & 0x7fff) >> mantissa;
  const fraction = bits & ((1 << mantissa) - 1);
  if (exponent === 0x7fff >> mantissa) return fraction ? Number.NaN : sign * Infinity;
  if (exponent === 0) return sign * fraction * 2 ** (1 - bias - mantissa);
  return sign * ((1 << mantissa) + fraction) * 2 ** (exponent - bias - mantissa);
}

/** floor(log2(x)) of a normal float64 x > 0, read from its bits; float64's own subnormals give -1023, below all we use. */
function floorLog2(x: number): number {
  scratch.setFloat64(0, x);
  return ((scratch.getUint16(0) >> 4) & 0x7ff) - 1023;
}
const scratch = new DataView(new ArrayBuffer(8));

/** The integer nearest to x >= 0 (below 2^52), ties to even. */
function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
