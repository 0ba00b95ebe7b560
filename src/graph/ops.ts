import type { Op } from "./op.ts";
import type { OpAttributes, OpName } from "./opAttributes.ts";
import * as conv from "./ops/conv.ts";
import * as elementwise from "./ops/elementwise.ts";
import * as matmul from "./ops/matmul.ts";
import * as pool from "./ops/pool.ts";
import * as reduce from "./ops/reduce.ts";
import * as shape from "./ops/shape.ts";
import * as softmax from "./ops/softmax.ts";

/** The table of ops: type, gradient, definition and ONNX form of each. */
export const ops: { readonly [Name in OpName]: Op<OpAttributes[Name]> } = {
  Abs: elementwise.Abs,
  Add: elementwise.Add,
  ArgMax: reduce.ArgMax,
  Atanh: elementwise.Atanh,
  AveragePool: pool.AveragePool,
  Cast: elementwise.Cast,
  Concat: shape.Concat,
  Conv: conv.Conv,
  ConvTranspose: conv.ConvTranspose,
  Div: elementwise.Div,
  Equal: elementwise.Equal,
  Erf: elementwise.Erf,
  Exp: elementwise.Exp,
  Expand: shape.Expand,
  Gather: shape.Gather,
  Gelu: elementwise.Gelu,
  Gemm: matmul.Gemm,
  Greater: elementwise.Greater,
  GreaterOrEqual: elementwise.GreaterOrEqual,
  HardSigmoid: elementwise.HardSigmoid,
  Less: elementwise.Less,
  LessOrEqual: elementwise.LessOrEqual,
  Log: elementwise.Log,
  LogSoftmax: softmax.LogSoftmax,
  MatMul: matmul.MatMul,
  Max: elementwise.Max,
  MaxPool: pool.MaxPool,
  Min: elementwise.Min,
  Mul: elementwise.Mul,
  Neg: elementwise.Neg,
  Not: elementwise.Not,
  Pad: shape.Pad,
  Pow: elementwise.Pow,
  Reciprocal: elementwise.Reciprocal,
  ReduceMax: reduce.ReduceMax,
  ReduceMean: reduce.ReduceMean,
  ReduceSum: reduce.ReduceSum,
  Relu: elementwise.Relu,
  Reshape: shape.Reshape,
  Sigmoid: elementwise.Sigmoid,
  Sign: elementwise.Sign,
  Slice: shape.Slice,
  Softmax: softmax.Softmax,
  Softplus: elementwise.Softplus,
  Sqrt: elementwise.Sqrt,
  Sub: elementwise.Sub,
  Sum: elementwise.Sum,
  Tanh: elementwise.Tanh,
  Transpose: shape.Transpose,
  Where: elementwise.Where,
};
