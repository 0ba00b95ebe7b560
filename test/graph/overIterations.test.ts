import { expect, test } from "vitest";
import { evaluateGraph } from "../../src/graph/evaluateGraph.ts";
import { gradients } from "../../src/graph/gradient.ts";
import { Graph } from "../../src/graph/graph.ts";
import type { Value } from "../../src/graph/op.ts";
import { stackOverIterations, sumOverIterations } from "../../src/graph/overIterations.ts";
import { numbers, tensor } from "../../src/graph/tensor.ts";
import { toOnnx } from "../../src/graph/toOnnx.ts";
import { nodeRuntime } from "../../src/runtime/node.ts";

const w = [0.1, -0.2, 0.3];
const data = Array.from({ length: 12 }, (_, i) => Math.sin(i));

/**
 * The sum over the rows r of data of exp(w)^2 . r, and its gradient through a value computed outside of the iterations, once
 * by the chain rule and once with a gradient of its own. Data are 4 rows, or as many in groups.
 */
function rowsGraph(groups: readonly number[], isCustom: boolean) {
  const graph = new Graph();
  const x = graph.input("w", "float32", [3]);
  const rows = graph.input("data", "float32", [...groups, 4 / (groups[0] ?? 1), 3]);
  const count = graph.input("count", "int64", groups);
  let outside = x;
  const build = (inner: Graph, index: readonly Value[]) => {
    const exp = () => inner.op("Exp", [x]);
    outside = isCustom ? inner.customGradient([x], exp, (dy) => [inner.mul(dy, outside)]) : exp();
    const row = index.reduce((rest, i) => inner.op("Gather", [rest, i]), rows);
    const squares = inner.mul(inner.mul(outside, outside), row);
    const loss = inner.op("ReduceSum", [squares], { keepDims: false });
    return [loss, ...gradients(inner, loss, [x])];
  };
  const [loss, dw] = sumOverIterations(graph, count, build);
  const [losses] = stackOverIterations(graph, count, build, groups[0] ?? 4);
  graph.output("loss", loss);
  graph.output("dw", dw);
  graph.output("losses", losses);
  return { graph, outside };
}

/** The same for given rows of the data. */
function expected(rows: readonly number[]) {
  const sum = w.map((_, j) => rows.reduce((total, row) => total + data[3 * row + j], 0));
  return {
    loss: w.reduce((total, value, j) => total + Math.exp(2 * value) * sum[j], 0),
    dw: w.map((value, j) => 2 * Math.exp(2 * value) * sum[j]),
  };
}

test("what does not depend on the iteration is computed outside", () => {
  for (const groups of [[], [2]]) {
    const { graph, outside } = rowsGraph(groups, false);
    expect(graph.nodes.some((node) => "op" in node && node.y === outside)).toBe(true);
  }
});

const cases = [
  { groups: [], count: [1], rows: [[0]] },
  { groups: [], count: [4], rows: [[0], [1], [2], [3]] },
  {
    groups: [2],
    count: [2, 2],
    rows: [
      [0, 1],
      [2, 3],
    ],
  },
  { groups: [2], count: [2, 1], rows: [[0, 1], [2]] },
  { groups: [2], count: [1, 0], rows: [[0], []] },
].flatMap((one) => [true, false].map((isCustom) => ({ ...one, isCustom })));

test.each(cases)(
  "sums over $count iterations of groups $groups, with a gradient of its own: $isCustom",
  async ({ groups, count, rows, isCustom }) => {
    const { graph } = rowsGraph(groups, isCustom);
    const { loss, dw } = expected(rows.flat());
    const losses = rows.map((own) => expected(own).loss);
    const shapes = Object.fromEntries(graph.inputs.map(({ name, shape }) => [name, shape]));
    const array = (name: string, values: number[]) => ({
      shape: shapes[name],
      data: Float64Array.from(values),
    });
    const slow = evaluateGraph(graph, {
      w: array("w", w),
      data: array("data", data),
      count: array("count", count),
    });
    expectClose(
      [...slow.loss.data, ...slow.dw.data, ...slow.losses.data.slice(0, rows.length)],
      [loss, ...dw, ...losses],
      12,
    );
    const session = await (await nodeRuntime()).load(toOnnx(graph));
    const fast = await session.run({
      w: tensor("float32", shapes.w, w),
      data: tensor("float32", shapes.data, data),
      count: tensor("int64", shapes.count, count),
    });
    const found = [fast.loss, fast.dw, fast.losses].flatMap((each) => [...numbers(each)]);
    expectClose(found, [loss, ...dw, ...losses], 5);
  },
);

function expectClose(found: readonly number[], wanted: readonly number[], digits: number): void {
  expect(found.length).toBe(wanted.length);
  found.forEach((value, i) => {
    expect(value).toBeCloseTo(wanted[i], digits);
  });
}
