import type { DType } from "./tensor.ts";

export type NoAttributes = Record<never, never>;

/** Two-dimensional, over (N, C, H, W) and kernels of (K, C / groups, height, width). */
export interface ConvAttributes {
  readonly strides?: readonly [number, number];
  /** Rows above, columns to the left, rows below, columns to the right: all of zeros. */
  readonly pads?: readonly [number, number, number, number];
  readonly dilations?: readonly [number, number];
  readonly groups?: number;
}

export interface ConvTransposeAttributes extends ConvAttributes {
  /** Rows and columns added below and to the right of the output, to tell apart sizes that a stride maps to one. */
  readonly outputPadding?: readonly [number, number];
}

export interface HardSigmoidAttributes {
  readonly alpha: number;
  readonly beta: number;
}

export interface CastAttributes {
  readonly to: DType;
}

export interface GemmAttributes {
  readonly transA?: boolean;
  readonly transB?: boolean;
}

/** Windows over the last two axes of (N, C, H, W), without padding. */
export interface PoolAttributes {
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
}

export interface ReduceAttributes {
  /** The axes to reduce; all of them unless given. */
  readonly axes?: readonly number[];
  /** Whether reduced axes stay, with size 1 (they do unless this is false). */
  readonly keepDims?: boolean;
}

export interface ArgMaxAttributes {
  readonly axis: number;
}

export interface ShapeAttributes {
  readonly shape: readonly number[];
}

export interface TransposeAttributes {
  /** Axis i of the output is axis permutation[i] of the input. */
  readonly permutation: readonly number[];
}

export interface ConcatAttributes {
  readonly axis: number;
}

/** The elements start, start + step, ... below end, along one axis. */
export interface AxisRange {
  readonly axis: number;
  readonly start: number;
  readonly end: number;
  readonly step?: number;
}

export interface SliceAttributes {
  readonly ranges: readonly AxisRange[];
}

export interface PadAttributes {
  /** Zeros before and after each axis. */
  readonly before: readonly number[];
  readonly after: readonly number[];
}

export interface CumSumAttributes {
  readonly axis: number;
  readonly reverse?: boolean;
  readonly exclusive?: boolean;
}

export interface ModAttributes {
  /** Whether the quotient is rounded towards zero (needed for floats) or down (integers only). */
  readonly truncated: boolean;
}

export interface SoftmaxAttributes {
  readonly axis: number;
}

/** The attributes of each op, by its ONNX name. An op named here without a row in `ops` does not compile. */
export interface OpAttributes {
  Abs: NoAttributes;
  Add: NoAttributes;
  And: NoAttributes;
  ArgMax: ArgMaxAttributes;
  Atanh: NoAttributes;
  AveragePool: PoolAttributes;
  Cast: CastAttributes;
  Ceil: NoAttributes;
  Concat: ConcatAttributes;
  Conv: ConvAttributes;
  ConvTranspose: ConvTransposeAttributes;
  Cos: NoAttributes;
  CumSum: CumSumAttributes;
  Div: NoAttributes;
  Equal: NoAttributes;
  Erf: NoAttributes;
  Exp: NoAttributes;
  Expand: ShapeAttributes;
  Floor: NoAttributes;
  Gather: NoAttributes;
  GatherND: NoAttributes;
  Gelu: NoAttributes;
  Gemm: GemmAttributes;
  Greater: NoAttributes;
  GreaterOrEqual: NoAttributes;
  HardSigmoid: HardSigmoidAttributes;
  IsNaN: NoAttributes;
  Less: NoAttributes;
  LessOrEqual: NoAttributes;
  Log: NoAttributes;
  LogSoftmax: SoftmaxAttributes;
  MatMul: NoAttributes;
  Max: NoAttributes;
  MaxPool: PoolAttributes;
  Min: NoAttributes;
  Mod: ModAttributes;
  Mul: NoAttributes;
  Neg: NoAttributes;
  Not: NoAttributes;
  Or: NoAttributes;
  Pad: PadAttributes;
  Pow: NoAttributes;
  Reciprocal: NoAttributes;
  ReduceMax: ReduceAttributes;
  ReduceMean: ReduceAttributes;
  ReduceSum: ReduceAttributes;
  Relu: NoAttributes;
  Reshape: ShapeAttributes;
  Round: NoAttributes;
  ScatterND: NoAttributes;
  Sigmoid: NoAttributes;
  Sign: NoAttributes;
  Sin: NoAttributes;
  Slice: SliceAttributes;
  Softmax: SoftmaxAttributes;
  Softplus: NoAttributes;
  Sqrt: NoAttributes;
  Sub: NoAttributes;
  Sum: NoAttributes;
  Tanh: NoAttributes;
  Transpose: TransposeAttributes;
  Where: NoAttributes;
  Xor: NoAttributes;
}

export type OpName = keyof OpAttributes;
