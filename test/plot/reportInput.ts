import type { Difference, Trial } from "../../src/experiment/record.ts";
import type { ReportInput } from "../../src/plot/report.ts";
import { classes, makeTrials } from "./trials.ts";

const last = (values: readonly number[]) => values[values.length - 1];

/** Differences of made-up trials, with an interval of two standard errors in place of the bootstrap's. */
function difference(trials: readonly Trial[], value: (trial: Trial) => number): Difference {
  const of = (arm: string) => trials.filter((trial) => trial.arm === arm).map(value);
  const zero = of("zero");
  const values = of("prior").map((prior, i) => prior - zero[i]);
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / Math.max(1, values.length - 1);
  const half = 2 * Math.sqrt(variance / values.length);
  const [low, high] = [mean - half, mean + half];
  return { mean, low, high, values, distinguishable: values.length > 1 && low * high > 0 };
}

/** A report's input on made-up trials. */
export function reportInput(seeds: number, trials = makeTrials(["zero", "prior"], seeds)): ReportInput {
  const compare = (
    name: string,
    value: (t: Trial) => number,
    unit: "nats" | "fraction",
    better: "lower" | "higher",
  ) => ({
    quantity: { name, unit, better },
    difference: difference(trials, value),
  });
  const steps = Array.from({ length: seeds }, (_, s) => 28 + (s % 4));
  return {
    title: "CIFAR-10, imbalanced: what the output bias buys",
    summary:
      "A small convolutional network, trained for one epoch on an imbalanced subset of CIFAR-10 by RMSprop in batches of 256.",
    classes,
    testImages: 10_000,
    trials,
    comparisons: [
      {
        arm: "prior",
        baseline: "zero",
        differences: [
          compare("initial loss", (t) => t.initialLoss, "nats", "lower"),
          compare("final training loss", (t) => last(t.runningLosses), "nats", "lower"),
          compare("test loss", (t) => t.test.loss, "nats", "lower"),
          compare("balanced accuracy", (t) => t.test.balancedAccuracy, "fraction", "higher"),
        ],
        stepsSaved: { values: steps, mean: 29.3, low: 28.6, high: 30.1 },
      },
    ],
    run: {
      seeds: trials
        .map(({ seed }) => seed)
        .filter((seed, i, all) => all.indexOf(seed) === i)
        .join(", "),
      baserate: "0.1.0",
      "onnxruntime-node": "1.30.0",
      "Node.js": "v20.20.2",
      machine: "linux x64, 2 cores",
      began: "2026-01-02 03:04 UTC",
      took: "21.4 s",
    },
    plan: "dataset: cifar10\ncounts: [4000, 3700, 100, 4000, 400, 100, 50, 700, 700, 100]\nepochs: 1\nbatchSize: 256\noptimizer: rmsprop",
    command: `baserate reproduce --seeds ${seeds}`,
  };
}
