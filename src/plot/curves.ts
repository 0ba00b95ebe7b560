/** One step of the curves of several seeds: mean, lowest and highest of the finite values; all NaN if there are none. */
export interface SeedStep {
  mean: number;
  low: number;
  high: number;
  /** Seeds with a finite value at this step. */
  seeds: number;
}

/** Summarizes curves step by step: one curve per seed, of any lengths. */
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
 * The indices with which a curve of thousands of steps looks as with all of them: the curve is cut into `columns`
 * stretches, of which the first, lowest, highest and last value are kept, and the neighbours of gaps.
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

/** Moves positions apart until neighbours are at least `gap` away, in one greedy pass each way, within [low, high]. */
export function moveApart(positions: readonly number[], gap: number, low: number, high: number): number[] {
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
