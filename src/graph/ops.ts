import type { Op } from "./op.ts";
import type { OpAttributes, OpName } from "./opAttributes.ts";
import * as conv from "./ops/conv.ts";
import * as elementwise from "./ops/elementwise.ts";
import * as logic from "./ops/logic.ts";
import * as matmul from "./ops/matmul.ts";
import * as periodic from "./ops/periodic.ts";
import * as pool from "./ops/pool.ts";
import * as reduce from "./ops/reduce.ts";
import * as scatter from "./ops/scatter.ts";
import * as shape from "./ops/shape.ts";
import * as softmax from "./ops/softmax.ts";

/** The table of ops: type, gradient, definition and ONNX form of each. */
export const ops: { readonly [Name in OpName]: Op<OpAttributes[Name]> } = {
  Abs: elementwise.Abs,
  Add: elementwise.Add,
  And: logic.And,
  ArgMax: reduce.ArgMax,
  Atanh: elementwise.Atanh,
  AveragePool: pool.AveragePool,
  Cast: elementwise.Cast,
  Ceil: periodic.Ceil,
  Concat: shape.Concat,
  Conv: conv.Conv,
  ConvTranspose: conv.ConvTranspose,
  Cos: periodic.Cos,
  CumSum: scatter.CumSum,
  Div: elementwise.Div,
  Equal: elementwise.Equal,
  Erf: elementwise.Erf,
  Exp: elementwise.Exp,
  Expand: shape.Expand,
  Floor: periodic.Floor,
  Gather: shape.Gather,
  GatherND: scatter.GatherND,
  Gelu: elementwise.Gelu,
  Gemm: matmul.Gemm,
  Greater: elementwise.Greater,
  GreaterOrEqual: elementwise.GreaterOrEqual,
  HardSigmoid: elementwise.HardSigmoid,
  IsNaN: logic.IsNaN,
  Less: elementwise.Less,
  LessOrEqual: elementwise.LessOrEqual,
  Log: elementwise.Log,
  LogSoftmax: softmax.LogSoftmax,
  MatMul: matmul.MatMul,
  Max: elementwise.Max,
  MaxPool: pool.MaxPool,
  Min: elementwise.Min,
  Mod: periodic.Mod,
  Mul: elementwise.Mul,
  Neg: elementwise.Neg,
  Not: elementwise.Not,
  Or: logic.Or,
  Pad: shape.Pad,
  Pow: elementwise.Pow,
  Reciprocal: elementwise.Reciprocal,
  ReduceMax: reduce.ReduceMax,
  ReduceMean: reduce.ReduceMean,
  ReduceSum: reduce.ReduceSum,
  Relu: elementwise.Relu,
  Reshape: shape.Reshape,
  Round: periodic.Round,
  ScatterND: scatter.ScatterND,
  Sigmoid: elementwise.Sigmoid,
  Sign: elementwise.Sign,
  Sin: periodic.Sin,
  Slice: shape.Slice,
  Softmax: softmax.Softmax,
  Softplus: elementwise.Softplus,
  Sqrt: elementwise.Sqrt,
  Sub: elementwise.Sub,
  Sum: elementwise.Sum,
  Tanh: elementwise.Tanh,
  Transpose: shape.Transpose,
  Where: elementwise.Where,
  Xor: logic.Xor,
};
