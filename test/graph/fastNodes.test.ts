import fc from "fast-check";
import { expect, test } from "vitest";
import { fastNodes } from "../../src/graph/fastNodes.ts";
import { Graph } from "../../src/graph/graph.ts";
import type { Value } from "../../src/graph/op.ts";
import type { OpName } from "../../src/graph/opAttributes.ts";
import { elementCount, numbers, sameShape, type Tensor, tensor } from "../../src/graph/tensor.ts";
import { toFastOnnx, toOnnx } from "../../src/graph/toOnnx.ts";
import { seededRandom } from "../../src/math/seededRandom.ts";
import { nodeRuntime } from "../../src/runtime/node.ts";

type Build = (graph: Graph, inputs: readonly Value[]) => Value;

/** y of a graph of one node under ONNX Runtime, as it is and as fast nodes: whether they are the same, and which nodes the fast ones are. */
async function bothForms(shapes: readonly (readonly number[])[], build: Build) {
  const graph = new Graph();
  const y = build(
    graph,
    shapes.map((shape, i) => graph.input(`x${i}`, "float32", shape)),
  );
  graph.output("y", y);
  const { normal } = seededRandom(1, "fast nodes");
  const feeds = Object.fromEntries(
    shapes.map((shape, i): [string, Tensor] => {
      return [`x${i}`, tensor("float32", shape, Array.from({ length: elementCount(shape) }, normal))];
    }),
  );
  const runtime = await nodeRuntime();
  const run = async (model: Uint8Array) => {
    const session = await runtime.load(model);
    const { y } = await session.run(feeds);
    await session.dispose();
    return y;
  };
  const [node] = graph.nodes;
  const nodes = "op" in node ? fastNodes(node, graph) : [];
  const [plain, fast] = [await run(toOnnx(graph)), await run(toFastOnnx(graph))];
  const hasSameShape = sameShape(plain.shape, fast.shape);
  const isSame = hasSameShape && plain.data.every((value, i) => value === fast.data[i]);
  const others = numbers(fast);
  const difference = numbers(plain).reduce(
    (most, value, i) => Math.max(most, Math.abs(value - others[i])),
    0,
  );
  return { ops: nodes.map(({ op }) => op), isSame, hasSameShape, difference };
}

const elementwise: Build = (graph, inputs) => graph.op("Mul", inputs);
/** Together with the axes that the tests put before them, at most half a million elements. */
const sizes = fc
  .array(fc.integer({ min: 1, max: 9 }), { minLength: 2, maxLength: 5 })
  .filter((shape) => elementCount(shape) <= 2000);

test("a transpose as transposes of matrices and blocks has the same elements, for any shape and order of axes", async () => {
  const permuted = sizes.chain((shape) => {
    const axes = [...shape.keys()];
    return fc.tuple(
      fc.constant([16, 16, ...shape]),
      fc.shuffledSubarray([0, 1, ...axes.map((i) => i + 2)], {
        minLength: shape.length + 2,
      }),
    );
  });
  await fc.assert(
    fc.asyncProperty(permuted, async ([shape, permutation]) => {
      const build: Build = (graph, [x]) => graph.op("Transpose", [x], { permutation });
      const { isSame } = await bothForms([shape], build);
      expect(isSame).toBe(true);
    }),
    { numRuns: 60, seed: 1 },
  );
});

test("an elementwise operator on any shapes that broadcast has the same result", async () => {
  const pairs = sizes.chain((shape) => {
    const whole = [70, ...shape];
    const parts = fc.tuple(
      fc.nat({ max: shape.length + 1 }),
      fc.array(fc.boolean(), { minLength: whole.length, maxLength: whole.length }),
    );
    return fc.tuple(fc.constant(whole), parts).map(([whole, [from, kept]]) => ({
      whole,
      part: whole.map((length, i) => (kept[i] ? length : 1)).slice(from),
    }));
  });
  await fc.assert(
    fc.asyncProperty(pairs, fc.boolean(), async ({ whole, part }, isFirst) => {
      const { isSame } = await bothForms(isFirst ? [whole, part] : [part, whole], elementwise);
      expect(isSame).toBe(true);
    }),
    { numRuns: 60, seed: 1 },
  );
});

test("sums and means over the first axes are the same but for rounding, for any shape", async () => {
  const reduced = fc.tuple(
    sizes.map((shape) => [40, ...shape]),
    fc.integer({ min: 1, max: 5 }),
    fc.boolean(),
    fc.constantFrom("ReduceSum", "ReduceMean"),
  );
  await fc.assert(
    fc.asyncProperty(reduced, async ([shape, count, keepDims, op]) => {
      const axes = [...shape.keys()].slice(0, count);
      const build: Build = (graph, [x]) => graph.op(op, [x], { axes, keepDims });
      const { hasSameShape, difference } = await bothForms([shape], build);
      expect(hasSameShape).toBe(true);
      // Sums of up to 80,000 normal numbers are below 1,500; float32 has seven digits.
      expect(difference).toBeLessThan(2e-3);
    }),
    { numRuns: 40, seed: 1 },
  );
});

test("the forms that are slow in ONNX Runtime are written as others, and no more", async () => {
  const transpose =
    (permutation: number[]): Build =>
    (graph, [x]) =>
      graph.op("Transpose", [x], { permutation });
  const sum =
    (axes: number[]): Build =>
    (graph, [x]) =>
      graph.op("ReduceSum", [x], { axes });
  const cases: [string, number[][], Build, OpName[]][] = [
    ["images to pixels", [[32, 16, 8, 8]], transpose([2, 3, 0, 1]), ["Reshape", "Transpose", "Reshape"]],
    [
      "patches to pixels",
      [[16, 8, 2, 8, 2, 40]],
      transpose([1, 3, 0, 5, 2, 4]),
      ["Reshape", "Transpose", "Reshape", "Transpose", "Reshape"],
    ],
    ["of a factor", [[8, 64, 32]], transpose([0, 2, 1]), ["Transpose"]],
    ["of blocks", [[4, 16, 4, 64]], transpose([0, 2, 1, 3]), ["Transpose"]],
    ["of few elements", [[4, 4, 4, 4]], transpose([2, 3, 0, 1]), ["Transpose"]],
    ["a number times 1 x 1 kernels", [[96, 64, 1, 1], []], elementwise, ["Reshape", "Mul", "Reshape"]],
    [
      "a number per row",
      [
        [1024, 10],
        [1024, 1],
      ],
      elementwise,
      ["MatMul", "Mul"],
    ],
    [
      "a number per long row",
      [
        [64, 200],
        [64, 1],
      ],
      elementwise,
      ["Mul"],
    ],
    [
      "a number per column",
      [[1024, 10], [10]],
      elementwise,
      ["Expand", "Reshape", "Reshape", "Mul", "Reshape"],
    ],
    ["a number per column, of few rows", [[256, 32], [32]], elementwise, ["Mul"]],
    ["a number per column, of long rows", [[1024, 256], [256]], elementwise, ["Mul"]],
    ["a sum over columns", [[64, 128]], sum([1]), ["ReduceSum"]],
    ["a sum of everything", [[64, 128]], sum([0, 1]), ["ReduceSum"]],
    [
      "a column repeated",
      [[4096, 1]],
      (graph, [x]) => graph.op("Expand", [x], { shape: [4096, 4] }),
      ["MatMul"],
    ],
  ];
  for (const [name, shapes, build, expected] of cases) {
    const { ops, isSame } = await bothForms(shapes, build);
    expect(ops, name).toEqual(expected);
    expect(isSame, name).toBe(true);
  }
  expect((await bothForms([[64, 128]], sum([0]))).ops).toEqual(["MatMul"]);
  expect((await bothForms([[8, 8, 128]], sum([0, 1]))).ops).toEqual(["Reshape", "MatMul", "Reshape"]);
});
