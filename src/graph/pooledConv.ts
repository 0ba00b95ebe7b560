import type { Graph } from "./graph.ts";
import type { Value } from "./op.ts";
import { paddedTo } from "./paddedTo.ts";
import { bestTileSide, fewestChannels, type Place, winogradTiles } from "./winograd.ts";

/** Places of a 2 x 2 window, row by row. */
const corners: readonly Place[] = [0, 1].flatMap((row) => [0, 1].map((column): Place => [row, column]));

/**
 * The maximum over windows of 2 x 2 of x * kernel, (rows, columns, N, K), for x of (H, W, N, C) and a kernel of
 * (3, 3, C, K). The four places of a window are computed as four values, so that the maximum and its gradient are
 * elementwise; what no window reads is not computed.
 *
 * @param size rows and columns of windows
 * @param before rows of zeros above x and columns of zeros to its left
 */
export function pooledConv(
  graph: Graph,
  x: Value,
  kernel: Value,
  size: readonly [number, number],
  before: readonly [number, number],
): Value {
  const form = kernel.shape[2] < fewestChannels ? fromPatches : fromTiles;
  return form(graph, x, kernel, size, before);
}

/**
 * For each place of the windows, a product of the kernel, K x 9 C, and a matrix of one column for each window of each image.
 * Images lie innermost meanwhile, and the pixels of every other row and column together, so that what one tap reads of one
 * channel is cut out in blocks. The kernel's gradient then is a product whose second factor is transposed, which ONNX Runtime
 * computes faster than one whose first factor is (docs/performance.md).
 */
function fromPatches(
  graph: Graph,
  x: Value,
  kernel: Value,
  [down, across]: readonly [number, number],
  before: readonly [number, number],
): Value {
  const [, , n, c] = x.shape;
  const k = kernel.shape[3];
  // Pairs of rows and columns that the windows read: one more pair than windows.
  const padded = paddedTo(graph, graph.transpose(x, [0, 1, 3, 2]), [
    { axis: 0, before: before[0], length: 2 * (down + 1) },
    { axis: 1, before: before[1], length: 2 * (across + 1) },
  ]);
  const pairs = graph.reshape(padded, [down + 1, 2, across + 1, 2, c, n]);
  const planes = graph.transpose(pairs, [1, 3, 4, 0, 2, 5]);
  // What the windows read at row i and column j of the four rows and columns that they read.
  const readAt = (i: number, j: number) =>
    graph.slice(planes, [
      { axis: 0, start: i % 2, end: (i % 2) + 1 },
      { axis: 1, start: j % 2, end: (j % 2) + 1 },
      { axis: 3, start: Math.floor(i / 2), end: Math.floor(i / 2) + down },
      { axis: 4, start: Math.floor(j / 2), end: Math.floor(j / 2) + across },
    ]);
  const reads = [0, 1, 2, 3].map((i) => [0, 1, 2, 3].map((j) => readAt(i, j)));
  const values = corners.map(([row, column]) => {
    const taps = reads.slice(row, row + 3).flatMap((ofRow) => ofRow.slice(column, column + 3));
    const patches = graph.reshape(graph.op("Concat", taps, { axis: 2 }), [9 * c, down * across * n]);
    return graph.op("Gemm", [graph.reshape(kernel, [9 * c, k]), patches], { transA: true });
  });
  return graph.transpose(graph.reshape(maximum(graph, values), [k, down, across, n]), [1, 2, 3, 0]);
}

/** By Winograd's tiles, which hold one window or four each: the places of a window are rows of the last transform. */
function fromTiles(
  graph: Graph,
  x: Value,
  kernel: Value,
  size: readonly [number, number],
  before: readonly [number, number],
): Value {
  const outputs = [2 * size[0], 2 * size[1]] as const;
  const m = bestTileSide(outputs);
  const windows = m / 2;
  const places = corners.flatMap(([row, column]) =>
    Array.from(
      { length: windows ** 2 },
      (_, window): Place => [2 * Math.floor(window / windows) + row, 2 * (window % windows) + column],
    ),
  );
  const tiles = winogradTiles(graph, x, kernel, { m, size: outputs, before }, places);
  const [, down, across, n, k] = tiles.shape;
  const byTile = maximum(graph, [graph.reshape(tiles, [4, windows, windows, down, across, n, k])]);
  const rows = graph.transpose(
    graph.reshape(byTile, [windows, windows, down, across, n, k]),
    [2, 0, 3, 1, 4, 5],
  );
  return graph.slice(
    graph.reshape(rows, [down * windows, across * windows, n, k]),
    size.map((end, axis) => ({ axis, start: 0, end })),
  );
}

/**
 * The elementwise maximum of four values, given one by one or along the first axis of one. As in MaxPool, the gradient
 * goes to one of them alone, the first where several are largest.
 */
function maximum(graph: Graph, x: readonly Value[]): Value {
  const given = x.length > 1;
  let z: readonly Value[];
  let top: Value;
  let bottom: Value;
  return graph.customGradient(
    x,
    () => {
      z = given ? x : corners.map((_, i) => graph.slice(x[0], [{ axis: 0, start: i, end: i + 1 }]));
      top = graph.op("Max", [z[0], z[1]]);
      bottom = graph.op("Max", [z[2], z[3]]);
      return graph.op("Max", [top, bottom]);
    },
    (dy) => {
      const share = (dy: Value, first: Value, second: Value) => {
        const toSecond = graph.mul(dy, graph.step(graph.sub(second, first)));
        return [graph.sub(dy, toSecond), toSecond];
      };
      const [dTop, dBottom] = share(dy, top, bottom);
      const dz = [...share(dTop, z[0], z[1]), ...share(dBottom, z[2], z[3])];
      return given ? dz : [graph.op("Concat", dz, { axis: 0 })];
    },
  );
}
