import { describe, expect, test } from "vitest";
import { evaluateGraph } from "../../src/graph/evaluateGraph.ts";
import { gradients } from "../../src/graph/gradient.ts";
import { Graph } from "../../src/graph/graph.ts";
import { initialWeights } from "../../src/graph/initialWeights.ts";
import { activation, dense, flatten, globalAveragePool } from "../../src/graph/layers.ts";
import { functional, sequential } from "../../src/graph/model.ts";
import { dropout } from "../../src/graph/normalizationLayers.ts";
import type { NumberArray } from "../../src/graph/op.ts";
import { conv1d } from "../../src/graph/sequenceLayers.ts";
import { elementCount, numbers, tensor } from "../../src/graph/tensor.ts";
import { toOnnx } from "../../src/graph/toOnnx.ts";
import { seededRandom } from "../../src/math/seededRandom.ts";
import { nodeRuntime } from "../../src/runtime/node.ts";
import { finiteDifferences } from "./finiteDifferences.ts";
import { type LayerCase, layerCases } from "./layerCases.ts";

const rows = 4;

/** A network in training: its inputs, a weighted sum of its outputs, and what it is fed. */
function build({ title, model, integers }: LayerCase, dtype: "float32" | "float64") {
  const graph = new Graph();
  const x = graph.input("x", integers ? "int32" : dtype, [rows, ...model.input]);
  const declared = [...model.parameters, ...model.fixed];
  const values = new Map(declared.map(({ name, shape }) => [name, graph.input(name, dtype, shape)]));
  const noise = new Map(model.noise(rows).map(({ name, shape }) => [name, graph.input(name, dtype, shape)]));
  const mode = { training: true, noise };
  const { output: y, nextState } = model.apply(graph, new Map([["images", x]]), values, mode);
  const draw = seededRandom(2, title);
  const weights = Array.from({ length: elementCount(y.shape) }, () => Math.fround(draw.normal()));
  const weighted = graph.mul(y, graph.constant(tensor(dtype, y.shape, weights)));
  const loss = graph.op("ReduceSum", [weighted], { keepDims: false });
  graph.output("loss", loss);
  for (const [name, value] of nextState) graph.output(`next ${name}`, value);
  const isMask = (name: string) => name.endsWith(".mask");
  const feeds = Object.fromEntries(
    graph.inputs.map(({ name, shape }): [string, NumberArray] => {
      const number = () => {
        if (name === "x" && integers) return draw.integer(integers);
        return Math.fround(isMask(name) ? draw.integer(2) : name.endsWith(".variance") ? 1 : draw.normal());
      };
      return [name, { shape, data: Float64Array.from({ length: elementCount(shape) }, number) }];
    }),
  );
  const targets = graph.inputs.filter(
    ({ name, dtype: type }) =>
      type === dtype && !isMask(name) && !model.fixed.some((fixed) => fixed.name === name),
  );
  return { graph, loss, feeds, targets };
}

describe("the gradients of each layer equal fourth-order central differences", () => {
  test.each(layerCases)("$title", (layerCase) => {
    const { graph, loss, feeds, targets } = build(layerCase, "float64");
    gradients(graph, loss, targets).forEach((dx, i) => {
      graph.output(`d${targets[i].name}`, dx);
    });
    const forward = build(layerCase, "float64").graph;
    const outputs = evaluateGraph(graph, feeds);
    for (const { name } of targets) {
      finiteDifferences(forward, feeds, name).forEach((numeric, i) => {
        const found = outputs[`d${name}`].data[i];
        expect(Math.abs(found - numeric) / Math.max(1, Math.abs(numeric)), name).toBeLessThan(1e-8);
      });
    }
  });
});

describe("onnxruntime-node computes each layer and its gradients as defined", () => {
  test.each(layerCases)("$title", async (layerCase) => {
    const { graph, loss, feeds, targets } = build(layerCase, "float32");
    gradients(graph, loss, targets).forEach((dx, i) => {
      graph.output(`d${targets[i].name}`, dx);
    });
    const session = await (await nodeRuntime()).load(toOnnx(graph));
    const given = graph.inputs.map(
      ({ name, dtype, shape }) => [name, tensor(dtype, shape, feeds[name].data)] as const,
    );
    const outputs = await session.run(Object.fromEntries(given));
    await session.dispose();
    for (const [name, { shape, data }] of Object.entries(evaluateGraph(graph, feeds))) {
      expect(outputs[name].shape, name).toEqual(shape);
      const scale = Math.max(1, ...data.map(Math.abs));
      numbers(outputs[name]).forEach((value, i) => {
        expect(Math.abs(value - data[i]) / scale, name).toBeLessThan(1e-5);
      });
    }
  });
});

test("layers that do not fit are refused with the shape", () => {
  expect(() => sequential([4], [conv1d(2, 3)])).toThrow(
    "conv1d takes sequences (length, channels), got shape [4]",
  );
  expect(() => sequential([2, 1], [conv1d(2, 3)])).toThrow("a kernel of 3 does not fit sequences of [2,1]");
  expect(() => sequential([4], [globalAveragePool()])).toThrow("got shape [4]");
  expect(() => dropout(1)).toThrow("invalid dropout rate: 1; expected a number from 0 to below 1");
  expect(() => functional([4], (x) => x.add(x.pipe(dense(3))))).toThrow(
    "can't add values of shapes [4] and [3]",
  );
  expect(() => sequential([4], [dense(2), activation("relu")])).toThrow("the last layer must have a bias");
});

test("a residual network names its parameters in the order of its layers", () => {
  const model = functional([4], (x) => x.add(x.pipe(dense(3), dense(4))).pipe(flatten(), dense(2)));
  expect(model.parameters.map(({ name }) => name).filter((name) => name.endsWith("kernel"))).toEqual([
    "dense.kernel",
    "dense_1.kernel",
    "dense_2.kernel",
  ]);
  expect(model.outputBias).toBe("dense_2.bias");
});

test("an orthogonal matrix has orthonormal rows", () => {
  const kernel = { name: "recurrent", shape: [3, 8], initializer: { kind: "orthogonal" } } as const;
  const { recurrent } = initialWeights({ ...sequential([2], [dense(2)]), parameters: [kernel] }, 1);
  const row = (i: number) => numbers(recurrent).subarray(8 * i, 8 * i + 8);
  for (const i of [0, 1, 2]) {
    for (const j of [0, 1, 2]) {
      const product = row(i).reduce((sum, x, k) => sum + x * row(j)[k], 0);
      expect(product).toBeCloseTo(Number(i === j), 6);
    }
  }
});
