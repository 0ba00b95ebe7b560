import { logGamma, logRisingRatio } from "../math/gamma.ts";
import { log1pExp, logSoftplus } from "../math/log1pExp.ts";
import { sigmoid } from "../math/logit.ts";
import { logSoftmax, logSumExp, softmax } from "../math/logSumExp.ts";
import { normalCentral } from "../math/normal.ts";
import { sum } from "../math/sum.ts";
import type { Algebra, OutputVector } from "./algebra.ts";

/** Losses in float64: one row at a time, numbers in, a number out. */
export const float64Algebra: Algebra<number, OutputVector> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  neg: (a) => -a,
  abs: Math.abs,
  max: Math.max,
  min: Math.min,
  ifLess: (a, b, then, otherwise) => (a < b ? then : otherwise),
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  sqrt: Math.sqrt,
  tanh: Math.tanh,
  sigmoid,
  log1pExp,
  logSoftplus,
  logGamma,
  logRisingRatio,
  normalCentral,
  tiny: Number.MIN_VALUE,
  width: (v) => v.length,
  entry: (v, k) => v[k],
  slice: (v, start, end) => Array.from(v).slice(start, end),
  concat: (parts) => parts.flatMap((part) => (typeof part === "number" ? part : Array.from(part))),
  constants: (values) => values,
  indices: (width) => Array.from({ length: width }, (_, k) => k),
  map(v, f) {
    const result = new Array<number>(v.length);
    for (let k = 0; k < v.length; k++) result[k] = f(v[k]);
    return result;
  },
  zip(v, w, f) {
    const result = new Array<number>(v.length);
    for (let k = 0; k < v.length; k++) result[k] = f(v[k], w[k]);
    return result;
  },
  sum,
  dot(v, w) {
    const terms = new Float64Array(v.length);
    for (let k = 0; k < v.length; k++) terms[k] = w[k] === 0 ? 0 : v[k] * w[k];
    return sum(terms);
  },
  largest: (v) => Array.from(v).reduce((most, x) => Math.max(most, x), -Infinity),
  logSumExp,
  softmax,
  logSoftmax,
  cumulativeSum(v) {
    let total = 0;
    return Array.from(v, (x) => {
      total += x;
      return total;
    });
  },
  oneHot: (index, width) => new Array<number>(width).fill(0).with(index, 1),
  pick: (v, index) => v[index],
  isVector: (label) => typeof label !== "number",
};
