import type { InputRows } from "../check/modelOutputs.ts";
import { loadCifar10 } from "../data/cifar10.ts";
import { imageBytes } from "../data/dataset.ts";
import { sample } from "../data/sample.ts";
import { resolvePlan } from "../experiment/plan.ts";
import { random } from "../math/random.ts";
import type { LabelRows } from "./checkInputs.ts";
import { progressLine } from "./progressLine.ts";

/** Random rows of the imbalanced subset of CIFAR-10 that `baserate reproduce` trains on, the same ones each time. */
export async function cifar10Rows(
  most: number,
): Promise<LabelRows & { readonly data: InputRows; readonly counts: readonly number[] }> {
  const progress = progressLine("fetching CIFAR-10");
  const { train, classNames } = await loadCifar10();
  progress.end();
  const { counts } = resolvePlan({});
  const rows = random(0, "check rows")
    .shuffle(sample(train.labels, counts, classNames))
    .slice(0, most);
  const size = imageBytes(train.shape);
  const values = new Uint8Array(rows.length * size);
  rows.forEach((row, i) => {
    values.set(train.images.subarray(row * size, (row + 1) * size), i * size);
  });
  return {
    data: { rows: rows.length, shape: train.shape, values },
    labels: Array.from(rows, (row) => train.labels[row]),
    rows: rows.length,
    names: classNames,
    counts,
  };
}
