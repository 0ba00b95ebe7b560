import { expect, test } from "vitest";
import { classCounts, type ImageSet, imageBytes, pixelStatistics } from "../../src/data/dataset.ts";

const set: ImageSet = {
  images: Uint8Array.from({ length: 4 * 6 }, (_, i) => i),
  labels: Uint8Array.of(2, 0, 2, 1),
  shape: [1, 2, 3],
  count: 4,
};

test("imageBytes(shape) is height x width x channels", () => {
  expect(imageBytes([32, 32, 3])).toBe(3072);
});

test("classCounts(set, classes) counts every class, also an absent one", () => {
  expect(classCounts(set, 4)).toEqual([1, 1, 2, 0]);
});

test("pixelStatistics(set) is mean and deviation of each channel, as fractions of 255", () => {
  const { mean, deviation } = pixelStatistics({
    images: Uint8Array.of(0, 51, 255, 51),
    labels: Uint8Array.of(0),
    shape: [1, 2, 2],
    count: 1,
  });
  expect(mean).toEqual([0.5, 0.2]);
  expect(deviation).toEqual([0.5, 0]);
});
