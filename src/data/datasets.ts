import { createHash } from "node:crypto";
import type { LoadOptions } from "./cachedDataset.ts";
import { cifar10Layout, loadCifar10 } from "./cifar10.ts";
import type { Dataset, ImageSet } from "./dataset.ts";
import type { ExperimentData } from "./exampleSet.ts";
import { loadNames, nameCharacters, namesFacts } from "./names.ts";
import { syntheticDataset, syntheticDefaults } from "./synthetic.ts";

/** What is known of a dataset before it is loaded. */
export interface DatasetFacts {
  readonly classNames: readonly string[];
  /** Of one image. */
  readonly shape: ImageSet["shape"];
  /** Training images of each class. */
  readonly trainCounts: readonly number[];
  /** Images in the test set. */
  readonly testCount: number;
}

interface KnownDataset {
  /** @param classes how many classes are asked for */
  facts(classes: number): DatasetFacts;
  load(classes: number, options: LoadOptions): Promise<Dataset>;
  /** SHA-256 in hex of training images, training labels, test images and test labels, one after the other. */
  hash(data: Pick<ExperimentData, "train" | "test">): string;
}

/** The datasets that experiments can train on, by name. */
export const datasets = {
  cifar10: {
    facts: () => {
      const { classNames, shape, trainCount, testCount } = cifar10Layout;
      const trainCounts = classNames.map(() => trainCount / classNames.length);
      return { classNames, shape, trainCounts, testCount };
    },
    load: (_, options) => loadCifar10(options),
    hash: () => cifar10Layout.sha256, // every byte was verified when it was read
  },
  synthetic: {
    facts: (classes) => {
      const { trainCount, testCount, shape } = syntheticDefaults;
      const trainCounts = Array.from({ length: classes }, (_, k) => Math.ceil((trainCount - k) / classes));
      return { classNames: trainCounts.map((_, k) => `class ${k}`), shape, trainCounts, testCount };
    },
    load: async (classes) => syntheticDataset({ classes }),
    hash: ({ train, test }) => {
      const hash = createHash("sha256");
      for (const { inputs, labels } of [train, test])
        hash.update(inputs.images as Uint8Array).update(labels as Uint8Array);
      return hash.digest("hex");
    },
  },
  names: {
    facts: () => namesFacts,
    load: async (_, options) => {
      const { train, validation } = await loadNames(options);
      return { name: "names", classNames: nameCharacters, train, test: validation };
    },
    hash: () => namesFacts.sha256, // of the file, which was verified when it was read
  },
} satisfies Record<string, KnownDataset>;

export type DatasetName = keyof typeof datasets;
export const datasetNames = Object.keys(datasets) as DatasetName[];
