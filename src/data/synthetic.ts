import { InputError } from "../errors.ts";
import { type Random, random } from "../math/random.ts";
import { type Dataset, type ImageSet, imageBytes } from "./dataset.ts";

export interface SyntheticOptions {
  readonly seed?: number;
  readonly classes?: number;
  /** Number of images; the classes get equally many, the first ones one more where it does not divide. */
  readonly trainCount?: number;
  readonly testCount?: number;
  readonly shape?: ImageSet["shape"];
}

/**
 * Made-up images that stand in for a dataset where a test must be quick. Each class is a smooth pattern of its own (a
 * sum of a few slow waves in each channel); an image is its class's pattern plus normal noise. Mean and spread of the
 * pixels are near those of photographs. The same seed gives the same bytes.
 */
export function syntheticDataset({
  seed = 0,
  classes = 10,
  trainCount = 5000,
  testCount = 1000,
  shape = [32, 32, 3],
}: SyntheticOptions = {}): Dataset {
  check("number of classes", classes, 2, 256);
  check("number of training images", trainCount, 1, 1_000_000);
  check("number of test images", testCount, 1, 1_000_000);
  for (const size of shape) check("image size", size, 1, 4096);

  const patterns = classPatterns(classes, shape, random(seed, "patterns"));
  return {
    name: "synthetic",
    classNames: Array.from({ length: classes }, (_, k) => `class ${k}`),
    train: draw(patterns, trainCount, shape, random(seed, "train")),
    test: draw(patterns, testCount, shape, random(seed, "test")),
  };
}

function check(what: string, value: number, least: number, most: number): void {
  if (!(Number.isInteger(value) && value >= least && value <= most)) {
    throw new InputError(`invalid ${what}: ${value}; give a whole number from ${least} to ${most}`);
  }
}

/** Grey levels, of 255: the middle, and the spread of patterns and of noise around it. */
const middle = 120;
const patternSpread = 45;
const noiseSpread = 40;

/** One pattern a class: height x width x channels grey levels. */
function classPatterns(
  classes: number,
  shape: ImageSet["shape"],
  { uniform, integer }: Random,
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
            // A sine's variance is 1/2, so this sum of three has the variance patternSpread^2.
            pattern[(y * width + x) * channels + channel] +=
              patternSpread * Math.sqrt(2 / waves) * Math.sin(angle);
          }
        }
      }
    }
    return pattern;
  });
}

/** Noise is read from a table, starting anywhere in it: drawing each number afresh would take ten times as long. */
const tableLength = 2 ** 16;

function draw(
  patterns: readonly Float32Array[],
  count: number,
  shape: ImageSet["shape"],
  { integer, normal, shuffle }: Random,
): ImageSet {
  const size = imageBytes(shape);
  const noise = Float32Array.from({ length: tableLength }, () => noiseSpread * normal());
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
