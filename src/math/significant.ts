/** Four significant digits. */
export function significant(value: number): string {
  return Number(value.toPrecision(4)).toString();
}
