/**
 * The mean of rows of `width` numbers each, row after row in `values`: of all, or of those at the given places. Each column
 * is added up as `sum` does (Neumaier's compensation), row by row, so that memory is read in its order.
 */
export function meanRow(values: ArrayLike<number>, width: number, places?: ArrayLike<number>): number[] {
  const rows = places?.length ?? values.length / width;
  const total = new Float64Array(width);
  const lost = new Float64Array(width);
  for (let i = 0; i < rows; i++) {
    const start = (places?.[i] ?? i) * width;
    for (let k = 0; k < width; k++) {
      const [value, before] = [values[start + k], total[k]];
      const next = before + value;
      lost[k] += Math.abs(before) >= Math.abs(value) ? before - next + value : value - next + before;
      total[k] = next;
    }
  }
  return Array.from(total, (value, k) => (value + lost[k]) / rows);
}
