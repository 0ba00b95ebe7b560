import type { OpAttributes, OpName } from "../../src/graph/opAttributes.ts";
import type { DType } from "../../src/graph/tensor.ts";
import { elementCount } from "../../src/graph/tensor.ts";
import type { SeededRandom } from "../../src/math/seededRandom.ts";

/** An input to try an op with: how its elements are drawn. */
export interface CaseInput {
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly draw: (random: SeededRandom, i: number) => number;
}

export interface OpCase {
  readonly op: OpName;
  readonly title: string;
  readonly x: readonly CaseInput[];
  readonly attributes: OpAttributes[OpName];
}

const real = (...shape: number[]): CaseInput => ({ shape, dtype: "float32", draw: (r) => r.normal() });
const positive = (...shape: number[]): CaseInput => ({
  shape,
  dtype: "float32",
  draw: (r) => 0.5 + 2 * r.uniform(),
});
/** Away from 0, where the op has a kink. */
const nonzero = (...shape: number[]): CaseInput => ({
  shape,
  dtype: "float32",
  draw: (r) => (r.uniform() < 0.5 ? -1 : 1) * (0.2 + r.uniform()),
});
/** All different by at least 0.1, in random order, so that no maximum is tied. */
const distinct = (...shape: number[]): CaseInput => {
  const count = elementCount(shape);
  let order: number[] = [];
  const draw = (r: SeededRandom, i: number) => {
    if (i === 0) order = r.shuffle([...Array(count).keys()]);
    return order[i] / 10 - count / 20;
  };
  return { shape, dtype: "float32", draw };
};
const integer = (n: number, ...shape: number[]): CaseInput => ({
  shape,
  dtype: "int64",
  draw: (r) => r.integer(n),
});
const bool = (...shape: number[]): CaseInput => ({ shape, dtype: "bool", draw: (r) => r.integer(2) });

function one<Name extends OpName>(
  op: Name,
  x: CaseInput[],
  attributes = {} as OpAttributes[Name],
  note = "",
): OpCase {
  const shapes = x.map(({ shape }) => `[${shape}]`).join(" ");
  return {
    op,
    x,
    attributes,
    title: [op, shapes, JSON.stringify(attributes), note].filter((s) => s && s !== "{}").join(" "),
  };
}

const image = real(2, 4, 6, 7);

/** At least one case an op; the tests over this table are what an op is held to. */
export const opCases: OpCase[] = [
  ...(["Add", "Sub", "Mul"] as const).flatMap((op) => [
    one(op, [real(2, 3), real(2, 3)]),
    one(op, [real(2, 3, 4), real(3, 1)]),
    one(op, [real(), real(2, 2)]),
  ]),
  one("Div", [real(2, 3), nonzero(3)]),
  one("Div", [real(3), nonzero(2, 1)]),
  one("Pow", [positive(2, 3), real(3)]),
  ...(["Max", "Min"] as const).map((op) =>
    one(op, [distinct(3, 4), { ...real(3, 1), draw: (_, i) => i / 3 + 0.03 }]),
  ),
  one("Sum", [real(2, 3), real(3), real(2, 1)]),
  one("Sum", [real(2, 3)]),
  ...(["Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual"] as const).map((op) =>
    one(op, [integer(3, 4, 5), integer(3, 5)]),
  ),
  one("Where", [bool(3, 4), real(4), real(3, 1)]),
  ...(["Exp", "Sigmoid", "Tanh", "Softplus", "Erf", "Gelu", "Neg"] as const).map((op) =>
    one(op, [real(3, 4)]),
  ),
  one("HardSigmoid", [nonzero(3, 4)], { alpha: 2, beta: 0 }),
  ...(["Abs", "Sign", "Relu", "Reciprocal"] as const).map((op) => one(op, [nonzero(3, 4)])),
  one("Log", [positive(3, 4)]),
  one("Atanh", [{ ...real(3, 4), draw: (r) => 1.8 * r.uniform() - 0.9 }]),
  one("Sqrt", [positive(3, 4)]),
  one("Not", [bool(5)]),
  one("Cast", [real(2, 3)], { to: "float32" }),
  one("Cast", [integer(256, 2, 3)], { to: "float32" }),
  one("Cast", [real(2, 3)], { to: "int32" }),
  ...(["ReduceSum", "ReduceMean", "ReduceMax"] as const).flatMap((op) => [
    one(op, [distinct(2, 3, 4)], { axes: [1] }),
    one(op, [distinct(2, 3, 4)], { axes: [0, -1], keepDims: false }),
    one(op, [distinct(2, 3)], { keepDims: false }),
  ]),
  one("ArgMax", [distinct(3, 4)], { axis: 1 }),
  one("ArgMax", [integer(2, 3, 9)], { axis: -1 }, "with ties"),
  ...(["Softmax", "LogSoftmax"] as const).flatMap((op) => [
    one(op, [real(3, 4)], { axis: -1 }),
    one(op, [real(2, 3, 4)], { axis: 1 }),
  ]),
  one("MatMul", [real(3, 4), real(4, 2)]),
  one("MatMul", [real(2, 1, 3, 4), real(5, 4, 2)]),
  ...[false, true].flatMap((transA) =>
    [false, true].map((transB) =>
      one("Gemm", [transA ? real(4, 3) : real(3, 4), transB ? real(2, 4) : real(4, 2), real(2)], {
        transA,
        transB,
      }),
    ),
  ),
  one("Gemm", [real(3, 4), real(4, 2)]),
  one("Gemm", [real(3, 4), real(4, 2), real(3, 2)]),
  one("Conv", [image, real(6, 4, 3, 3), real(6)]),
  one("Conv", [image, real(6, 4, 3, 2)], { strides: [2, 3], pads: [1, 0, 2, 1] }),
  one("Conv", [image, real(6, 4, 2, 3)], { dilations: [2, 3], pads: [0, 2, 1, 1] }),
  one("Conv", [image, real(6, 2, 3, 3), real(6)], { groups: 2, strides: [2, 2] }),
  one("Conv", [image, real(4, 1, 3, 3)], { groups: 4 }, "depthwise"),
  one("Conv", [image, real(5, 4, 1, 1)]),
  one("ConvTranspose", [image, real(4, 3, 3, 3)]),
  one("ConvTranspose", [image, real(4, 3, 3, 2)], {
    strides: [2, 3],
    pads: [1, 0, 0, 1],
    outputPadding: [1, 2],
  }),
  one("ConvTranspose", [image, real(4, 2, 2, 2)], { groups: 2, dilations: [2, 1] }),
  ...(["MaxPool", "AveragePool"] as const).flatMap((op) => [
    one(op, [distinct(2, 2, 6, 6)], { kernel: [2, 2], strides: [2, 2] }),
    one(op, [distinct(1, 2, 7, 5)], { kernel: [2, 2], strides: [2, 2] }, "with a remainder"),
    one(op, [distinct(1, 2, 7, 8)], { kernel: [3, 2], strides: [2, 1] }, "overlapping"),
    one(op, [distinct(1, 2, 8, 7)], { kernel: [2, 2], strides: [3, 3] }, "with gaps"),
  ]),
  one("Reshape", [real(2, 6)], { shape: [3, 4] }),
  one("Expand", [real(3, 1)], { shape: [2, 3, 4] }),
  one("Transpose", [real(2, 3, 4)], { permutation: [2, 0, 1] }),
  one("Concat", [real(2, 3), real(2, 1), real(2, 2)], { axis: 1 }),
  one("Slice", [real(4, 5)], { ranges: [{ axis: 1, start: 1, end: 4 }] }),
  one("Slice", [real(7, 6)], {
    ranges: [
      { axis: 0, start: 1, end: 6, step: 2 },
      { axis: 1, start: 0, end: 6, step: 4 },
    ],
  }),
  one("Slice", [real(8)], { ranges: [{ axis: 0, start: 0, end: 8, step: 3 }] }, "reaching beyond the end"),
  one("Pad", [real(2, 3)], { before: [1, 0], after: [0, 2] }),
  one("Gather", [real(5, 2, 3), integer(5, 4)]),
  one("Gather", [real(5), integer(5, 2, 6)], {}, "with repeats"),
  one("Gather", [real(300, 2), integer(300, 5)], {}, "from many rows"),
  ...(["And", "Or", "Xor"] as const).map((op) => one(op, [bool(3, 4), bool(4)])),
  one("IsNaN", [{ ...real(3, 4), draw: (_, i) => (i % 3 === 0 ? Number.NaN : i) }]),
  ...(["Sin", "Cos"] as const).map((op) => one(op, [real(3, 4)])),
  ...(["Floor", "Ceil", "Round"] as const).map((op) =>
    one(op, [{ ...real(3, 4), draw: (_, i) => i / 2 - 3 }]),
  ),
  one(
    "Mod",
    [
      { ...real(2, 3), draw: (_, i) => i - 2.3 },
      { ...real(3), draw: (_, i) => i + 1.7 },
    ],
    {
      truncated: true,
    },
  ),
  one("Mod", [integer(9, 2, 3), { ...integer(3, 3), draw: (_, i) => 2 - 5 * i }], { truncated: false }),
  one("Div", [integer(9, 2, 3), { ...integer(3, 3), draw: (_, i) => 3 - 5 * i }], {}, "of integers"),
  one("GatherND", [real(4, 3, 2), integer(3, 2, 5, 2)]),
  one("GatherND", [real(5, 2), integer(5, 7, 1)], {}, "with repeats"),
  one("ScatterND", [real(5, 2), integer(5, 7, 1), real(7, 2)], {}, "with repeats"),
  one("CumSum", [real(2, 4, 3)], { axis: 1 }),
  one("CumSum", [real(2, 4)], { axis: -1, reverse: true, exclusive: true }),
];
