/** Raw outputs of a cell, or other numbers of one row: a plain or a typed array. */
export type OutputVector = ArrayLike<number> & Iterable<number>;

/**
 * The operations that a head's loss is written in. A loss is written once and read twice: with numbers in float64 by the
 * solver (`float64Algebra.ts`), and as ONNX nodes over a whole batch by the trainer (`graph/graphAlgebra.ts`).
 *
 * S is a number per row, V a vector per row. Plain numbers may stand for a constant S. All operations are smooth or
 * carry a subgradient, so that any loss made of them can be trained with.
 */
export interface Algebra<S, V> {
  add(a: S | number, b: S | number): S;
  sub(a: S | number, b: S | number): S;
  mul(a: S | number, b: S | number): S;
  div(a: S | number, b: S | number): S;
  neg(a: S): S;
  abs(a: S): S;
  max(a: S | number, b: S | number): S;
  min(a: S | number, b: S | number): S;
  /** `then` where a < b, else `otherwise`. Both are computed: keep both finite, and their derivatives. */
  ifLess(a: S | number, b: S | number, then: S | number, otherwise: S | number): S;
  exp(a: S): S;
  /** eᵃ − 1 without cancellation. */
  expm1(a: S): S;
  log(a: S): S;
  /** log(1 + a) without cancellation. */
  log1p(a: S): S;
  sqrt(a: S): S;
  tanh(a: S): S;
  /** 1 / (1 + e⁻ᵃ). */
  sigmoid(a: S): S;
  /** log(1 + eᵃ), the softplus. */
  log1pExp(a: S): S;
  /** log log(1 + eᵃ), which is a itself far below 0. */
  logSoftplus(a: S): S;
  /** log Γ(a) for a > 0. */
  logGamma(a: S): S;
  /** log (Γ(r + n) / Γ(r)) − n log r for n ≥ 0, r > 0. */
  logRisingRatio(r: S, n: S): S;
  /** P(|X| ≤ a) with the sign of a, for a standard normal X. */
  normalCentral(a: S): S;
  /** A positive number near the smallest that can be divided by. */
  readonly tiny: number;

  /** Length of a vector. */
  width(v: V): number;
  entry(v: V, k: number): S;
  slice(v: V, start: number, end: number): V;
  /** Vectors and single constants one after another. */
  concat(parts: readonly (V | number)[]): V;
  /** The same vector for all rows. */
  constants(values: readonly number[]): V;
  /** 0, 1, ... width − 1. */
  indices(width: number): V;
  map(v: V, f: (x: S) => S): V;
  zip(v: V, w: V, f: (x: S, y: S) => S): V;
  sum(v: V): S;
  /** Σ vₖ wₖ, where a weight wₖ of 0 makes a term of 0 whatever vₖ is. */
  dot(v: V, w: V): S;
  largest(v: V): S;
  /** log Σ exp(vₖ); entries of −∞ add nothing. */
  logSumExp(v: V): S;
  softmax(v: V): V;
  logSoftmax(v: V): V;
  /** Sums of the entries up to each, itself included. */
  cumulativeSum(v: V): V;
  /** 1 at an index, 0 elsewhere. */
  oneHot(index: S, width: number): V;
  /** The entry at an index that differs by row. */
  pick(v: V, index: S): S;
  isVector(label: S | V): label is V;
}
