import { readFileSync } from "node:fs";
import { crc32 as nodeCrc32 } from "node:zlib";
import { configure, Uint8ArrayReader, Uint8ArrayWriter, ZipReader, ZipWriter } from "@zip.js/zip.js";
import fc from "fast-check";
import { expect, test } from "vitest";
import { bytesInMemory } from "../../src/files/byteSource.ts";
import { crc32, crc32Changed } from "../../src/files/crc32.ts";
import { readZip } from "../../src/files/zip.ts";
import { applyPatches, fixture } from "../models/fixtures.ts";

configure({ useWebWorkers: false });

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

test("crc32 is zlib's", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (data) => {
      expect(crc32(data)).toBe(nodeCrc32(data));
    }),
  );
});

test("crc32Changed(crc32(a + b + c), b, d, |c|) = crc32(a + d + c)", () => {
  const parts = fc
    .tuple(fc.nat(50), fc.nat(20), fc.nat(3000))
    .chain(([a, b, c]) => fc.tuple(bytes(a), bytes(b), bytes(b), bytes(c)));
  fc.assert(
    fc.property(parts, ([head, before, after, tail]) => {
      const whole = crc32(Buffer.concat([head, before, tail]));
      expect(crc32Changed(whole, before, after, tail.length)).toBe(crc32(Buffer.concat([head, after, tail])));
    }),
  );
});

test.each(["mlp.npz", "mlp-deflated.npz", "streamed.npz"])(
  "%s: two patched entries read back, all others keep their bytes",
  (name) => patchedEntriesReadBack(name, readFileSync(fixture(name))),
);

test.each([0, 6])(
  "zip64 records, compression level %i: two patched entries read back, all others keep their bytes",
  async (level) => {
    const file = new Uint8ArrayWriter();
    const writer = new ZipWriter(file, { zip64: true, level, dataDescriptor: false });
    const entries = await contents(readFileSync(fixture("mlp.npz")));
    for (const [name, data] of entries) await writer.add(name, new Uint8ArrayReader(data));
    const bytes = await writer.close();
    for (const record of ["PK\x06\x06", "PK\x06\x07"])
      expect(Buffer.from(bytes).includes(record, 0, "latin1")).toBe(true);
    await patchedEntriesReadBack("zip64.npz", bytes);
  },
);

async function patchedEntriesReadBack(name: string, original: Uint8Array): Promise<void> {
  const zip = readZip(bytesInMemory(name, original), name);
  const before = await contents(original);
  const patches = ["head.bias.npy", "body.0.bias.npy"].map((file) => ({
    file,
    offset: zip.entries.get(file)!.size - 4,
    remove: 4,
    bytes: new Uint8Array([1, 2, 3, 4]),
  }));
  const patched = applyPatches(original, await zip.finish(patches));
  const after = await contents(patched);
  expect([...after.keys()]).toEqual([...before.keys()]);
  for (const [entry, data] of before) {
    const wanted = data.slice();
    if (patches.some(({ file }) => file === entry)) wanted.set([1, 2, 3, 4], data.length - 4);
    expect(after.get(entry)).toEqual(wanted);
  }
  expect(await namesByZipJs(patched)).toEqual([...before.keys()]);
}

async function contents(data: Uint8Array): Promise<Map<string, Uint8Array>> {
  const zip = readZip(bytesInMemory("zip", data), "zip");
  const result = new Map<string, Uint8Array>();
  for (const name of zip.entries.keys()) {
    const source = await zip.open(name);
    result.set(name, Uint8Array.from(source.read(0, source.size)));
    expect(crc32(source.read(0, source.size))).toBe(zip.entries.get(name)!.crc32);
  }
  return result;
}

/** Another reader of the same file, which checks every checksum. */
async function namesByZipJs(data: Uint8Array): Promise<string[]> {
  const entries = await new ZipReader(new Uint8ArrayReader(data), { checkSignature: true }).getEntries();
  for (const entry of entries) if (!entry.directory) await entry.getData(new Uint8ArrayWriter());
  return entries.map(({ filename }) => filename);
}
