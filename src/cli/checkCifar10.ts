import type { CheckData } from "../check/checkData.ts";
import { onlyInput } from "../check/modelOutputs.ts";
import { imageBytes } from "../data/dataset.ts";
import { imbalancedSubset } from "../data/imbalancedSubset.ts";
import { resolvePlan } from "../experiment/plan.ts";
import { fromCounts } from "../labels/fromCounts.ts";
import { seededRandom } from "../math/seededRandom.ts";
import { loadDataset } from "./experimentSetup.ts";

/** Random rows of the imbalanced subset of CIFAR-10 that `baserate reproduce` trains on, the same ones each time. */
export async function openCifar10(maxRows: number, signal: AbortSignal): Promise<CheckData> {
  const plan = resolvePlan({});
  const { train, classNames } = await loadDataset(plan, signal);
  const { counts = [] } = plan;
  const all = imbalancedSubset(train.labels, counts, classNames);
  const picked = Array.from(seededRandom(0, "check rows").shuffle(all).slice(0, maxRows));
  const size = imageBytes(train.shape);
  return {
    picked,
    available: all.length,
    labelled: {
      labels: picked.map((row) => train.labels[row]),
      training: fromCounts(counts, { names: classNames }),
    },
    inputs: (wanted) => ({
      [onlyInput(wanted).name]: {
        rows: picked.length,
        shape: train.shape,
        read(start, end) {
          const images = new Uint8Array((end - start) * size);
          picked.slice(start, end).forEach((row, i) => {
            images.set(train.images.subarray(row * size, (row + 1) * size), i * size);
          });
          return images;
        },
      },
    }),
    close() {},
  };
}
