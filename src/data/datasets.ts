import type { LoadOptions } from "./cachedDataset.ts";
import { cifar10Layout, loadCifar10 } from "./cifar10.ts";
import type { Dataset, ImageSet } from "./dataset.ts";
import { syntheticDataset, syntheticDefaults } from "./synthetic.ts";

/** What is known of a dataset before it is loaded. */
export interface DatasetFacts {
  readonly classNames: readonly string[];
  /** Of one image. */
  readonly shape: ImageSet["shape"];
  /** Training images of each class. */
  readonly trainCounts: readonly number[];
}

interface KnownDataset {
  /** @param classes how many classes are asked for */
  facts(classes: number): DatasetFacts;
  load(classes: number, options: LoadOptions): Promise<Dataset>;
}

/** The datasets that experiments can train on, by name. */
export const datasets = {
  cifar10: {
    facts: () => {
      const { classNames, shape, trainCount } = cifar10Layout;
      return { classNames, shape, trainCounts: classNames.map(() => trainCount / classNames.length) };
    },
    load: (_, options) => loadCifar10(options),
  },
  synthetic: {
    facts: (classes) => {
      const { trainCount, shape } = syntheticDefaults;
      const trainCounts = Array.from({ length: classes }, (_, k) => Math.ceil((trainCount - k) / classes));
      return { classNames: trainCounts.map((_, k) => `class ${k}`), shape, trainCounts };
    },
    load: async (classes) => syntheticDataset({ classes }),
  },
} satisfies Record<string, KnownDataset>;

export type DatasetName = keyof typeof datasets;
export const datasetNames = Object.keys(datasets) as DatasetName[];
