/** Indices of at most `maxRows` of the available rows, evenly spaced. */
export function evenlySpacedRows(available: number, maxRows: number): number[] {
  const rows = Math.min(maxRows, available);
  return Array.from({ length: rows }, (_, i) => Math.floor((i * available) / rows));
}
