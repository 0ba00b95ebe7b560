import { describe, expect, test } from "vitest";
import type { CheckInput } from "../../src/check/checkInput.ts";
import { checkOutputs } from "../../src/check/checkOutputs.ts";
import { bind, cellOutput } from "../../src/heads/bind.ts";
import { type Head, type Label, linkOf } from "../../src/heads/head.ts";
import { heads } from "../../src/heads/index.ts";
import type { Options } from "../../src/heads/options.ts";
import { optimalOutput } from "../../src/heads/solve.ts";
import { summaryOf } from "../../src/heads/summaryOf.ts";
import { type SeededRandom, seededRandom } from "../../src/math/seededRandom.ts";
import { optionCombinations } from "../heads/combinations.ts";

const rows = 128;
const classes = 3;

/** One label that the head takes, from an uneven distribution. */
function label({ reads, domain }: Head, { uniform, normal }: SeededRandom): Label {
  if (reads === "classes") return Math.floor(classes * uniform() ** 2);
  if (reads === "binary") return +(uniform() < 0.2);
  if (reads === "survival") return [0.5 * (1 + Math.floor(8 * uniform())), +(uniform() < 0.7)];
  if (reads === "directions") return [normal(), normal(), 1 + normal()];
  if (domain.integer) return Math.max(domain.low, Math.floor(6 * uniform() ** 2));
  if (domain.low === 0 && domain.high === 1) return 0.1 + 0.5 * uniform();
  return domain.low === 0
    ? Math.exp(0.4 * normal())
    : domain.low > 0
      ? domain.low + uniform()
      : 0.4 + normal();
}

interface Case {
  readonly title: string;
  readonly head: Head;
  readonly options: Options;
  /** Where the outputs lie: around the optimum, or around 0. */
  readonly around: "optimum" | "zero";
}

const cases: Case[] = heads
  .filter(({ loss, none, reads }) => loss !== undefined && !none && reads !== "nothing")
  .flatMap((head) =>
    optionCombinations(head).flatMap((options) =>
      (["optimum", "zero"] as const).map((around) => ({
        title: `${head.name} ${JSON.stringify(options)}, outputs around ${around}`,
        head,
        options,
        around,
      })),
    ),
  );

/** Random outputs of an untrained network, and the predictions that its link makes of them. */
function inputsOf({ title, head, options, around }: Case): { outputs: CheckInput; predictions: CheckInput } {
  const source = seededRandom(1, title);
  const labels = Array.from({ length: rows }, () => label(head, source));
  const width = head.reads === "classes" ? classes - +(head.family === "ordinal") : 1;
  const bound = bind(head, summaryOf(head, labels, rows, width), options);
  const optimum = optimalOutput(bound);
  const scale = head.reads === "numbers" ? 0.2 * Math.min(1, Math.sqrt(bound.columns[0].variance)) : 0.3;
  const values = Array.from({ length: rows }, () =>
    optimum.map((z) => (around === "optimum" ? z : 0.5) + scale * source.normal()),
  );
  const predictions = values.flatMap((row) =>
    bound.columns.flatMap((_, j) => linkOf(head, bound.cellOptions[j]).apply(cellOutput(bound, row, j))),
  );
  const given = { head, labels, rows, options };
  return {
    outputs: { ...given, outputs: values.flat(), given: "outputs" },
    predictions: { ...given, outputs: predictions, given: "predictions" },
  };
}

const hasInverse = ({ head, options, title }: Case) => {
  const source = seededRandom(1, title);
  const labels = Array.from({ length: rows }, () => label(head, source));
  const width = head.reads === "classes" ? classes - +(head.family === "ordinal") : 1;
  const bound = bind(head, summaryOf(head, labels, rows, width), options);
  return linkOf(head, bound.cellOptions[0]).inverse !== undefined;
};

describe("outputs and the predictions made from them get the same verdict", () => {
  test.each(cases.filter(hasInverse))("$title", (item) => {
    const inputs = inputsOf(item);
    const [ofOutputs, ofPredictions] = [checkOutputs(inputs.outputs), checkOutputs(inputs.predictions)];
    expect(ofPredictions.verdict).toBe(ofOutputs.verdict);
    expect(ofPredictions.causes.map(({ name }) => name)).toEqual(ofOutputs.causes.map(({ name }) => name));
    expect(ofPredictions.measuredLoss).toBeCloseTo(ofOutputs.measuredLoss!, 5);
    expect(ofPredictions.expectedLoss).toBeCloseTo(ofOutputs.expectedLoss, 9);
  });

  test.each(cases.filter((item) => !hasInverse(item)))("refused, since no inverse exists: $title", (item) => {
    const { predictions } = inputsOf(item);
    expect(() => checkOutputs(predictions)).toThrow(/cannot be recovered from its predictions/);
  });
});

test("well calibrated rates are sound for a Poisson loss, given as rates", () => {
  const { normal, uniform } = seededRandom(3, "rates");
  const labels = Array.from({ length: 512 }, () => Math.floor(8 * uniform()));
  const mean = labels.reduce((a, b) => a + b) / labels.length;
  const outputs = labels.map(() => mean * Math.exp(0.05 * normal()));
  const { verdict, measuredLoss, expectedLoss } = checkOutputs({
    head: "keras.losses.Poisson",
    outputs,
    labels,
    rows: 512,
    given: "predictions",
  });
  expect(verdict).toBe("sound");
  expect(measuredLoss).toBeCloseTo(expectedLoss, 1);
});
