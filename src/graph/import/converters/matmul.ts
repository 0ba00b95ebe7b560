import type { Value } from "../../op.ts";
import { elementCount } from "../../tensor.ts";
import type { Converter } from "../nodeContext.ts";
import { einsum } from "./einsum.ts";

/** numpy's matmul: a vector counts as a row on the left and as a column on the right. */
const product: Converter = (c) => {
  const [a, b] = [c.x, c.input(1)];
  const { graph } = c;
  const left = a.shape.length === 1 ? graph.reshape(a, [1, a.shape[0]]) : a;
  const right = b.shape.length === 1 ? graph.reshape(b, [b.shape[0], 1]) : b;
  const y = graph.matmul(left, right);
  const shape = y.shape.filter(
    (_, axis) =>
      !(a.shape.length === 1 && axis === y.shape.length - 2) &&
      !(b.shape.length === 1 && axis === y.shape.length - 1),
  );
  return graph.reshape(y, shape);
};

const gemm: Converter = (c) => {
  const { graph } = c;
  const [alpha, beta] = [c.float("alpha", 1), c.float("beta", 1)];
  const scaled = (x: Value, factor: number) => (factor === 1 ? x : graph.mul(x, factor));
  const bias = c.inputs[2] && elementCount(c.inputs[2].shape) > 0 ? [scaled(c.inputs[2], beta)] : [];
  return graph.op("Gemm", [scaled(c.x, alpha), c.input(1), ...bias], {
    transA: c.int("transA", 0) === 1,
    transB: c.int("transB", 0) === 1,
  });
};

export const matmul: Record<string, Converter> = {
  Einsum: einsum,
  Gemm: gemm,
  MatMul: product,
};
