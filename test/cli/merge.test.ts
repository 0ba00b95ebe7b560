import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const cli = join(import.meta.dirname, "../../dist/cli.js");
const folder = mkdtempSync(join(tmpdir(), "baserate-merge-"));
afterAll(() => rmSync(folder, { recursive: true }));
const inFolder = (...path: string[]) => join(folder, ...path);

const plan = `dataset: synthetic
counts: [40, 20, 10]
seeds: [1, 2]
batchSize: 32
grid: { learningRate: [0.001, 0.003] }
layers: [{ maxPool2d: { kernel: [8, 8] } }, { flatten: {} }]
`;

function baserate(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [cli, ...args], { cwd: folder }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

/** A copy of the three shards, for a test to damage. */
function shardsIn(name: string): string {
  cpSync(inFolder("sweep"), inFolder(name), { recursive: true });
  return name;
}
const trials = (...path: string[]) => inFolder(...path, "trials.jsonl");

beforeAll(async () => {
  writeFileSync(inFolder("plan.yaml"), plan);
  await baserate("compare", "plan.yaml", "--out", "whole");
  for (const shard of ["1/3", "2/3", "3/3"])
    await baserate("compare", "plan.yaml", "--shard", shard, "--out", "sweep");
});

test("the merged shards of a sweep give the files of one run, byte for byte", async () => {
  const { code, stdout, stderr } = await baserate("merge", "sweep", "--out", "merged", "--json");
  expect(stderr).toBe("");
  expect(code).toBe(0);
  expect(JSON.parse(stdout).settings).toHaveLength(2);
  for (const file of [
    "summary.json",
    "losses.csv",
    "sweep.csv",
    "sweep-effects.svg",
    "plan.yaml",
    "versions.json",
  ]) {
    expect(readFileSync(inFolder("merged", file))).toEqual(readFileSync(inFolder("whole", file)));
  }
});

test("merging again, into the folder of the shards and from the folders one by one, gives the same summary", async () => {
  const shards = shardsIn("again");
  await baserate("merge", shards);
  expect((await baserate("merge", shards)).code).toBe(0);
  const names = [1, 2, 3].map((i) => join(shards, `shard-${i}-of-3`));
  expect((await baserate("merge", ...names, "--out", "listed")).code).toBe(0);
  for (const path of [shards, "listed"]) {
    expect(readFileSync(inFolder(path, "summary.json"))).toEqual(
      readFileSync(inFolder("whole", "summary.json")),
    );
  }
});

test("missing trials are named, and those of a shard that was killed while writing", async () => {
  const shards = shardsIn("missing");
  const file = trials(shards, "shard-2-of-3");
  writeFileSync(file, readFileSync(file, "utf8").slice(0, -5));
  const { code, stderr } = await baserate("merge", shards);
  expect(stderr).toMatch(
    /^baserate: missing 1 of 8 trials: learningRate 0\.00[13], seed [12], (zero|prior)\. Run their shards again, which continue where they stopped\n$/,
  );
  expect(code).toBe(2);
  await baserate("compare", "plan.yaml", "--shard", "2/3", "--out", shards);
  expect((await baserate("merge", shards)).code).toBe(0);
});

test("trials that are in two folders are counted where they are equal, and refused where they are not", async () => {
  const shards = shardsIn("doubled");
  const other = readFileSync(trials(shards, "shard-1-of-3"), "utf8");
  const [first] = other.split("\n");
  const file = trials(shards, "shard-3-of-3");
  const before = readFileSync(file, "utf8");
  writeFileSync(file, `${before}${first}\n`);
  const equal = await baserate("merge", shards, "--out", "equal");
  expect(equal.stderr).toBe("1 trial is in more than one folder, with equal results\n");
  const trial = JSON.parse(first);
  writeFileSync(file, `${before}${JSON.stringify({ ...trial, initialLoss: trial.initialLoss + 1e-12 })}\n`);
  const { code, stderr } = await baserate("merge", shards, "--out", "unequal");
  expect(stderr).toMatch(/unequal results of learningRate 0\.00[13], seed [12], /);
  expect(stderr).toContain("doubled/shard-1-of-3 and doubled/shard-3-of-3");
  expect(code).toBe(2);
});

test.each([
  ["plan.yaml", "batchSize: 32", "batchSize: 64", "different plans: "],
  ["versions.json", '"onnxruntime-node ', '"onnxruntime-node 9.', "made with runtime onnxruntime-node "],
  ["versions.json", '"data": "', '"data": "0', "made with data "],
  ["trials.jsonl", '"seed":2', '"seed":7', "does not belong to its plan"],
  ["trials.jsonl", '"inBand":', '"inband":', "line 1: not a trial of this version"],
])("a shard with another %s is refused", async (name, from, to, message) => {
  const shards = shardsIn(`other-${message.replace(/\W/g, "")}`);
  const file = inFolder(shards, "shard-2-of-3", name);
  const text = readFileSync(file, "utf8");
  expect(text).toContain(from);
  writeFileSync(file, text.replace(from, to));
  const { code, stderr } = await baserate("merge", shards, "--out", "never");
  expect(stderr).toContain(message);
  expect(code).toBe(2);
});

test.each([
  [["merge", "nowhere"], "can't read the folder nowhere"],
  [["merge", "."], "contains neither trials.jsonl nor folders named shard-1-of-16"],
  [["merge", "sweep", "whole"], "missing --out: to merge several folders"],
  [
    ["compare", "plan.yaml", "--shard", "1/5"],
    "invalid --shard 1/5: the plan has 4 pairs of setting and seed",
  ],
  [
    ["compare", "plan.yaml", "--shard", "0/5"],
    "give the number of the shard and the number of shards, for example 3/16",
  ],
  [
    ["compare", "plan.yaml", "--learning-rate", "1"],
    "invalid --learning-rate: the grid of plan.yaml has values for it",
  ],
  [["compare", "plan.yaml", "--onnx"], "invalid --onnx: plan.yaml has a grid"],
])("%j is refused with exit 2", async (args, message) => {
  const { code, stderr } = await baserate(...args);
  expect(stderr).toContain(message);
  expect(code).toBe(2);
});

test("trials made with another version are not continued", async () => {
  const shards = shardsIn("resumed");
  const file = inFolder(shards, "shard-1-of-3", "versions.json");
  writeFileSync(file, readFileSync(file, "utf8").replace('"node": "v', '"node": "v1'));
  const before = readFileSync(trials(shards, "shard-1-of-3"), "utf8");
  writeFileSync(trials(shards, "shard-1-of-3"), `${before.split("\n")[0]}\n`);
  const { code, stderr } = await baserate("compare", "plan.yaml", "--shard", "1/3", "--out", shards);
  expect(stderr).toContain("contains trials made with node v1");
  expect(code).toBe(2);
});
