/** One step of several seeds' curves: mean, lowest and highest of the finite values; all NaN if there is none. */
export interface SeedStep {
  mean: number;
  low: number;
  high: number;
  /** Seeds with a finite value at this step. */
  seeds: number;
}

/** Summarizes curves (one a seed, not all need be equally long) step by step. */
export function overSeeds(curves: readonly (readonly number[])[]): SeedStep[] {
  const steps = Math.max(0, ...curves.map((curve) => curve.length));
  return Array.from({ length: steps }, (_, step) => {
    const values = curves.map((curve) => curve[step]).filter(Number.isFinite);
    if (values.length === 0) return { mean: Number.NaN, low: Number.NaN, high: Number.NaN, seeds: 0 };
    return {
      mean: values.reduce((a, b) => a + b, 0) / values.length,
      low: Math.min(...values),
      high: Math.max(...values),
      seeds: values.length,
    };
  });
}

/** Index (from 0) of the first value that is not finite, or undefined. */
export function divergence(curve: readonly number[]): number | undefined {
  const index = curve.findIndex((value) => !Number.isFinite(value));
  return index < 0 ? undefined : index;
}

/**
 * Indices that draw a curve of thousands of steps like all of them: of each of `columns` stretches the first, the
 * lowest, the highest and the last, and the neighbours of gaps.
 */
export function visibleIndices(values: readonly number[], columns: number): number[] {
  const stretch = values.length / columns;
  if (stretch <= 4) return values.map((_, i) => i);
  const kept = new Set<number>();
  for (let column = 0; column < columns; column++) {
    const first = Math.ceil(column * stretch);
    const last = Math.min(Math.ceil((column + 1) * stretch), values.length) - 1;
    let [lowest, highest] = [first, first];
    for (let i = first; i <= last; i++) {
      if (values[i] < values[lowest] || Number.isNaN(values[lowest])) lowest = i;
      if (values[i] > values[highest] || Number.isNaN(values[highest])) highest = i;
      if (Number.isFinite(values[i]) !== Number.isFinite(values[i + 1] ?? values[i])) kept.add(i).add(i + 1);
    }
    for (const i of [first, lowest, highest, last]) kept.add(i);
  }
  return [...kept].sort((a, b) => a - b);
}

/** Moves positions apart until neighbours are at least `gap` away, as little as a greedy pass can, within [low, high]. */
export function spread(positions: readonly number[], gap: number, low: number, high: number): number[] {
  const order = positions.map((_, i) => i).sort((a, b) => positions[a] - positions[b]);
  const placed = [...positions];
  let floor = low;
  for (const i of order) {
    placed[i] = Math.max(positions[i], floor);
    floor = placed[i] + gap;
  }
  let ceiling = high;
  for (const i of order.reverse()) {
    placed[i] = Math.min(placed[i], ceiling);
    ceiling = placed[i] - gap;
  }
  return placed;
}
