import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from "@zip.js/zip.js";
import sharp from "sharp";
import { afterAll, expect, test } from "vitest";
import { initialWeights } from "../../src/graph/initialWeights.ts";
import { dense, flatten, rescaling } from "../../src/graph/layers.ts";
import { sequential } from "../../src/graph/model.ts";
import { tensor } from "../../src/graph/tensor.ts";
import { toOnnx } from "../../src/graph/toOnnx.ts";
import { forwardWith } from "../../src/graph/trainStep.ts";
import { softmax } from "../../src/math/logSumExp.ts";
import { seededRandom } from "../../src/math/seededRandom.ts";
import { npyBytes } from "../tables/npyBytes.ts";

const folder = mkdtempSync(join(tmpdir(), "baserate-check-"));
afterAll(() => rmSync(folder, { recursive: true }));

function check(...args: string[]) {
  const cli = join(import.meta.dirname, "..", "..", "dist", "cli.js");
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, "check", ...args], {
    encoding: "utf8",
    cwd: folder,
  });
  return { status, stdout, stderr };
}

const npy = (name: string, type: string, shape: readonly number[], bytes: Uint8Array) =>
  writeFileSync(join(folder, name), npyBytes(type, shape, bytes));

const rows = 250;
const frequencies = [0.8, 0.16, 0.04];
const { normal, integer } = seededRandom(1);
const labels = Array.from({ length: rows }, (_, i) => (i % 25 < 20 ? 0 : i % 25 < 24 ? 1 : 2));
const noise = Array.from({ length: 3 * rows }, () => 0.3 * normal());
const outputs = {
  zero: noise,
  prior: noise.map((z, i) => z + Math.log(frequencies[i % 3])),
};
for (const [name, values] of Object.entries(outputs)) {
  npy(`${name}.npy`, "<f4", [rows, 3], new Uint8Array(Float32Array.from(values).buffer));
}
npy("yes.npy", "|u1", [100], new Uint8Array(100));
npy("labels.npy", "<i8", [rows], new Uint8Array(BigInt64Array.from(labels, BigInt).buffer));
writeFileSync(
  join(folder, "labels.csv"),
  `kind\n${labels.map((k) => ["ape", "bee", "cow"][k]).join("\n")}\n`,
);
const probabilities = Array.from({ length: rows }, (_, i) => softmax(outputs.zero.slice(3 * i, 3 * i + 3)));
writeFileSync(join(folder, "probabilities.json"), JSON.stringify(probabilities));

/** A network for batches of 64 images of 4 x 4 bytes, of which 250 make a last piece that is not full. */
const model = sequential([4, 4, 1], [rescaling(1 / 255), flatten(), dense(8, "relu"), dense(3)]);
const weights = initialWeights(model, 1);
const network = (bias: readonly number[]) =>
  toOnnx(
    forwardWith(
      { model, types: { inputs: { images: "uint8" } }, microBatchSize: 64 },
      { ...weights, [model.outputBias]: tensor("float32", [3], bias) },
    ),
  );
writeFileSync(join(folder, "zero.onnx"), network([0, 0, 0]));
writeFileSync(join(folder, "prior.onnx"), network(frequencies.map(Math.log)));
npy(
  "images.npy",
  "|u1",
  [rows, 4, 4, 1],
  Uint8Array.from({ length: 16 * rows }, () => integer(256)),
);

test("check gives its verdict in the first line and by its exit code, within 80 columns", () => {
  const broken = check("--outputs", "zero.npy", "--labels", "labels.npy");
  expect([broken.status, broken.stderr]).toEqual([1, ""]);
  expect(broken.stdout).toMatch(/^Not sound: bias not set \(loss 1\.1\d+, expected 0\.6\d+\)\.\n/);
  const sound = check("--outputs", "prior.npy", "--labels", "labels.csv");
  expect([sound.status, sound.stderr]).toEqual([0, ""]);
  expect(sound.stdout).toMatch(/^Sound: /);
  for (const { stdout } of [broken, sound, check("--help")]) {
    expect(stdout.split("\n").filter((line) => line.length > 80)).toEqual([]);
  }
});

test("check --json is one document with the causes", () => {
  const { status, stdout } = check("--outputs", "probabilities.json", "--labels", "labels.csv", "--json");
  const report = JSON.parse(stdout);
  expect(status).toBe(1);
  expect(report).toMatchObject({ verdict: "not sound", rows, causes: [{ name: "softmax applied twice" }] });
});

test("check --given predictions takes them through the link, --reported-loss names a wrong reduction", () => {
  const given = check("--outputs", "probabilities.json", "--labels", "labels.csv", "--given", "predictions");
  expect(given.stdout).toMatch(/^Not sound: bias not set/);
  const { measuredLoss } = JSON.parse(
    check("--outputs", "prior.npy", "--labels", "labels.npy", "--json").stdout,
  );
  const args = ["--outputs", "prior.npy", "--labels", "labels.npy", "--reported-loss"];
  expect(check(...args, String(measuredLoss)).status).toBe(0);
  expect(check(...args, String(rows * measuredLoss)).stdout).toMatch(/^Not sound: wrong reduction/);
});

test("check runs an ONNX model, and --fix bias writes one that is sound", () => {
  const data = ["--data", "images.npy", "--labels", "labels.npy"];
  const broken = check("zero.onnx", ...data, "--fix", "bias", "--out", "fixed.onnx");
  expect([broken.stderr, broken.status]).toEqual(["", 1]);
  expect(broken.stdout).toMatch(/^Not sound: bias not set/);
  expect(check("prior.onnx", ...data).stdout).toMatch(/^Sound/);
  const fixed = check("fixed.onnx", ...data, "--json");
  const report = JSON.parse(fixed.stdout);
  expect([fixed.status, report.verdict]).toEqual([0, "sound"]);
  const promised = Number(/loss +([\d.]+) on these rows with it/.exec(broken.stdout)![1]);
  expect(report.measuredLoss).toBeCloseTo(promised, 3);
});

test("check --fix bias of a layer without a bias names the command that has the flags for it", () => {
  const unbiased = join(import.meta.dirname, "..", "files", "models", "onnx", "no-bias.onnx");
  npy("inputs.npy", "<f4", [rows, 4], new Uint8Array(Float32Array.from({ length: 4 * rows }, normal).buffer));
  const data = ["--data", "inputs.npy", "--labels", "labels.npy", "--bias", "0,0,0"];
  const { status, stderr } = check(unbiased, ...data, "--fix", "bias", "--out", "never.onnx");
  expect(status).toBe(2);
  expect(stderr).toContain("baserate apply --add-bias");
  expect(stderr).not.toMatch(/(?<!apply )--(add-bias|tensor)/);
  expect(existsSync(join(folder, "never.onnx"))).toBe(false);
});

test("check of one output with yes/no labels under a softmax suggests --loss sigmoid", () => {
  writeFileSync(join(folder, "one.json"), JSON.stringify(noise.slice(0, rows).map((z) => [z])));
  writeFileSync(join(folder, "yes_no.json"), JSON.stringify(labels.map((label) => Math.min(label, 1))));
  const args = ["--outputs", "one.json", "--labels", "yes_no.json"];
  const { status, stderr } = check(...args);
  expect([status, stderr]).toEqual([2, expect.stringContaining("add --loss sigmoid")]);
  expect(check(...args, "--loss", "sigmoid").stderr).toBe("");
});

/** Folders of 4 x 5 images (width x height): 40 of ape, 8 of bee, 2 of cow; each has the bytes that `byte` gives. */
const photos = join(folder, "photos");
const byte = (n: number, pixel: number, channel: number) => (37 * n + 11 * pixel + 5 * channel) % 256;
const photoLabels = Array.from({ length: 50 }, (_, n) => (n < 40 ? 0 : n < 48 ? 1 : 2));
for (const [n, label] of photoLabels.entries()) {
  const below = join(photos, ["ape", "bee", "cow"][label]);
  mkdirSync(below, { recursive: true });
  const pixels = Uint8Array.from({ length: 60 }, (_, i) => byte(n, Math.floor(i / 3), i % 3));
  await sharp(pixels, { raw: { width: 4, height: 5, channels: 3 } })
    .png()
    .toFile(join(below, `${String(n).padStart(3, "0")}.png`));
}

/** A network for images of the given shape: one dense layer, so that the order of its inputs shows. */
function imageNetwork(name: string, shape: readonly number[], images: "uint8" | "float32", divide = false) {
  const layers = divide ? [rescaling(1 / 255), flatten(), dense(3)] : [flatten(), dense(3)];
  const model = sequential(shape, layers);
  const weights = initialWeights(model, 2);
  writeFileSync(
    join(folder, name),
    toOnnx(forwardWith({ model, types: { inputs: { images } }, microBatchSize: 8 }, weights)),
  );
  const kernel = Object.values(weights).find((one) => one.shape.length === 2)!.data as Float32Array;
  /** Mean softmax over images, whose element i is `element(n, i)`. */
  return (taken: readonly number[], element: (n: number, i: number) => number) => {
    const all = taken.map((n) =>
      softmax(
        [0, 1, 2].map((k) =>
          kernel.reduce((z, w, i) => (i % 3 === k ? z + w * element(n, Math.floor(i / 3)) : z), 0),
        ),
      ),
    );
    return [0, 1, 2].map((k) => all.reduce((total, p) => total + p[k] / all.length, 0));
  };
}
const last = imageNetwork("last.onnx", [5, 4, 3], "float32");
const first = imageNetwork("first.onnx", [3, 5, 4], "float32");
const bytes = imageNetwork("bytes.onnx", [5, 4, 3], "uint8", true);
const channelsLast = (n: number, i: number) => byte(n, Math.floor(i / 3), i % 3);
const channelsFirst = (n: number, i: number) => byte(n, i % 20, Math.floor(i / 20));
const everyPhoto = photoLabels.map((_, n) => n);

function predictions(...args: string[]) {
  const { stdout, stderr } = check(...args, "--json");
  // Work that takes long shows its progress there.
  expect(stderr).not.toContain("baserate:");
  const report = JSON.parse(stdout) as {
    source: string;
    rows: number;
    predictions: { name: string; prediction: number; meanLabel: number }[];
  };
  return { ...report, means: report.predictions.map(({ prediction }) => prediction) };
}

const near = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 5));

test("check runs a model on a folder of images as the model takes them, labelled by their folders", () => {
  const floats = predictions("last.onnx", "--data", "photos");
  expect(floats.means).toEqual(near(last(everyPhoto, (n, i) => channelsLast(n, i) / 255)));
  expect(floats.predictions.map(({ name, meanLabel }) => [name, meanLabel])).toEqual([
    ["ape", 0.8],
    ["bee", 0.16],
    ["cow", 0.04],
  ]);
  expect(floats.source).toBe("last.onnx on photos (images as bytes / 255)");
  const scaled = predictions("last.onnx", "--data", "photos", "--image-scale", "0.01");
  expect(scaled.means).toEqual(near(last(everyPhoto, (n, i) => channelsLast(n, i) * 0.01)));
  expect(scaled.source).toContain("bytes x 0.01");
  const planes = predictions("first.onnx", "--data", "photos");
  expect(planes.means).toEqual(near(first(everyPhoto, (n, i) => channelsFirst(n, i) / 255)));
  expect(predictions("zero.onnx", "--data", "photos", "--resize").source).toContain("bytes, stretched");
  const raw = predictions("bytes.onnx", "--data", "photos");
  expect(raw.means).toEqual(near(bytes(everyPhoto, (n, i) => channelsLast(n, i) / 255)));
  expect(raw.source).toBe("bytes.onnx on photos (images as bytes)");
});

test("check --rows takes images of all classes in proportion", () => {
  const { rows, means } = predictions("last.onnx", "--data", "photos", "--rows", "25");
  const taken = everyPhoto.filter((n) => n % 2 === 0);
  expect(rows).toBe(25);
  expect(taken.map((n) => photoLabels[n]).filter((label) => label === 1)).toHaveLength(4);
  expect(means).toEqual(near(last(taken, (n, i) => channelsLast(n, i) / 255)));
});

const fixtures = join(import.meta.dirname, "..", "files", "models", "onnx");
const { models: known } = JSON.parse(readFileSync(join(fixtures, "expected.json"), "utf8"));

test("check runs an ONNX model whose tensors are in a file beside it", () => {
  mkdirSync(join(folder, "below"));
  for (const name of ["external.onnx", "external.data"])
    copyFileSync(join(fixtures, name), join(folder, "below", name));
  const zeros = new Uint8Array(4 * 4 * rows);
  npy("nothing.npy", "<f4", [rows, 4], zeros);
  const args = ["below/external.onnx", "--data", "nothing.npy", "--labels", "labels.npy"];
  const bias = known["external.onnx"].y.values;
  expect(predictions(...args).means).toEqual(near(softmax(bias)));
  rmSync(join(folder, "below", "external.data"));
  const missing = check(...args);
  expect([missing.status, missing.stderr]).toEqual([2, expect.stringContaining("external.data")]);
});

/** A .npz file, as NumPy writes it: a zip file with a .npy file for each array, by the array's name. */
async function npz(name: string, arrays: Readonly<Record<string, string>>): Promise<void> {
  const zip = new ZipWriter(new Uint8ArrayWriter(), { level: 0 });
  for (const [array, file] of Object.entries(arrays)) {
    await zip.add(`${array}.npy`, new Uint8ArrayReader(readFileSync(join(folder, file))));
  }
  writeFileSync(join(folder, name), await zip.close());
}

test("check feeds a model of several inputs from a .npz file, and reads a label at each token", async () => {
  const tokens = 5 * rows;
  npy("ids.npy", "<i8", [rows, 5], new Uint8Array(new BigInt64Array(tokens).buffer));
  npy("shift.npy", "<f4", [rows, 5], new Uint8Array(4 * tokens));
  await npz("inputs.npz", { shift: "shift.npy", ids: "ids.npy" });
  const kinds = Float64Array.from({ length: tokens }, (_, i) => (i % 3 === 2 ? -100 : i % 2));
  npy("kinds.npy", "<f8", [rows, 5], new Uint8Array(kinds.buffer));
  const args = [join(fixtures, "tokens.onnx"), "--data", "inputs.npz", "--labels", "kinds.npy"];
  const { rows: counted, predictions: found } = predictions(...args, "--ignore-index", "-100");
  const kept = kinds.filter((kind) => kind >= 0);
  expect(counted).toBe(kept.length);
  expect(found.map(({ meanLabel }) => meanLabel)).toEqual(
    near([0, 1, 2].map((k) => kept.filter((kind) => kind === k).length / kept.length)),
  );
  const { stderr } = check(...args.toSpliced(2, 1, "ids.npy"));
  expect(stderr).toMatch(/the model has 2 inputs \(ids, shift\); give --data as an .npz file/);
  await npz("inputs.npz", { ids: "ids.npy", shifts: "shift.npy" });
  expect(check(...args).stderr).toMatch(/no array shift, as .* it has ids, shifts/);
});

test("check feeds and reads float16", () => {
  npy("halves.npy", "<f4", [rows, 4], new Uint8Array(4 * 4 * rows));
  const args = [join(fixtures, "gemm-float16-raw.onnx"), "--data", "halves.npy", "--labels", "labels.npy"];
  const expected = softmax(known["gemm-float16-raw.onnx"].y.values);
  expect(predictions(...args).means).toEqual(expected.map((p) => expect.closeTo(p, 3)));
});

test("check says which output it looks at, where a model has several", () => {
  npy("fours.npy", "<f4", [rows, 4], new Uint8Array(4 * 4 * rows));
  const args = [join(fixtures, "two-outputs.onnx"), "--data", "fours.npy", "--labels", "labels.npy"];
  const sources = [[], ["--output", "y"]].map((more) => predictions(...args, ...more).source);
  expect(sources).toEqual(["z", "y"].map((name) => `two-outputs.onnx, output ${name} (of 3), on fours.npy`));
});

test("check --rows takes rows from all over the data, and frequencies from all labels", () => {
  const sorted = labels.toSorted();
  npy("sorted.npy", "<i8", [rows], new Uint8Array(BigInt64Array.from(sorted, BigInt).buffer));
  const args = ["prior.onnx", "--data", "images.npy", "--labels", "sorted.npy", "--rows", "50"];
  const { rows: counted, predictions: found } = predictions(...args);
  expect([counted, found.map(({ meanLabel }) => meanLabel)]).toEqual([50, near(frequencies)]);
});

test("check --fix bias without a model writes what to add, as JSON", () => {
  const { stdout } = check(
    "--outputs",
    "zero.npy",
    "--labels",
    "labels.npy",
    "--fix",
    "bias",
    "--out",
    "b.json",
  );
  const bias = JSON.parse(readFileSync(join(folder, "b.json"), "utf8"));
  expect(bias[0] - bias[1]).toBeCloseTo(Math.log(0.8 / 0.16), 0);
  expect(stdout).toContain("b.json");
});

test("check --plot draws the loss and the predictions", () => {
  const { stdout } = check("--outputs", "zero.npy", "--labels", "labels.npy", "--plot", "c.svg");
  for (const name of ["c-loss.svg", "c-predictions.svg"]) {
    expect(stdout).toContain(name);
    expect(readFileSync(join(folder, name), "utf8")).toMatch(/^<svg /);
  }
});

test("check --for prints three lines that save outputs and labels", () => {
  for (const framework of ["keras", "pytorch", "jax", "tfjs"]) {
    const { status, stdout } = check("--for", framework);
    expect([status, stdout.includes("outputs."), stdout.includes("labels.")]).toEqual([0, true, true]);
    expect(stdout.split("\n").length).toBe(4);
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
  }
});

test.each<[string[], RegExp]>([
  [[], /nothing to check: give --outputs, or an ONNX model/],
  [["--outputs", "none.npy", "--labels", "labels.npy"], /none.npy: no such file/],
  [["--outputs", "zero.npy"], /no labels: give --labels/],
  [["--outputs", "zero.npy", "--labels", "zero.npy"], /each row needs|3 outputs|shares/],
  [["--outputs", "zero.npy", "--labels", "labels.npy", "--given", "both"], /Allowed choices/],
  [
    ["--outputs", "zero.npy", "--labels", "labels.npy", "--reported-loss", "x"],
    /--reported-loss .* give a number/,
  ],
  [["zero.onnx", "--labels", "labels.npy"], /zero.onnx needs inputs/],
  [["zero.onnx", "--data", "zero.npy", "--labels", "labels.npy"], /rows of 3 do not fit/],
  [["labels.csv", "--data", "images.npy", "--labels", "labels.npy"], /labels.csv/],
  [["zero.onnx", "--data", "images.npy", "--labels", "yes.npy"], /100 labels in yes.npy for 250 rows/],
  [["zero.onnx", "--data", "photos"], /000.png is 4 x 5 .* takes 4 x 4; --resize/],
  [["last.onnx", "--data", "photos", "--labels", "labels.npy"], /photos comes with its labels/],
  [
    ["last.onnx", "--data", "photos", "--loss", "squared-error"],
    /photos has classes for labels; squared-error reads numbers/,
  ],
  [["bytes.onnx", "--data", "photos", "--image-scale", "1"], /--image-scale is for models that take floats/],
  [["last.onnx", "--data", "images.npy", "--resize"], /--resize is for --data with a folder of images/],
  [["--outputs", "zero.npy", "--data", "photos"], /needs an ONNX model to run: give its path/],
  [
    ["--outputs", "zero.npy", "--labels", "labels.npy", "--ignore-index", "x"],
    /it is a number, such as -100/,
  ],
  [["--for", "excel"], /unknown framework: excel/],
])("check %j is refused in one line, with exit 2 and no file", (args, message) => {
  const { status, stdout, stderr } = check(...args, "--out", "never.json");
  expect([status, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(message);
  expect(existsSync(join(folder, "never.json"))).toBe(false);
});

const expected = (name: string, document: unknown) =>
  writeFileSync(join(folder, name), typeof document === "string" ? document : JSON.stringify(document));
const ofOutputs = (name: string, outputs: string, expect?: object) => ({
  name,
  outputs,
  labels: "labels.npy",
  ...(expect && { expect }),
});

test("--expect runs all checks of a file as a test", () => {
  const zero = { verdict: "not sound", cause: "bias not set", loss: [1, 1.3] };
  expected("expected.json", {
    checks: [
      ofOutputs("prior", "prior.npy"),
      { ...ofOutputs("zero", "zero.npy", zero), counts: [200, 40, 10] },
    ],
  });
  const passed = check("--expect", "expected.json");
  expect([passed.status, passed.stderr]).toEqual([0, ""]);
  expect(passed.stdout).toMatch(/pass +prior +sound.*pass +zero +not sound.*2 of 2 checks as expected/s);

  expected("differs.json", {
    checks: [ofOutputs("zero", "zero.npy"), ofOutputs("prior", "prior.npy", zero)],
  });
  const differs = check("--expect", "differs.json", "--json");
  expect(differs.status).toBe(1);
  expect(JSON.parse(differs.stdout).checks.map((one: { differences: string[] }) => one.differences)).toEqual([
    ["not sound (bias not set), expected sound"],
    [
      "sound, expected not sound",
      "no cause, expected bias not set",
      expect.stringMatching(/^loss 0\.\d+, expected 1 to 1\.3$/),
    ],
  ]);
});

test.each<[string, unknown, RegExp]>([
  ["not JSON", "{", /broken.json is not JSON/],
  ["no checks", { checks: [] }, /broken.json: checks: .*docs\/check.md/],
  [
    "an unknown verdict",
    { checks: [ofOutputs("a", "zero.npy", { verdict: "fine" })] },
    /checks.0.expect.verdict/,
  ],
  ["a missing file", { checks: [ofOutputs("a", "none.npy")] }, /a: none.npy: no such file/],
  [
    "an unknown flag",
    { checks: [{ ...ofOutputs("a", "zero.npy"), colour: "red" }] },
    /a: .*unknown option.*--colour/,
  ],
])("--expect refuses %s with exit 2", (_, document, message) => {
  expected("broken.json", document);
  const { status, stdout, stderr } = check("--expect", "broken.json");
  expect([status, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(message);
});
