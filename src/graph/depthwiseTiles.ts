import type { Graph } from "./graph.ts";
import type { Value } from "./op.ts";
import { paddedTo } from "./paddedTo.ts";
import { tensor } from "./tensor.ts";

/** Outputs of a tile along each axis, at most: larger tiles need more products, smaller ones read more pixels twice. */
const maxTile = 8;

/** How one axis is cut: `tiles` of `tile` outputs, each of which reads `window` pixels. */
interface AxisTiles {
  readonly tiles: number;
  readonly tile: number;
  readonly window: number;
  /** Zeros before the axis; where there is a single tile, they are not read but left out of its matrix. */
  readonly before: number;
}

/**
 * A depthwise convolution with stride 1 as one product per channel: its pixels, a row for each tile, times a matrix that
 * holds the kernel's weights where a pixel of the window meets an output (a Toeplitz matrix). More multiplications than
 * taps, but all in products of matrices, backward too.
 *
 * @param x (H, W, N, C)
 * @param kernel (C, 1, h, w)
 * @returns (rows, columns, N, C)
 */
export function depthwiseTiles(
  graph: Graph,
  x: Value,
  kernel: Value,
  size: readonly [number, number],
  pads: readonly number[],
): Value {
  const [height, width, n, c] = x.shape;
  const [, , ...extents] = kernel.shape;
  const axes = [height, width].map((length, i) => axisTiles(length, size[i], extents[i], pads[i]));
  const [down, across] = axes;
  const taps = extents[0] * extents[1];
  const [inputs, outputs] = [down.window * across.window, down.tile * across.tile];

  const placed = graph.matmul(
    graph.reshape(kernel, [c, taps]),
    graph.constant(tensor(x.dtype, [taps, inputs * outputs], placements(extents, axes))),
  );
  const y = graph.matmul(windows(graph, x, axes), graph.reshape(placed, [c, inputs, outputs]));
  const tiles = graph.reshape(y, [c, down.tiles, across.tiles, n, down.tile, across.tile]);
  const whole = graph.reshape(graph.transpose(tiles, [1, 4, 2, 5, 3, 0]), [
    down.tiles * down.tile,
    across.tiles * across.tile,
    n,
    c,
  ]);
  return graph.slice(
    whole,
    size.map((end, axis) => ({ axis, start: 0, end })),
  );
}

function axisTiles(length: number, outputs: number, kernel: number, before: number): AxisTiles {
  const tiles = Math.ceil(outputs / maxTile);
  const tile = Math.ceil(outputs / tiles);
  return { tiles, tile, window: tiles === 1 ? length : tile + kernel - 1, before };
}

/** Where the weight of each tap stands in the matrix of a tile, (taps, window pixels x outputs): 1 there, 0 elsewhere. */
function placements([height, width]: readonly number[], [down, across]: readonly AxisTiles[]): number[] {
  const meets = (axis: AxisTiles, tap: number, pixel: number, output: number) =>
    pixel === output + tap - (axis.tiles === 1 ? axis.before : 0);
  const range = (length: number) => [...Array(length).keys()];
  return range(height).flatMap((a) =>
    range(width).flatMap((b) =>
      range(down.window).flatMap((i) =>
        range(across.window).flatMap((j) =>
          range(down.tile).flatMap((p) =>
            range(across.tile).map((q) => Number(meets(down, a, i, p) && meets(across, b, j, q))),
          ),
        ),
      ),
    ),
  );
}

/** What each tile reads, (C, tiles x N, window pixels). */
function windows(graph: Graph, x: Value, axes: readonly AxisTiles[]): Value {
  const [, , n, c] = x.shape;
  const [down, across] = axes;
  const rows = cut(graph, x, 0, down);
  const both = cut(graph, rows, 1, across);
  const apart = graph.reshape(both, [down.tiles, down.window, across.tiles, across.window, n, c]);
  return graph.reshape(graph.transpose(apart, [5, 0, 2, 4, 1, 3]), [
    c,
    down.tiles * across.tiles * n,
    down.window * across.window,
  ]);
}

/** The windows of one axis, one after another. */
function cut(graph: Graph, x: Value, axis: number, { tiles, tile, window, before }: AxisTiles): Value {
  if (tiles === 1) return x;
  const padded = paddedTo(graph, x, [{ axis, before, length: (tiles - 1) * tile + window }]);
  const parts = Array.from({ length: tiles }, (_, i) =>
    graph.slice(padded, [{ axis, start: i * tile, end: i * tile + window }]),
  );
  return graph.op("Concat", parts, { axis });
}
