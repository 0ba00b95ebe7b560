import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..", "..");
const files = join(root, "test", "files", "labels");
const cifarCounts = "4000,3700,100,4000,400,100,50,700,700,100";

/** Runs the built program, with standard input if there is any. */
function solve(args: readonly string[], input = "") {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, "dist", "cli.js"), "solve", ...args],
    {
      encoding: "utf8",
      input,
      cwd: files,
    },
  );
  return { status, stdout, stderr };
}

const solved = (args: readonly string[], input?: string) =>
  JSON.parse(solve([...args, "--json"], input).stdout);

test("solve --counts --json is one document: the bias, and the label entropy against ln 10", () => {
  const { status, stdout, stderr } = solve(["--counts", cifarCounts, "--json"]);
  expect([status, stderr]).toEqual([0, ""]);
  const solution = JSON.parse(stdout);
  const counts = cifarCounts.split(",").map(Number);
  solution.bias.forEach((b: number, k: number) => {
    expect(b).toBeCloseTo(Math.log(counts[k] / 13_850), 12);
  });
  expect(solution.bias.length).toBe(10);
  expect(Math.abs(solution.expectedLoss - 1.6012265347398464)).toBeLessThan(1e-12);
  expect(Math.abs(solution.lossAtZero - Math.LN10)).toBeLessThan(1e-12);
  expect(solution).toMatchObject({ kind: "closed form", warnings: [], labels: { rows: 13_850, counts } });
});

test("solve prints tables of at most 80 columns, without colour", () => {
  const names = Array.from({ length: 30 }, (_, k) => `a class with quite a long name, number ${k}`).join(
    "\n",
  );
  for (const args of [
    ["--counts", cifarCounts],
    ["--counts", "0,3"],
    ["-", "--no-header", "--format", "tsv"],
    ["--help"],
    ["--loss", "keras.losses.CategoricalCrossentropy", "--counts", "1,2"],
  ]) {
    const { status, stdout } = solve(args, `${names}\n${names}\n`);
    expect(status).toBe(0);
    expect(stdout.split("\n").filter((line) => line.length > 80)).toEqual([]);
    expect(stdout).not.toContain("\u001b");
  }
});

test("solve names classes that never occur in a warning, and stays finite", () => {
  const { stdout } = solve(["--counts", "0,3"]);
  expect(stdout).toMatch(/Warning: no row of class 0/);
});

test("solve takes a loss's options as flags, from its own description", () => {
  const { bias } = solved(["--counts", "900,100", "--class-weights", "balanced"]);
  expect(bias[0]).toBeCloseTo(bias[1], 12);
  const smooth = solved(["--counts", "1,0", "--label-smoothing", "0.5"]);
  expect(smooth.prediction[0]).toBeCloseTo(0.75, 12);
  const { bias: doubled } = solved(["bool.npy", "--loss", "sigmoid", "--pos-weight", "2"]);
  expect(doubled[0]).toBeCloseTo(Math.log(2), 12);
  expect(solve(["--loss", "sigmoid", "--help"]).stdout).toContain("--pos-weight");
});

test("solve with a framework's name states that framework's convention", () => {
  const { framework } = solved(["--counts", "1,2", "--loss", "torch.nn.CrossEntropyLoss"]);
  expect(framework).toEqual({ name: "torch.nn.CrossEntropyLoss", convention: expect.any(String) });
  expect(solve(["--counts", "1,2", "--loss", "torch.nn.CrossEntropyLoss"]).stdout).toContain(
    framework.convention.slice(0, 30),
  );
});

test("solve reads standard input in each text format", () => {
  for (const input of [
    "y\nant\nbee\nbee\n",
    '{"y":"ant"}\n{"y":"bee"}\n{"y":"bee"}\n',
    '["ant","bee","bee"]',
    "y\tz\nant\t1\nbee\t2\nbee\t3\n",
  ]) {
    const column = input.startsWith("[") ? [] : ["--column", "y"];
    expect(solved(["-", ...column], input).labels).toMatchObject({ counts: [1, 2], names: ["ant", "bee"] });
  }
});

test("solve reads weights from their column", () => {
  const args = ["-", "--column", "y", "--weight-column", "w"];
  expect(solved(args, "y,w\na,1\nb,0.5\nb,2.5\n").labels).toMatchObject({ counts: [1, 3], rows: 3 });
});

test.each(["snappy.parquet", "zstd.parquet"])("solve reads a column of %s", (name) => {
  expect(solved([name, "--column", "species"]).labels).toMatchObject({
    counts: [1000, 1000, 1000],
    names: ["ant", "bee", "cät"],
  });
});

test.each([
  [["--counts", "1,-2"], "invalid count in --counts: -2"],
  [["--counts", "1,,2"], "invalid count in --counts: nothing"],
  [["--counts", "0,0"], "all 2 counts are 0"],
  [["i8.npy", "--counts", "1,2"], "cannot be combined: both give the labels"],
  [[], "no labels: give a file"],
  [["--counts", "1,2,3", "--classes", "a,b"], "3 counts, but --classes says 2 classes"],
  [["nowhere.csv"], "cannot read nowhere.csv: there is no such file"],
  [["i8.npy", "--loss", "sofmax"], "did you mean softmax?"],
  [["i8.npy", "--label-smoothing", "2"], "invalid labelSmoothing of softmax: 2"],
  [["i8.npy", "--label-smoothing", ""], "invalid labelSmoothing of softmax: NaN"],
  [["i8.npy", "--class-weights", "1,x,2"], "invalid classWeights of softmax: NaN (class 1)"],
  [["i8.npy", "--classes", "0"], "give a whole number of at least 1, or names separated by commas"],
  [["f8.npy"], "looks like a real number"],
  [["zstd.parquet"], "say which holds the labels with --column"],
  [["i8.npy", "--weight-column", "w"], "--weight-column needs --column"],
  [["i8.npy", "--gamma", "2"], "unknown option '--gamma'"],
  [["i8.npy", "--as", "words"], "Allowed choices are classes, names, numbers"],
] as const)("solve %j exits with 2 and says: %s", (args, message) => {
  const { status, stdout, stderr } = solve(args);
  expect([status, stdout]).toEqual([2, ""]);
  expect(stderr).toContain(message);
  expect(stderr.trim().split("\n").length).toBeLessThanOrEqual(2);
});

test.each(["keras", "pytorch", "jax", "flax", "tfjs", "numpy"])(
  "solve --for %s prints lines with the bias and the band",
  (framework) => {
    const { status, stdout } = solve(["--counts", "900,100", "--for", framework]);
    expect(status).toBe(0);
    expect(stdout).toContain("-0.105360515658, -2.30258509299");
    // H(0.9, 0.1)
    expect(stdout).toContain("0.325082973391");
  },
);

test("solve --for says what it cannot print lines for", () => {
  expect(solve(["--counts", "9,1", "--for", "kears"]).stderr).toContain(
    "unknown framework: kears; did you mean keras?",
  );
  expect(solve(["--counts", "9,1", "--for", "keras", "--json"]).stderr).toContain("--json cannot be");
  expect(solve(["--loss", "triplet", "--for", "keras"]).stderr).toContain("no snippet for triplet");
});

test("solve --plot writes two figures beside each other, and says which", () => {
  const folder = mkdtempSync(join(tmpdir(), "baserate-plots-"));
  try {
    for (const extension of ["svg", "png"]) {
      const { plots } = solved(["--counts", "900,100", "--plot", join(folder, `out.${extension}`)]);
      expect(plots).toEqual([join(folder, `out-labels.${extension}`), join(folder, `out-loss.${extension}`)]);
    }
    expect(readFileSync(join(folder, "out-labels.svg"), "utf8")).toMatch(/^<svg /);
    expect(readFileSync(join(folder, "out-loss.png")).subarray(1, 4).toString()).toBe("PNG");
    expect(readdirSync(folder).length).toBe(4);
    expect(solve(["--counts", "1,2", "--plot", "x.pdf"]).stderr).toContain("its name ends in .svg or .png");
    expect(solve(["--counts", "1,2", "--plot", join(folder, "no", "x.svg")]).stderr).toContain(
      "cannot write",
    );
    expect(solve(["--loss", "triplet", "--plot", "x.svg"]).stderr).toContain("nothing to plot for triplet");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
