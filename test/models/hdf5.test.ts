import { readFileSync } from "node:fs";
import { FS } from "h5wasm";
import { expect, test } from "vitest";
import { bytesInMemory } from "../../src/files/byteSource.ts";
import { readHdf5 } from "../../src/models/hdf5.ts";
import { fixture } from "./fixtures.ts";
import { fuzz } from "./fuzz.ts";

const whole = readFileSync(fixture("mlp.weights.h5"));
const open = (bytes: Uint8Array) => readHdf5(bytesInMemory("model.h5", bytes), "model.h5");
const openFiles = () => (FS as unknown as { streams: unknown[] }).streams.filter(Boolean).length;

test("a dataset's patch is where its bytes stand", async () => {
  const file = await open(whole);
  const path = "layers/dense_1/vars/0";
  const tensor = file.tensor(path, path)!;
  const values = tensor.read();
  const [{ offset, bytes }] = tensor.patch(values);
  expect(values.length).toBe(24);
  expect(Buffer.compare(whole.subarray(offset, offset + 96), bytes)).toBe(0);
});

test("a heap in which the library would go round for ever is refused", async () => {
  const heap = whole.indexOf("GCOL");
  const damaged = Buffer.from(whole);
  // The first object becomes a free one of no size: index 0, size 0.
  damaged.fill(0, heap + 16, heap + 32);
  const file = await open(damaged);
  expect(() => file.attribute("layers/dense/vars", "name")).toThrow(
    /model.h5: broken HDF5 file: file read failed/,
  );
});

test("a file cut short is refused, wherever", async () => {
  for (let length = 0; length < whole.length; length += 97) {
    await expect(open(whole.subarray(0, length))).rejects.toThrow(/^model.h5: broken HDF5 file: \S/);
  }
});

test("damaged files don't stay open", async () => {
  await open(whole);
  const before = openFiles();
  expect((await fuzz("tf-keras.h5", 60)).failures).toEqual([]);
  expect(openFiles()).toBe(before);
});
