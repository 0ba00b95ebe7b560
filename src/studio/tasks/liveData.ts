import { type Dataset, imageBytes } from "../../data/dataset.ts";
import { type ExperimentData, experimentData } from "../../data/exampleSet.ts";
import { imbalancedSubset } from "../../data/imbalancedSubset.ts";
import { cifar10Classes } from "../../data/originalSubset.ts";
import { syntheticDataset, syntheticDefaults } from "../../data/synthetic.ts";
import { InputError } from "../../errors.ts";

interface Wanted {
  readonly counts: readonly number[];
  /** Where CIFAR-10 is served; made-up images without it. */
  readonly imagesAt?: string;
}

/** Images of the wanted class counts. */
export async function liveData({
  counts,
  imagesAt,
}: Wanted): Promise<{ data: ExperimentData; rows: Uint32Array }> {
  if (imagesAt !== undefined) return servedImages(counts, imagesAt);
  // The images that `baserate compare` makes up, where they are enough for the counts.
  const trainCount = Math.max(syntheticDefaults.trainCount, counts.length * Math.max(...counts));
  const dataset = syntheticDataset({ classes: counts.length, trainCount });
  return {
    data: experimentData(dataset),
    rows: imbalancedSubset(dataset.train.labels, counts, dataset.classNames),
  };
}

/** The subset of CIFAR-10 that `baserate studio` sends: images, then labels (src/cli/studioServer.ts). */
async function servedImages(counts: readonly number[], address: string) {
  const response = await fetch(`${address}?counts=${counts.join(",")}`);
  if (!response.ok) throw new InputError(await response.text());
  const bytes = new Uint8Array(await response.arrayBuffer());
  const shape = [32, 32, 3] as const;
  const count = counts.reduce((sum, n) => sum + n, 0);
  const images = bytes.subarray(0, count * imageBytes(shape));
  const train = { images, labels: bytes.subarray(images.length), shape, count };
  const dataset: Dataset = {
    name: "cifar10",
    classNames: cifar10Classes,
    train,
    test: { ...train, count: 0 },
  };
  return { data: experimentData(dataset), rows: Uint32Array.from({ length: count }, (_, i) => i) };
}
