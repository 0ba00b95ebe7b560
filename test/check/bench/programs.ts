import type { CheckInput } from "../../../src/check/checkInput.ts";
import type { Dataset } from "../../../src/data/dataset.ts";
import { imbalancedSubset } from "../../../src/data/imbalancedSubset.ts";
import { syntheticDataset } from "../../../src/data/synthetic.ts";
import { calibrate } from "../../../src/heads/calibrate.ts";
import { solve } from "../../../src/heads/solve.ts";
import { fromCounts } from "../../../src/labels/fromCounts.ts";
import { summarizeNumbers } from "../../../src/labels/summarize.ts";
import type { LabelSummary } from "../../../src/labels/summary.ts";
import { seededRandom } from "../../../src/math/seededRandom.ts";
import { type Inputs, rows } from "./networks.ts";

export const imbalancedCounts = [4000, 3700, 100, 4000, 400, 100, 50, 700, 700, 100];
const balancedCounts = new Array<number>(10).fill(500);

/** A task with its data: what stands at the end of the network, and what is known of the labels. */
export interface Task {
  readonly head: string;
  readonly inputs: Inputs;
  readonly labels: readonly number[];
  readonly training: LabelSummary;
  readonly units: number;
  readonly isBalanced: boolean;
}

export function imageTask(dataset: Dataset, isBalanced: boolean, small: boolean, seed: number): Task {
  const counts = isBalanced ? balancedCounts : imbalancedCounts;
  const scale = dataset.train.count < 50_000 ? dataset.train.count / 200_000 : 1;
  const quotas = counts.map((count) => Math.max(1, Math.round(count * scale)));
  const chosen = seededRandom(seed, "rows")
    .shuffle(imbalancedSubset(dataset.train.labels, quotas, dataset.classNames))
    .slice(0, rows);
  return {
    head: "softmax",
    inputs: images(dataset, chosen, small),
    labels: Array.from(chosen, (row) => dataset.train.labels[row]),
    training: fromCounts(counts),
    units: 10,
    isBalanced,
  };
}

/** One class against all others. */
export function binaryTask(dataset: Dataset, isBalanced: boolean, seed: number): Task {
  const task = imageTask(dataset, isBalanced, true, seed);
  const positives = isBalanced ? [0, 1, 2, 3, 4] : [4, 7];
  const counts = isBalanced ? balancedCounts : imbalancedCounts;
  const yes = positives.reduce((total, k) => total + counts[k], 0);
  const all = counts.reduce((total, count) => total + count, 0);
  return {
    ...task,
    head: "sigmoid",
    labels: task.labels.map((k) => +positives.includes(k)),
    training: fromCounts([all - yes, yes]),
    units: 1,
  };
}

/** Pixels from 0 to 1, or every second one of them in each direction. */
function images(dataset: Dataset, chosen: Uint32Array, small: boolean): Inputs {
  const [height, width, channels] = dataset.train.shape;
  const step = small ? 2 : 1;
  const shape = [height / step, width / step, channels];
  const size = shape[0] * shape[1] * channels;
  const values = new Float32Array(chosen.length * size);
  chosen.forEach((row, i) => {
    for (let y = 0; y < shape[0]; y++) {
      for (let x = 0; x < shape[1]; x++) {
        for (let c = 0; c < channels; c++) {
          const pixel = ((row * height + y * step) * width + x * step) * channels + c;
          values[i * size + (y * shape[1] + x) * channels + c] = dataset.train.images[pixel] / 255;
        }
      }
    }
  });
  return { shape, values };
}

/** Numbers from eight features, as tables have them: a sum of bent features with noise, of a given mean and deviation. */
export function regressionTask(mean: number, deviation: number, seed: number): Task {
  const { normal } = seededRandom(seed, "regression");
  const slopes = Array.from({ length: 8 }, normal);
  const values = new Float32Array(rows * 8);
  const raw = Array.from({ length: rows }, (_, i) => {
    const x = slopes.map(normal);
    values.set(x, i * 8);
    return x.reduce((total, v, j) => total + slopes[j] * (j % 2 ? v : Math.abs(v)), 0) + normal();
  });
  const middle = raw.reduce((a, b) => a + b, 0) / rows;
  const spread = Math.sqrt(raw.reduce((total, y) => total + (y - middle) ** 2, 0) / rows);
  const labels = raw.map((y) => mean + (deviation * (y - middle)) / spread);
  return {
    head: "squared-error",
    inputs: { shape: [8], values },
    labels,
    training: summarizeNumbers(labels),
    units: 1,
    isBalanced: mean === 0,
  };
}

/** The same inputs, each x as scale · x + shift. */
export function rescaled({ shape, values }: Inputs, scale: number, shift = 0): Inputs {
  return { shape, values: values.map((x) => scale * x + shift) };
}

export function dataOf({ values }: Inputs): CheckInput["data"] {
  let [low, high, squares] = [Infinity, -Infinity, 0];
  for (const x of values) {
    low = Math.min(low, x);
    high = Math.max(high, x);
    squares += x * x;
  }
  return { low, high, size: Math.sqrt(squares / values.length) };
}

export type BiasChoice = "zero" | "prior" | "calibrated";

export function withBias(task: Task, outputs: Float64Array, choice: BiasChoice): Float64Array {
  if (choice === "zero") return outputs;
  const bias =
    choice === "prior"
      ? solve(task.head, task.training).bias
      : calibrate(task.head, { outputs, labels: task.labels, rows }).bias;
  return outputs.map((z, i) => Math.fround(z + bias[i % bias.length]));
}

let dataset: Promise<Dataset> | undefined;

/** CIFAR-10 for the whole bench, a made-up dataset for the quick one. */
export function benchDataset(isFull: boolean): Promise<Dataset> {
  dataset ??= isFull
    ? import("../../../src/data/cifar10.ts").then(({ loadCifar10 }) => loadCifar10())
    : Promise.resolve(syntheticDataset({ trainCount: 20_000, testCount: 10 }));
  return dataset;
}
