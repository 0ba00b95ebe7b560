import { describe, expect, test } from "vitest";
import { evaluateGraph } from "../../src/graph/evaluateGraph.ts";
import { fastConv } from "../../src/graph/fastConv.ts";
import { fastConvTranspose } from "../../src/graph/fastConvTranspose.ts";
import { fastMaxPool } from "../../src/graph/fastMaxPool.ts";
import { gradients } from "../../src/graph/gradient.ts";
import { Graph } from "../../src/graph/graph.ts";
import { inference, type Layer } from "../../src/graph/layer.ts";
import { averagePool2d, conv2d, dense, flatten, maxPool2d } from "../../src/graph/layers.ts";
import { sequential } from "../../src/graph/model.ts";
import type { Value } from "../../src/graph/op.ts";
import type { ConvAttributes } from "../../src/graph/opAttributes.ts";
import { pooledConv } from "../../src/graph/pooledConv.ts";
import { elementCount, tensor } from "../../src/graph/tensor.ts";
import { concatThroughTranspose, throughTranspose } from "../../src/graph/throughTranspose.ts";
import { toOnnx } from "../../src/graph/toOnnx.ts";
import { transforms, winogradConv } from "../../src/graph/winograd.ts";
import { seededRandom } from "../../src/math/seededRandom.ts";
import { nodeRuntime } from "../../src/runtime/node.ts";

type Build = (graph: Graph, x: Value, kernel: Value) => Value;
type Draw = (i: number) => number;

/** y, and the gradients of a weighted sum of y with respect to x and kernel, by the float64 interpreter. */
function evaluated(build: Build, xShape: number[], kernelShape: number[], drawX: Draw) {
  const graph = new Graph();
  const x = graph.input("x", "float64", xShape);
  const kernel = graph.input("kernel", "float64", kernelShape);
  const y = build(graph, x, kernel);
  const { normal } = seededRandom(1, "weights of the sum");
  const weights = Array.from({ length: elementCount(y.shape) }, normal);
  const weighted = graph.mul(y, graph.constant(tensor("float64", y.shape, weights)));
  const loss = graph.op("ReduceSum", [weighted], { keepDims: false });
  const [dx, dKernel] = gradients(graph, loss, [x, kernel]);
  for (const [name, value] of Object.entries({ y, dx, dKernel })) graph.output(name, value);
  const drawKernel = seededRandom(2, "kernel").normal;
  const draw = (shape: number[], next: Draw) => ({
    shape,
    data: Float64Array.from({ length: elementCount(shape) }, (_, i) => next(i)),
  });
  return evaluateGraph(graph, { x: draw(xShape, drawX), kernel: draw(kernelShape, drawKernel) });
}

function expectClose(
  a: ReturnType<typeof evaluated>,
  b: ReturnType<typeof evaluated>,
  names = Object.keys(b),
) {
  for (const name of names) {
    expect(a[name].shape).toEqual(b[name].shape);
    const worst = a[name].data.reduce(
      (most, value, i) => Math.max(most, Math.abs(value - b[name].data[i])),
      0,
    );
    expect(worst, name).toBeLessThan(1e-12 * Math.max(...b[name].data.map(Math.abs)));
  }
}

type ConvForm = (graph: Graph, inputs: readonly Value[], attributes: ConvAttributes) => Value;

/** Compares two forms of a convolution on the same random images and kernel. */
function expectSame(
  forms: readonly [ConvForm, ConvForm],
  x: readonly number[],
  kernel: readonly number[],
  attributes: ConvAttributes,
  normal: () => number,
) {
  const draws = Array.from({ length: elementCount(x) }, normal);
  const [fast, plain] = forms.map((form) =>
    evaluated(
      (graph, value, weights) => form(graph, [value, weights], attributes),
      [...x],
      [...kernel],
      (i) => draws[i],
    ),
  );
  expectClose(fast, plain);
}

/** The definition, for images that lie innermost but for the channels. */
const plainConv =
  (before: [number, number], after: [number, number]): Build =>
  (graph, x, kernel) => {
    const channelsFirst = graph.transpose(x, [2, 3, 0, 1]);
    const pads = [...before, ...after] as [number, number, number, number];
    const y = graph.op("Conv", [channelsFirst, graph.transpose(kernel, [3, 2, 0, 1])], { pads });
    return graph.transpose(y, [2, 3, 0, 1]);
  };

const plainPooledConv =
  (before: [number, number], after: [number, number]): Build =>
  (graph, x, kernel) => {
    const y = graph.transpose(plainConv(before, after)(graph, x, kernel), [2, 3, 0, 1]);
    return graph.transpose(graph.op("MaxPool", [y], { kernel: [2, 2], strides: [2, 2] }), [2, 3, 0, 1]);
  };

test.each([2, 4] as const)("F(%i, 3) is the convolution: A' [(G g) * (B d)] = d * g", (m) => {
  const { A, G, B } = transforms(m);
  const { normal } = seededRandom(3, "F");
  const g = [normal(), normal(), normal()];
  const d = Array.from({ length: m + 2 }, normal);
  const dot = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * b[i], 0);
  const products = G.map((row, i) => dot(row, g) * dot(B[i], d));
  for (let i = 0; i < m; i++) {
    const y = dot(
      A.map((row) => row[i]),
      products,
    );
    expect(y).toBeCloseTo(dot(d.slice(i, i + 3), g), 12);
  }
});

describe("a Winograd convolution is the convolution, forward and backward", () => {
  const { normal } = seededRandom(4, "x");
  test.each([
    { m: 2, x: [4, 4, 2, 3], pad: 0 },
    { m: 4, x: [6, 6, 2, 3], pad: 0 },
    { m: 4, x: [14, 10, 1, 2], pad: 0 },
    { m: 4, x: [9, 12, 2, 2], pad: 0 },
    { m: 4, x: [14, 10, 7, 2], pad: 0 },
    { m: 2, x: [5, 4, 2, 2], pad: 1 },
    { m: 4, x: [7, 8, 2, 2], pad: 1 },
    { m: 4, x: [5, 71, 1, 1], pad: 0 },
    { m: 2, x: [35, 4, 1, 1], pad: 1 },
  ] as const)("m = $m, x = [$x], padding $pad", ({ m, x, pad }) => {
    const size = [x[0] + 2 * pad - 2, x[1] + 2 * pad - 2] as const;
    const fast: Build = (graph, value, kernel) =>
      winogradConv(graph, value, kernel, { m, size, before: [pad, pad] });
    const kernel = [3, 3, x[3], 5];
    const draws = Array.from({ length: elementCount(x) }, normal);
    const plain = plainConv([pad, pad], [pad, pad]);
    expectClose(
      evaluated(fast, [...x], kernel, (i) => draws[i]),
      evaluated(plain, [...x], kernel, (i) => draws[i]),
    );
  });
});

describe("a pooled convolution is MaxPool of the convolution, forward and backward", () => {
  const { normal } = seededRandom(5, "x");
  test.each([
    { x: [6, 6, 2, 3], pad: 0 },
    { x: [7, 10, 2, 1], pad: 0 },
    { x: [6, 5, 2, 3], pad: 1 },
    { x: [14, 6, 1, 8], pad: 0 },
    { x: [9, 12, 2, 8], pad: 0 },
    { x: [8, 7, 2, 8], pad: 1 },
  ] as const)("x = [$x], padding $pad", ({ x, pad }) => {
    const windows = [0, 1].map((axis) => Math.floor((x[axis] + 2 * pad - 2) / 2));
    const fast: Build = (graph, value, kernel) =>
      pooledConv(graph, value, kernel, [windows[0], windows[1]], [pad, pad]);
    const kernel = [3, 3, x[3], 5];
    const draws = Array.from({ length: elementCount(x) }, normal);
    expectClose(
      evaluated(fast, [...x], kernel, (i) => draws[i]),
      evaluated(plainPooledConv([pad, pad], [pad, pad]), [...x], kernel, (i) => draws[i]),
    );
  });

  test("where an image is constant, all places of a window tie, and one of them takes the gradient", () => {
    const fast: Build = (graph, x, kernel) => pooledConv(graph, x, kernel, [2, 2], [0, 0]);
    for (const [channels, names] of [
      [3, ["y", "dx", "dKernel"]],
      // Rounding decides which of the tied places takes it, and so where it arrives in x.
      [8, ["y", "dKernel"]],
    ] as const) {
      const shape = [6, 6, 2, channels];
      expectClose(
        evaluated(fast, shape, [3, 3, channels, 4], () => 0.7),
        evaluated(plainPooledConv([0, 0], [0, 0]), shape, [3, 3, channels, 4], () => 0.7),
        [...names],
      );
    }
  });
});

const networks: Record<string, Layer[]> = {
  "pooled twice": [
    conv2d(8, [3, 3], { activation: "relu" }),
    maxPool2d([2, 2]),
    conv2d(5, [3, 3], { activation: "tanh", padding: "same" }),
    maxPool2d([2, 2]),
    flatten(),
    dense(2),
  ],
  "pooled, with rows that nothing reads": [
    conv2d(8, [3, 3]),
    maxPool2d([2, 2]),
    conv2d(5, [3, 3]),
    maxPool2d([2, 2]),
    flatten(),
    dense(2),
  ],
  "an activation that falls and rises, then an average": [
    conv2d(4, [3, 3], { activation: "gelu" }),
    maxPool2d([2, 2]),
    conv2d(5, [3, 3], { padding: "same" }),
    averagePool2d([2, 2]),
    flatten(),
    dense(2),
  ],
};

/** A network's output and the gradients of the sum of its squares: its layers as a model, or one by one. */
function network(layers: readonly Layer[], form: "model" | "layer by layer", dtype: "float32" | "float64") {
  const graph = new Graph();
  const input = [11, 13, 3];
  const model = sequential(input, layers);
  const x = graph.input("x", dtype, [2, ...input]);
  const parameters = model.parameters.map(({ name, shape }) => graph.input(name, dtype, shape));
  const rest = [...parameters];
  const applyNext = (y: Value, layer: Layer) =>
    layer.apply(graph, y, rest.splice(0, layer.parameters(y.shape.slice(1)).length), inference);
  const y =
    form === "model"
      ? model.apply(
          graph,
          new Map([["images", x]]),
          new Map(parameters.map((value) => [value.name, value])),
          { training: true },
        ).output
      : layers.reduce(applyNext, x);
  const loss = graph.op("ReduceSum", [graph.mul(y, y)], { keepDims: false });
  graph.output("y", y);
  gradients(graph, loss, graph.inputs).forEach((dx, i) => {
    graph.output(`d ${graph.inputs[i].name}`, dx);
  });
  const feeds = Object.fromEntries(
    graph.inputs.map(({ name, shape }) => {
      const { normal } = seededRandom(6, name);
      return [
        name,
        { shape, data: Float64Array.from({ length: elementCount(shape) }, () => 0.3 * normal()) },
      ];
    }),
  );
  return { graph, feeds };
}

describe("a model is its layers one by one, forward and backward", () => {
  test.each(Object.keys(networks))("%s", (name) => {
    const fused = network(networks[name], "model", "float64");
    const plain = network(networks[name], "layer by layer", "float64");
    expectClose(evaluateGraph(fused.graph, fused.feeds), evaluateGraph(plain.graph, plain.feeds));
  });
});

test("ONNX Runtime computes a model in float32 as the interpreter does in float64", async () => {
  const { graph, feeds } = network(networks["pooled twice"], "model", "float32");
  const session = await (await nodeRuntime()).load(toOnnx(graph));
  const tensors = Object.entries(feeds).map(([name, { shape, data }]) => [
    name,
    tensor("float32", shape, data),
  ]);
  const outputs = await session.run(Object.fromEntries(tensors));
  await session.dispose();
  for (const [name, { data }] of Object.entries(evaluateGraph(graph, feeds))) {
    const scale = Math.max(...data.map(Math.abs));
    data.forEach((value, i) => {
      expect(Math.abs(Number(outputs[name].data[i]) - value)).toBeLessThan(1e-5 * scale);
    });
  }
});

describe("fastConv is the Conv, forward and backward", () => {
  const { normal } = seededRandom(7, "x");
  test.each([
    { form: "1x1", x: [2, 3, 4, 5], kernel: [6, 3, 1, 1], attributes: {} },
    { form: "1x1 with strides", x: [2, 3, 5, 4], kernel: [6, 3, 1, 1], attributes: { strides: [2, 2] } },
    {
      form: "images of one pixel",
      x: [3, 4, 1, 1],
      kernel: [5, 4, 3, 3],
      attributes: { pads: [1, 1, 1, 1] },
    },
    {
      form: "images of one pixel, off centre",
      x: [3, 4, 1, 1],
      kernel: [5, 4, 3, 2],
      attributes: { pads: [2, 0, 0, 1], strides: [2, 2] },
    },
    { form: "patches", x: [2, 3, 9, 8], kernel: [5, 3, 4, 4], attributes: { strides: [4, 4] } },
    { form: "tiles", x: [2, 8, 5, 6], kernel: [3, 8, 3, 3], attributes: { pads: [1, 1, 1, 1] } },
    {
      form: "tiles of 2x2 images",
      x: [2, 8, 2, 2],
      kernel: [3, 8, 3, 3],
      attributes: { pads: [1, 1, 1, 1] },
    },
    { form: "tiles, uneven pads", x: [2, 8, 7, 9], kernel: [3, 8, 3, 3], attributes: { pads: [0, 1, 2, 0] } },
    {
      form: "taps",
      x: [2, 16, 8, 7],
      kernel: [3, 16, 3, 3],
      attributes: { strides: [2, 2], pads: [1, 1, 1, 1] },
    },
    { form: "taps, one row", x: [2, 16, 1, 9], kernel: [3, 16, 1, 5], attributes: { pads: [0, 2, 0, 2] } },
    {
      form: "taps, other strides",
      x: [1, 16, 9, 9],
      kernel: [2, 16, 5, 2],
      attributes: { strides: [3, 2], pads: [2, 0, 1, 1] },
    },
    {
      form: "depthwise",
      x: [2, 6, 5, 4],
      kernel: [6, 1, 3, 3],
      attributes: { groups: 6, pads: [1, 1, 1, 1] },
    },
    {
      form: "depthwise with strides",
      x: [2, 6, 6, 5],
      kernel: [6, 1, 5, 5],
      attributes: { groups: 6, strides: [2, 2], pads: [2, 2, 2, 2] },
    },
    {
      form: "depthwise in one tile, smaller than the kernel",
      x: [2, 3, 4, 5],
      kernel: [3, 1, 7, 7],
      attributes: { groups: 3, pads: [3, 3, 3, 3] },
    },
    {
      form: "depthwise in several tiles, and one across, with uneven zeros",
      x: [2, 2, 19, 9],
      kernel: [2, 1, 5, 7],
      attributes: { groups: 2, pads: [3, 0, 1, 4] },
    },
    {
      form: "depthwise in several tiles without zeros, the last one cut",
      x: [1, 2, 23, 25],
      kernel: [2, 1, 6, 6],
      attributes: { groups: 2 },
    },
  ] as const)("$form: x = [$x], kernel = [$kernel]", ({ x, kernel, attributes }) => {
    expectSame([fastConv, plainOnnxConv], x, kernel, attributes, normal);
  });

  test("what has no faster form stays a Conv", () => {
    const graph = new Graph();
    const [x, kernel] = [
      graph.input("x", "float32", [1, 4, 8, 8]),
      graph.input("w", "float32", [4, 2, 3, 3]),
    ];
    fastConv(graph, [x, kernel], { groups: 2 });
    expect(graph.nodes.map((node) => "op" in node && node.op)).toEqual(["Conv"]);
  });
});

describe("fastConvTranspose is the ConvTranspose, forward and backward", () => {
  const { normal } = seededRandom(8, "x");
  test.each([
    { x: [2, 3, 4, 5], kernel: [3, 6, 2, 2], attributes: { strides: [2, 2] } },
    { x: [2, 3, 2, 3], kernel: [3, 2, 3, 1], attributes: { strides: [3, 1] } },
    { x: [2, 3, 4, 5], kernel: [3, 6, 2, 2], attributes: { strides: [2, 2], pads: [1, 0, 0, 1] } },
    { x: [2, 4, 3, 3], kernel: [4, 2, 2, 2], attributes: { strides: [2, 2], groups: 2 } },
    { x: [1, 2, 3, 3], kernel: [2, 2, 3, 3], attributes: { strides: [2, 2] } },
  ] as const)("x = [$x], kernel = [$kernel], $attributes", ({ x, kernel, attributes }) => {
    expectSame([fastConvTranspose, plainConvTranspose], x, kernel, attributes, normal);
  });

  test("windows side by side become a product", () => {
    const graph = new Graph();
    const x = graph.input("x", "float32", [1, 4, 8, 8]);
    fastConvTranspose(graph, [x, graph.input("w", "float32", [4, 2, 2, 2])], { strides: [2, 2] });
    expect(graph.nodes.some((node) => "op" in node && node.op === "ConvTranspose")).toBe(false);
  });
});

const plainConvTranspose = (graph: Graph, [x, kernel]: readonly Value[], attributes: ConvAttributes) =>
  graph.op("ConvTranspose", [x, kernel], attributes);

describe("fastMaxPool is the MaxPool, forward and backward, with images innermost", () => {
  const { normal } = seededRandom(9, "x");
  const draws = Array.from({ length: 1000 }, normal);
  const inside =
    (pool: typeof fastMaxPool, kernel: readonly [number, number]): Build =>
    (graph, x, factor) =>
      graph.mul(pool(graph, graph.transpose(x, [2, 3, 0, 1]), { kernel, strides: kernel }), factor);
  const plain: typeof fastMaxPool = (graph, x, attributes) => graph.op("MaxPool", [x], attributes);

  test.each([
    { x: [4, 6, 2, 3], kernel: [2, 2] },
    { x: [7, 5, 1, 2], kernel: [3, 2] },
    { x: [3, 8, 2, 1], kernel: [1, 4] },
  ] as const)("x = [$x], windows of $kernel", ({ x, kernel }) => {
    for (const draw of [
      (i: number) => draws[i],
      // Of equal elements the first one takes the gradient.
      () => 0.5,
      (i: number) => Math.round(draws[i]),
    ]) {
      expectClose(
        evaluated(inside(fastMaxPool, kernel), [...x], [1], draw),
        evaluated(inside(plain, kernel), [...x], [1], draw),
      );
    }
  });

  test("it needs no transpose of its own", () => {
    const graph = new Graph();
    const x = graph.transpose(graph.input("x", "float32", [8, 8, 2, 3]), [2, 3, 0, 1]);
    const y = fastMaxPool(graph, x, { kernel: [2, 2], strides: [2, 2] });
    expect(graph.transposeOf(y)!.from.shape).toEqual([4, 4, 2, 3]);
    expect(graph.nodes.some((node) => "op" in node && node.op === "MaxPool")).toBe(false);
  });
});

test("a Concat of transposes is the transpose of a Concat", () => {
  const build =
    (concat: (graph: Graph, parts: Value[], axis: number) => Value): Build =>
    (graph, x, y) =>
      concat(
        graph,
        [x, y].map((value) => graph.transpose(value, [2, 3, 0, 1])),
        1,
      );
  const plain = (graph: Graph, parts: Value[], axis: number) => graph.op("Concat", parts, { axis });
  const draws = Array.from({ length: 120 }, seededRandom(10, "x").normal);
  const [below, above] = [concatThroughTranspose, plain].map((concat) =>
    evaluated(build(concat), [2, 3, 4, 5], [2, 3, 4, 2], (i) => draws[i]),
  );
  expectClose(below, above);
});

describe("gradients of slices are those of their definition", () => {
  const ranges: Record<string, [number, number, number?][]> = {
    "side by side": [
      [0, 3],
      [3, 4],
      [4, 10],
    ],
    "with gaps": [
      [1, 3],
      [5, 6],
      [8, 9],
    ],
    "that overlap": [
      [0, 6],
      [4, 10],
      [2, 5],
      [6, 8],
    ],
    "with steps": [
      [0, 10, 3],
      [1, 4],
    ],
  };
  test.each(Object.keys(ranges))("%s", (name) => {
    const build =
      (whole: boolean): Build =>
      (graph, x, weights) => {
        const parts = ranges[name].map(([start, end, step = 1], i) => {
          const range = { axis: 1, start, end, step };
          // A product with rows of the identity matrix is a slice too.
          const rows = Array.from(
            { length: Math.ceil((end - start) / step) },
            (_, row) => start + row * step,
          );
          const part = whole
            ? graph.matmul(x, graph.constant(tensor("float64", [10, rows.length], identityColumns(rows))))
            : graph.slice(x, [range]);
          return graph.op(
            "ReduceSum",
            [graph.mul(graph.mul(part, part), graph.slice(weights, [{ axis: 0, start: i, end: i + 1 }]))],
            {
              axes: [1],
            },
          );
        });
        return graph.add(graph.op("Sum", parts), graph.op("ReduceSum", [x], { axes: [1] }));
      };
    const draws = Array.from({ length: 20 }, seededRandom(11, "x").normal);
    const [sliced, multiplied] = [false, true].map((whole) =>
      evaluated(build(whole), [2, 10], [ranges[name].length], (i) => draws[i]),
    );
    expectClose(sliced, multiplied);
  });

  test("many slices side by side cost one Concat", () => {
    const graph = new Graph();
    const x = graph.input("x", "float32", [100, 4]);
    const sums = Array.from({ length: 100 }, (_, start) =>
      graph.op("Tanh", [graph.slice(x, [{ axis: 0, start, end: start + 1 }])]),
    );
    const loss = graph.op("ReduceSum", [graph.op("Sum", sums)], { keepDims: false });
    gradients(graph, loss, [x]);
    const named = graph.nodes.map((node) => ("op" in node ? node.op : ""));
    expect(named.filter((op) => op === "Pad")).toEqual([]);
    expect(named.filter((op) => op === "Concat")).toHaveLength(1);
  });
});

/** The columns `rows` of the identity matrix of 10. */
const identityColumns = (rows: readonly number[]) =>
  Array.from({ length: 10 }, (_, i) => rows.map((row) => Number(row === i))).flat();

const plainOnnxConv = (graph: Graph, inputs: readonly Value[], attributes: ConvAttributes) =>
  graph.op("Conv", inputs, attributes);

describe("an elementwise op below the transposes of its inputs is the op", () => {
  const order = [2, 3, 0, 1];
  const cases: Record<string, (graph: Graph, x: Value, y: Value) => Value[]> = {
    "of one input": (graph, x) => [graph.transpose(x, order)],
    "of two transposes": (graph, x, y) => [graph.transpose(x, order), graph.transpose(y, order)],
    "of channels": (graph, x) => [graph.transpose(x, order), graph.reshape(channels(graph, x), [5, 1, 1])],
    "of channels first": (graph, x) => [
      graph.reshape(channels(graph, x), [1, 5, 1, 1]),
      graph.transpose(x, order),
    ],
    "of a number": (graph, x) => [graph.transpose(x, order), graph.scalar(3, "float64")],
    "of a value that is no transpose": (graph, x, y) => [
      graph.transpose(x, order),
      graph.op("Abs", [graph.transpose(y, order)]),
    ],
    "of other orders": (graph, x, y) => [
      graph.transpose(x, order),
      graph.transpose(graph.reshape(y, [3, 2, 5, 4]), [3, 2, 1, 0]),
    ],
  };
  const channels = (graph: Graph, x: Value) =>
    graph.op("ReduceSum", [x], { axes: [0, 1, 2], keepDims: false });
  test.each(Object.keys(cases))("%s", (name) => {
    const build =
      (add: (graph: Graph, inputs: readonly Value[]) => Value): Build =>
      (graph, x, y) => {
        const inputs = cases[name](graph, x, y);
        return graph.add(add(graph, inputs), graph.mul(graph.transpose(y, order), 0.5));
      };
    const op = (inputs: readonly Value[]) => (inputs.length === 1 ? ("Relu" as const) : ("Mul" as const));
    const { normal } = seededRandom(8, name);
    const draws = Array.from({ length: 2 * 3 * 4 * 5 }, normal);
    const [through, plain] = [
      build((graph, inputs) => throughTranspose(graph, op(inputs), inputs)),
      build((graph, inputs) => graph.op(op(inputs), inputs)),
    ].map((form) => evaluated(form, [2, 3, 4, 5], [2, 3, 4, 5], (i) => draws[i]));
    expectClose(through, plain);
  });
});
