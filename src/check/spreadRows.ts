/** So many rows of all, at most, evenly spread over them. */
export function spreadRows(available: number, most: number): number[] {
  const rows = Math.min(most, available);
  return Array.from({ length: rows }, (_, i) => Math.floor((i * available) / rows));
}
