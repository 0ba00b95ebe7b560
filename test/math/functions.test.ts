import fc from "fast-check";
import { expect, test } from "vitest";
import { digamma, digammaRise, logGamma, logRisingRatio } from "../../src/math/gamma.ts";
import { log1pExp, log1pExpInverse } from "../../src/math/log1pExp.ts";
import { logit, sigmoid } from "../../src/math/logit.ts";
import { logSoftmax, logSumExp } from "../../src/math/logSumExp.ts";
import { meanRow } from "../../src/math/meanRow.ts";
import { normalCentral } from "../../src/math/normal.ts";
import { sum } from "../../src/math/sum.ts";
import { xlogy } from "../../src/math/xlogy.ts";

const near = (a: number, b: number, relative = 1e-13) =>
  Math.abs(a - b) <= relative * Math.max(Math.abs(a), Math.abs(b));
const real = fc.double({ min: -700, max: 700, noNaN: true });

test("log1pExp(x) - log1pExp(-x) = x, and its slope is the sigmoid's logit", () => {
  fc.assert(
    fc.property(real, (x) => Math.abs(log1pExp(x) - log1pExp(-x) - x) <= 1e-13 * Math.max(1, Math.abs(x))),
  );
  expect([log1pExp(1000), log1pExp(-1000), log1pExp(0)]).toEqual([1000, 0, Math.LN2]);
});

test("log1pExpInverse undoes log1pExp", () => {
  fc.assert(
    fc.property(
      fc.double({ min: -600, max: 600, noNaN: true }),
      (x) => near(log1pExpInverse(log1pExp(x)), x, 1e-12) || Math.abs(x) < 1e-3,
    ),
  );
});

test("logit undoes sigmoid where p is small, and both ends are finite in between", () => {
  fc.assert(
    fc.property(
      fc.double({ min: -700, max: 5, noNaN: true }),
      (x) => Math.abs(logit(sigmoid(x)) - x) <= 1e-12 * Math.max(1, Math.abs(x)),
    ),
  );
  expect(sigmoid(-1000)).toBe(0);
  expect(sigmoid(1000)).toBe(1);
});

test("logSumExp does not overflow, and logSoftmax sums to 1", () => {
  expect(logSumExp([1000, 1000])).toBeCloseTo(1000 + Math.LN2, 12);
  expect(logSumExp([])).toBe(Number.NEGATIVE_INFINITY);
  fc.assert(
    fc.property(fc.array(real, { minLength: 1 }), (z) => near(sum(logSoftmax(z).map(Math.exp)), 1, 1e-13)),
  );
});

test("xlogy(0, 0) = 0, and sum loses no small numbers among large ones", () => {
  expect(xlogy(0, 0)).toBe(0);
  expect(sum([1e16, 1, -1e16, 1])).toBe(2);
});

test("logGamma and digamma at known points", () => {
  expect(near(logGamma(0.5), 0.5 * Math.log(Math.PI))).toBe(true);
  expect(near(logGamma(11), Math.log(3_628_800))).toBe(true);
  expect(near(digamma(1), -0.5772156649015329)).toBe(true);
  expect(near(digamma(0.5), -1.9635100260214235)).toBe(true);
});

test("logRisingRatio and digammaRise = differences of logGamma and digamma, on both of their branches", () => {
  for (const r of [0.3, 2, 15.9, 40]) {
    for (const n of [1, 5, 64, 65, 300]) {
      expect(logRisingRatio(r, n)).toBeCloseTo(logGamma(r + n) - logGamma(r) - n * Math.log(r), 9);
      expect(digammaRise(r, n)).toBeCloseTo(digamma(r + n) - digamma(r), 11);
    }
  }
  expect(near(logRisingRatio(1e9, 2), 1e-9, 1e-8)).toBe(true); // log(1 + 1/r): nothing cancels
});

test("normalCentral(x) = P(|X| < x)", () => {
  expect(normalCentral(1)).toBeCloseTo(0.6826894921370859, 14);
  expect(normalCentral(-1.959963984540054)).toBeCloseTo(-0.95, 14);
  expect(normalCentral(9)).toBe(1);
});

test("meanRow(values, width, places) is the mean of all rows, or of those at the places", () => {
  expect(meanRow([1, 2, 3, 4, 5, 9], 2)).toEqual([3, 5]);
  expect(meanRow([1, 2, 3, 4, 5, 9], 2, [2, 0])).toEqual([3, 5.5]);
});
