import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

const cli = join(import.meta.dirname, "../../dist/cli.js");
const models = join(import.meta.dirname, "../files/models");

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "baserate-"));
  for (const name of ["mlp.keras", "multi.keras", "mlp.npz"]) cpSync(join(models, name), join(folder, name));
});
afterEach(() => rmSync(folder, { recursive: true }));

function baserate(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...words], {
    cwd: folder,
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

test("apply sets the bias of label counts, and inspect shows it", () => {
  const applied = baserate("apply", "mlp.keras", "--counts", "700,200,100", "--loss", "softmax", "--json");
  expect(applied).toMatchObject({ status: 0, stderr: "" });
  const { outputs, written } = JSON.parse(applied.stdout);
  expect(written).toEqual(["mlp.baserate.keras"]);
  expect(outputs[0].after).toEqual([0.7, 0.2, 0.1].map((share) => Math.fround(Math.log(share))));
  const inspected = JSON.parse(baserate("inspect", written[0], "--json").stdout);
  expect(inspected.outputs[0].bias).toEqual(outputs[0].after);
  expect(inspected.outputs[0].prediction.map((share: number) => share.toFixed(6))).toEqual([
    "0.700000",
    "0.200000",
    "0.100000",
  ]);
});

test("apply takes labels and losses of several outputs from one file, with paths from its folder", () => {
  writeFileSync(join(folder, "labels.csv"), "kind,x\na,1\na,2\nb,3\nc,4\n");
  writeFileSync(
    join(folder, "heads.yaml"),
    "label: {labels: labels.csv, column: kind, loss: softmax}\nflags: [0.5, -0.5]\nprice: {bias: [3.5]}\n",
  );
  const { status, stdout } = baserate("apply", "multi.keras", "--heads", "heads.yaml", "--json");
  expect(status).toBe(0);
  const after = JSON.parse(stdout).outputs.map((output: { after: number[] }) => output.after);
  expect(after).toEqual([[0.5, 0.25, 0.25].map((share) => Math.fround(Math.log(share))), [0.5, -0.5], [3.5]]);
});

test("what solve --json prints is a bias to apply", () => {
  writeFileSync(join(folder, "bias.json"), baserate("solve", "--counts", "7,2,1", "--json").stdout);
  expect(baserate("apply", "mlp.npz", "--bias", "bias.json").status).toBe(0);
  expect(existsSync(join(folder, "mlp.baserate.npz"))).toBe(true);
});

test("an activation that the loss is told of is not warned of", () => {
  cpSync(join(models, "detector.keras"), join(folder, "detector.keras"));
  writeFileSync(join(folder, "shares.csv"), "share\n0.1\n0.2\n0.6\n");
  const words = [
    "detector.keras",
    "--output",
    "classes",
    "--labels",
    "shares.csv",
    "--column",
    "share",
    "--loss",
    "mse",
  ];
  expect(baserate("apply", ...words, "--out", "a.keras").stdout).toMatch(/warning +the file applies sigmoid/);
  const { status, stdout } = baserate("apply", ...words, "--activation", "sigmoid", "--out", "b.keras");
  expect({ status, warned: stdout.includes("warning") }).toEqual({ status: 0, warned: false });
});

test("a folder of transformers brings its loss and its classes in their order, and apply writes such a folder", () => {
  cpSync(join(models, "transformers/bert"), join(folder, "bert"), { recursive: true });
  writeFileSync(join(folder, "y.csv"), "animal\nbird\ncat\ncat\ndog\n");
  const { status, stdout } = baserate("apply", "bert", "--labels", "y.csv", "--column", "animal", "--json");
  expect(status).toBe(0);
  const after = [0.5, 0.25, 0.25].map((share) => Math.fround(Math.log(share)));
  expect(JSON.parse(stdout).outputs[0].after).toEqual(after);
  const inspected = JSON.parse(baserate("inspect", "bert.baserate", "--json").stdout);
  expect(inspected.outputs[0].bias).toEqual(after);
  expect(baserate("inspect", "bert").stdout).toMatch(/classes +cat, dog, bird \(from config.json\)/);
});

test("a file of tensors alone is not said to predict anything", () => {
  const words = ["mlp.npz", "--counts", "1,2,3", "--loss", "softmax"];
  const { stdout } = baserate("apply", ...words);
  expect(stdout).not.toMatch(/predicts/);
  expect(stdout).toMatch(/assumes +that only the link of the loss follows this bias/);
  const { outputs } = JSON.parse(baserate("apply", ...words, "--out", "b.npz", "--json").stdout);
  expect(outputs[0].prediction).toBe(null);
});

test("a tensor that is named is not said to predict anything, also where the file describes its output", () => {
  const tensor = "layers/dense_1/vars/1";
  const { stdout } = baserate(
    "apply",
    "mlp.keras",
    "--tensor",
    tensor,
    "--counts",
    "1,2,3",
    "--loss",
    "softmax",
  );
  expect(stdout).toMatch(/tensor +layers\/dense_1/);
  expect(stdout).not.toMatch(/predicts/);
});

test("outputs that share the bias are named", () => {
  cpSync(join(models, "shared-layer.keras"), join(folder, "shared-layer.keras"));
  const words = ["shared-layer.keras", "--output", "a", "--counts", "1,2,3", "--loss", "softmax"];
  expect(baserate("apply", ...words).stdout).toMatch(/also +changes b, which shares this bias/);
});

test("control characters in tensor names are shown escaped", () => {
  const name = "\u001b[2J\u001b]0;title\u0007fc";
  const header = JSON.stringify({
    [`${name}.weight`]: { dtype: "F32", shape: [2, 2], data_offsets: [0, 16] },
    [`${name}.bias`]: { dtype: "F32", shape: [2], data_offsets: [16, 24] },
  }).padEnd(248);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(248n);
  writeFileSync(
    join(folder, "m.safetensors"),
    Buffer.concat([length, Buffer.from(header), Buffer.alloc(24)]),
  );
  const outs = [
    baserate("inspect", "m.safetensors", "--tensors"),
    baserate("inspect", "m.safetensors", "--json"),
    baserate("apply", "m.safetensors", "--counts", "1,2", "--loss", "softmax"),
    baserate("apply", "m.safetensors", "--output", "x", "--counts", "1,2", "--loss", "softmax"),
  ];
  for (const { stdout, stderr } of outs) {
    expect(stdout + stderr).toMatch(/fc/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be printed
    expect(stdout + stderr).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f]/);
  }
});

test("the new file keeps the ending, also of two parts", () => {
  cpSync(join(models, "torch/state-float32.pt"), join(folder, "epoch3.pth.tar"));
  const { stdout } = baserate("apply", "epoch3.pth.tar", "--counts", "1,2,3", "--loss", "softmax", "--json");
  expect(JSON.parse(stdout).written).toEqual(["epoch3.baserate.pth.tar"]);
});

test("a report fits into 80 columns", () => {
  const { stdout } = baserate(
    "apply",
    "multi.keras",
    "--output",
    "flags",
    "--counts",
    "9,1",
    "--loss",
    "softmax",
  );
  expect(stdout).toMatch(/warning +the file applies sigmoid after the bias, but softmax takes/);
  expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
});

test.each([
  [["mlp.keras"], /missing bias: give --labels or --counts with --loss, or --bias, or --heads/],
  [["mlp.keras", "--counts", "1,2,3"], /--counts needs --loss as well/],
  [["mlp.keras", "--counts", "1,2,3", "--labels", "a.csv", "--loss", "softmax"], /cannot be combined/],
  [["mlp.keras", "--counts", "1,2", "--loss", "softmax"], /has 3 units, but there are 2 values/],
  [["multi.keras", "--counts", "1,2,3", "--loss", "softmax"], /the model has 3 outputs: label, flags, price/],
  [
    ["mlp.keras", "--counts", "1,2,3", "--loss", "softmax", "--out", "mlp.npz/a.keras"],
    /cannot write to mlp.npz: a part of the path is a file, not a folder/,
  ],
  [["none.keras", "--counts", "1,2,3", "--loss", "softmax"], /none.keras: no such file/],
  [
    [".", "--counts", "1,2,3", "--loss", "softmax"],
    /a folder; give the path of one file in it: mlp.keras, mlp.npz, multi.keras/,
  ],
])("apply %j is refused in one line, and leaves everything as it is", (words, message) => {
  const before = readdirSync(folder).map((name) => readFileSync(join(folder, name), "hex"));
  const { status, stdout, stderr } = baserate("apply", ...words);
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toMatch(message);
  expect(stderr.trim().split("\n")).toHaveLength(1);
  expect(readdirSync(folder).map((name) => readFileSync(join(folder, name), "hex"))).toEqual(before);
});
