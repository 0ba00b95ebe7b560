import { truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  DamagedFileError,
  emptyDataset,
  readDatasetFile,
  writeDatasetFile,
} from "../../src/data/datasetFile.ts";
import { seededRandom } from "../../src/math/seededRandom.ts";
import { temporaryFolder, tiny } from "./tiny.ts";

async function written(): Promise<string> {
  const path = join(temporaryFolder(), "tiny");
  await writeDatasetFile(path, tiny);
  return path;
}

test("readDatasetFile() gives back what writeDatasetFile() was given", async () => {
  const dataset = await readDatasetFile(await written(), tiny.layout);
  expect(dataset).toEqual(tiny.dataset);
  expect(dataset.train.images.buffer).toBeInstanceOf(SharedArrayBuffer);
  expect(dataset.test.labels.buffer).toBe(dataset.train.images.buffer);
});

test("readDatasetFile() keeps the training images that are asked for, and the whole test set", async () => {
  const { train, test } = tiny.dataset;
  const size = train.images.length / train.count;
  for (const rows of [[0, 1, 4, 9], [3], [], [...train.labels.keys()]]) {
    const kept = await readDatasetFile(await written(), tiny.layout, (labels) => {
      expect(labels).toEqual(train.labels.slice());
      return Uint32Array.from(rows);
    });
    const images = rows.flatMap((row) => [...train.images.subarray(row * size, (row + 1) * size)]);
    expect([...kept.train.images]).toEqual(images);
    expect([...kept.train.labels]).toEqual(rows.map((row) => train.labels[row]));
    expect(kept.train.count).toBe(rows.length);
    expect(kept.test).toEqual(test);
  }
});

test("readDatasetFile() verifies what it does not keep", async () => {
  const path = await written();
  const bytes = Uint8Array.from(tiny.bytes);
  bytes[4096] ^= 1; // of the first training image
  writeFileSync(path, bytes);
  const lastRow = () => Uint32Array.of(9);
  await expect(readDatasetFile(path, tiny.layout, lastRow)).rejects.toThrow(DamagedFileError);
});

test("a file longer than one piece is read and hashed whole", async () => {
  const blank = { ...tiny.layout, shape: [1000, 1000, 3], sha256: "" } as const;
  const { bytes } = emptyDataset(blank);
  const { contentHash } = await import("../../src/data/datasetFile.ts");
  bytes.set(
    Uint8Array.from({ length: 50_000 }, seededRandom(1).integer.bind(null, 256)),
    bytes.length - 50_000,
  );
  const layout = { ...blank, sha256: contentHash(bytes) };
  const made = emptyDataset(layout);
  made.bytes.set(bytes.subarray(4096), 4096);
  const path = join(temporaryFolder(), "big");
  await writeDatasetFile(path, made);
  expect((await readDatasetFile(path, layout)).test.images.at(-1)).toBe(made.dataset.test.images.at(-1));

  // An image that begins in one chunk and ends in the next but one.
  const whole = made.dataset.train.images;
  whole.set(whole.map((_, i) => i % 251));
  const changed = { ...layout, sha256: contentHash(made.bytes) };
  const again = emptyDataset(changed);
  again.bytes.set(made.bytes.subarray(4096), 4096);
  await writeDatasetFile(path, again);
  const kept = await readDatasetFile(path, changed, () => Uint32Array.of(1, 6));
  const image = (row: number) => whole.subarray(row * 3e6, (row + 1) * 3e6);
  expect(Buffer.compare(kept.train.images, Buffer.concat([image(1), image(6)]))).toBe(0);
});

test("images of no row are left out where the file is longer than one piece", async () => {});

test("readDatasetFile() refuses a file with any one byte changed", async () => {
  const path = await written();
  for (let i = 0; i < tiny.bytes.length; i += 37) {
    const changed = tiny.bytes.slice();
    changed[i] ^= 1;
    writeFileSync(path, changed);
    await expect(readDatasetFile(path, tiny.layout)).rejects.toThrow(DamagedFileError);
  }
});

test("readDatasetFile() refuses a file cut short, empty or too long, and says how long it is", async () => {
  const path = await written();
  const { length } = tiny.bytes;
  for (const size of [length - 1, 4096, 10, 0, length + 1]) {
    truncateSync(path, size);
    await expect(readDatasetFile(path, tiny.layout)).rejects.toThrow(
      `it has ${size} bytes instead of ${length}`,
    );
  }
});

test("readDatasetFile() refuses another dataset of the same size", async () => {
  const other = { ...tiny.layout, name: "tony" };
  await expect(readDatasetFile(await written(), other)).rejects.toThrow("its header is not that of tony");
});
