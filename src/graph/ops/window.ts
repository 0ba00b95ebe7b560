import type { AxisRange } from "../opAttributes.ts";

/**
 * For each tap (i, j) of a kernel, row by row: the strided slice of the last two axes of (N, C, H, W) that the tap
 * reads, one element for each of `size` output positions.
 */
export function kernelTaps(
  kernel: readonly number[],
  size: readonly number[],
  strides: readonly number[],
  dilations: readonly number[] = [1, 1],
): AxisRange[][] {
  const range = (axis: number, tap: number): AxisRange => {
    const start = tap * dilations[axis];
    return { axis: axis + 2, start, end: start + (size[axis] - 1) * strides[axis] + 1, step: strides[axis] };
  };
  const taps = [];
  for (let i = 0; i < kernel[0]; i++) {
    for (let j = 0; j < kernel[1]; j++) taps.push([range(0, i), range(1, j)]);
  }
  return taps;
}
