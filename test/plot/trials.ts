import type { Trial } from "../../src/experiment/record.ts";

/** Made-up trials with the shape of the real ones, for figures and the report. */

export const classes = [
  { name: "airplane", count: 4000 },
  { name: "automobile", count: 3700 },
  { name: "bird", count: 100 },
  { name: "cat", count: 4000 },
  { name: "deer", count: 400 },
  { name: "dog", count: 100 },
  { name: "frog", count: 50 },
  { name: "horse", count: 700 },
  { name: "ship", count: 700 },
  { name: "truck", count: 100 },
];

const recalls: Record<string, number[]> = {
  zero: [0.78, 0.74, 0, 0.83, 0.01, 0, 0, 0.16, 0.12, 0],
  prior: [0.79, 0.78, 0, 0.84, 0.03, 0, 0, 0.24, 0.19, 0],
};

/** Uniform numbers in [0, 1) (mulberry32, https://gist.github.com/tommyettinger/46a874533244883189143505d203312c). */
function uniforms(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface TrialOptions {
  arm?: string;
  seed?: number;
  /** Steps an epoch. */
  steps?: number;
  epochs?: number;
  /** From this step (1-based) on every loss is NaN. */
  divergesAt?: number;
  /** Loss of each step is multiplied by this, compounding, once past half of the steps. */
  growth?: number;
}

/** One trial: a batch's loss falls from the arm's start to about 1.4 with noise of standard deviation 0.08. */
export function makeTrial(options: TrialOptions = {}): Trial {
  const { arm = "zero", seed = 33, steps = 55, epochs = 1, divergesAt = Infinity, growth = 1 } = options;
  const uniform = uniforms(seed * 7919 + [...arm].reduce((sum, letter) => sum + letter.charCodeAt(0), 0));
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  const start = arm === "zero" ? 2.2713 : 1.5988;
  const fast = arm === "zero" ? 0.8 : 0.13;
  const batchLosses: number[] = [];
  const runningLosses: number[] = [];
  for (let i = 0; i < steps * epochs; i++) {
    const t = i / 55;
    const trend = start - fast * (1 - Math.exp(-t * 12)) - 0.1 * (1 - Math.exp(-t)) + 0.08 * normal();
    const loss = i + 1 >= divergesAt ? Number.NaN : trend * growth ** Math.max(0, i - (steps * epochs) / 2);
    batchLosses.push(loss);
    const epoch = batchLosses.slice(Math.floor(i / steps) * steps);
    runningLosses.push(epoch.reduce((a, b) => a + b, 0) / epoch.length);
  }
  const expectedLoss = arm === "zero" ? Math.log(10) : 1.601227;
  const initialLoss = start + 0.012 * normal();
  const band = { low: expectedLoss - 0.035, high: expectedLoss + 0.06 };
  const recall = (recalls[arm] ?? recalls.prior).map((r) =>
    Math.min(1, Math.max(0, r + 0.03 * r * normal())),
  );
  const balancedAccuracy = recall.reduce((a, b) => a + b, 0) / recall.length;
  const weights = classes.map(({ count }) => count / 13850);
  const onTrainingMix = recall.reduce((sum, r, c) => sum + r * weights[c], 0);
  return {
    plan: "made up",
    arm,
    seed,
    outputBias: arm === "zero" ? classes.map(() => 0) : weights.map(Math.log),
    expectedLoss,
    initialLoss,
    band,
    inBand: initialLoss >= band.low && initialLoss <= band.high,
    epochs: batchLosses.map((_, i) => Math.floor(i / steps)),
    batchLosses,
    runningLosses,
    runningAccuracies: runningLosses.map((loss) => Math.max(0, 0.72 - loss / 6)),
    test: { loss: 2.61 + 0.02 * normal(), accuracy: balancedAccuracy, balancedAccuracy, recall },
    testTrainingMix: { loss: 1.39 + 0.01 * normal(), accuracy: onTrainingMix, balancedAccuracy, recall },
    stopped: false,
  };
}

/** `seeds` trials of each arm, seed 33 and on. */
export const makeTrials = (arms: readonly string[], seeds: number, options: TrialOptions = {}): Trial[] =>
  Array.from({ length: seeds }, (_, s) =>
    arms.map((arm) => makeTrial({ ...options, arm, seed: 33 + s })),
  ).flat();
