import { sum } from "./sum.ts";

/** The mean of rows of `width` numbers each, row after row in `values`: of all, or of those at the given places. */
export function meanRow(values: ArrayLike<number>, width: number, places?: ArrayLike<number>): number[] {
  const rows = places?.length ?? values.length / width;
  const column = (k: number) =>
    Float64Array.from({ length: rows }, (_, i) => values[(places?.[i] ?? i) * width + k]);
  return Array.from({ length: width }, (_, k) => sum(column(k)) / rows);
}
