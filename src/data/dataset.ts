/** Labelled images of one size. All arrays are views: the sets of a file share one buffer. */
export interface ImageSet {
  /** count x height x width x channels bytes, channels last; or count x length whole numbers. */
  readonly images: Uint8Array;
  /** Class index of each image. */
  readonly labels: Uint8Array;
  /** Height and width in pixels, and channels, of one image; or the length of a row of whole numbers. */
  readonly shape: readonly number[];
  readonly count: number;
}

/** The images as the one input of a network made of layers; a view. */
export const imageExamples = ({ images, labels }: ImageSet) => ({ inputs: { images }, labels });

/** A training and a test set over the same classes. */
export interface Dataset {
  readonly name: string;
  readonly classNames: readonly string[];
  readonly train: ImageSet;
  readonly test: ImageSet;
}

/** Bytes of one image. */
export function imageBytes(shape: ImageSet["shape"]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Number of images of each class. */
export function classCounts(set: ImageSet, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of set.labels) counts[label]++;
  return counts;
}

/** Mean and (population) standard deviation of each channel, of pixels scaled to [0, 1]. */
export function pixelStatistics({ images, shape: [, , channels] }: ImageSet): {
  mean: number[];
  deviation: number[];
} {
  // Sums of integers below 2^53 are exact: 255^2 times 10^11 pixels would fit.
  const sums = new Float64Array(channels);
  const squares = new Float64Array(channels);
  for (let i = 0; i < images.length; i += channels) {
    for (let channel = 0; channel < channels; channel++) {
      const value = images[i + channel];
      sums[channel] += value;
      squares[channel] += value * value;
    }
  }
  const pixels = images.length / channels;
  const mean = Array.from(sums, (sum) => sum / pixels / 255);
  const deviation = Array.from(
    squares,
    (sum, k) => Math.sqrt(Math.max(0, sum / pixels - (sums[k] / pixels) ** 2)) / 255,
  );
  return { mean, deviation };
}
