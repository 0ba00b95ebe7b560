import { expect, test } from "vitest";
import { Graph } from "../../src/graph/graph.ts";
import { geluOfErf } from "../../src/graph/import/geluOfErf.ts";
import type { Value } from "../../src/graph/op.ts";
import { type Tensor, tensor } from "../../src/graph/tensor.ts";

/** A graph whose input is x, and numbers as the constants of a file: float32, with contents that are known. */
function fileGraph() {
  const graph = new Graph();
  const known = new Map<string, Tensor>();
  const number = (value: number, shape: number[] = []) => {
    const content = tensor("float32", shape, [value]);
    const constant = graph.constant(content);
    known.set(constant.name, content);
    return constant;
  };
  const x = graph.input("x", "float32", [4]);
  const [half, one] = [number(0.5), number(1)];
  const onePlusErf = (scaled: Value) => graph.op("Add", [graph.op("Erf", [scaled]), one]);
  const divided = (from = x, by = Math.SQRT2) => onePlusErf(graph.op("Div", [from, number(by)]));
  return { graph, known, x, half, one, number, onePlusErf, divided };
}

type FileGraph = ReturnType<typeof fileGraph>;

test.each<[string, (file: FileGraph) => [Value, Value]]>([
  ["x (1 + erf) 0.5, as torch.onnx writes it", (f) => [f.graph.mul(f.x, f.divided()), f.half]],
  ["0.5 (x (1 + erf))", (f) => [f.half, f.graph.mul(f.divided(), f.x)]],
  ["(0.5 x) (1 + erf)", (f) => [f.graph.mul(f.half, f.x), f.divided()]],
  [
    "(1 + erf(x sqrt 0.5)) (x 0.5)",
    (f) => [f.onePlusErf(f.graph.mul(f.x, f.number(Math.SQRT1_2))), f.graph.mul(f.x, f.half)],
  ],
])("%s is a gelu", (_, build) => {
  const file = fileGraph();
  expect(geluOfErf(file.graph, build(file), file.known)).toBe(file.x);
});

test.each<[string, (file: FileGraph) => [Value, Value]]>([
  ["a quarter in place of a half", (f) => [f.graph.mul(f.x, f.divided()), f.number(0.25)]],
  ["erf(x / 2)", (f) => [f.graph.mul(f.x, f.divided(f.x, 2)), f.half]],
  ["erf of another value", (f) => [f.graph.mul(f.x, f.divided(f.graph.neg(f.x))), f.half]],
  ["a half that broadcasts", (f) => [f.graph.mul(f.x, f.divided()), f.number(0.5, [1, 1])]],
  ["no erf", (f) => [f.graph.mul(f.x, f.x), f.half]],
  ["numbers alone", (f) => [f.half, f.one]],
])("%s is none", (_, build) => {
  const file = fileGraph();
  expect(geluOfErf(file.graph, build(file), file.known)).toBeUndefined();
});
