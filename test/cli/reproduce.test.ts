import { execFile, spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";

const cli = join(import.meta.dirname, "../../dist/cli.js");
const folder = mkdtempSync(join(tmpdir(), "baserate-reproduce-"));
afterAll(() => rmSync(folder, { recursive: true }));
symlinkSync("nowhere", join(folder, "dangling"));

/** A run of seconds: few small images, the original's network. */
const small = ["--dataset", "synthetic", "--counts", "60,50,10,60,20,10,10,20,20,10", "--batch-size", "64"];

interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function baserate(args: string[], env: Record<string, string> = {}): Promise<Finished> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [cli, ...args],
      { cwd: folder, env: { ...process.env, ...env } },
      (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
      },
    );
  });
}

const run = async (name: string, ...args: string[]) => {
  const { stdout, stderr } = await baserate(["reproduce", ...small, "--out", name, "--json", ...args]);
  expect(stderr).not.toMatch(/error/i);
  return JSON.parse(stdout);
};

test("--json prints one document with the measures of each arm, and the files it names exist", async () => {
  const { arms, files, comparison } = await run("one", "--onnx");
  for (const arm of ["zero", "prior"]) {
    const {
      expectedLoss,
      initialLoss,
      finalLoss,
      accuracy,
      testLoss,
      testAccuracy,
      balancedAccuracy,
      losses,
      inBand,
    } = arms[arm];
    expect(losses).toHaveLength(5);
    expect(finalLoss).toBe(losses[4]);
    expect(Math.abs(initialLoss - expectedLoss)).toBeLessThan(0.2);
    expect(inBand).toBe(true);
    for (const share of [accuracy, testAccuracy, balancedAccuracy]) expect(share).toBeGreaterThan(0);
    expect(testLoss).toBeGreaterThan(0);
  }
  expect(arms.zero.expectedLoss).toBeCloseTo(Math.log(10), 12);
  expect(comparison).toMatchObject({ arm: "prior", baseline: "zero" });
  expect(Object.keys(files)).toEqual(
    expect.arrayContaining([
      "opt-vs-normal-loss.svg",
      "opt-vs-normal-loss.png",
      "losses.csv",
      "report.html",
      "summary.json",
      "untrained-zero.onnx",
    ]),
  );
  for (const file of Object.values(files)) expect(existsSync(join(folder, file as string))).toBe(true);
  expect(readFileSync(join(folder, "one/losses.csv"), "utf8").trim().split("\n")).toHaveLength(1 + 2 * 5);
});

test("the same seed gives the same losses, bit for bit, whatever the number of workers", async () => {
  const [first, second] = [await run("same-1", "--workers", "1"), await run("same-2", "--workers", "2")];
  expect(first.arms.zero.losses).toEqual(second.arms.zero.losses);
  expect(first.arms.prior).toEqual(second.arms.prior);
});

test("several seeds give mean, sd and values, and a run that was killed goes on to the same summary", async () => {
  const seeds = ["--seeds", "3", "--epochs", "2"];
  const whole = await run("whole", ...seeds);
  expect(whole.arms.prior.finalLoss.values).toHaveLength(3);
  expect(whole.comparison.initialLoss.high).toBeLessThan(0);

  const killed = spawn(process.execPath, [cli, "reproduce", ...small, "--out", "killed", ...seeds], {
    cwd: folder,
  });
  await new Promise<void>((resolve) => {
    let text = "";
    killed.stderr.on("data", (data) => {
      text += data;
      if (/trained in/.test(text)) killed.kill("SIGKILL");
    });
    killed.on("exit", () => resolve());
  });
  const lines = readFileSync(join(folder, "killed/trials.jsonl"), "utf8");
  expect(lines.split("\n").length - 1).toBeLessThan(6);
  writeFileSync(join(folder, "killed/trials.jsonl"), `${lines}{"arm":"zero","se`);
  const resumed = await run("killed", ...seeds);
  expect(resumed.arms).toEqual(whole.arms);
  expect(readFileSync(join(folder, "killed/summary.json"))).toEqual(
    readFileSync(join(folder, "whole/summary.json")),
  );
});

test("a folder with a run of another plan is refused and left alone, and --fresh starts over", async () => {
  await run("other");
  const before = readFileSync(join(folder, "other/trials.jsonl"), "utf8");
  const refused = await baserate(["reproduce", ...small, "--epochs", "2", "--out", "other"]);
  expect(refused).toMatchObject({ code: 2, stdout: "" });
  expect(refused.stderr).toContain(
    "other contains a run with epochs 1, and this one has 2; choose another --out, or --fresh to start over",
  );
  expect(readFileSync(join(folder, "other/trials.jsonl"), "utf8")).toBe(before);
  expect((await run("other", "--epochs", "2", "--fresh")).plan.epochs).toBe(2);
});

test("Ctrl-C ends a run with exit 130 in the middle of a trial, and keeps what is finished", async () => {
  const plan = ["reproduce", ...small, "--out", "stopped", "--arms", "zero"];
  await baserate([...plan, "--seed", "1"]);
  const finished = () => readFileSync(join(folder, "stopped/trials.jsonl"), "utf8");
  const before = finished();
  const started = spawn(process.execPath, [cli, ...plan, "--seeds", "2", "--workers", "1"], { cwd: folder });
  const code = await new Promise<number | null>((resolve) => {
    let text = "";
    started.stderr.on("data", (data) => {
      text += data;
      // Training begins. A second signal would end the program without cleaning up.
      if (/initial loss \d/.test(text) && !started.killed) started.kill("SIGINT");
    });
    started.on("exit", resolve);
  });
  expect(code).toBe(130);
  expect(finished()).toBe(before);
});

test("counts and layers that do not fit the dataset are refused before it is fetched", async () => {
  const [bin, touched] = [join(folder, "bin"), join(folder, "touched")];
  mkdirSync(bin);
  writeFileSync(join(bin, "npm"), `#!/bin/sh\necho npm >> ${touched}\nexit 1\n`, { mode: 0o755 });
  const noFetch = `data:text/javascript,import fs from "node:fs";globalThis.fetch=()=>{fs.appendFileSync(${JSON.stringify(touched)},"fetch");throw new Error("no network")}`;
  const env = {
    PATH: bin,
    BASERATE_CACHE: join(folder, "cache"),
    NODE_OPTIONS: `--import ${JSON.stringify(noFetch)}`,
  };
  writeFileSync(join(folder, "layers.yaml"), "layers: [{ conv2d: { filters: 4, kernel: [40, 40] } }]\n");
  const refused = [
    [
      ["reproduce", "--counts", "1,2,3"],
      "invalid class counts: got 3, expected one for each of the 10 classes",
    ],
    [["reproduce", "--counts", "5001,1,1,1,1,1,1,1,1,1"], "invalid class count: 5001 for class 0 (airplane)"],
    [["compare", "layers.yaml"], "layers: "],
  ] as const;
  for (const [args, message] of refused) {
    const { code, stderr } = await baserate([...args], env);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  }
  expect(existsSync(touched)).toBe(false);
  // the trap itself works: a plan that fits does fetch
  await baserate(["reproduce"], env);
  expect(readFileSync(touched, "utf8")).toBe("npm\nfetch");
});

test.each([
  [
    ["--arms", "zero,priro"],
    "--arms, entry 2: unknown arm: priro; did you mean prior? Known: zero, prior, calibrated",
  ],
  [["--dataset", "mnist"], "--dataset: unknown dataset: mnist; known: cifar10, synthetic, names"],
  [["--counts", "5,-1"], "invalid --counts, entry 2: -1; expected a number of at least 1"],
  [["--counts", "5,0"], "invalid --counts, entry 2: 0; expected a number of at least 1"],
  [["--counts", "5,1.5"], "invalid --counts, entry 2: 1.5; expected a whole number"],
  [["--dataset", "synthetic", "--counts", "9000,9000"], "invalid class count: 9000 for class 0"],
  [
    ["--batch-size", "0"],
    "option '--batch-size <number>' argument '0' is invalid. give a whole number of at least 1.",
  ],
  [["--plan", "missing.yaml"], "can't read missing.yaml"],
  [["--out", "file/run"], "can't use the run folder file/run"],
  [["--out", "dangling/run"], "can't use the run folder dangling/run: no folder can be made in "],
])("%j is refused with exit 2 and nothing on stdout", async (args, message) => {
  writeFileSync(join(folder, "file"), "");
  const { code, stdout, stderr } = await baserate(["reproduce", ...args]);
  expect(stderr).toContain(message);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
});

test("a run that fails before its first trial leaves no folder behind, and none of its own above", async () => {
  mkdirSync(join(folder, "mine"));
  const tooMany = ["--dataset", "synthetic", "--counts", "9000,9000"];
  await baserate(["reproduce", ...tooMany, "--out", "mine/made/run"]);
  await baserate(["reproduce", ...tooMany, "--out", "mine"]);
  expect(readdirSync(join(folder, "mine"))).toEqual([]);
});

test("a plan file with a typo names the key and the nearest known one", async () => {
  writeFileSync(join(folder, "typo.yaml"), "dataset: synthetic\nbatchsize: 64\n");
  const { code, stderr } = await baserate(["compare", "typo.yaml"]);
  expect(stderr).toMatch(
    /^baserate: typo.yaml: unknown key: batchsize; did you mean batchSize\? Known: dataset, model, .*, layers, grid\n$/,
  );
  expect(code).toBe(2);
});

test.each([
  [
    "bomb.yaml",
    `a: &a [x, x]\nb: &b [${"*a,".repeat(9)}]\nc: &c [${"*b,".repeat(9)}]\nd: [${"*c,".repeat(9)}]\n`,
    "Excessive alias count",
  ],
  ["deep.yaml", "[".repeat(100_000), "nested too deeply for a plan; allowed: 20 levels"],
  [
    "nested.yaml",
    `layers: ${"[".repeat(50)}${"]".repeat(50)}\n`,
    "nested too deeply for a plan; allowed: 20 levels",
  ],
  ["long.yaml", `# ${"x".repeat(2 ** 20)}\n`, "too long for a plan"],
  ["list.yaml", "- 1\n", "expected keys with values, as in plans/cifar10-imbalanced.yaml"],
])("%s is refused with one line", async (name, content, message) => {
  writeFileSync(join(folder, name), content);
  const { code, stderr } = await baserate(["compare", name]);
  expect(stderr).toContain(`baserate: ${name}: `);
  expect(stderr).toContain(message);
  expect(stderr.trim()).not.toContain("\n");
  expect(code).toBe(2);
});
