import fc from "fast-check";
import { expect, test } from "vitest";
import { epochBatches } from "../../src/data/batches.ts";

const rows = Uint32Array.from({ length: 1000 }, (_, i) => 3 * i);
const flat = (batches: Uint32Array[]) => batches.flatMap((batch) => [...batch]);

test("epochBatches(rows, size) holds each row once, in full batches and a short last one", () => {
  fc.assert(
    fc.property(
      fc.uint32Array({ maxLength: 50 }),
      fc.integer({ min: 1, max: 60 }),
      fc.nat(),
      (rows, size, seed) => {
        const batches = epochBatches(rows, size, seed, 0);
        expect(flat(batches).sort((a, b) => a - b)).toEqual([...rows].sort((a, b) => a - b));
        expect(batches.slice(0, -1).every((batch) => batch.length === size)).toBe(true);
        if (rows.length > 0) expect(batches.at(-1)?.length).toBe(rows.length % size || size);
      },
    ),
  );
});

test("13850 rows in batches of 256 are 54 full ones and one of 26", () => {
  const sizes = epochBatches(new Uint32Array(13850), 256, 33, 0).map((batch) => batch.length);
  expect(sizes).toEqual([...new Array(54).fill(256), 26]);
});

test("the order depends on seed and epoch, and not on the batch size", () => {
  const order = flat(epochBatches(rows, 32, 1, 0));
  expect(flat(epochBatches(rows, 100, 1, 0))).toEqual(order);
  expect(flat(epochBatches(rows, 32, 1, 1))).not.toEqual(order);
  expect(flat(epochBatches(rows, 32, 2, 0))).not.toEqual(order);
});

test("epochBatches(rows, size) leaves the rows as they were", () => {
  const before = rows.slice();
  epochBatches(rows, 32, 1, 0);
  expect(rows).toEqual(before);
});

test("epochBatches(rows, size) refuses a size below 1 or a fractional one", () => {
  for (const size of [0, -1, 1.5, Number.NaN]) {
    expect(() => epochBatches(rows, size, 1, 0)).toThrow(
      `invalid batch size: ${size}; expected a whole number of at least 1`,
    );
  }
});
