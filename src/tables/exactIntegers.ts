import type { Cells, TableCell } from "./table.ts";

/**
 * 64-bit integers as cells: numbers where all of them are exact in float64 (up to 2^53), and otherwise their digits as
 * text, so that two identifiers never become one.
 */
export function exactIntegers(integers: BigInt64Array | BigUint64Array): Cells {
  const numbers = Float64Array.from(integers as BigInt64Array, Number);
  return numbers.every(Number.isSafeInteger) ? numbers : Array.from(integers, exactInteger);
}

/** One 64-bit integer as a cell: see `exactIntegers`. */
export function exactInteger(integer: bigint): TableCell {
  const number = Number(integer);
  return Number.isSafeInteger(number) ? number : String(integer);
}
