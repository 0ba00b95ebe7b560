import { peerRatios } from "../../bench/peerRatios.ts";
import { drawFigure } from "../../src/plot/drawFigure.ts";
import { checkGap } from "../../src/plot/figures/checkGap.ts";
import { checkLoss } from "../../src/plot/figures/checkLoss.ts";
import { checkPredictions } from "../../src/plot/figures/checkPredictions.ts";
import { initialLoss } from "../../src/plot/figures/initialLoss.ts";
import { labelDistribution } from "../../src/plot/figures/labelDistribution.ts";
import { labelFrequencies } from "../../src/plot/figures/labelFrequencies.ts";
import { lossByBias } from "../../src/plot/figures/lossByBias.ts";
import { lossCurves } from "../../src/plot/figures/lossCurves.ts";
import { originalLossCurves } from "../../src/plot/figures/originalLossCurves.ts";
import { recallByArm } from "../../src/plot/figures/recallByArm.ts";
import { sweepEffects } from "../../src/plot/figures/sweepEffects.ts";
import { classes, makeTrial, makeTrials } from "./trials.ts";

export interface GalleryCase {
  title: string;
  draw: () => Promise<string>;
}

const two = ["zero", "prior"];
const three = ["zero", "prior", "calibrated"];
const five = ["zero", "prior", "calibrated", "half-way", "an arm with a long name"];
const longName =
  "a class whose name was written by somebody who did not think of figures, Donaudampfschifffahrt";
const longClasses = classes.map((c, i) => (i === 3 ? { ...c, name: longName } : c));
const original = (zero = makeTrial(), prior = makeTrial({ arm: "prior" })) => ({
  zero: zero.runningLosses,
  prior: prior.runningLosses,
});

/** Every figure in its usual and its hardest cases: snapshots in test/figures, shown in docs/gallery.md. */
export const gallery: Record<string, GalleryCase> = {
  originalLossCurves: {
    title: "The original's figure",
    draw: () => drawFigure(originalLossCurves, original()),
  },
  "originalLossCurves-diverged": {
    title: "The original's figure, one arm diverged",
    draw: () => drawFigure(originalLossCurves, original(makeTrial({ divergesAt: 30 }))),
  },
  lossCurves: {
    title: "Loss curves, one seed",
    draw: () => drawFigure(lossCurves, makeTrials(two, 1)),
  },
  "lossCurves-seeds": {
    title: "Loss curves, ten seeds",
    draw: () => drawFigure(lossCurves, makeTrials(two, 10)),
  },
  "lossCurves-arms": {
    title: "Loss curves, five arms of three seeds",
    draw: () => drawFigure(lossCurves, makeTrials(five, 3)),
  },
  "lossCurves-epochs": {
    title: "Loss curves, three epochs",
    draw: () => drawFigure(lossCurves, makeTrials(two, 2, { epochs: 3 })),
  },
  "lossCurves-short": {
    title: "Loss curves, five steps",
    draw: () => drawFigure(lossCurves, makeTrials(two, 1, { steps: 5 })),
  },
  "lossCurves-narrow": {
    title: "Loss curves, ten seeds, as wide as a phone",
    draw: () => drawFigure(lossCurves, makeTrials(two, 10), { width: 380 }),
  },
  "lossCurves-long": {
    title: "Loss curves, 2,000 steps",
    draw: () => drawFigure(lossCurves, makeTrials(two, 1, { steps: 2000 })),
  },
  "lossCurves-diverged": {
    title: "Loss curves, one of ten seeds not finite",
    draw: () =>
      drawFigure(lossCurves, [
        ...makeTrials(two, 9),
        makeTrial({ seed: 42, divergesAt: 20 }),
        makeTrial({ arm: "prior", seed: 42 }),
      ]),
  },
  "lossCurves-runaway": {
    title: "Loss curves, one arm off the scale",
    draw: () => drawFigure(lossCurves, [makeTrial({ growth: 1.5 }), makeTrial({ arm: "prior" })]),
  },
  "lossCurves-nothing": {
    title: "Loss curves, no finite loss",
    draw: () => drawFigure(lossCurves, makeTrials(two, 1, { divergesAt: 1 })),
  },
  peerRatios: {
    title: "Time and memory of other tools, as multiples of baserate's",
    draw: () =>
      drawFigure(
        peerRatios,
        ["whole experiment, time", "trainings an hour"].flatMap((measure, i) =>
          [1, 2.4, 1.3].map((times, j) => ({
            measure,
            name: ["baserate", "TensorFlow", "PyTorch"][j],
            ratio: i === 1 ? 1 / times : times,
            moreIsBetter: i === 1,
          })),
        ),
      ),
  },
  recallByArm: {
    title: "Recall by class, one seed",
    draw: () => drawFigure(recallByArm, { classes, trials: makeTrials(two, 1) }),
  },
  "recallByArm-seeds": {
    title: "Recall by class, ten seeds",
    draw: () => drawFigure(recallByArm, { classes, trials: makeTrials(two, 10) }),
  },
  "recallByArm-arms": {
    title: "Recall by class, five arms and a long name",
    draw: () => drawFigure(recallByArm, { classes: longClasses, trials: makeTrials(five, 3) }),
  },
  "recallByArm-narrow": {
    title: "Recall by class, as wide as a phone",
    draw: () =>
      drawFigure(recallByArm, { classes: longClasses, trials: makeTrials(three, 10) }, { width: 380 }),
  },
  initialLoss: {
    title: "Initial loss, one seed",
    draw: () => drawFigure(initialLoss, makeTrials(two, 1)),
  },
  "initialLoss-narrow": {
    title: "Initial loss, ten seeds, as wide as a phone",
    draw: () => drawFigure(initialLoss, makeTrials(three, 10), { width: 380 }),
  },
  "initialLoss-arms": {
    title: "Initial loss, five arms of ten seeds",
    draw: () => drawFigure(initialLoss, makeTrials(five, 10)),
  },
  sweepEffects: {
    title: "Sweep, two arms in six settings",
    draw: () => drawFigure(sweepEffects, { baseline: "zero", effects: effects(6, ["prior", "calibrated"]) }),
  },
  "sweepEffects-narrow": {
    title: "Sweep, one arm in three settings of one seed, as wide as a phone",
    draw: () =>
      drawFigure(sweepEffects, { baseline: "zero", effects: effects(3, ["prior"], 1) }, { width: 380 }),
  },
  labelFrequencies: {
    title: "Label frequencies, and the first predictions",
    draw: () => drawFigure(labelFrequencies, { rows: frequencies(classes) }),
  },
  "labelFrequencies-many": {
    title: "Label frequencies, forty of a thousand classes",
    draw: () =>
      drawFigure(labelFrequencies, {
        rows: frequencies(
          Array.from({ length: 40 }, (_, k) => ({ name: `${longName} ${k}`, count: 900 - 20 * k })),
        ),
        leftOut: 960,
      }),
  },
  "labelFrequencies-narrow": {
    title: "Label frequencies of one column, as wide as a phone",
    draw: () =>
      drawFigure(
        labelFrequencies,
        { rows: [{ name: "sold", share: 0.03, atZero: 0.5, atBias: 0.03 }] },
        { width: 380 },
      ),
  },
  labelDistribution: {
    title: "Distribution of real-valued labels, and the first predictions",
    draw: () => drawFigure(labelDistribution, { ...bell(20, 12), atZero: 0, atBias: 21.3, name: "price" }),
  },
  "labelDistribution-far": {
    title: "Distribution of labels far from 0, with a few extreme ones",
    draw: () =>
      drawFigure(
        labelDistribution,
        { ...bell(5000, 2, 1e6), atZero: 0, atBias: 5000, name: "altitude" },
        { width: 380 },
      ),
  },
  "labelDistribution-constant": {
    title: "Labels that are all the same",
    draw: () =>
      drawFigure(labelDistribution, { values: [3], weights: [10], atZero: 0, atBias: 3, name: "rank" }),
  },
  lossByBias: {
    title: "The expected loss by bias, ten outputs",
    draw: () =>
      drawFigure(lossByBias, {
        points: positions.map((position) => ({ position, loss: 1.6 + 0.7 * (position - 1) ** 2 })),
        lossAtZero: 2.3,
        lossAtBias: 1.6,
        loss: "softmax",
      }),
  },
  "lossByBias-one": {
    title: "The expected loss by bias, one output, as wide as a phone",
    draw: () =>
      drawFigure(
        lossByBias,
        {
          points: positions.map((position) => ({ position, loss: 7e4 + 5e4 * Math.abs(position - 1) })),
          lossAtZero: 12e4,
          lossAtBias: 7e4,
          bias: -4.6,
          loss: "absolute-error",
        },
        { width: 380 },
      ),
  },
  checkLoss: {
    title: "Check of one network, bias not set",
    draw: () =>
      drawFigure(checkLoss, {
        band: { low: 1.5, high: 1.72 },
        expectedLoss: 1.6012,
        lossAtZero: 2.35,
        measuredLoss: 2.3391,
        verdict: "not sound",
      }),
  },
  "checkLoss-narrow": {
    title: "Check of one network, as wide as a phone",
    draw: () =>
      drawFigure(
        checkLoss,
        {
          band: { low: -0.2, high: 1230 },
          expectedLoss: 3,
          lossAtZero: 60_000,
          measuredLoss: 3.4,
          verdict: "sound",
        },
        { width: 380 },
      ),
  },
  checkGap: {
    title: "What each part adds to the expected loss",
    draw: () =>
      drawFigure(checkGap, {
        expectedLoss: 1.6012,
        measuredLoss: 2.4391,
        gap: { bias: 0.7, variance: 0.2, association: -0.0621 },
      }),
  },
  "checkGap-narrow": {
    title: "What each part adds to the expected loss, as wide as a phone",
    draw: () =>
      drawFigure(
        checkGap,
        { expectedLoss: 3, measuredLoss: 1230, gap: { bias: 0, variance: 1227.001, association: -0.001 } },
        { width: 380 },
      ),
  },
  checkPredictions: {
    title: "Mean prediction against the labels",
    draw: () =>
      drawFigure(checkPredictions, {
        rows: longClasses.map(({ name }, k) => ({
          name,
          meanLabel: [0.3, 0.5, 0.02][k % 3],
          prediction: 0.1,
        })),
      }),
  },
};

/** Effects of two arms over `count` settings, by five measures. */
function effects(count: number, arms: readonly string[], seeds = 10) {
  const measures = [
    "initial loss (nats)",
    "final training loss (nats)",
    "test loss (nats)",
    "balanced test accuracy (points)",
  ];
  const size = [0.7, 0.13, 0.3, 2.1];
  return Array.from({ length: count }, (_, i) =>
    measures.flatMap((measure, m) =>
      arms.map((arm, a) => {
        const mean = size[m] * Math.cos(1.3 * i + a + m / 2);
        const half = (size[m] * (1 + i)) / 12;
        const setting = `batchSize ${64 << i}, learningRate ${0.001 * (i + 1)}`;
        return {
          setting,
          arm,
          measure,
          mean,
          low: seeds > 1 ? mean - half : null,
          high: seeds > 1 ? mean + half : null,
        };
      }),
    ),
  ).flat();
}

const positions = Array.from({ length: 81 }, (_, i) => -0.5 + i / 32);

/** Classes as rows of label frequencies: predicted evenly at bias 0, as often as they are at the bias. */
function frequencies(counted: readonly { readonly name: string; readonly count: number }[]) {
  const total = counted.reduce((sum, { count }) => sum + count, 0);
  return counted.map(({ name, count }) => ({
    name,
    share: count / total,
    atZero: 1 / counted.length,
    atBias: count / total,
  }));
}

/** Points of a bell curve, and an extreme one if asked for. */
function bell(mean: number, deviation: number, extreme?: number) {
  const steps = Array.from({ length: 601 }, (_, i) => -3 + i / 100);
  const values = steps.map((x) => mean + deviation * x);
  const weights = steps.map((x) => Math.exp((-x * x) / 2));
  return extreme === undefined
    ? { values, weights }
    : { values: [...values, extreme], weights: [...weights, 0.05] };
}
