import { describe, expect, test } from "vitest";
import { evaluateGraph } from "../../src/graph/evaluateGraph.ts";
import { gradients } from "../../src/graph/gradient.ts";
import { Graph } from "../../src/graph/graph.ts";
import type { NumberArray } from "../../src/graph/op.ts";
import { ops } from "../../src/graph/ops.ts";
import type { DType } from "../../src/graph/tensor.ts";
import { elementCount, numbers, tensor } from "../../src/graph/tensor.ts";
import { toOnnx } from "../../src/graph/toOnnx.ts";
import { seededRandom } from "../../src/math/seededRandom.ts";
import { nodeRuntime } from "../../src/runtime/node.ts";
import { finiteDifferences } from "./finiteDifferences.ts";
import type { OpCase } from "./opCases.ts";
import { opCases } from "./opCases.ts";

/** Ops of floats whose gradient is zero everywhere. */
const withoutGradient = new Set(["Sign", "Floor", "Ceil", "Round"]);

/** The op alone: its inputs, its output y, and a scalar loss, a weighted sum of y. Floats are of the given type. */
function build({ op, x, attributes, title }: OpCase, float: DType) {
  const draw = seededRandom(1, title);
  const graph = new Graph();
  const inputs = x.map(({ dtype, shape }, i) =>
    graph.input(`x${i}`, dtype === "float32" ? float : dtype, shape),
  );
  const feeds: Record<string, NumberArray> = {};
  x.forEach((input, i) => {
    const data = Float64Array.from({ length: elementCount(input.shape) }, (_, j) =>
      Math.fround(input.draw(draw, j)),
    );
    feeds[`x${i}`] = { shape: input.shape, data };
  });
  const y = graph.op(op, inputs, attributes);
  graph.output("y", y);
  const differentiable = y.dtype === float && !withoutGradient.has(op);
  const targets = differentiable ? inputs.filter(({ dtype }) => dtype === float) : [];
  if (targets.length === 0) return { graph, feeds, targets };
  const weights = Array.from({ length: elementCount(y.shape) }, () => Math.fround(0.5 + draw.uniform()));
  const weighted = graph.mul(y, graph.constant(tensor(float, y.shape, weights)));
  const loss = graph.op("ReduceSum", [weighted], { keepDims: false });
  graph.output("loss", loss);
  return { graph, feeds, targets, loss };
}

/** The same with the loss's gradients as further outputs dx0, dx1 ... */
function buildWithGradients(opCase: OpCase, float: DType) {
  const built = build(opCase, float);
  const { graph, loss, targets } = built;
  if (loss)
    for (const [i, dx] of gradients(graph, loss, targets).entries()) graph.output(`d${targets[i].name}`, dx);
  return built;
}

/** Largest difference between two arrays, relative to the larger of 1 and their size. */
function relativeError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let worst = 0;
  for (let i = 0; i < a.length; i++)
    worst = Math.max(worst, Math.abs(a[i] - b[i]) / Math.max(1, Math.abs(a[i]), Math.abs(b[i])));
  return worst;
}

test("every op of the table has a case", () => {
  expect(Object.keys(ops).filter((name) => !opCases.some(({ op }) => op === name))).toEqual([]);
});

describe("the gradient of each op equals fourth-order central differences of its definition", () => {
  let worst = 0;
  test.each(opCases)("$title", (opCase) => {
    const { graph, feeds, targets } = buildWithGradients(opCase, "float64");
    const forward = build(opCase, "float64").graph;
    const outputs = evaluateGraph(graph, feeds);
    for (const { name } of targets) {
      const error = relativeError(outputs[`d${name}`].data, finiteDifferences(forward, feeds, name));
      worst = Math.max(worst, error);
      expect(error, `gradient with respect to ${name}`).toBeLessThan(1e-9);
    }
  });
  test("the largest relative error over all ops is printed", () => {
    console.log(
      `largest relative error of an op's gradient against finite differences: ${worst.toExponential(1)}`,
    );
    expect(worst).toBeGreaterThan(0);
  });
});

describe("onnxruntime-node computes each op and its gradient as defined", () => {
  test.each(opCases)("$title", async (opCase) => {
    const { graph, feeds } = buildWithGradients(opCase, "float32");
    const expected = evaluateGraph(graph, feeds);
    const session = await (await nodeRuntime()).load(toOnnx(graph));
    const tensors = graph.inputs.map(({ name, dtype, shape }) => [
      name,
      tensor(dtype, shape, feeds[name].data),
    ]);
    const outputs = await session.run(Object.fromEntries(tensors));
    await session.dispose();
    for (const [name, { shape, data }] of Object.entries(expected)) {
      expect(outputs[name].shape, name).toEqual(shape);
      expect(relativeError(numbers(outputs[name]), data), name).toBeLessThan(1e-5);
    }
  });
});
