import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { loadNames, splitNames } from "../../src/data/names.ts";

/** A copy of names.txt, which is not part of the project (docs/makemore.md). */
const folder = "/work/shared/data";
const hasCopy = existsSync(join(folder, "names.txt"));

afterEach(() => vi.unstubAllGlobals());

test("each character of a name is a row with the three before it, and a last row ends it", () => {
  const { train, validation, test: rest } = splitNames(["ab", "z"]);
  expect([train.count, validation.count, rest.count].reduce((sum, count) => sum + count)).toBe(5);
  const all = [train, validation, rest].flatMap(({ images: contexts, labels, count }) =>
    Array.from({ length: count }, (_, i) => [...contexts.subarray(3 * i, 3 * i + 3), labels[i]].join(" ")),
  );
  expect(all.sort()).toEqual(["0 0 0 1", "0 0 0 26", "0 0 1 2", "0 0 26 0", "0 1 2 0"]);
});

test.skipIf(!hasCopy)("the split has the sizes that makemore prints (needs names.txt)", async () => {
  const { train, validation, test } = await loadNames({ cacheFolder: folder });
  expect([train.count, validation.count, test.count]).toEqual([182_625, 22_655, 22_866]);
});

test("a file that is not makemore's is refused with its hash", async () => {
  const own = await mkdtemp(join(tmpdir(), "baserate-names-"));
  await writeFile(join(own, "names.txt"), "anna\n");
  await expect(loadNames({ cacheFolder: own })).rejects.toThrow(
    /names.txt: its SHA-256 is [0-9a-f]{64}, not 0a30b5/,
  );
  await rm(own, { recursive: true });
});

test("without network and without a copy, the message says where to put one", async () => {
  vi.stubGlobal("fetch", () =>
    Promise.reject(new TypeError("fetch failed", { cause: new Error("no route") })),
  );
  const own = await mkdtemp(join(tmpdir(), "baserate-names-"));
  await expect(loadNames({ cacheFolder: own })).rejects.toThrow(
    `cannot fetch the names, and they are not in the cache (no route); check the network, or copy https://raw.githubusercontent.com/karpathy/makemore/master/names.txt to ${join(own, "names.txt")}`,
  );
  await rm(own, { recursive: true });
});
