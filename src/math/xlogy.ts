/** x · log y, with 0 · log y = 0 for every y: the entropy's convention. */
export function xlogy(x: number, y: number): number {
  return x === 0 ? 0 : x * Math.log(y);
}
