/**
 * Round numbers within [low, high]: multiples of 1, 2 or 5 times a power of ten, about `count` of them.
 * @param smallest the least distance between two of them: 1 for whole numbers
 */
export function roundTicks(low: number, high: number, count: number, smallest = 0): number[] {
  const rough = Math.max(smallest, (high - low) / count);
  if (!(rough > 0 && rough < Infinity)) return [low];
  const exponent = Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((size) => size * 10 ** exponent >= rough * 0.999) ?? 10;
  /** Dividing by a whole power gives 0.3 where multiplying by 0.1 gives 0.30000000000000004. */
  const at = (i: number) => (exponent < 0 ? (i * factor) / 10 ** -exponent : i * factor * 10 ** exponent);
  // The power of ten of a range of subnormal numbers underflows.
  if (!(at(1) > 0)) return [low];
  const first = Math.ceil(low / at(1) - 1e-9);
  const last = Math.floor(high / at(1) + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => at(first + i));
}
