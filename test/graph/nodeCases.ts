import type { DType } from "../../src/graph/tensor.ts";

/** An input of a node: fed (`shape`), or a constant (`values`). */
export interface NodeInput {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly values?: readonly number[];
  /** Fed integers lie below this. */
  readonly below?: number;
}

/** A node as an exporter may write it, to be imported and compared with ONNX Runtime. */
export interface NodeCase {
  readonly op: string;
  readonly x: readonly (NodeInput | undefined)[];
  readonly attributes: Readonly<
    Record<string, number | string | readonly number[] | { readonly float: number }>
  >;
  readonly outputs: number;
  readonly title: string;
}

const real = (...shape: number[]): NodeInput => ({ dtype: "float32", shape });
const index = (below: number, ...shape: number[]): NodeInput => ({ dtype: "int64", shape, below });
const bool = (...shape: number[]): NodeInput => ({ dtype: "bool", shape, below: 2 });
const int64 = (...values: number[]): NodeInput => ({ dtype: "int64", shape: [values.length], values });
const scalar = (value: number, dtype: DType = "float32"): NodeInput => ({
  dtype,
  shape: [],
  values: [value],
});
const floats = (...values: number[]): NodeInput => ({ dtype: "float32", shape: [values.length], values });

function one(op: string, x: NodeCase["x"], attributes: NodeCase["attributes"] = {}, outputs = 1): NodeCase {
  const shapes = x.map((input) => (input ? (input.values ? `{${input.values}}` : `[${input.shape}]`) : "-"));
  return { op, x, attributes, outputs, title: [op, ...shapes, JSON.stringify(attributes)].join(" ") };
}

const image = real(2, 4, 7, 6);
const f = (float: number) => ({ float });

export const nodeCases: NodeCase[] = [
  ...[
    "Elu",
    "LeakyRelu",
    "Selu",
    "Celu",
    "Mish",
    "HardSwish",
    "HardSigmoid",
    "Softsign",
    "ThresholdedRelu",
  ].map((op) => one(op, [real(3, 4)])),
  one("Elu", [real(3, 4)], { alpha: f(0.3) }),
  one("Celu", [real(3, 4)], { alpha: f(0.5) }),
  one("LeakyRelu", [real(3, 4)], { alpha: f(0.2) }),
  one("PRelu", [real(2, 3, 4), real(3, 1)]),
  one("Gelu", [real(3, 4)]),
  one("Gelu", [real(3, 4)], { approximate: "tanh" }),
  one("Clip", [real(3, 4), scalar(-0.5), scalar(0.4)]),
  one("Clip", [real(3, 4), undefined, scalar(0.4)]),
  one("Max", [real(3, 4), real(4), real(3, 1)]),
  one("Min", [real(3, 4)]),
  one("Mean", [real(3, 4), real(4), real(3, 1)]),
  one("Mod", [real(3, 4), floats(0.5, 0.7, -0.3, 2)], { fmod: 1 }),
  one("CumSum", [real(3, 4), scalar(1, "int64")], { reverse: 1 }),
  one("Where", [bool(3, 4), real(3, 4), real(4)]),
  one("IsNaN", [real(3, 4)]),
  ...[
    "ReduceSum",
    "ReduceMean",
    "ReduceMax",
    "ReduceMin",
    "ReduceL1",
    "ReduceL2",
    "ReduceLogSumExp",
    "ReduceSumSquare",
  ].flatMap((op) => [
    one(op, [real(2, 3, 4), int64(-1)]),
    one(op, [real(2, 3, 4), int64(0, 2)], { keepdims: 0 }),
    one(op, [real(2, 3)]),
  ]),
  one("ReduceSum", [real(2, 3)], { noop_with_empty_axes: 1 }),
  one("ArgMax", [real(3, 4)], { axis: 1, keepdims: 0 }),
  one("ArgMin", [real(3, 4)]),
  one("Softmax", [real(2, 3, 4)]),
  one("LogSoftmax", [real(2, 3, 4)], { axis: 1 }),
  one("Reshape", [real(2, 6), int64(0, -1, 2)]),
  one("Flatten", [real(2, 3, 4)], { axis: 2 }),
  one("Flatten", [real(2, 3, 4)]),
  one("Squeeze", [real(1, 3, 1), int64(0)]),
  one("Squeeze", [real(1, 3, 1)]),
  one("Unsqueeze", [real(3, 2), int64(0, -1)]),
  one("Transpose", [real(2, 3, 4)]),
  one("Transpose", [real(2, 3, 4)], { perm: [1, 2, 0] }),
  one("Concat", [real(2, 3), real(2, 2)], { axis: -1 }),
  one("Split", [real(2, 7), int64(3, 4)], { axis: 1 }, 2),
  one("Split", [real(2, 7)], { axis: 1, num_outputs: 3 }, 3),
  one("Slice", [real(5, 6), int64(1, -3), int64(4, 2 ** 53), int64(0, 1), int64(1, 2)]),
  one("Slice", [real(5, 6), int64(-1), int64(-(2 ** 53)), int64(1), int64(-2)]),
  one("Expand", [real(3, 1), int64(2, 1, 4)]),
  one("Tile", [real(2, 3), int64(2, 3)]),
  one("Trilu", [real(2, 4, 5)]),
  one("Trilu", [real(4, 5), scalar(-1, "int64")], { upper: 0 }),
  one("Pad", [real(2, 3), int64(1, 0, 0, 2), scalar(1.5)]),
  one("Pad", [real(4, 5), int64(0, -1, 0, 2)]),
  one("Pad", [real(4, 5), int64(2, 1, 1, 3)], { mode: "reflect" }),
  one("Pad", [real(4, 5), int64(2, 1, 1, 3)], { mode: "edge" }),
  one("Pad", [real(4, 5), int64(2, 1), scalar(0), int64(1)], { mode: "wrap" }),
  one("Gather", [real(4, 5), index(5, 2, 3)], { axis: 1 }),
  one("Gather", [real(4, 5, 2), scalar(-2, "int64")], { axis: 1 }),
  one("GatherElements", [real(4, 5), index(4, 2, 5)]),
  one("GatherElements", [real(4, 5), { dtype: "int64", shape: [4, 2], values: [0, -1, 2, 3, -5, 4, 1, 1] }], {
    axis: 1,
  }),
  one("GatherND", [real(4, 5, 2), index(4, 3, 2)]),
  one("ScatterND", [
    real(4, 3, 2),
    { dtype: "int64", shape: [3, 2], values: [0, 1, -1, 2, 2, 0] },
    real(3, 2),
  ]),
  one("ScatterND", [real(4, 3), { dtype: "int64", shape: [3, 1], values: [1, 3, 1] }, real(3, 3)], {
    reduction: "add",
  }),
  one("DepthToSpace", [real(2, 8, 2, 3)], { blocksize: 2 }),
  one("DepthToSpace", [real(2, 8, 2, 3)], { blocksize: 2, mode: "CRD" }),
  one("SpaceToDepth", [real(2, 3, 4, 6)], { blocksize: 2 }),
  one("MatMul", [real(4), real(4, 3)]),
  one("MatMul", [real(2, 3, 4), real(4)]),
  one("MatMul", [real(2, 1, 3, 4), real(5, 4, 2)]),
  one("Gemm", [real(3, 4), real(2, 4), real(2)], { transB: 1, alpha: f(0.5), beta: f(2) }),
  one("Einsum", [real(2, 3, 4), real(2, 5, 4)], { equation: "bqd,bkd->bqk" }),
  one("Einsum", [real(2, 3, 4), real(4, 5)], { equation: "...d,de->...e" }),
  one("Einsum", [real(3, 4), real(5)], { equation: "ij,k" }),
  one("Conv", [image, real(6, 2, 3, 3), real(6)], { group: 2, strides: [2, 1], pads: [1, 0, 2, 1] }),
  one("Conv", [image, real(5, 4, 3, 2)], { auto_pad: "SAME_UPPER", strides: [2, 2] }),
  one("Conv", [image, real(5, 4, 3, 2)], { auto_pad: "SAME_LOWER" }),
  one("Conv", [real(2, 4, 9), real(4, 1, 3), real(4)], { group: 4, dilations: [2], pads: [2, 1] }),
  one("ConvTranspose", [image, real(4, 3, 3, 3), real(3)], {
    strides: [2, 2],
    pads: [1, 1, 1, 1],
    output_padding: [1, 0],
  }),
  one("ConvTranspose", [real(2, 4, 9), real(4, 3, 3)], { strides: [2] }),
  one("MaxPool", [image], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }),
  one("MaxPool", [image], { kernel_shape: [3, 2], strides: [2, 2], ceil_mode: 1 }),
  one("MaxPool", [real(2, 4, 9)], { kernel_shape: [2], strides: [2] }),
  one("AveragePool", [image], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }),
  one("AveragePool", [image], {
    kernel_shape: [3, 3],
    strides: [2, 2],
    pads: [1, 1, 1, 1],
    count_include_pad: 1,
  }),
  one("AveragePool", [image], { kernel_shape: [2, 2], strides: [2, 2], ceil_mode: 1 }),
  one("GlobalAveragePool", [image]),
  one("GlobalMaxPool", [image]),
  one("Conv", [real(2, 4, 5, 6, 7), real(6, 4, 3, 3, 3), real(6)], { pads: [1, 1, 1, 1, 1, 1] }),
  one("Conv", [real(2, 4, 7, 6, 7), real(6, 2, 3, 1, 2)], {
    strides: [2, 2, 1],
    dilations: [2, 1, 1],
    pads: [2, 0, 1, 1, 0, 0],
    group: 2,
  }),
  one("MaxPool", [real(2, 3, 6, 5, 7)], {
    kernel_shape: [2, 3, 3],
    strides: [2, 2, 1],
    pads: [0, 1, 1, 1, 1, 1],
  }),
  one("BatchNormalization", [image, real(4), real(4), floats(0.1, 0, -0.2, 1), floats(1, 2, 0.5, 1)]),
  one("LayerNormalization", [real(2, 3, 4), real(4), real(4)], { epsilon: f(1e-3) }),
  one("LayerNormalization", [real(2, 3, 4), real(3, 4)], { axis: 1 }, 3),
  one("InstanceNormalization", [image, real(4), real(4)]),
  one("GroupNormalization", [image, real(4), real(4)], { num_groups: 2 }),
  one("LpNormalization", [real(3, 4)], { axis: 1 }),
  one("LpNormalization", [real(3, 4)], { axis: 0, p: 1 }),
  one("Dropout", [real(3, 4)]),
  ...["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"].flatMap(
    (coordinate_transformation_mode) =>
      ["nearest", "linear", "cubic"].map((mode) =>
        one("Resize", [real(2, 3, 4, 5), undefined, undefined, int64(2, 3, 7, 8)], {
          mode,
          coordinate_transformation_mode,
        }),
      ),
  ),
  one("Resize", [real(1, 2, 4, 4), undefined, floats(1, 1, 2, 2)], {
    mode: "nearest",
    coordinate_transformation_mode: "asymmetric",
    nearest_mode: "floor",
  }),
  one("Resize", [real(1, 2, 5, 5), undefined, floats(1, 1, 0.6, 0.6)], { mode: "linear" }),
  ...["forward", "reverse", "bidirectional"].flatMap((direction) => {
    const n = direction === "bidirectional" ? 2 : 1;
    const sizes = (gates: number) => [
      real(5, 2, 3),
      real(n, gates * 4, 3),
      real(n, gates * 4, 4),
      real(n, gates * 8),
    ];
    const start = real(n, 2, 4);
    return [
      one("LSTM", [...sizes(4), undefined, start, start], { direction, hidden_size: 4 }, 3),
      one("GRU", [...sizes(3), undefined, start], { direction, hidden_size: 4, linear_before_reset: 1 }, 2),
      one("GRU", sizes(3), { direction, hidden_size: 4 }, 2),
      one("RNN", sizes(1), { direction, hidden_size: 4 }, 2),
    ];
  }),
];
