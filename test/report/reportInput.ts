import { comparisons } from "../../src/experiment/comparison.ts";
import type { ReportInput } from "../../src/report/htmlReport.ts";
import { classes, makeTrials } from "../plot/trials.ts";

/** A report's input on made-up trials. */
export function reportInput(seeds: number, trials = makeTrials(["zero", "prior"], seeds)): ReportInput {
  return {
    title: "CIFAR-10, imbalanced: what the output bias buys",
    summary:
      "A small convolutional network, trained for one epoch on an imbalanced subset of CIFAR-10 by RMSprop in batches of 256.",
    facts: {
      name: "cifar10",
      unit: "image",
      classes,
      trainCount: classes.reduce((sum, { count }) => sum + count, 0),
      testCount: 10_000,
      notes: [],
    },
    trials,
    comparisons: comparisons(trials),
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
