/** The numbers as float64: the array itself where it is one, which the caller must not write to, else a copy. */
export function float64(values: ArrayLike<number>): Float64Array {
  return values instanceof Float64Array ? values : new Float64Array(values);
}
