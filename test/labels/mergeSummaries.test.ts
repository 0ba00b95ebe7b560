import fc from "fast-check";
import { expect, test } from "vitest";
import { mergeSummaries } from "../../src/labels/mergeSummaries.ts";
import {
  summarizeBinary,
  summarizeClasses,
  summarizeDistributions,
  summarizeNames,
  summarizeNumbers,
  summarizeSurvival,
} from "../../src/labels/summarize.ts";
import type { LabelSummary, NumberColumn } from "../../src/labels/summary.ts";

/** A way to summarise rows, with rows to try it on. Weights go in halves, so that sums of them are exact. */
interface Case<Row> {
  readonly row: fc.Arbitrary<Row>;
  readonly summarize: (rows: readonly Row[], weights?: readonly number[]) => LabelSummary;
}
const names = ["ant", "bee", "cat", "dog"];
const distribution = fc
  .tuple(fc.nat(100), fc.nat(100), fc.nat(100))
  .filter(([a, b, c]) => a + b + c > 0)
  .map(([a, b, c]) => [a / (a + b + c), b / (a + b + c), c / (a + b + c)]);

const number = fc.double({ min: -1e6, max: 1e6, noNaN: true });

function each<Row>(
  name: string,
  row: fc.Arbitrary<Row>,
  summarize: Case<Row>["summarize"],
): [string, Case<unknown>] {
  return [name, { row, summarize } as Case<unknown>];
}

/** Every kind of summary. A new one is tested by a row here. */
const cases: [string, Case<unknown>][] = [
  each("class indices", fc.nat(5), (rows, weights) => summarizeClasses(rows, { classes: 6, weights })),
  each("class indices, classes not stated", fc.nat(5), (rows, weights) =>
    summarizeClasses(rows, { weights }),
  ),
  each("bytes", fc.nat(5), (rows, weights) => summarizeClasses(Uint8Array.from(rows), { weights })),
  each("class names", fc.constantFrom(...names), (rows, weights) => summarizeNames(rows, { weights })),
  each("numeric names", fc.constantFrom("2", "10", "-1"), (rows, weights) =>
    summarizeNames(rows, { weights }),
  ),
  each("soft labels", distribution, (rows, weights) => summarizeDistributions(rows, { weights })),
  each("yes/no labels", fc.tuple(fc.boolean(), fc.boolean()), (rows, weights) =>
    summarizeBinary(rows, { weights }),
  ),
  each("fractions", fc.constantFrom(0, 0.25, 0.5, 1), (rows, weights) => summarizeBinary(rows, { weights })),
  each("numbers", fc.oneof(number, fc.constantFrom(0, 1, 2)), (rows, weights) =>
    summarizeNumbers(rows, { weights }),
  ),
  each("pairs of numbers", fc.tuple(number, number), (rows, weights) => summarizeNumbers(rows, { weights })),
  each("times", fc.tuple(fc.integer({ min: 1, max: 9 }), fc.boolean()), (rows, weights) =>
    summarizeSurvival(rows, { weights }),
  ),
];

const rowsAndWeights = ({ row }: Case<unknown>) =>
  fc.array(fc.record({ row, weight: fc.integer({ min: 1, max: 20 }).map((halves) => halves / 2) }), {
    minLength: 2,
    maxLength: 60,
  });

/** Everything in a summary as one list of numbers, with the scale of each for a tolerance. */
function numbersIn(summary: LabelSummary): number[] {
  if (summary.kind === "classes") {
    return [...summary.counts, summary.rows, summary.ignored, summary.labelEntropy, summary.labelSquares];
  }
  if (summary.kind === "binary") {
    return [...summary.positives, ...summary.squares, ...summary.totals, summary.rows];
  }
  if (summary.kind === "survival") {
    return [...summary.times, ...summary.events, ...summary.censored, summary.rows];
  }
  const ofColumn = ({ values, weights, weight, mean, variance, rankError }: NumberColumn) => [
    ...values,
    ...weights,
    weight,
    mean,
    Math.sqrt(variance),
    rankError,
  ];
  return [...summary.columns.flatMap(ofColumn), ...summary.meanDirection, summary.rows];
}

function expectSame(a: LabelSummary, b: LabelSummary): void {
  const [left, right] = [numbersIn(a), numbersIn(b)];
  expect(left.length).toBe(right.length);
  const scale = Math.max(1, ...left.map(Math.abs));
  left.forEach((x, i) => {
    expect(Math.abs(x - right[i])).toBeLessThanOrEqual(1e-12 * scale);
  });
  expect("names" in a ? a.names : undefined).toEqual("names" in b ? b.names : undefined);
}

test.each(cases)("%s: merge(summary of a half, of the other) = summary of the whole", (_, example) => {
  fc.assert(
    fc.property(rowsAndWeights(example), fc.nat(), (rows, cut) => {
      const at = 1 + (cut % (rows.length - 1));
      const of = (part: typeof rows) =>
        example.summarize(
          part.map(({ row }) => row),
          part.map(({ weight }) => weight),
        );
      expectSame(mergeSummaries(of(rows.slice(0, at)), of(rows.slice(at))), of(rows));
    }),
  );
});

test.each(cases)("%s: the order of rows does not matter", (_, example) => {
  fc.assert(
    fc.property(rowsAndWeights(example), (rows) => {
      const of = (part: typeof rows) =>
        example.summarize(
          part.map(({ row }) => row),
          part.map(({ weight }) => weight),
        );
      expectSame(of(rows.toReversed()), of(rows));
    }),
  );
});

test.each(cases)("%s: a weight of n is n repetitions, but for the number of rows", (_, example) => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ row: example.row, times: fc.integer({ min: 1, max: 4 }) }), {
        minLength: 1,
        maxLength: 20,
      }),
      (rows) => {
        const weighted = example.summarize(
          rows.map(({ row }) => row),
          rows.map(({ times }) => times),
        );
        const repeated = example.summarize(rows.flatMap(({ row, times }) => Array(times).fill(row)));
        expectSame({ ...weighted, rows: repeated.rows }, repeated);
      },
    ),
  );
});

test.each(cases)(
  "%s: no rows, a weight below 0, NaN weights and weights of 0 alone are refused",
  (_, example) => {
    const [row] = fc.sample(example.row, 1);
    expect(() => example.summarize([])).toThrow(/no labels/);
    expect(() => example.summarize([row, row], [1, -1])).toThrow("invalid weight in row 2: -1");
    expect(() => example.summarize([row, row], [Number.NaN, 1])).toThrow("invalid weight in row 1: NaN");
    expect(() => example.summarize([row, row], [0, 0])).toThrow("the weights of all 2 rows sum to 0");
    expect(() => example.summarize([row, row], [1])).toThrow("weights");
    expect(() => example.summarize([row], [1, 1])).toThrow("weights");
  },
);

test("merge(a, b) refuses two kinds, two widths and two orders of names", () => {
  const classes = summarizeClasses([0, 1]);
  expect(() => mergeSummaries<LabelSummary>(classes, summarizeNumbers([1]))).toThrow(
    "cannot merge labels of kind classes with labels of kind numbers",
  );
  expect(() => mergeSummaries(summarizeNumbers([1]), summarizeNumbers([[1, 2]]))).toThrow(
    "rows of 1 labels with rows of 2",
  );
  expect(() =>
    mergeSummaries(
      summarizeNames(["a", "b"], { order: ["b", "a"] }),
      summarizeNames(["a", "c"], { order: ["c", "a"] }),
    ),
  ).toThrow("two orders");
  expect(() => mergeSummaries(classes, summarizeNames(["a"]))).toThrow("without names");
});
