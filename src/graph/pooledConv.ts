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
  return kernel.shape[2] < fewestChannels
    ? fromPatches(graph, x, kernel, size, before)
    : fromTiles(graph, x, kernel, size, before);
}

/**
 * One matrix product a place, K x 12 C: for each of a window's two rows of places, the 3 rows and 4 columns of x that
 * they read are one row of a matrix, and the kernel is that of either column with a column of zeros beside it. A third
 * more multiplications, but only two copies of x where there would be four.
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
  // Images outermost, where two neighbouring pixels lie together. Often x was made from that order: then it is as it was.
  const images = graph.transpose(x, [2, 0, 1, 3]);
  // Pairs of rows and columns that the windows read: one more pair than windows.
  const padded = paddedTo(graph, images, [
    { axis: 1, before: before[0], length: 2 * (down + 1) },
    { axis: 2, before: before[1], length: 2 * (across + 1) },
  ]);
  const pairs = graph.reshape(padded, [n, 2 * (down + 1), across + 1, 2 * c]);
  const fours = graph.op(
    "Concat",
    [0, 1].map((start) => graph.slice(pairs, [{ axis: 2, start, end: start + across }])),
    { axis: 3 },
  );
  const strips = graph.reshape(graph.transpose(fours, [1, 2, 0, 3]), [down + 1, 2, across * n, 4 * c]);
  // Row i of the windows' rows is strip (i div 2, i mod 2), one for each window.
  const rowOfWindow = (i: number) =>
    graph.slice(strips, [
      { axis: 0, start: Math.floor(i / 2), end: Math.floor(i / 2) + down },
      { axis: 1, start: i % 2, end: (i % 2) + 1 },
    ]);
  const rows = [0, 1, 2, 3].map(rowOfWindow);
  const values = corners.map(([row, column]) => {
    const patches = graph.op("Concat", rows.slice(row, row + 3), { axis: 3 });
    const besideZeros = graph.pad(kernel, [0, column, 0, 0], [0, 1 - column, 0, 0]);
    return graph.op("Gemm", [
      graph.reshape(patches, [down * across * n, 12 * c]),
      graph.reshape(besideZeros, [12 * c, k]),
    ]);
  });
  return graph.reshape(maximum(graph, values), [down, across, n, k]);
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
