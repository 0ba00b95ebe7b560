import { expect, test } from "vitest";
import { explainLoss } from "../../src/check/explainLoss.ts";
import { reportedNumber } from "../../src/check/reportedNumber.ts";
import { heads } from "../../src/heads/index.ts";
import { solve } from "../../src/heads/solve.ts";
import { fromCounts } from "../../src/labels/fromCounts.ts";

const original = fromCounts([4000, 3700, 100, 4000, 400, 100, 50, 700, 700, 100]);
const first = (loss: string, facts = {}) => explainLoss(loss, facts).explanations[0];

test("a number's digits say how precise it is", () => {
  expect(reportedNumber("82.99")).toEqual({ value: 82.99, rounding: 0.005 });
  expect(reportedNumber("64.0").rounding).toBe(0.05);
  expect(reportedNumber("1.5e-3").rounding).toBeCloseTo(5e-5, 12);
  expect(reportedNumber("~14")).toEqual({ value: 14, rounding: 0.5 });
  expect(reportedNumber(" -.5").value).toBe(-0.5);
});

test.each(["", "nan", "inf", "12,5", "1.2.3", "0x10", "--3"])("%j is refused", (text) => {
  expect(() => explainLoss(text)).toThrow(/invalid loss.*allowed/);
});

test("facts out of range are refused by name", () => {
  expect(() => explainLoss("1", { classes: 0 })).toThrow("invalid classes: 0; allowed");
  expect(() => explainLoss("1", { leftOut: 1 })).toThrow("invalid leftOut: 1; allowed");
  expect(() => explainLoss("1", { labels: original, classes: 9 })).toThrow("9 classes, but counts of 10");
  expect(() => explainLoss("1", { options: { labelSmoothing: 0.1 } })).toThrow("without the loss");
});

test("every head that has an expected loss finds it again, at 0 and at its optimum", () => {
  const binary = heads.filter(({ reads, none }) => !none && (reads === "classes" || reads === "binary"));
  const missed = binary.flatMap((head) => {
    const { lossAtZero, expectedLoss } = solve(head, fromCounts([30, 70]));
    const facts = { head, labels: fromCounts([30, 70]) };
    const names = (loss: number) => explainLoss(loss.toPrecision(6), facts).explanations.map((e) => e.name);
    return [
      ...(names(lossAtZero!).includes("start at zero") ? [] : [`${head.name} at zero`]),
      ...(names(expectedLoss!).some((n) => n === "start at the label frequencies" || n === "start at zero")
        ? []
        : [`${head.name} at the optimum`]),
    ];
  });
  expect(missed).toEqual([]);
});

test("shares are probabilities, chances are frequencies, and a better explanation is met by chance less often", () => {
  for (const loss of ["2.2713", "1.6", "18.42", "0.7", "82.99"]) {
    const { explanations, unexplained } = explainLoss(loss, { labels: original });
    const total = explanations.reduce((sum, { share }) => sum + share, unexplained);
    expect(total).toBeLessThanOrEqual(1 + 1e-12);
    expect(explanations.map(({ bits }) => bits)).toEqual(
      explanations.map(({ bits }) => bits).sort((a, b) => b - a),
    );
    explanations.forEach(({ chance }, i) => {
      expect(chance).toBeGreaterThanOrEqual(i > 0 ? explanations[i - 1].chance! : 0);
      expect(chance).toBeLessThanOrEqual(1);
    });
  }
});

test("the original experiment's two losses", () => {
  expect(first("2.2713", { labels: original }).name).toBe("start at zero");
  expect(first("1.5988", { labels: original }).name).toBe("start at the label frequencies");
});

test("facts settle what the number alone leaves open", () => {
  expect(first("82.99", { classes: 32000, accumulate: 8 }).name).toBe("not divided by micro-batches");
  expect(first("82.99", { classes: 32000, batchSize: 8 }).name).toBe("sum over rows");
  expect(first("82.99", { classes: 32000, devices: 8 }).name).toBe("sum over devices");
});
