import type { GraphBuilder, Op, Value } from "../op.ts";
import type { GemmAttributes, NoAttributes } from "../opAttributes.ts";
import { broadcastShape, elementCount } from "../tensor.ts";
import { broadcastOffsets } from "./elementwise.ts";

/** Swaps the last two axes. */
function transposed(graph: GraphBuilder, x: Value): Value {
  const rank = x.shape.length;
  return graph.transpose(x, [...Array(rank - 2).keys(), rank - 1, rank - 2]);
}

/** A stack of matrix products (..., M, K) x (..., K, N); leading axes broadcast. Both ranks at least 2. */
export const MatMul: Op<NoAttributes> = {
  type: ([a, b]) => {
    if (a.shape.length < 2 || b.shape.length < 2) {
      throw new RangeError(`both inputs must have rank 2 or more, got shapes [${a.shape}] and [${b.shape}]`);
    }
    const [m, k] = a.shape.slice(-2);
    const [kOfB, n] = b.shape.slice(-2);
    if (k !== kOfB) throw new RangeError(`inner sizes differ: [${a.shape}] x [${b.shape}]`);
    return { dtype: a.dtype, shape: [...broadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2)), m, n] };
  },
  gradient: [
    ({ graph, x, dy }) => graph.matmul(dy, transposed(graph, x[1])),
    ({ graph, x: [a, b], dy }) => {
      if (b.shape.length > 2) return graph.matmul(transposed(graph, a), dy);
      // One product over all rows of a stack, in place of a product per member and the sum of these.
      const [rows, columns] = [a, dy].map((value) =>
        graph.reshape(value, [elementCount(value.shape.slice(0, -1)), value.shape.at(-1)!]),
      );
      return graph.matmul(transposed(graph, rows), columns);
    },
  ],
  evaluate: ([a, b], y) => {
    const [m, k] = a.shape.slice(-2);
    const n = b.shape[b.shape.length - 1];
    const stack = y.shape.slice(0, -2);
    const offsetA = broadcastOffsets(a.shape.slice(0, -2), stack);
    const offsetB = broadcastOffsets(b.shape.slice(0, -2), stack);
    for (let s = 0; s < elementCount(stack); s++) {
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          let sum = 0;
          for (let l = 0; l < k; l++)
            sum += a.data[(offsetA[s] * m + i) * k + l] * b.data[(offsetB[s] * k + l) * n + j];
          y.data[(s * m + i) * n + j] = sum;
        }
      }
    }
  },
};

/** The gradient of a Gemm with respect to B. */
export const secondFactorGradient = (
  graph: GraphBuilder,
  a: Value,
  dy: Value,
  { transA, transB }: GemmAttributes,
): Value =>
  transB
    ? graph.op("Gemm", [dy, a], { transA: true, transB: transA })
    : graph.op("Gemm", [a, dy], { transA: !transA });

/** y = A' B' + C, where A' and B' are A and B or their transposes, and C (optional) broadcasts to y. */
export const Gemm: Op<GemmAttributes> = {
  type: ([a, b, c], { transA, transB }) => {
    const [m, k] = transA ? [a.shape[1], a.shape[0]] : a.shape;
    const [kOfB, n] = transB ? [b.shape[1], b.shape[0]] : b.shape;
    if (a.shape.length !== 2 || b.shape.length !== 2 || k !== kOfB) {
      throw new RangeError(
        `A is [${m},${k}] and B is [${kOfB},${n}]; both must be matrices with equal inner sizes`,
      );
    }
    if (c && broadcastShape(c.shape, [m, n]).join() !== [m, n].join()) {
      throw new RangeError(`C of shape [${c.shape}] must broadcast to [${m},${n}]`);
    }
    return { dtype: a.dtype, shape: [m, n] };
  },
  // dA' = dy B'^T and dB' = A'^T dy, each transposed where the input was.
  gradient: [
    ({ graph, x: [, b], dy, attributes: { transA, transB } }) =>
      transA
        ? graph.op("Gemm", [b, dy], { transA: transB, transB: true })
        : graph.op("Gemm", [dy, b], { transB: !transB }),
    ({ graph, x: [a], dy, attributes }) => secondFactorGradient(graph, a, dy, attributes),
    ({ dy }) => dy,
  ],
  evaluate: ([a, b, c], y, { transA, transB }) => {
    const [m, n] = y.shape;
    const k = a.shape[transA ? 0 : 1];
    if (c) {
      const offsets = broadcastOffsets(c.shape, y.shape);
      for (let i = 0; i < y.data.length; i++) y.data[i] = c.data[offsets[i]];
    }
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        for (let l = 0; l < k; l++) {
          y.data[i * n + j] +=
            a.data[transA ? l * m + i : i * k + l] * b.data[transB ? j * k + l : l * n + j];
        }
      }
    }
  },
  lower: ({ transA, transB }) => ({
    attributes: { transA: Number(transA ?? false), transB: Number(transB ?? false) },
  }),
};
