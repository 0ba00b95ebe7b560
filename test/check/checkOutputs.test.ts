import fc from "fast-check";
import { expect, test } from "vitest";
import type { CauseName } from "../../src/check/cause.ts";
import type { CheckInput } from "../../src/check/checkInput.ts";
import { checkOutputs } from "../../src/check/checkOutputs.ts";
import { heads } from "../../src/heads/index.ts";
import { solve } from "../../src/heads/solve.ts";
import { summaryOf } from "../../src/heads/summaryOf.ts";
import { fromCounts } from "../../src/labels/fromCounts.ts";
import { sigmoid } from "../../src/math/logit.ts";
import { softmax } from "../../src/math/logSumExp.ts";
import { seededRandom } from "../../src/math/seededRandom.ts";

const counts = [400, 370, 10, 400, 40, 10, 5, 70, 70, 10];
const width = counts.length;
const rows = 200;
const prior = solve("softmax", fromCounts(counts)).bias;
const zero = prior.map(() => 0);

/** Class labels in the mix of `counts`, row after row in a random order. */
function drawLabels(seed: number): number[] {
  const all = counts.flatMap((count, k) => new Array<number>(count).fill(k));
  return Array.from(seededRandom(seed, "labels").shuffle(all)).slice(0, rows);
}

/** bias + an offset that all rows share + noise between rows. */
function drawOutputs(bias: readonly number[], seed: number, noise = 0.3, offset = 0.3): number[] {
  const { normal } = seededRandom(seed, "outputs");
  const shared = bias.map((b) => b + offset * normal());
  return Array.from({ length: rows }, () => shared.map((z) => z + noise * normal())).flat();
}

const softmaxCase = (outputs: number[], more: Partial<CheckInput> = {}): CheckInput => ({
  head: "softmax",
  outputs,
  labels: drawLabels(1),
  rows,
  training: fromCounts(counts),
  ...more,
});

const eachRow = (outputs: number[], k: number, f: (row: number[]) => number[]) =>
  Array.from({ length: outputs.length / k }, (_, i) => f(outputs.slice(i * k, (i + 1) * k))).flat();

const yesNo = Array.from({ length: rows }, (_, i) => +(i % 20 === 0));
const sigmoidCase = (outputs: number[], more: Partial<CheckInput> = {}): CheckInput => ({
  head: "sigmoid",
  outputs,
  labels: yesNo,
  rows,
  ...more,
});

const numbersCase = (outputs: number[], mean: number, deviation: number): CheckInput => {
  const { normal } = seededRandom(5, "numbers");
  const labels = Array.from({ length: rows }, () => mean + deviation * normal());
  return { head: "squared-error", outputs, labels, rows };
};

const measured = (input: CheckInput) => checkOutputs(input).measuredLoss!;
const reporting = (input: CheckInput, f: (loss: number) => number) => ({
  ...input,
  reportedLoss: f(measured(input)),
});
const reportingSmoothed = (input: CheckInput, labelSmoothing: number) => ({
  ...input,
  reportedLoss: measured({ ...input, options: { labelSmoothing } }),
});
const tiny = { low: 0, high: 1 / 255, size: 0.5 / 255 };
const bytes = { low: 0, high: 255, size: 130 };

/** For every cause, set-ups of which it is the first to be named. */
const broken: Record<CauseName, (seed: number) => CheckInput[]> = {
  "NaN or infinity": (seed) => [
    softmaxCase(drawOutputs(prior, seed).with(17, Number.NaN)),
    softmaxCase(drawOutputs(prior, seed).with(0, Number.NEGATIVE_INFINITY)),
  ],
  "softmax missing": (seed) => [softmaxCase(drawOutputs(prior, seed), { given: "predictions" })],
  "sigmoid missing": (seed) => [sigmoidCase(drawOutputs([-3], seed), { given: "predictions" })],
  "softmax applied twice": (seed) => [softmaxCase(eachRow(drawOutputs(prior, seed), width, softmax))],
  "sigmoid applied twice": (seed) => [
    sigmoidCase(drawOutputs([0], seed, 0.2, 0.1).map(sigmoid)),
    sigmoidCase(drawOutputs([Math.log(1 / 19)], seed, 0.1, 0.05).map(sigmoid)),
  ],
  "wrong link": (seed) => [
    softmaxCase(drawOutputs(prior, seed).map(sigmoid), { given: "predictions" }),
    {
      ...sigmoidCase(eachRow(drawOutputs([0, 0, 0], seed), 3, softmax), { given: "predictions" }),
      labels: Array.from({ length: 3 * rows }, (_, i) => +(i % 5 < 2)),
    },
    {
      ...sigmoidCase(drawOutputs([0.8, 0.7, 0.9].map(Math.log), seed, 0.1, 0.02)),
      labels: Array.from({ length: 3 * rows }, (_, i) => +(((i / 3) | 0) % 10 < [8, 7, 9][i % 3])),
    },
  ],
  "wrong activation": (seed) => [
    softmaxCase(drawOutputs(zero, seed).map((z) => Math.max(0, z))),
    softmaxCase(drawOutputs(prior, seed).map(sigmoid)),
    numbersCase(drawOutputs([0], seed, 0.3, 0.1).map(sigmoid), 0, 1),
  ],
  "input-independent outputs": (seed) => [softmaxCase(drawOutputs(prior, seed, 0, 2))],
  "identical units": (seed) => [
    softmaxCase(eachRow(drawOutputs([0], seed), 1, ([z]) => prior.map((b) => b + z))),
  ],
  "dead or saturated outputs": (seed) => [
    softmaxCase(eachRow(drawOutputs(prior, seed), width, (z) => z.with(3, 0))),
    softmaxCase(drawOutputs(zero, seed, 50).map((z) => Math.tanh(z))),
  ],
  "labels shifted or permuted": (seed) => [
    softmaxCase(drawOutputs(prior, seed), {
      labels: [...drawLabels(1).slice(2), 0, 9].map((k) => k + 1),
    }),
    softmaxCase(drawOutputs([...prior.slice(1), prior[0]], seed, 0.2, 0.1)),
    softmaxCase(
      drawOutputs(
        [3, 7, 1, 9, 0, 5, 2, 8, 6, 4].map((k) => prior[k]),
        seed,
        0.1,
        0.02,
      ),
    ),
  ],
  "wrong sign": (seed) => [
    reporting(softmaxCase(drawOutputs(prior, seed)), (loss) => -loss),
    softmaxCase(
      drawOutputs(
        prior.map((b) => -b),
        seed,
      ),
    ),
  ],
  "wrong reduction": (seed) => [
    reporting(softmaxCase(drawOutputs(prior, seed)), (loss) => loss * rows),
    reporting(numbersCase(drawOutputs([0], seed), 0, 1), (loss) => loss * rows),
  ],
  "wrong loss": (seed) => [
    reporting(softmaxCase(drawOutputs(prior, seed)), () => 0.0893),
    reporting(numbersCase(drawOutputs([0], seed), 0, 1), (loss) => 0.4 * loss),
  ],
  "label smoothing differs": (seed) => [reportingSmoothed(softmaxCase(drawOutputs(prior, seed)), 0.1)],
  "padding counted": (seed) => {
    const input = softmaxCase(drawOutputs(prior, seed));
    const labels = (input.labels as number[]).map((label, i) => (i % 4 === 0 ? -100 : label));
    return [reporting({ ...input, labels, ignoreIndex: -100 }, (loss) => (loss * 150) / 200)];
  },
  "inputs not scaled": (seed) => [softmaxCase(drawOutputs(prior, seed, 40), { data: bytes })],
  "inputs scaled twice": (seed) => [softmaxCase(drawOutputs(prior, seed, 0.001, 0.001), { data: tiny })],
  "outputs too large": (seed) => [
    softmaxCase(drawOutputs(prior, seed, 12)),
    sigmoidCase(drawOutputs([-3], seed, 20)),
  ],
  "target not standardised": (seed) => [numbersCase(drawOutputs([0], seed), 200, 80)],
  "bias not set": (seed) => [
    softmaxCase(drawOutputs(zero, seed)),
    sigmoidCase(drawOutputs([0], seed)),
    numbersCase(drawOutputs([0], seed), 5, 1),
  ],
  "weighted training with unweighted prior": (seed) => [
    softmaxCase(drawOutputs(prior, seed), { options: { classWeights: "balanced" } }),
    sigmoidCase(drawOutputs([Math.log(1 / 19)], seed, 0.2, 0.05), { options: { posWeight: 19 } }),
  ],
  "another data set's prior": (seed) => [
    softmaxCase(drawOutputs([-0.3, -6, -4, -7, -1, -5, -6, -2, -7, -4], seed, 0.2, 0.1)),
    sigmoidCase(drawOutputs([6], seed, 0.1, 0.05)),
  ],
  "trained already": (seed) => {
    const labels = drawLabels(1);
    const helped = drawOutputs(prior, seed).map(
      (z, i) => z + 6 * +(labels[Math.floor(i / width)] === i % width),
    );
    return [softmaxCase(helped)];
  },
};

test.each(Object.entries(broken))("%s is named first", (name, cases) => {
  for (const seed of [1, 2, 3, 4]) {
    for (const [i, input] of cases(seed).entries()) {
      const { verdict, causes } = checkOutputs(input);
      expect([i, seed, verdict, causes[0]?.name]).toEqual([i, seed, "not sound", name]);
      expect(causes[0].evidence.length).toBeGreaterThan(10);
      expect(causes[0].fix.length).toBeGreaterThan(10);
    }
  }
});

test("a network at the prior is sound, whatever its spread and offset up to those of Glorot's and He's kernels", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 1e6 }),
      fc.double({ min: 0.01, max: 1.2, noNaN: true }),
      fc.double({ min: 0, max: 0.8, noNaN: true }),
      (seed, noise, ratio) => {
        const report = checkOutputs(softmaxCase(drawOutputs(prior, seed, noise, ratio * noise)));
        expect(report.causes).toEqual([]);
        expect(report.measuredLoss).toBeGreaterThanOrEqual(report.band!.low);
        expect(report.measuredLoss).toBeLessThanOrEqual(report.band!.high);
      },
    ),
    { numRuns: 200, seed: 1 },
  );
});

test("the parts of the gap add up to measured less expected loss", () => {
  for (const input of Object.values(broken).flatMap((cases) => cases(1))) {
    const { gap, measuredLoss, expectedLoss } = checkOutputs(input);
    if (gap === null) continue;
    const scale = Math.abs(gap.bias) + Math.abs(gap.variance) + Math.abs(gap.association) + 1;
    expect((gap.bias + gap.variance + gap.association - (measuredLoss! - expectedLoss)) / scale).toBeCloseTo(
      0,
      9,
    );
  }
});

test("predictions are taken back through the link: the same report as from raw outputs", () => {
  const outputs = drawOutputs(prior, 1);
  const raw = checkOutputs(softmaxCase(outputs));
  const predicted = checkOutputs(softmaxCase(eachRow(outputs, width, softmax), { given: "predictions" }));
  expect(predicted.verdict).toBe("sound");
  expect(predicted.measuredLoss).toBeCloseTo(raw.measuredLoss!, 6);
});

test("every head with an optimum and a loss of single rows accepts the output that it is optimal at", () => {
  const numbers = Array.from({ length: 60 }, (_, i) => 0.5 + ((i * 7) % 60) / 60);
  const checked = heads.filter((head) => !head.none && head.loss !== undefined && head.reads !== "nothing");
  for (const head of checked) {
    const labels =
      head.reads === "survival"
        ? numbers.map((y, i) => [Math.ceil(3 * y), +(i % 3 > 0)])
        : head.reads === "directions"
          ? numbers.map((y) => [y, 1])
          : head.reads === "numbers"
            ? numbers.map((y) => (head.family === "counts" ? Math.round(3 * y) : y))
            : numbers.map((_, i) => (i % 3) % (head.reads === "binary" ? 2 : 3));
    const { bias } = solve(head, summaryOf(head, labels, 60, 3));
    const outputs = numbers.flatMap((_, i) => bias.map((b) => b + 0.01 * Math.sin(i)));
    const { measuredLoss, expectedLoss } = checkOutputs({ head, outputs, labels, rows: 60 });
    expect([head.name, Math.abs(measuredLoss! - expectedLoss) < 0.02 * (1 + Math.abs(expectedLoss))]).toEqual(
      [head.name, true],
    );
  }
});

test("sizes that do not fit are refused in one line", () => {
  expect(() => checkOutputs({ head: "softmax", outputs: [1, 2, 3], labels: [0, 1], rows: 2 })).toThrow(
    /3 outputs for 2 rows/,
  );
  expect(() => checkOutputs(softmaxCase(drawOutputs(prior, 1), { labels: [0, 1] }))).toThrow(/200 rows/);
  expect(() =>
    checkOutputs(softmaxCase(drawOutputs([0, 0, 0], 1), { training: fromCounts([1, 1]), labels: yesNo })),
  ).toThrow(/3 outputs per row, but softmax needs 2/);
  expect(() => checkOutputs({ head: "lambdarank", outputs: [1, 2], labels: [0, 1], rows: 2 })).toThrow(
    /no check for lambdarank/,
  );
});

test("of thousands of outputs, the few that have labels show whether the bias is set", () => {
  const many = 3000;
  const mostly = Array.from({ length: many }, (_, k) => (k < 10 ? counts[k] : 0));
  const training = fromCounts(mostly);
  const { normal } = seededRandom(3, "many outputs");
  const noise = Array.from({ length: rows * many }, () => 0.3 * normal());
  const { bias } = solve("softmax", training);
  const verdict = (outputs: number[]) => checkOutputs(softmaxCase(outputs, { training }));
  expect(verdict(noise).causes[0]?.name).toBe("bias not set");
  expect(verdict(noise.map((z, i) => z + bias[i % many])).causes).toEqual([]);
});

test("labels counted from 1 are told from all training labels", () => {
  const labels = drawLabels(1).map((label) => label + 1);
  const training = { labels: counts.flatMap((count, k) => new Array<number>(count).fill(k + 1)), rows: 1385 };
  const { causes, predictions } = checkOutputs(
    softmaxCase(drawOutputs(prior, 1), { labels, training, rows }),
  );
  expect(causes[0].name).toBe("labels shifted or permuted");
  expect(predictions[0].meanLabel).toBeCloseTo(400 / 1385);
});

test("class indices with sigmoids are a yes or no for each output", () => {
  const labels = drawLabels(1);
  const indices = checkOutputs({ head: "sigmoid", outputs: drawOutputs(prior, 1), labels, rows });
  const oneHot = labels.flatMap((label) => zero.map((_, k) => +(k === label)));
  const columns = checkOutputs({ head: "sigmoid", outputs: drawOutputs(prior, 1), labels: oneHot, rows });
  expect(indices).toEqual(columns);
  expect(() =>
    checkOutputs(sigmoidCase(drawOutputs(prior, 1), { training: fromCounts(counts) })),
  ).not.toThrow();
});

test("outputs whose loss is infinite are too large", () => {
  const outputs = Array.from({ length: rows }, () => 1000);
  const { verdict, causes, measuredLoss } = checkOutputs({ head: "poisson", outputs, labels: yesNo, rows });
  expect([verdict, causes[0].name, measuredLoss]).toEqual(["not sound", "outputs too large", null]);
});

test("the size that is called too large is above the one that sound networks stay below", () => {
  const evidence = Array.from({ length: 60 }, (_, seed) => {
    const outputs = drawOutputs(prior, seed, 1 + (seed % 5), 2 + (seed % 3));
    const { causes } = checkOutputs(softmaxCase(outputs));
    return causes.filter(({ name }) => name === "outputs too large").map((cause) => cause.evidence);
  }).flat();
  expect(evidence.filter((text) => text.startsWith("outputs are")).length).toBeGreaterThan(3);
  expect(evidence.filter((text) => text.startsWith("outputs differ")).length).toBeGreaterThan(3);
  for (const text of evidence) {
    const [size, ...more] = text.match(/\d+(\.\d+)?/g)!.map(Number);
    expect(size).toBeGreaterThan(more.at(-1)!);
  }
});

test("even classes and few rows: nothing is advised that the rows cannot support", () => {
  for (const [classes, many] of [
    [1000, 1024],
    [100, 256],
    [2000, 500],
  ]) {
    const { int, normal } = {
      int: seededRandom(7, "even").uniform,
      normal: seededRandom(7, "even outputs").normal,
    };
    const labels = Array.from({ length: many }, () => Math.floor(int() * classes));
    const outputs = Array.from({ length: many * classes }, () => 0.1 * normal());
    const report = checkOutputs({ head: "softmax", outputs, labels, rows: many });
    expect([classes, report.verdict, report.causes]).toEqual([classes, "sound", []]);
    expect(report.expectedLoss).toBeGreaterThan(0.98 * Math.log(classes));
  }
});

test("a head that starts at zero is sound, and the first step will wake it", () => {
  const constant = Array.from({ length: rows }, () => prior).flat();
  const report = checkOutputs(softmaxCase(constant));
  expect([report.verdict, report.causes]).toEqual(["sound", []]);
  expect(report.notes.join(" ")).toContain("the first step will wake it");
  expect(checkOutputs(softmaxCase(constant.map(() => 0))).causes[0].name).toBe("bias not set");
});

test("large outputs of a network whose bias is right start high, which is no fault", () => {
  const { verdict, causes, notes } = checkOutputs(softmaxCase(drawOutputs(prior, 3, 4, 0.5)));
  expect([verdict, causes[0].name, causes[0].isHonest]).toEqual(["starts high", "outputs too large", true]);
  expect(notes.join(" ")).toContain("the variance of the outputs");
});

test("a band never goes below the least loss, and what is above it is not called sound", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 1e6 }),
      fc.double({ min: 0.01, max: 12, noNaN: true }),
      fc.double({ min: 0, max: 12, noNaN: true }),
      (seed, noise, offset) => {
        const { band, verdict, measuredLoss, expectedLoss } = checkOutputs(
          softmaxCase(drawOutputs(prior, seed, noise, offset)),
        );
        expect(band!.low).toBeGreaterThanOrEqual(0);
        if (verdict !== "sound") return;
        expect(measuredLoss).toBeLessThanOrEqual(band!.high);
        expect(measuredLoss).toBeLessThan(1.5 * expectedLoss);
      },
    ),
    { numRuns: 100, seed: 2 },
  );
});

test("a softmax of a softmax is told from predictions alone, where labels are uneven", () => {
  const twice = eachRow(eachRow(drawOutputs(prior, 1), width, softmax), width, softmax);
  expect(checkOutputs(softmaxCase(twice, { given: "predictions" })).causes[0].name).toBe(
    "softmax applied twice",
  );
});

test("a loss that is not divided by its micro-batches is told, with or without their number", () => {
  const input = reporting(softmaxCase(drawOutputs(prior, 1)), (loss) => 8 * loss);
  expect(checkOutputs(input).causes[0].evidence).toContain("8 micro-batches (a guess");
  const told = checkOutputs({ ...input, accumulate: 8 }).causes[0];
  expect([told.name, told.evidence.includes("(a guess")]).toEqual(["wrong reduction", false]);
});

test("rows of one input are not independent: copies of each row do not lower the standard error", () => {
  const input = softmaxCase(drawOutputs(prior, 1));
  const copy = <T>(values: ArrayLike<T>, each: number) =>
    Array.from({ length: rows }, (_, i) => {
      const row = Array.prototype.slice.call(values, i * each, (i + 1) * each);
      return [...row, ...row, ...row, ...row];
    }).flat();
  const more = { outputs: copy(input.outputs, width), labels: copy(input.labels, 1), rows: 4 * rows };
  const once = checkOutputs(input).standardError!;
  expect(checkOutputs({ ...input, ...more, rowsPerInput: 4 }).standardError).toBeCloseTo(once, 9);
  expect(checkOutputs({ ...input, ...more }).standardError).toBeCloseTo(once / 2, 9);
});

test("plain cross-entropy in one pass gives the losses of the general way", () => {
  const input = softmaxCase(drawOutputs(prior, 1));
  const general = checkOutputs({ ...input, options: { classWeights: zero.map(() => 1) } });
  const plain = checkOutputs(input);
  expect(plain.measuredLoss).toBeCloseTo(general.measuredLoss!, 12);
  expect(plain.gap!.variance).toBeCloseTo(general.gap!.variance, 12);
  expect(plain.standardError).toBeCloseTo(general.standardError!, 12);
});
