import { describe, expect, test } from "vitest";
import { heads } from "../../src/heads/index.ts";
import { solve } from "../../src/heads/solve.ts";
import { caseOf, type Errors, errorsOf, isSmooth, meanGradient } from "./verify.ts";

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

  test("no constant output that an independent minimiser finds has a lower expected loss", () => {
    for (const { excess } of errors()) expect(excess).toBeLessThan(1e-9);
  });

  test.runIf(head.gradient && isSmooth(head) && !head.none)(
    "the bias is where the mean gradient is zero",
    () => {
      for (const { output } of errors()) expect(output).toBeLessThan(1e-6);
    },
  );

  test.runIf(head.loss)("the expected loss is the mean of the rows' losses", () => {
    for (const { expected } of errors()) expect(expected).toBeLessThan(1e-11);
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

  test("weights are repetition", () => {
    for (const { rows, options, solution } of cases.filter(({ rows }) =>
      rows.weights.every(Number.isInteger),
    )) {
      const twice = { ...rows.summary, ...scaled(rows.summary, 2) };
      const again = solve(head, twice as typeof rows.summary, options);
      if (solution.kind === "boundary" || solution.kind === "none" || options.reduction) continue;
      expect(again.bias).toEqual(solution.bias.map((b) => expect.closeTo(b, 9)));
      if (solution.expectedLoss !== null) expect(again.expectedLoss).toBeCloseTo(solution.expectedLoss, 9);
    }
  });
});

const double = (values: Float64Array) => values.map((v) => 2 * v);

function scaled(summary: Parameters<typeof solve>[1], _factor: number) {
  switch (summary?.kind) {
    case "classes":
      return { counts: double(summary.counts), labelSquares: 2 * summary.labelSquares };
    case "binary":
      return {
        positives: double(summary.positives),
        squares: double(summary.squares),
        totals: double(summary.totals),
      };
    case "numbers":
      return {
        columns: summary.columns.map((c) => ({ ...c, weights: double(c.weights), weight: 2 * c.weight })),
      };
    case "survival":
      return { events: double(summary.events), censored: double(summary.censored) };
    default:
      return {};
  }
}
