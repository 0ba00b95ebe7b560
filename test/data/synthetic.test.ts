import { expect, test } from "vitest";
import { classCounts, type Dataset, type ImageSet, imageBytes } from "../../src/data/dataset.ts";
import { syntheticDataset } from "../../src/data/synthetic.ts";

test("syntheticDataset() has the sizes it was asked for and equally many of each class", () => {
  const { classNames, train, test } = syntheticDataset({
    classes: 3,
    trainCount: 100,
    testCount: 30,
    shape: [8, 5, 1],
  });
  expect(classNames).toEqual(["class 0", "class 1", "class 2"]);
  expect(train.images).toHaveLength(100 * 8 * 5);
  expect([train.count, test.count]).toEqual([100, 30]);
  expect(classCounts(train, 3)).toEqual([34, 33, 33]);
  expect(classCounts(test, 3)).toEqual([10, 10, 10]);
});

test("syntheticDataset(seed) gives the same bytes again, and others for another seed", () => {
  const make = (seed: number) => syntheticDataset({ seed, trainCount: 20, testCount: 10 });
  expect(make(1)).toEqual(make(1));
  expect(make(1).train.images).not.toEqual(make(2).train.images);
  expect(make(1).train.images.slice(0, 3072)).not.toEqual(make(1).test.images.slice(0, 3072));
});

test("the classes of syntheticDataset() can be told apart, but not by brightness", () => {
  const dataset = syntheticDataset({ seed: 5, trainCount: 300, testCount: 150 });
  expect(nearestMeanAccuracy(dataset, pixels)).toBeGreaterThan(0.95);
  expect(nearestMeanAccuracy(dataset, brightness)).toBeLessThan(0.6);
});

test("the pixels of syntheticDataset() have a mean and spread like those of photographs", () => {
  const { images } = syntheticDataset({ trainCount: 500 }).train;
  const mean = images.reduce((sum, x) => sum + x / 255, 0) / images.length;
  const deviation = Math.sqrt(images.reduce((sum, x) => sum + (x / 255 - mean) ** 2, 0) / images.length);
  expect(mean).toBeCloseTo(0.47, 1);
  expect(deviation).toBeCloseTo(0.23, 1);
});

test("syntheticDataset() refuses sizes that are not whole numbers in range", () => {
  expect(() => syntheticDataset({ classes: 1 })).toThrow(
    "invalid number of classes: 1; expected a whole number from 2 to 256",
  );
  expect(() => syntheticDataset({ trainCount: 0 })).toThrow("invalid number of training images: 0");
  expect(() => syntheticDataset({ testCount: 1.5 })).toThrow("invalid number of test images: 1.5");
  expect(() => syntheticDataset({ shape: [32, 32, 0] })).toThrow("invalid image size: 0");
});

const pixels = (set: ImageSet, i: number) => {
  const size = imageBytes(set.shape);
  return [...set.images.subarray(i * size, (i + 1) * size)];
};
const brightness = (set: ImageSet, i: number) => [pixels(set, i).reduce((sum, x) => sum + x, 0)];

/** Share of test images that are nearest to the mean training image of their own class. */
function nearestMeanAccuracy({ classNames, train, test }: Dataset, features: typeof pixels): number {
  const means = classNames.map((_, k) => {
    const rows = [...train.labels.keys()].filter((i) => train.labels[i] === k).map((i) => features(train, i));
    return rows[0].map((_, j) => rows.reduce((sum, row) => sum + row[j], 0) / rows.length);
  });
  const distance = (a: number[], b: number[]) => a.reduce((sum, x, j) => sum + (x - b[j]) ** 2, 0);
  const hits = [...test.labels.keys()].filter((i) => {
    const distances = means.map((mean) => distance(mean, features(test, i)));
    return distances.indexOf(Math.min(...distances)) === test.labels[i];
  });
  return hits.length / test.count;
}
