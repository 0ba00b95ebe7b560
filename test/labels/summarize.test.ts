import fc from "fast-check";
import { expect, test } from "vitest";
import { ClassAccumulator } from "../../src/labels/classAccumulator.ts";
import { countIntegers } from "../../src/labels/countIntegers.ts";
import { fromCounts } from "../../src/labels/fromCounts.ts";
import { fromHistogram } from "../../src/labels/fromHistogram.ts";
import {
  summarizeBinary,
  summarizeClasses,
  summarizeDistributions,
  summarizeNames,
  summarizeNumbers,
  summarizeStream,
  summarizeSurvival,
} from "../../src/labels/summarize.ts";

const integerArrays = [Uint8Array, Int8Array, Uint16Array, Int16Array, Uint32Array, Int32Array].map(
  (Type) => [Type.name, Type] as const,
);

test.each(integerArrays)(
  "countIntegers(labels, counts) counts every element of a %s, from any offset",
  (_, Type) => {
    fc.assert(
      fc.property(fc.array(fc.nat(99), { maxLength: 400 }), fc.nat(9), (labels, offset) => {
        const array = Type.from([...Array(offset).fill(0), ...labels]).subarray(offset);
        const counts = new Float64Array(100);
        expect(countIntegers(array, counts)).toBe(-1);
        expect([...counts]).toEqual(
          Array.from(counts, (_, k) => labels.filter((label) => label === k).length),
        );
      }),
    );
  },
);

test("countIntegers counts pairs of bytes where there are many, from any offset", () => {
  const bytes = Uint8Array.from({ length: 2 ** 18 + 21 }, (_, i) => (i * i) % 251);
  for (let offset = 0; offset < 9; offset++) {
    const counts = new Float64Array(251);
    const labels = bytes.subarray(offset);
    expect(countIntegers(labels, counts)).toBe(-1);
    const expected = new Float64Array(251);
    for (const label of labels) expected[label]++;
    expect(counts).toEqual(expected);
  }
});

test.each(integerArrays)("countIntegers finds the first label outside 0..K-1 in a %s", (_, Type) => {
  expect(countIntegers(Type.of(0, 1, 2, 3, 9, 3), new Float64Array(3))).toBe(3);
  const negative = Type.of(0, 1, -1);
  expect(countIntegers(negative, new Float64Array(2))).toBe(2);
});

test("an integer array is counted like a list, with and without a stated number of classes, and in parts", () => {
  const labels = [3, 1, 1, 0, 5];
  for (const options of [{}, { classes: 8 }, { ignoreIndex: 5 }]) {
    const expected = summarizeClasses(labels, options);
    expect(summarizeClasses(Int16Array.from(labels), options)).toEqual(expected);
    const parts = new ClassAccumulator(options);
    parts.addAll(Uint8Array.from(labels.slice(0, 2)));
    parts.addAll(labels.slice(2));
    expect(parts.summary()).toEqual(expected);
  }
});

test("a class label that is no index is refused: which row, what, what is allowed", () => {
  expect(() => summarizeClasses([0, 3], { classes: 3 })).toThrow(
    "invalid label in row 2: 3; class labels are integers from 0 to 2",
  );
  expect(() => summarizeClasses(Int32Array.of(0, -1), { names: ["a", "b"] })).toThrow(
    "invalid label in row 2: -1",
  );
  expect(() => summarizeClasses([0.5])).toThrow("invalid label in row 1: 0.5");
  expect(() => summarizeClasses([Number.NaN])).toThrow("invalid label in row 1: NaN");
  expect(() => summarizeClasses([2 ** 30])).toThrow("invalid label in row 1: 1073741824");
  expect(() => summarizeClasses([0], { classes: 0 })).toThrow("invalid number of classes: 0");
});

test("ignored rows are counted apart, and rows stay numbered by the data", () => {
  const summary = summarizeClasses([-100, 0, 1, -100], { ignoreIndex: -100 });
  expect([...summary.counts]).toEqual([1, 1]);
  expect([summary.rows, summary.ignored]).toEqual([2, 2]);
  expect(() => summarizeClasses([-100, 0, -7], { ignoreIndex: -100 })).toThrow(
    "row 3: -7; class labels are integers from 0 to 16777215, or fewer than a stated number of classes, or -100 for an ignored row",
  );
  expect(() => summarizeClasses([-100], { ignoreIndex: -100 })).toThrow(
    "all 1 rows are the ignored label -100",
  );
});

test("names are sorted by code unit, numerically where all are numbers, or as stated", () => {
  expect(summarizeNames(["b", "B", "a", "a"])).toMatchObject({
    names: ["B", "a", "b"],
    counts: Float64Array.of(1, 2, 1),
  });
  expect(summarizeNames(["10", "9", "-1"]).names).toEqual(["-1", "9", "10"]);
  expect(summarizeNames(["10", "9"], { order: "sorted" }).names).toEqual(["10", "9"]);
  expect(summarizeNames(["b", "b"], { order: ["b", "a"] }).counts).toEqual(Float64Array.of(2, 0));
  expect(() => summarizeNames(["b", "bee"], { order: ["ant", "be"] })).toThrow(
    "row 1: unknown class: b; did you mean be?",
  );
  expect(() => summarizeNames(["1", "x"], { order: "numeric" })).toThrow("class x is not a number");
  expect(() => summarizeNames(["a", "b", "c"], { maxClasses: 2 })).toThrow(
    "more than 2 distinct labels by row 3",
  );
});

test("one-hot rows are class labels", () => {
  const { names, ...indices } = summarizeClasses([2, 0, 2], { classes: 3 });
  expect(
    summarizeDistributions([
      [0, 0, 1],
      [1, 0, 0],
      [0, 0, 1],
    ]),
  ).toMatchObject(indices);
});

test("labelEntropy and labelSquares of soft labels", () => {
  const summary = summarizeDistributions(
    [
      [0.5, 0.5],
      [1, 0],
    ],
    { weights: [2, 3] },
  );
  expect([...summary.counts]).toEqual([4, 1]);
  expect(summary.labelEntropy).toBeCloseTo(2 * Math.log(2), 15);
  expect(summary.labelSquares).toBe(2 * 0.5 + 3);
});

test("rows that are no distribution are refused", () => {
  expect(() => summarizeDistributions([[1, 1]])).toThrow("the shares of row 1 sum to 2, not to 1");
  expect(() =>
    summarizeDistributions([
      [1, 0],
      [-1, 2],
    ]),
  ).toThrow("invalid share of class 0 in row 2: -1");
  expect(() =>
    summarizeDistributions([
      [1, 0],
      [1, 0, 0],
    ]),
  ).toThrow("row 2 has 3 shares, not one for each of the 2 classes");
});

test("yes/no labels may be missing where that is allowed, each from its own column", () => {
  const rows = [
    [1, null],
    [0, 1],
    [Number.NaN, 0],
  ];
  expect(summarizeBinary(rows, { skipMissing: true })).toMatchObject({
    positives: Float64Array.of(1, 1),
    totals: Float64Array.of(2, 2),
    rows: 3,
  });
  expect(() => summarizeBinary(rows)).toThrow(
    "invalid label in row 1, column 1: null; yes/no labels lie in [0, 1]",
  );
  expect(() => summarizeBinary([[null]], { skipMissing: true })).toThrow(
    "column 0 has no label with a weight above 0",
  );
  expect(() => summarizeBinary([0, 2])).toThrow("invalid label in row 2: 2");
});

test("times of survival labels are above 0 and events are 0 or 1", () => {
  expect(
    summarizeSurvival([
      [2, true],
      [1, 0],
      [2, 1],
    ]),
  ).toMatchObject({
    times: Float64Array.of(1, 2),
    events: Float64Array.of(0, 2),
    censored: Float64Array.of(1, 0),
  });
  expect(() => summarizeSurvival([[0, 1]])).toThrow("invalid time in row 1: 0");
  expect(() => summarizeSurvival([[1, 2]])).toThrow("invalid event in row 1: 2");
});

test("fromCounts(counts) = the summary of as many labels", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(9), { minLength: 1, maxLength: 8 }), (counts) => {
      fc.pre(counts.some((count) => count > 0));
      const labels = counts.flatMap((count, k) => Array<number>(count).fill(k));
      expect(fromCounts(counts)).toEqual(summarizeClasses(labels, { classes: counts.length }));
    }),
  );
  expect(() => fromCounts([1, -2])).toThrow("invalid count of class 1: -2");
  expect(() => fromCounts([0, 0])).toThrow("all 2 counts are 0");
  expect(() => fromCounts([])).toThrow("no labels");
});

test("fromHistogram(values, counts) = the summary of as many numbers; bins stand at their middles", () => {
  const { rows, ...summary } = fromHistogram([3, 1, 2], [1, 2, 1]);
  expect({ rows, ...summary }).toEqual(summarizeNumbers([1, 1, 2, 3]));
  const [bins] = fromHistogram([0, 1, 3], [1, 3]).columns;
  expect([...bins.values]).toEqual([0.5, 2]);
  expect([bins.exact, bins.rankError, bins.mean]).toEqual([false, 3 / 8, 1.625]);
  expect(() => fromHistogram([0, 1, 1], [1, 1])).toThrow("bin edges must increase, and 1 follows 1");
  expect(() => fromHistogram([0, 1, 2, 3], [1, 1])).toThrow(
    "2 counts need as many values or one more bin edge than counts, but got 4",
  );
});

test("summarizeStream(accumulator, rows) takes an async iterator", async () => {
  async function* rows() {
    for (const label of [0, 1, 1]) yield label;
  }
  expect(await summarizeStream(new ClassAccumulator(), rows())).toEqual(summarizeClasses([0, 1, 1]));
});
