import { describe, expect, test } from "vitest";
import { bind, cellOutput } from "../../src/heads/bind.ts";
import type { Head, Label, LabelColumn } from "../../src/heads/head.ts";
import { heads } from "../../src/heads/index.ts";
import { meanLoss } from "../../src/heads/meanLoss.ts";
import { mixtureDensity } from "../../src/heads/mixtureDensity.ts";
import { type Solution, solve } from "../../src/heads/solve.ts";
import type { SurvivalSummary } from "../../src/labels/summary.ts";
import { binaryRows, rowsOf } from "./rows.ts";
import {
  type Case,
  caseOf,
  type Errors,
  errorsOf,
  independentMinimum,
  isSmooth,
  meanGradient,
  sizeOf,
} from "./verify.ts";

const sets = 5;

describe.each(heads.map((head) => [head.name, head] as const))("%s", (_name, head) => {
  const cases = Array.from({ length: sets }, (_, n) => caseOf(head, n));
  let known: Errors[] | undefined;
  const errors = () => {
    known ??= cases.map((item) => errorsOf(head, item));
    return known;
  };

  test("solve is finite everywhere, and says why where there is no optimum", () => {
    for (const { solution } of cases) {
      const numbers = [...solution.bias, ...solution.prediction, solution.lossAtTorchDefaultError];
      expect(numbers.filter((x) => !Number.isFinite(x))).toEqual([]);
      for (const loss of [solution.expectedLoss, solution.lossAtZero, solution.lossAtTorchDefault]) {
        expect(loss === null || Number.isFinite(loss)).toBe(true);
      }
      expect(solution.kind === "none").toBe(solution.reason !== undefined);
      if (solution.kind === "boundary") expect(solution.warnings).not.toEqual([]);
    }
  });

  test.runIf(hasOptimum(head))(
    "no constant output that an independent minimiser finds has a lower expected loss",
    () => {
      expect(errors().some(({ excess }) => excess !== undefined)).toBe(true);
      for (const { excess } of errors()) if (excess !== undefined) expect(excess).toBeLessThan(1e-9);
    },
  );

  test.runIf(head.gradient && isSmooth(head) && hasOptimum(head))(
    "the bias is where the mean gradient is zero",
    () => {
      expect(errors().some(({ output }) => output !== undefined)).toBe(true);
      for (const { output } of errors()) if (output !== undefined) expect(output).toBeLessThan(1e-6);
    },
  );

  test.runIf(head.loss)("the expected loss is the mean of the rows' losses", () => {
    expect(errors().some(({ expected }) => expected !== undefined)).toBe(true);
    for (const { expected } of errors()) if (expected !== undefined) expect(expected).toBeLessThan(1e-11);
  });

  test.runIf(head.gradient)("the gradient is that of the loss", () => {
    for (const { bound, random } of cases) {
      const column = bound.columns[0];
      const z = Array.from({ length: bound.width }, () => random.normal());
      const mean = meanGradient(head, z, column, bound.cellOptions[0]);
      mean.forEach((slope, k) => {
        const h = 1e-5 * Math.max(1, Math.abs(z[k]));
        const at = (side: number) => {
          const to = z.map((v, i) => (i === k ? v + side * h : v));
          return Array.from(column.labels).reduce<number>(
            (total, label, i) =>
              total +
              (column.weights[i] / column.weight) *
                (column.weights[i] ? head.loss!(to, label, bound.cellOptions[0]) : 0),
            0,
          );
        };
        const difference = (at(1) - at(-1)) / (2 * h);
        expect(slope).toSatisfy(
          (s: number) => Math.abs(s - difference) <= 1e-5 * Math.max(1, Math.abs(s), Math.abs(at(0))),
        );
      });
    }
  });

  test("a factor of all sample weights moves neither the bias nor the mean loss", () => {
    for (const { rows, options, solution, classes } of cases) {
      const doubled = rowsOf(
        head,
        rows.labels,
        rows.weights.map((w) => 2 * w),
        classes,
      );
      const again = solve(head, doubled.summary, options);
      if (head.name === "cox") {
        // a risk set of twice the weight: its logarithm is the loss
        const { events } = rows.summary as SurvivalSummary;
        const shift = events.some((weight) => weight > 0) ? Math.LN2 : 0;
        expect(again.expectedLoss).toBeCloseTo(solution.expectedLoss! + shift, 12);
        continue;
      }
      expectSame(head, again, solution);
    }
  });

  test("a row of an integer weight is that many rows", () => {
    for (const { rows, options, solution, classes } of cases) {
      // a pseudo-count and `smooth` count rows: they do not scale with the data
      if (solution.kind === "boundary" || "smooth" in options) continue;
      const weights = rows.weights.map((w) => 1 + Math.floor(2 * w));
      const repeated = rows.labels.flatMap((label, i) => new Array<Label>(weights[i]).fill(label));
      const ones = repeated.map(() => 1);
      const weighted = solve(head, rowsOf(head, rows.labels, weights, classes).summary, options);
      const single = solve(head, rowsOf(head, repeated, ones, classes).summary, options);
      expectSame(head, weighted, single);
    }
  });
});

/** Iterations end where the loss no longer falls: of a mixture's bias that is half of the digits. */
function expectSame(head: Head, found: Solution, expected: Solution): void {
  const within = head.name === "mixture-density" ? 1e-5 : 1e-8;
  const isClose = (a: number, b: number) => Math.abs(a - b) <= within * Math.max(1, Math.abs(b));
  expect(found.kind).toBe(expected.kind);
  expect(found.bias).toHaveLength(expected.bias.length);
  expect(found.bias.filter((b, k) => !isClose(b, expected.bias[k]))).toEqual([]);
  if (expected.expectedLoss === null) expect(found.expectedLoss).toBeNull();
  else expect(found.expectedLoss).toSatisfy((loss: number) => isClose(loss, expected.expectedLoss!));
}

/** Whether a head has a single optimum on some labels: a mixture has many, and the others none. */
const hasOptimum = (head: Head) => !head.none && head.name !== "mixture-density";

/** The loss at the solved bias as what stands in for rows that are missing (or for a scale of 0) shrinks. */
function lossesTowardsBoundary(head: Head, { rows, options }: Case): number[] {
  const epsilonStandsIn = ["gaussian-nll", "laplace-nll", "crps", "zero-inflated-lognormal"].includes(
    head.name,
  );
  const epsilon = Number(options.epsilon ?? head.options.epsilon?.default);
  return [1, 1e-3, 1e-6, 1e-12].map((factor) => {
    const smaller = { pseudoCount: 0.5 * factor, ...(epsilonStandsIn && { epsilon: epsilon * factor }) };
    return solve(head, rows.summary, { ...options, ...smaller }).expectedLoss!;
  });
}

test.each(heads.filter(hasOptimum).map((head) => [head.name, head] as const))(
  "at a boundary, the loss of %s falls to the infimum as the pseudo-count shrinks, or without end",
  (_name, head) => {
    const cases = Array.from({ length: 20 }, (_, n) => caseOf(head, n + 3000));
    for (const item of cases.filter(({ solution }) => solution.kind === "boundary")) {
      const losses = lossesTowardsBoundary(head, item);
      const drops = losses.slice(1).map((loss, i) => losses[i] - loss);
      const size = sizeOf(item);
      for (const drop of drops) expect(drop).toBeGreaterThanOrEqual(-1e-12 * size);
      const above = (losses.at(-1)! - independentMinimum(item.bound).value) / size;
      expect(above < 1e-5 || drops.every((drop) => drop > 0.1)).toBe(true);
    }
  },
);

const overlaps = heads.filter(({ none, reads }) => none && reads === "binary");

test.each(overlaps.map((head) => [head.name, head] as const))(
  "%s has no optimal bias: at constant predictions its loss is monotonic, and falls up to p = 1 unless it is smoothed",
  (_name, head) => {
    for (let n = 0; n < 4 * sets; n++) {
      const { bound, options, rows } = caseOf(head, n);
      bound.columns.forEach(({ mean: frequency }, j) => {
        const outputs = Array.from({ length: 24 }, (_, i) => -6 + i / 2);
        const column = binaryRows(
          rows.labels.map((label) => [(label as number[])[j]]),
          rows.weights,
        );
        const alone = bind(head, column.summary, options);
        const losses = outputs.map((z) => alone.expectedLoss([z]));
        const drops = losses.slice(1).map((loss, i) => losses[i] - loss);
        expect(drops.every((drop) => drop >= -1e-15) || drops.every((drop) => drop <= 1e-15)).toBe(true);
        const isPlain = (options.smooth ?? 0) === 0 && options.beta !== 0;
        if (isPlain && frequency > 0) for (const drop of drops) expect(drop).toBeGreaterThan(0);
      });
    }
  },
);

const unbiased = heads.filter(({ none, reads }) => none && reads !== "binary");

test.each(unbiased.map((head) => [head.name, head] as const))(
  "no bias changes the loss of %s, or its loss is unknown",
  (name, head) => {
    for (let n = 0; n < sets; n++) {
      const { bound, solution, random } = caseOf(head, n);
      expect(solution.bias).toEqual([]);
      if (head.expected === undefined) {
        expect(["lambdarank", "ctc"]).toContain(name);
        expect(solution.expectedLoss).toBeNull();
        continue;
      }
      const output = Array.from({ length: bound.outputs }, () => 3 * random.normal());
      expect(bound.expectedLoss(output)).toBe(solution.expectedLoss);
    }
  },
);

test("the bias of a mixture is a local optimum, and one more iteration of EM stays there", () => {
  for (let n = 0; n < 10; n++) {
    const item = caseOf(mixtureDensity, n);
    const { bound, solution, random, options } = item;
    const floor = Number(options.floor ?? mixtureDensity.options.floor.default);
    bound.columns.forEach((column, j) => {
      const z = cellOutput(bound, solution.bias, j);
      const o = bound.cellOptions[j];
      const least = floor * ((column.labels.length > 1 && Math.sqrt(column.variance)) || 1);
      const best = meanLoss(mixtureDensity, z, column, o);
      const k = z.length / 3;
      for (let direction = 0; direction < 50; direction++) {
        const near = z.map((v, i) => {
          const unit = i >= k && i < 2 * k ? Math.exp(z[i + k]) : 1;
          const moved = v + 1e-3 * unit * random.normal();
          return i < 2 * k ? moved : Math.max(moved, Math.log(least));
        });
        const excess = meanLoss(mixtureDensity, near, column, o) - best;
        expect(excess).toBeGreaterThan(-1e-6 * Math.max(1, Math.abs(best)));
      }
      const again = emIteration(z, column, least);
      const change = again.map((v, i) => Math.abs(v - z[i]) / (i >= k && i < 2 * k ? Math.exp(z[i + k]) : 1));
      expect(Math.max(...change)).toBeLessThan(1e-3);
    });
  }
});

/** One iteration of EM by Bishop (2006), section 9.2.2, with standard deviations of at least `least`. */
function emIteration(z: readonly number[], column: LabelColumn, least: number): number[] {
  const k = z.length / 3;
  const parts = Array.from({ length: k }, (_, i) => ({
    logit: z[i],
    mean: z[k + i],
    sd: Math.exp(z[2 * k + i]),
  }));
  const sums = parts.map(() => ({ weight: 0, first: 0, second: 0 }));
  Array.from(column.labels as ArrayLike<number>).forEach((y, i) => {
    const densities = parts.map(({ logit, mean, sd }) => Math.exp(logit - ((y - mean) / sd) ** 2 / 2) / sd);
    const total = densities.reduce((a, b) => a + b);
    densities.forEach((density, c) => {
      const weight = (column.weights[i] * density) / total;
      sums[c].weight += weight;
      sums[c].first += weight * y;
      sums[c].second += weight * (y - parts[c].mean) ** 2;
    });
  });
  const means = sums.map(({ weight, first }) => first / weight);
  return [
    ...sums.map(({ weight }) => Math.log(weight / column.weight)),
    ...means,
    ...sums.map(({ weight, second }, c) =>
      Math.log(Math.max(least, Math.sqrt(Math.max(0, second / weight - (means[c] - parts[c].mean) ** 2)))),
    ),
  ];
}
