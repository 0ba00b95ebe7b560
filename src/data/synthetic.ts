import { InputError } from "../errors.ts";
import { type SeededRandom, seededRandom } from "../math/seededRandom.ts";
import { type Dataset, type ImageSet, imageBytes } from "./dataset.ts";

export interface SyntheticOptions {
  readonly seed?: number;
  readonly classes?: number;
  /** Number of images, spread evenly over the classes; the first classes get one more where it does not divide. */
  readonly trainCount?: number;
  readonly testCount?: number;
  readonly shape?: ImageSet["shape"];
}

export const syntheticDefaults = {
  seed: 0,
  classes: 10,
  trainCount: 5000,
  testCount: 1000,
  shape: [32, 32, 3],
} as const satisfies Required<SyntheticOptions>;

/**
 * Generated images, for tests and quick looks. Each class has a smooth pattern of its own (a sum of a few slow waves in
 * each channel), and each image is the pattern of its class plus normal noise. Mean and standard deviation of the pixels
 * are near those of photographs. The same seed gives the same bytes.
 */
export function syntheticDataset(options: SyntheticOptions = {}): Dataset {
  const { seed, classes, trainCount, testCount, shape } = { ...syntheticDefaults, ...options };
  validate("number of classes", classes, 2, 256);
  validate("number of training images", trainCount, 1, 1_000_000);
  validate("number of test images", testCount, 1, 1_000_000);
  for (const size of shape) validate("image size", size, 1, 4096);

  const patterns = classPatterns(classes, shape, seededRandom(seed, "patterns"));
  return {
    name: "synthetic",
    classNames: Array.from({ length: classes }, (_, k) => `class ${k}`),
    train: draw(patterns, trainCount, shape, seededRandom(seed, "train")),
    test: draw(patterns, testCount, shape, seededRandom(seed, "test")),
  };
}

function validate(what: string, value: number, min: number, max: number): void {
  if (!(Number.isInteger(value) && value >= min && value <= max)) {
    throw new InputError(`invalid ${what}: ${value}; expected a whole number from ${min} to ${max}`);
  }
}

/** Grey levels, of 255: the mean, and the standard deviations of patterns and of noise around it. */
const middle = 120;
const patternDeviation = 45;
const noiseDeviation = 40;

/** One pattern per class: height x width x channels grey levels. */
function classPatterns(
  classes: number,
  shape: ImageSet["shape"],
  { uniform, integer }: SeededRandom,
): Float32Array[] {
  const [height, width, channels] = shape;
  const waves = 3;
  return Array.from({ length: classes }, () => {
    const pattern = new Float32Array(imageBytes(shape)).fill(middle);
    for (let channel = 0; channel < channels; channel++) {
      for (let wave = 0; wave < waves; wave++) {
        const [down, across, phase] = [integer(4), integer(4), uniform()];
        for (let y = 0; y < height; y++) {
          for (let x = 0; x < width; x++) {
            const angle = 2 * Math.PI * ((down * y) / height + (across * x) / width + phase);
            // A sine's variance is 1/2, so this sum of three has the variance patternDeviation^2.
            pattern[(y * width + x) * channels + channel] +=
              patternDeviation * Math.sqrt(2 / waves) * Math.sin(angle);
          }
        }
      }
    }
    return pattern;
  });
}

/** Noise is read from a table, beginning at a random position: drawing every number would take ten times as long. */
const tableLength = 2 ** 16;

function draw(
  patterns: readonly Float32Array[],
  count: number,
  shape: ImageSet["shape"],
  { integer, normal, shuffle }: SeededRandom,
): ImageSet {
  const size = imageBytes(shape);
  const noise = Float32Array.from({ length: tableLength }, () => noiseDeviation * normal());
  const labels = Uint8Array.from(shuffle(Array.from({ length: count }, (_, i) => i % patterns.length)));
  const images = new Uint8ClampedArray(count * size); // rounds, and clips to [0, 255]
  for (let i = 0; i < count; i++) {
    const pattern = patterns[labels[i]];
    const start = integer(tableLength);
    for (let j = 0; j < size; j++) {
      images[i * size + j] = pattern[j] + noise[(start + j) % tableLength];
    }
  }
  return { images: new Uint8Array(images.buffer), labels, shape, count };
}
