import { expect, test } from "vitest";
import { evaluateGraph } from "../../src/graph/evaluateGraph.ts";
import { gradients } from "../../src/graph/gradient.ts";
import { Graph } from "../../src/graph/graph.ts";
import { toOnnx } from "../../src/graph/toOnnx.ts";

const array = (shape: number[], ...data: number[]) => ({ shape, data: Float64Array.from(data) });

test("an op that does not fit names itself and both sizes", () => {
  const graph = new Graph();
  const a = graph.input("a", "float32", [2, 3]);
  expect(() => graph.matmul(a, a)).toThrow("MatMul: inner sizes differ: [2,3] x [2,3]");
  expect(() => graph.add(a, graph.input("b", "float32", [4]))).toThrow(
    "Add: shapes [2,3] and [4] do not broadcast: 3 against 4",
  );
});

test("equal constants are kept once", () => {
  const graph = new Graph();
  expect(graph.scalar(2, "float32")).toBe(graph.scalar(2, "float32"));
  expect(graph.scalar(2, "float32")).not.toBe(graph.scalar(2, "float64"));
});

test("gradients that reach a value along several paths are summed", () => {
  const graph = new Graph();
  const x = graph.input("x", "float64", []);
  const cube = graph.mul(graph.mul(x, x), x);
  const [dx] = gradients(graph, graph.add(cube, x), [x]);
  graph.output("dx", dx);
  expect(evaluateGraph(graph, { x: array([], 3) }).dx.data[0]).toBe(28);
});

test("the gradient of a maximum that is tied goes to one element of each window", () => {
  const graph = new Graph();
  const x = graph.input("x", "float64", [1, 1, 2, 4]);
  const pooled = graph.op("MaxPool", [x], { kernel: [2, 2], strides: [2, 2] });
  const [dx] = gradients(graph, graph.op("ReduceSum", [pooled], { keepDims: false }), [x]);
  graph.output("dx", dx);
  const { data } = evaluateGraph(graph, { x: array([1, 1, 2, 4], 5, 5, 1, 2, 5, 5, 2, 1) }).dx;
  expect([...data]).toEqual([1, 0, 0, 1, 0, 0, 0, 0]);
});

test("a target that the loss does not depend on is an error that names it", () => {
  const graph = new Graph();
  const x = graph.input("x", "float32", []);
  const other = graph.input("other", "float32", []);
  expect(() => gradients(graph, graph.mul(x, 2), [other])).toThrow("the loss does not depend on other");
});

test("a block's own gradient takes the place of its parts'", () => {
  const graph = new Graph();
  const x = graph.input("x", "float64", []);
  const y = graph.customGradient(
    [x],
    () => graph.mul(x, x),
    (dy) => [graph.mul(dy, 100)],
  );
  const [dx] = gradients(graph, graph.mul(y, 2), [x]);
  graph.output("dx", dx);
  expect(evaluateGraph(graph, { x: array([], 3) }).dx.data[0]).toBe(200);
});

test("nodes that no output needs are not written", () => {
  const build = (extra: boolean) => {
    const graph = new Graph();
    const x = graph.input("x", "float32", [2]);
    graph.output("y", graph.neg(x));
    if (extra) graph.op("Exp", [x]);
    return toOnnx(graph);
  };
  expect(build(true)).toEqual(build(false));
});
