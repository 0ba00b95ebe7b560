import type { Graph } from "./graph.ts";
import type { Value } from "./op.ts";
import { paddedTo } from "./paddedTo.ts";
import { tensor } from "./tensor.ts";

/**
 * 3 x 3 convolution with few multiplications (Winograd 1980; Lavin and Gray 2016, arXiv:1509.09308): the output is cut
 * into tiles of m x m, and each tile comes from (m + 2)^2 products a pair of channels instead of 9 m^2,
 *
 *     Y = A' [ (G g G') * (B d B') ] A        g the kernel, d the (m + 2) x (m + 2) inputs of the tile
 *
 * Here the transforms are matrix products with constant matrices, so that the reverse walk finds the backward pass, of
 * the same form, by itself. Images lie innermost but for the channels, (rows, columns, images, channels): then each
 * transform is a product with a small matrix from the left, over all images at once, and nothing is sliced or padded.
 */
interface Transforms {
  /** (m + 2) x m, (m + 2) x 3 and (m + 2) x (m + 2), by rows. */
  readonly A: number[][];
  readonly G: number[][];
  readonly B: number[][];
}

/**
 * Channels of an input from which on tiles are faster. Forward and backward for 16 images on one thread of
 * onnxruntime-node 1.30, ms directly and from tiles, C channels to K: on 34 x 34, 2.2 and 3.1 for 3 to 32; 3.3 and 2.7
 * for 8 to 16; 8.7 and 5.8 for 16 to 32; 55 and 32 for 64 to 64; on 6 x 6, 1.4 and 0.5 for 64 to 64. With pooling,
 * on 30 x 30 to 32 filters, by pooledConv's patches and tiles behind a 1 x 1 convolution: 1.9 and 2.2 for 3; 2.3 and 2.4 for 4;
 * 3.3 and 2.7 for 6.
 */
export const fewestChannels = 6;

/** Interpolation points besides infinity; float32 errors grow with m: 3e-7 for m = 2, 1e-6 for m = 4 (direct: 1e-7). */
const points = { 2: [0, 1, -1], 4: [0, 1, -1, 1 / 2, -2] } as const;

export type TileSide = keyof typeof points;

/**
 * The matrices of F(m, 3): evaluation at the points and at infinity of a polynomial of degree m - 1 (A) and of one of
 * degree 2, divided by the Lagrange denominators (G); row i of B holds the coefficients of prod over k != i of (x - x_k).
 */
export function transforms(m: TileSide): Transforms {
  const x = points[m];
  const without = (i: number) => x.filter((_, k) => k !== i);
  const powers = (point: number, count: number) => Array.from({ length: count }, (_, j) => point ** j);
  const last = (count: number) => Array.from({ length: count }, (_, j) => Number(j === count - 1));
  const denominator = x.map((point, i) =>
    without(i).reduce((product, other) => product * (point - other), 1),
  );
  return {
    A: [...x.map((point) => powers(point, m)), last(m)],
    G: [...x.map((point, i) => powers(point, 3).map((power) => power / denominator[i])), last(3)],
    B: [...x.map((_, i) => [...monicPolynomial(without(i)), 0]), monicPolynomial(x)],
  };
}

/** Coefficients, from the constant on, of the product of (x - root). */
function monicPolynomial(roots: readonly number[]): number[] {
  let c = [1];
  for (const root of roots) c = [0, ...c].map((shifted, j) => shifted - root * (c[j] ?? 0));
  return c;
}

export interface WinogradOptions {
  /** Side of a tile. */
  readonly m: TileSide;
  /** Rows and columns of the output that are wanted, from the first on. */
  readonly size: readonly [number, number];
  /** Rows of zeros above x and columns of zeros to its left; beyond its other ends there are zeros too. */
  readonly before?: readonly [number, number];
  /** Order of the kernel's axes: (3, 3, C, K) as in our own layers, or (K, C, 3, 3) as in ONNX. */
  readonly kernelOrder?: "HWIO" | "OIHW";
}

/** Place in a tile: row and column. */
export type Place = readonly [number, number];

/**
 * The tiles of x * kernel, (places, tiles down, tiles across, N, K), for x of (H, W, N, C): of each tile the outputs at
 * `places`, in that order.
 */
export function winogradTiles(
  graph: Graph,
  x: Value,
  kernel: Value,
  { m, size, before = [0, 0], kernelOrder = "HWIO" }: WinogradOptions,
  places: readonly Place[],
): Value {
  const [, width, n, c] = x.shape;
  const k = kernel.shape[kernelOrder === "HWIO" ? 3 : 0];
  const { A, G, B } = transforms(m);
  const t = m + 2;
  const matrix = (rows: readonly (readonly number[])[]) =>
    graph.constant(tensor(x.dtype, [rows.length, rows[0].length], rows.flat()));

  const rows = inBands(graph, x, { axis: 0, m, size: size[0], before: before[0] });
  const overRows = graph.matmul(
    matrix(spread(B, m, rows)),
    graph.reshape(rows.x, [rows.bands, rows.extent, width * n * c]),
  );
  const byRow = graph.reshape(overRows, [rows.bands * t * rows.tiles, width, n * c]);
  const columns = inBands(graph, byRow, { axis: 1, m, size: size[1], before: before[1] });
  const overBoth = graph.matmul(
    matrix(spread(B, m, columns)),
    graph.reshape(columns.x, [byRow.shape[0], columns.bands, columns.extent, n * c]),
  );
  const inputs = graph.transpose(
    graph.reshape(overBoth, [rows.bands, t, rows.tiles, columns.bands, t, columns.tiles, n * c]),
    [1, 4, 0, 2, 3, 5, 6],
  );
  const down = rows.bands * rows.tiles;
  const across = columns.bands * columns.tiles;

  const tiles = graph.reshape(inputs, [t * t, down * across * n, c]);
  const products = timesKernel(graph, tiles, kernel, {
    order: kernelOrder,
    transform: matrix(kronecker(G, G)),
  });

  const AA = kronecker(A, A);
  const outputs = graph.matmul(
    matrix(places.map(([row, column]) => AA.map((weights) => weights[row * m + column]))),
    graph.reshape(products, [t * t, down * across * n * k]),
  );
  return graph.reshape(outputs, [places.length, down, across, n, k]);
}

/** The transformed tiles (t², rows, C) times the transformed kernel: (t², rows, K). */
function timesKernel(
  graph: Graph,
  tiles: Value,
  kernel: Value,
  { order, transform }: { order: "HWIO" | "OIHW"; transform: Value },
): Value {
  const [places] = transform.shape;
  if (order === "HWIO") {
    const [, , c, k] = kernel.shape;
    const flat = graph.matmul(transform, graph.reshape(kernel, [9, c * k]));
    const transformed = graph.reshape(flat, [places, c, k]);
    return tiles.shape[1] > fewRows
      ? graph.matmul(tiles, transformed)
      : timesOfFewRows(graph, tiles, transformed);
  }
  const [k, c] = kernel.shape;
  const flat = graph.op("Gemm", [transform, graph.reshape(kernel, [k * c, 9])], { transB: true });
  return timesTransposed(graph, tiles, graph.reshape(flat, [places, k, c]));
}

/**
 * Rows up to which the kernel comes first in a product: ONNX Runtime copies the second factor before it multiplies, which
 * takes a large part of the time where only few rows are multiplied by it (64 x 64 kernels and 16 rows: 63 us for 36 products
 * and 53 with the kernel first; 64 rows: 189 and 190).
 */
const fewRows = 32;

/** A stack of products a b of a few rows a, computed as (b' a')'. */
function timesOfFewRows(graph: Graph, a: Value, b: Value): Value {
  return graph.customGradient(
    [a, b],
    () => swapped(graph, graph.matmul(swapped(graph, b), swapped(graph, a))),
    (dy) => [swapped(graph, graph.matmul(b, swapped(graph, dy))), graph.matmul(swapped(graph, a), dy)],
  );
}

/** A stack of products a b', whose gradient with respect to b has b's own order and needs no transpose. */
function timesTransposed(graph: Graph, a: Value, b: Value): Value {
  return graph.customGradient(
    [a, b],
    () => graph.matmul(a, swapped(graph, b)),
    (dy) => [graph.matmul(dy, b), graph.matmul(swapped(graph, dy), a)],
  );
}

/** A stack of matrices, each transposed. */
const swapped = (graph: Graph, x: Value): Value => graph.transpose(x, [0, 2, 1]);

/** An axis cut into bands of `extent` places, of which neighbours share two; each band holds `tiles` tiles. */
interface Bands {
  readonly bands: number;
  readonly tiles: number;
  readonly extent: number;
  /** Zeros before the first place that are not there: no tile's matrix has a column for them. */
  readonly before: number;
}

/**
 * One matrix for a whole axis costs the square of its length; bands of about so many outputs keep that linear. Up to 32
 * the one matrix is fastest (34 x 34 x 32 to 32: 11.6 ms, in bands of 8 to 20 12.5 to 13.9); at 64 there's no difference.
 */
const outputsOfBand = 32;

/** Cuts an axis of x into bands: (..., axis, ...) becomes (..., bands, extent, ...). */
function inBands(
  graph: Graph,
  x: Value,
  { axis, m, size, before }: { axis: number; m: TileSide; size: number; before: number },
): Bands & { x: Value } {
  const needed = Math.ceil(size / m);
  const bands = Math.ceil((needed * m) / outputsOfBand);
  const tiles = Math.ceil(needed / bands);
  const own = tiles * m;
  const withBands = (value: Value, extent: number) =>
    graph.reshape(value, x.shape.toSpliced(axis, 1, bands, extent));
  if (bands === 1) return { x: withBands(x, x.shape[axis]), bands, tiles, extent: x.shape[axis], before };

  const places = paddedTo(graph, x, [{ axis, before, length: bands * own + 2 }]);
  const ownPlaces = withBands(graph.slice(places, [{ axis, start: 0, end: bands * own }]), own);
  const shared = [0, 1].map((i) => {
    const firstOfNext = { axis, start: own + i, end: bands * own + i + 1, step: own };
    return withBands(graph.slice(places, [firstOfNext]), 1);
  });
  const banded = graph.op("Concat", [ownPlaces, ...shared], { axis: axis + 1 });
  return { x: banded, bands, tiles, extent: own + 2, before: 0 };
}

/** For the places of a band, B of each of its tiles: row (i, tile) is row i of B where the tile lies. */
function spread(
  B: readonly (readonly number[])[],
  m: TileSide,
  { tiles, extent, before }: Bands,
): number[][] {
  return B.flatMap((row) =>
    Array.from({ length: tiles }, (_, tile) =>
      Array.from({ length: extent }, (_, at) => row[at + before - m * tile] ?? 0),
    ),
  );
}

/** x * kernel, (rows, columns, N, K), for x of (H, W, N, C). */
export function winogradConv(graph: Graph, x: Value, kernel: Value, options: WinogradOptions): Value {
  const { m, size } = options;
  const places = Array.from({ length: m * m }, (_, i): Place => [Math.floor(i / m), i % m]);
  const tiles = winogradTiles(graph, x, kernel, options, places);
  const [, down, across, n, k] = tiles.shape;
  const rows = graph.transpose(graph.reshape(tiles, [m, m, down, across, n, k]), [2, 0, 3, 1, 4, 5]);
  return graph.slice(
    graph.reshape(rows, [down * m, across * m, n, k]),
    size.map((end, axis) => ({ axis, start: 0, end })),
  );
}

/** The side of tile that needs the fewest products for an output of the given size; the smaller, more exact if equal. */
export function bestTileSide(size: readonly [number, number]): TileSide {
  const products = (m: TileSide) => (m + 2) ** 2 * Math.ceil(size[0] / m) * Math.ceil(size[1] / m);
  return products(4) < products(2) ? 4 : 2;
}

/** Entry (i, j), (k, l) is a[i][k] b[j][l]. */
function kronecker(a: readonly (readonly number[])[], b: readonly (readonly number[])[]): number[][] {
  return a.flatMap((rowOfA) => b.map((rowOfB) => rowOfA.flatMap((x) => rowOfB.map((y) => x * y))));
}
