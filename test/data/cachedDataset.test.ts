import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import {
  cacheFile,
  type FetchProgress,
  type LoadOptions,
  loadCachedDataset,
} from "../../src/data/cachedDataset.ts";
import { decodePackage } from "../../src/data/cifar10.ts";
import type { Mirror } from "../../src/data/mirror.ts";
import { packageTarball, sha512, temporaryFolder, tiny } from "./tiny.ts";

const tarball = await packageTarball(tiny.dataset);

/** A mirror that delivers the tiny dataset, unless told otherwise. */
function mirror(changes: Partial<Mirror> = {}): Mirror {
  return {
    label: "the tiny mirror",
    bytes: tarball.length,
    hash: sha512(tarball),
    async fetch(folder, { onBytes }) {
      await writeFile(join(folder, "tiny.tgz"), tarball);
      onBytes(tarball.length);
      return join(folder, "tiny.tgz");
    },
    decode: decodePackage,
    ...changes,
  };
}

const failing = (message: string, label = "the failing mirror") =>
  mirror({ label, fetch: () => Promise.reject(new Error(message)) });

let folder: string;
let path: string;
let warnings: string[];
beforeEach(() => {
  folder = join(temporaryFolder(), "cache");
  path = cacheFile(tiny.layout, folder);
  warnings = [];
});

const load = (mirrors: readonly Mirror[], options: LoadOptions = {}) =>
  loadCachedDataset(tiny.layout, mirrors, {
    cacheFolder: folder,
    onWarning: (line) => warnings.push(line),
    ...options,
  });

const files = () => (existsSync(folder) ? readdirSync(folder) : []);

test("a dataset is fetched once, and then read from the cache", async () => {
  expect(await load([mirror()])).toEqual(tiny.dataset);
  expect(files()).toEqual(["tiny.v1.images"]);
  expect(await load([failing("not asked")])).toEqual(tiny.dataset);
  expect(warnings).toEqual([]);
});

test("the progress is that of the download, and then of the decoding", async () => {
  const seen: FetchProgress[] = [];
  await load([mirror()], { onProgress: (progress) => seen.push(progress) });
  const { length } = tarball;
  const rest = { label: "the tiny mirror", totalBytes: length };
  expect(seen).toEqual([
    { stage: "download", bytes: 0, ...rest },
    { stage: "download", bytes: length, ...rest },
    { stage: "decode", bytes: length, ...rest },
  ]);
});

test("a truncated or altered cache file is named in one line, and made again", async () => {
  await load([mirror()]);
  truncateSync(path, 4200);
  expect(await load([mirror()])).toEqual(tiny.dataset);
  const altered = readFileSync(path);
  altered[altered.length - 1] ^= 1;
  writeFileSync(path, altered);
  expect(await load([mirror()])).toEqual(tiny.dataset);
  expect(warnings).toEqual([
    `damaged cache file ${path}: it has 4200 bytes instead of ${tiny.bytes.length}; fetching tiny again`,
    expect.stringMatching(
      /^damaged cache file .*: its SHA-256 is \w{64} instead of \w{64}; fetching tiny again$/,
    ),
  ]);
  expect(await load([failing("not asked")])).toEqual(tiny.dataset);
});

test("a damaged cache file is not used where the dataset can't be fetched again", async () => {
  await load([mirror()]);
  truncateSync(path, 4200);
  await expect(load([failing("no network")])).rejects.toThrow("cannot fetch tiny");
  expect(files()).toEqual([]);
});

test("where one mirror fails, the next is tried", async () => {
  expect(await load([failing("no network"), mirror()])).toEqual(tiny.dataset);
  expect(warnings).toEqual(["cannot use the failing mirror (no network); trying the tiny mirror"]);
});

test("where all mirrors fail, one line says what was tried and what to do, and nothing is left", async () => {
  const error = await load([failing("no network", "A"), failing("404", "B")]).catch((error) => error);
  expect(error.name).toBe("InputError");
  expect(error.message).toBe(
    `cannot fetch tiny, and it is not in the cache; tried A (no network) and B (404). Check the network and npm's settings, or copy tiny.v1.images from another machine's cache into ${folder}`,
  );
  expect(files()).toEqual([]);
});

test("an archive with the wrong hash is refused", async () => {
  const wrong = mirror({ hash: { ...sha512(tarball), value: "another" } });
  await expect(load([wrong])).rejects.toThrow(
    `the tiny mirror (wrong hash: its sha512 is ${sha512(tarball).value}, not another)`,
  );
  expect(files()).toEqual([]);
});

test("an archive with the right hash and the wrong images is refused", async () => {
  const wrong = mirror({
    async decode(archive, dataset) {
      await decodePackage(archive, dataset);
      dataset.test.labels[0] ^= 1;
    },
  });
  await expect(load([wrong])).rejects.toThrow(
    /the tiny mirror \(wrong content: the SHA-256 .* is \w{64}, not \w{64}\)/,
  );
  expect(files()).toEqual([]);
});

test("two that make the same cache file at once both get the dataset", async () => {
  const datasets = await Promise.all([load([mirror()]), load([mirror()]), load([mirror()])]);
  for (const dataset of datasets) expect(dataset).toEqual(tiny.dataset);
  expect(files()).toEqual(["tiny.v1.images"]);
  expect(await load([])).toEqual(tiny.dataset);
});

test("a full disk is said in one line, without trying elsewhere", async () => {
  const error = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
  const full = mirror({ fetch: () => Promise.reject(error) });
  await expect(load([full, mirror()])).rejects.toThrow(
    `no space left in ${folder}: fetching tiny needs up to 1 MB, keeping it 1 MB; free some or set BASERATE_CACHE to another folder`,
  );
  expect(files()).toEqual([]);
  expect(warnings).toEqual([]);
});

test("a load that is stopped rejects with the signal's reason and leaves nothing", async () => {
  const controller = new AbortController();
  const reason = new Error("stopped");
  const slow = mirror({
    fetch: () => {
      controller.abort(reason);
      return Promise.reject(new Error("killed"));
    },
  });
  await expect(load([slow, mirror()], { signal: controller.signal })).rejects.toBe(reason);
  await expect(load([mirror()], { signal: controller.signal })).rejects.toBe(reason);
  expect(files()).toEqual([]);
  expect(warnings).toEqual([]);
});

test.each([
  ["made", false],
  ["read", true],
])(
  "where a cache file is %s, what a killed process left is removed, and a living one's is not",
  async (_, cached) => {
    if (cached) await load([mirror()]);
    for (const name of ["tiny.v1.images.Killed", "tiny.v1.images.Living", "other.v1.images.Killed"]) {
      mkdirSync(join(folder, name), { recursive: true });
      writeFileSync(join(folder, name, "download"), "");
    }
    const old = new Date(Date.now() - 3_600_000);
    utimesSync(join(folder, "tiny.v1.images.Killed"), old, old);
    utimesSync(join(folder, "other.v1.images.Killed"), old, old);
    await load(cached ? [] : [mirror()]);
    expect(files().sort()).toEqual(["other.v1.images.Killed", "tiny.v1.images", "tiny.v1.images.Living"]);
  },
);

test("a cache folder that can't be used is named in one line", async () => {
  writeFileSync(join(folder, "..", "file"), "");
  for (const cacheFolder of [join(folder, "..", "file"), join(folder, "..", "file", "below")]) {
    const error = await load([mirror()], { cacheFolder }).catch((error) => error);
    expect(error.name).toBe("InputError");
    expect(error.message).toMatch(
      /^cannot use the cache folder .*file.* \(ENOTDIR.*\); set BASERATE_CACHE to another folder$/,
    );
  }
});
