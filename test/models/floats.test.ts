import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeFloats, encodeFloats, type FloatType, roundTo } from "../../src/models/floats.ts";

/** Written by scripts/fixtures/floats.py with NumPy and ml_dtypes: float64 values (as hexadecimal bits) and their 16 bits. */
const expected: { value: string; float16: number; bfloat16: number }[] = JSON.parse(
  readFileSync(join(import.meta.dirname, "../files/models/floats.json"), "utf8"),
).rows;

const values = Float64Array.from(expected, ({ value }) => Buffer.from(value, "hex").readDoubleBE());
const types: FloatType[] = ["float16", "bfloat16", "float32", "float64"];

test.each(["float16", "bfloat16"] as const)("%s rounds as NumPy and ml_dtypes do", (type) => {
  const bytes = encodeFloats(type, values);
  const bits = expected.map((_, i) => bytes[2 * i] | (bytes[2 * i + 1] << 8));
  expect(bits).toEqual(expected.map((row) => row[type]));
});

test.each(["float16", "bfloat16"] as const)(
  "all 65,536 %s come back as the same bits, NaN as a NaN",
  (type) => {
    const bits = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const decoded = decodeFloats(type, new Uint8Array(bits.buffer));
    const again = new Uint16Array(encodeFloats(type, decoded).buffer);
    const wrong = [...bits].filter((bit) => again[bit] !== bit && !Number.isNaN(decoded[bit]));
    expect(wrong).toEqual([]);
  },
);

test("rounding twice is rounding once", () => {
  fc.assert(
    fc.property(fc.constantFrom(...types), fc.float64Array({ maxLength: 20 }), (type, numbers) => {
      const once = roundTo(type, numbers);
      expect(roundTo(type, once)).toEqual(once);
    }),
  );
});

test("the other byte order is the same bytes backwards", () => {
  fc.assert(
    fc.property(fc.constantFrom(...types), fc.double({ noNaN: true }), (type, number) => {
      const one = new Float64Array([number]);
      expect(encodeFloats(type, one, false)).toEqual(encodeFloats(type, one).reverse());
      expect(decodeFloats(type, encodeFloats(type, one, false), false)).toEqual(roundTo(type, one));
    }),
  );
});
