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

test("--json prints one document with the figures of each arm, and the files it names exist", async () => {
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
}, 60_000);

test("the same seed gives the same losses, bit for bit, whatever the number of workers", async () => {
  const [first, second] = [await run("same-1", "--workers", "1"), await run("same-2", "--workers", "2")];
  expect(first.arms.zero.losses).toEqual(second.arms.zero.losses);
  expect(first.arms.prior).toEqual({ ...second.arms.prior, trainSeconds: first.arms.prior.trainSeconds });
}, 60_000);

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
  const figures = ({ arms, comparison }: typeof whole) =>
    JSON.stringify({ arms, comparison }, (key, value) => (key === "trainSeconds" ? undefined : value));
  expect(figures(resumed)).toBe(figures(whole));
}, 120_000);

test("a folder with a run of another plan is refused and left alone, and --fresh starts over", async () => {
  await run("other");
  const before = readFileSync(join(folder, "other/trials.jsonl"), "utf8");
  const refused = await baserate(["reproduce", ...small, "--epochs", "2", "--out", "other"]);
  expect(refused).toMatchObject({ code: 2, stdout: "" });
  expect(refused.stderr).toContain(
    "other holds a run with epochs 1, this one has 2; choose another --out, or --fresh to start over",
  );
  expect(readFileSync(join(folder, "other/trials.jsonl"), "utf8")).toBe(before);
  expect((await run("other", "--epochs", "2", "--fresh")).plan.epochs).toBe(2);
}, 60_000);

test("Ctrl-C ends a run within two seconds with exit 130, and keeps what is finished", async () => {
  const started = spawn(
    process.execPath,
    [cli, "reproduce", ...small, "--epochs", "500", "--out", "stopped"],
    { cwd: folder },
  );
  let interrupted = 0;
  const code = await new Promise<number | null>((resolve) => {
    started.stderr.on("data", () => {
      if (interrupted === 0) {
        interrupted = performance.now();
        started.kill("SIGINT");
      }
    });
    started.on("exit", resolve);
  });
  expect(code).toBe(130);
  expect(performance.now() - interrupted).toBeLessThan(2000);
}, 60_000);

test.each([
  [
    ["--arms", "zero,priro"],
    "options: arms: number 2: unknown arm: priro; did you mean prior? Known: zero, prior, calibrated",
  ],
  [["--dataset", "mnist"], "options: dataset: unknown dataset: mnist; known: cifar10, synthetic"],
  [["--counts", "5,-1"], "options: counts: number 2: invalid value -1; allowed: at least 1"],
  [["--counts", "5,0"], "options: counts: number 2: invalid value 0; allowed: at least 1"],
  [["--counts", "5,1.5"], "options: counts: number 2: invalid value 1.5; needed: a whole number"],
  [["--dataset", "synthetic", "--counts", "9000,9000"], "invalid class count: 9000 for class 0"],
  [
    ["--batch-size", "0"],
    "option '--batch-size <number>' argument '0' is invalid. give a whole number from 1.",
  ],
  [["--plan", "missing.yaml"], "can't read the plan missing.yaml"],
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
  expect(stderr).toBe(
    "baserate: typo.yaml: unknown key: batchsize; did you mean batchSize? Known: dataset, counts, arms, seeds, epochs, batchSize, learningRate, layers\n",
  );
  expect(code).toBe(2);
});
