import { describe, expect, test } from "vitest";
import type { CheckInput } from "../../src/check/checkInput.ts";
import { checkOutputs } from "../../src/check/checkOutputs.ts";
import { softmax } from "../../src/math/logSumExp.ts";
import { seededRandom } from "../../src/math/seededRandom.ts";

const frequencies = [0.4, 0.25, 0.15, 0.08, 0.05, 0.03, 0.02, 0.02];
const logs = frequencies.map(Math.log);
const rows = 512;

/** Outputs of an untrained network: a bias, an offset of the network's own, and noise between inputs. */
function outputsAround(bias: readonly number[], deviation = 0.2): number[] {
  const { normal } = seededRandom(3, "outputs");
  const offset = bias.map(() => 0.5 * deviation * normal());
  return Array.from({ length: rows * bias.length }, (_, i) => {
    const k = i % bias.length;
    return bias[k] + offset[k] + deviation * normal();
  });
}

/** Class labels whose frequencies are those given, as exactly as the number of rows allows. */
function labelsOf(weights: readonly number[]): number[] {
  const sums = weights.map((_, k) => weights.slice(0, k + 1).reduce((a, b) => a + b));
  return Array.from({ length: rows }, (_, i) => {
    return sums.findIndex((total) => ((i * 0.6180339887) % 1) * sums[sums.length - 1] < total);
  });
}

const even = (n: number) => new Array<number>(n).fill(0);
const classes = (outputs: number[], more: Partial<CheckInput> = {}): CheckInput => {
  return { head: "softmax", outputs, labels: labelsOf(frequencies), rows, ...more };
};
/** The rows of a flat array, each changed. */
const eachRow = (values: number[], change: (row: number[]) => ArrayLike<number>) =>
  Array.from({ length: rows }, (_, i) => Array.from(change(values.slice(8 * i, 8 * i + 8)))).flat();

const atPrior = outputsAround(logs);
/** The first cause, or the verdict where there is no cause. */
const first = (input: CheckInput) => {
  const { causes, verdict } = checkOutputs(input);
  return causes[0]?.name ?? verdict;
};

describe("what issue 14 lists", () => {
  test.each<[string, CheckInput, string]>([
    ["bias at the log-frequencies", classes(atPrior), "sound"],
    ["bias not set", classes(outputsAround(even(8))), "bias not set"],
    [
      "minus the bias",
      classes(outputsAround([1.5, -0.2, 0.4].flatMap((b) => [b, -b])), {
        labels: labelsOf(Array.from(softmax([-1.5, 1.5, 0.2, -0.2, -0.4, 0.4]))),
      }),
      "wrong sign",
    ],
    [
      "another data set's prior",
      classes(outputsAround([-6, -1.5, 0, -5, -1, -5, -0.5, -2])),
      "another data set's prior",
    ],
    [
      "classes in another order",
      classes(outputsAround([3, 6, 0, 5, 1, 7, 4, 2].map((k) => logs[k]))),
      "labels shifted or permuted",
    ],
    [
      "two softmaxes, seen as predictions",
      classes(
        eachRow(atPrior, (row) => softmax(softmax(row))),
        { given: "predictions" },
      ),
      "softmax applied twice",
    ],
    ["a ReLU on the outputs", classes(outputsAround(even(8)).map((z) => Math.max(0, z))), "wrong activation"],
    [
      "an output layer that starts at zero",
      classes(Array.from({ length: 8 * rows }, (_, i) => logs[i % 8])),
      "sound",
    ],
    [
      "one token of many whose row is 0",
      classes(
        outputsAround(even(200), 0.05).map((z, i) => (i % 200 === 0 ? 0 : z)),
        { labels: labelsOf(even(200).map(() => 1)), hasBias: false },
      ),
      "sound",
    ],
    [
      "1,000 even classes and fewer rows",
      classes(outputsAround(even(1000)), { labels: labelsOf(even(1000).map(() => 1)) }),
      "sound",
    ],
  ])("%s", (_, input, expected) => {
    expect(first(input)).toBe(expected);
  });
});

describe("an output layer without a bias", () => {
  const report = (bias: readonly number[], deviation?: number) =>
    checkOutputs(classes(outputsAround(bias, deviation), { hasBias: false }));

  test.each([
    ["outputs around 0", even(8), 0.2],
    ["outputs around 0, varying much", even(8), 1.5],
    ["an offset like another prior", [-6, -1.5, 0, -5, -1, -5, -0.5, -2], 0.2],
    ["an offset like minus the bias", logs.map((b) => -b), 1],
  ])("is never told to set one: %s", (_, bias, deviation) => {
    const { causes, notes } = report(bias, deviation);
    expect([...causes.map(({ fix }) => fix), ...notes].join("\n")).not.toMatch(
      /--fix bias|--bias|start the output bias/,
    );
  });

  test("starts high where its outputs are near 0", () => {
    const { verdict, causes } = report(even(8));
    expect([verdict, causes.map(({ name }) => name)]).toEqual(["starts high", ["bias not set"]]);
  });
});

describe("outputs that hardly depend on the input, as of normalised features", () => {
  const report = (offset: readonly number[]) =>
    checkOutputs(
      classes(
        outputsAround(
          logs.map((b, k) => b + offset[k]),
          0.06,
        ),
      ),
    );

  test("an offset of the size that a Glorot kernel makes is no fault", () => {
    expect(report([1.1, -0.9, 0.8, -1.2, 0.9, 1, -0.8, -0.9]).verdict).toBe("starts high");
  });

  test("a bias that is not set is one", () => {
    const { verdict, causes } = report(logs.map((b) => -b));
    expect([verdict, causes[0].name]).toEqual(["not sound", "bias not set"]);
  });
});
