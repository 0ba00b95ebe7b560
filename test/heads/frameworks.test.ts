import { expect, test } from "vitest";
import { bind } from "../../src/heads/bind.ts";
import { findHead } from "../../src/heads/index.ts";
import type { Options } from "../../src/heads/options.ts";
import { solve } from "../../src/heads/solve.ts";
import { fromCounts } from "../../src/labels/fromCounts.ts";
import {
  summarizeBinary,
  summarizeClasses,
  summarizeDistributions,
  summarizeNumbers,
} from "../../src/labels/summarize.ts";
import type { LabelSummary } from "../../src/labels/summary.ts";
import keras from "../files/losses/keras.json" with { type: "json" };
import lightgbm from "../files/losses/lightgbm.json" with { type: "json" };
import optax from "../files/losses/optax.json" with { type: "json" };
import sklearn from "../files/losses/sklearn.json" with { type: "json" };
import torch from "../files/losses/torch.json" with { type: "json" };

// What the frameworks themselves compute: see scripts/fixtures/losses.py and the scripts beside it.

type Arguments = Readonly<Record<string, number | boolean | string | readonly number[]>>;

interface Labels {
  readonly kind: string;
  readonly rows: readonly (number | readonly (number | null)[])[];
  readonly classes?: number;
  readonly weights?: readonly number[];
  readonly ignore?: number;
}

interface Case {
  readonly loss: string;
  readonly arguments: Arguments;
  readonly labels: string;
  readonly values: readonly { readonly output: readonly number[]; readonly loss: number }[];
  readonly optimum?: readonly number[];
}

interface File {
  readonly labels: Readonly<Record<string, Labels>>;
  readonly cases: readonly Case[];
}

const files = { torch, keras, optax, sklearn, lightgbm } as unknown as Record<string, File>;

/** scikit-learn's losses by our names: the catalogue lists its estimators instead. */
const sklearnLosses: Record<string, [head: string, options?: Options]> = {
  "sklearn.HalfMultinomialLoss": ["softmax"],
  "sklearn.HalfBinomialLoss": ["sigmoid"],
  "sklearn.ExponentialLoss": ["exponential"],
  "sklearn.HalfSquaredError": ["squared-error", { factor: 0.5 }],
  "sklearn.AbsoluteError": ["absolute-error"],
  "sklearn.PinballLoss": ["quantile"],
  "sklearn.HuberLoss": ["huber"],
  "sklearn.HalfPoissonLoss": ["poisson"],
  "sklearn.HalfGammaLoss": ["gamma"],
  "sklearn.HalfTweedieLoss": ["tweedie"],
};

/** Arguments that are options of ours under another name; the loss's own names first. */
const names: Record<string, Record<string, string>> = {
  "lightgbm quantile": { alpha: "tau" },
  "lightgbm huber": { alpha: "delta" },
  any: {
    weight: "classWeights",
    label_smoothing: "labelSmoothing",
    pos_weight: "posWeight",
    scale_pos_weight: "posWeight",
    quantile: "tau",
    tweedie_variance_power: "power",
    fair_c: "c",
  },
};

/** Arguments that say something else than an option's value, by name and value. */
const reread: Record<string, Options> = {
  "reduction=sum": { reduction: "sum", columns: "sum" },
  "reduction=mean": { reduction: "mean" },
  "reduction=mean_with_sample_weight": { reduction: "mean" },
  "reduction=batchmean": { divisor: "rows" },
  "full=true": { constant: "kept" },
  "full=false": { constant: "dropped" },
  "log_input=false": { link: "identity", epsilon: 1e-8 },
  "is_unbalance=true": { posWeight: "balanced" },
  "apply_class_balancing=true": {}, // see peculiarities
};

/** A case as our head with its options: the framework's name of the loss, read by the catalogue, and its arguments. */
function readCase(file: File, { loss, arguments: given, labels: set }: Case) {
  const labels = file.labels[set];
  const { link, ...rest } = given;
  const brier = link === "softmax";
  const [name, implied] = sklearnLosses[loss] ?? [brier ? "brier" : loss];
  const { head, options } = findHead(name);
  const read = Object.entries(rest).map(([argument, value]): Options => {
    if (`${argument}=${value}` in reread) return reread[`${argument}=${value}`];
    const option = names[loss]?.[argument] ?? names.any[argument] ?? argument;
    return { [option]: value as number };
  });
  const own = Object.assign({}, options, implied, ...read, peculiarities(loss, given));
  if (brier) Object.assign(own, { over: "mean", reduction: "rows" });
  else if (link !== undefined) own.activation = link;
  return { head, options: own as Options, summary: summaryOf(labels) };
}

/** Where an argument's meaning depends on other arguments. */
function peculiarities(loss: string, given: Arguments): Options {
  if (loss === "keras.losses.BinaryFocalCrossentropy") {
    return { alpha: given.apply_class_balancing ? ((given.alpha as number) ?? 0.25) : -1 };
  }
  return {};
}

function summaryOf({ kind, rows, classes, weights, ignore }: Labels): LabelSummary {
  if (kind === "classes") {
    return summarizeClasses(rows as number[], { classes, weights, ignoreIndex: ignore });
  }
  const summarizers = {
    distributions: summarizeDistributions,
    binary: summarizeBinary,
    numbers: summarizeNumbers,
  };
  return summarizers[kind as keyof typeof summarizers](rows as number[][], { weights });
}

const describeCase = ({ loss, arguments: given, labels }: Case) =>
  `${loss} ${JSON.stringify(given)}, ${labels}`;

/** Cases with the same loss. */
const byLoss = ({ cases }: File) =>
  new Map(cases.map(({ loss }) => [loss, cases.filter((example) => example.loss === loss)]));

/** Largest error of a loss, as a share of its value or of 1, where the framework itself is less exact than float64. */
const tolerances: Record<string, number> = {
  "keras.losses.CategoricalFocalCrossentropy": 2e-9, // probabilities are divided by their sum plus 1e-7
  "keras.losses.KLDivergence": 1e-6, // labels and probabilities are raised to 1e-7
  "keras.losses.Dice": 2e-8, // 1e-7 is added below the fraction
  "keras.losses.Tversky": 2e-8, // likewise
  "keras.losses.LogCosh": 1e-8, // log 2 is rounded to float32
};

for (const [framework, file] of Object.entries(files)) {
  for (const [loss, cases] of byLoss(file)) {
    const valued = cases.filter(({ values }) => values.length > 0);
    if (valued.length === 0) continue;
    test(`${loss}: our expected loss at constant outputs is ${framework}'s (${valued.length} cases)`, () => {
      for (const example of valued) {
        const { head, options, summary } = readCase(file, example);
        const { expectedLoss } = bind(head, summary, options);
        for (const { output, loss: theirs } of example.values) {
          const error = Math.abs(expectedLoss(output) - theirs) / Math.max(1, Math.abs(theirs));
          expect(error, `${describeCase(example)} at ${output}`).toBeLessThan(tolerances[loss] ?? 1e-12);
        }
      }
    });
  }
}

/** Losses whose framework starts elsewhere than at the minimum, and where. */
const startElsewhere = {
  "sklearn.HuberLoss": "one step from the median",
  "sklearn.PinballLoss": "between two labels, of which only one is a quantile",
  "lightgbm regression_l1": "with weights, between two labels",
  "lightgbm mape": "between two labels",
  "lightgbm quantile": "between two labels",
  "lightgbm huber": "the mean",
  "lightgbm fair": "the mean",
  "lightgbm binary": "without scale_pos_weight or is_unbalance",
};

const started = [sklearn, lightgbm].flatMap((file) =>
  (file as unknown as File).cases
    .filter(({ labels, optimum }) => optimum !== undefined && labels !== "a missing label")
    .map((example) => {
      const { head, options, summary } = readCase(file as unknown as File, example);
      const solution = solve(head, summary, options);
      const theirs = bind(head, summary, options).expectedLoss(example.optimum!);
      return { example, solution, excess: (theirs - solution.expectedLoss!) / Math.max(1, Math.abs(theirs)) };
    }),
);

test("no framework's initial score has a smaller loss than ours, unless ours counts absent classes", () => {
  for (const { example, solution, excess } of started) {
    if (solution.kind === "boundary") expect(solution.warnings, describeCase(example)).not.toEqual([]);
    else expect(excess, describeCase(example)).toBeGreaterThan(-1e-14);
  }
});

test("initial scores are at the minimum but for those known to start elsewhere", () => {
  // LightGBM holds labels in float32.
  const off = started.filter(({ solution, excess }) => solution.kind !== "boundary" && excess > 2e-8);
  expect(new Set(off.map(({ example }) => example.loss))).toEqual(new Set(Object.keys(startElsewhere)));
});

/** Our bias for a case, and the framework's. */
function biases(loss: string, labels: string, given: Arguments = {}) {
  const same = JSON.stringify(given);
  const { example, solution } = started.find(
    ({ example }) =>
      example.loss === loss && example.labels === labels && JSON.stringify(example.arguments) === same,
  )!;
  return { ours: solution.bias[0], theirs: example.optimum![0] };
}

test("Huber: scikit-learn takes one step from the median, LightGBM the mean; the minimum is elsewhere", () => {
  const oneStep = biases("sklearn.HuberLoss", "skewed", { delta: 1 });
  expect(oneStep.theirs).toBeCloseTo(0.67995, 5);
  expect(oneStep.ours).toBeCloseTo(0.840916, 5);
  const mean = biases("lightgbm huber", "skewed", { alpha: 1 });
  expect(mean.theirs).toBeCloseTo(3.529898, 5);
  expect(mean.ours).toBeCloseTo(0.840916, 5);
});

test("scale_pos_weight 7 moves the bias from logit 1/50 by log 7, which LightGBM leaves out", () => {
  const { ours, theirs } = biases("lightgbm binary", "one in fifty", { scale_pos_weight: 7 });
  expect(theirs).toBeCloseTo(Math.log(1 / 49), 6);
  expect(ours).toBeCloseTo(Math.log(7 / 49), 12);
});

test("a missing label is an error, where LightGBM counts it as 0", () => {
  const example = lightgbm.cases.find(({ labels }) => labels === "a missing label")!;
  expect(example.optimum).toEqual([4 / 3]);
  expect(() => summarizeNumbers([[1], [Number.NaN], [3]])).toThrow("row 2");
});

test("with balanced class weights the bias is 0, and not log(pos/neg) as in TensorFlow's tutorial", () => {
  const [negatives, positives] = [284_315, 492];
  const labels = fromCounts([negatives, positives]);
  const options = { ...findHead("keras.losses.BinaryCrossentropy").options, classWeights: "balanced" };
  const { bias, expectedLoss } = solve("sigmoid", labels, options);
  expect(bias[0]).toBeCloseTo(0, 12);
  expect(expectedLoss).toBeCloseTo(Math.LN2, 12);
  const tutorial = bind(findHead("sigmoid").head, labels, options).expectedLoss([
    Math.log(positives / negatives),
  ]);
  expect(tutorial).toBeCloseTo(3.181, 3);
});

test("torch.nn.CrossEntropyLoss divides by class weights for class indices, by rows for one-hot targets", () => {
  const weighted = { classWeights: [1, 3] };
  const loss = (labels: LabelSummary) =>
    bind(findHead("torch.nn.CrossEntropyLoss").head, labels, weighted).expectedLoss([0, 0]);
  const oneHot = [
    [1, 0],
    [1, 0],
    [0, 1],
  ];
  expect(loss(summarizeClasses([0, 0, 1]))).toBeCloseTo(Math.LN2, 14);
  expect(loss(summarizeDistributions(oneHot))).toBeCloseTo((5 / 3) * Math.LN2, 14);
});
