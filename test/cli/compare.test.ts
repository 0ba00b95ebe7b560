import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import sqlite from "node-sqlite3-wasm";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Graph } from "../../src/graph/graph.ts";
import { importOnnx } from "../../src/graph/import/importOnnx.ts";
import { initialWeights } from "../../src/graph/initialWeights.ts";
import type { Layer } from "../../src/graph/layer.ts";
import { conv2d, dense, globalAveragePool } from "../../src/graph/layers.ts";
import { sequential } from "../../src/graph/model.ts";
import {
  ModelProtoSchema,
  NodeProtoSchema,
  StringStringEntryProtoSchema,
  TensorProto_DataLocation,
} from "../../src/graph/onnx.gen.ts";
import { tensor } from "../../src/graph/tensor.ts";
import { toOnnx } from "../../src/graph/toOnnx.ts";
import { forwardWith } from "../../src/graph/trainStep.ts";
import { seededRandom } from "../../src/math/seededRandom.ts";
import { npyBytes } from "../tables/npyBytes.ts";

const cli = join(import.meta.dirname, "../../dist/cli.js");
const folder = mkdtempSync(join(tmpdir(), "baserate-compare-"));
afterAll(() => rmSync(folder, { recursive: true }));
const inFolder = (...path: string[]) => join(folder, ...path);

function command(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [cli, ...args], { cwd: folder }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

const baserate = (...args: string[]) => command("compare", ...args);

/** Writes an untrained network of layers as ONNX; its rows have one axis per entry of `shape`. */
function writeNetwork(
  name: string,
  shape: readonly number[],
  layers: Layer[],
  bias: readonly number[],
): void {
  const model = sequential(shape, layers);
  const [input] = model.inputs;
  const weights = { ...initialWeights(model, 3), [model.outputBias]: tensor("float32", [bias.length], bias) };
  const types = { inputs: { [input.name]: "float32" as const } };
  writeFileSync(inFolder(name), toOnnx(forwardWith({ model, types, microBatchSize: 16 }, weights)));
}

/**
 * Writes a network of another file as Keras's exporter does, with its activation last; and with a second output, which no
 * training can pass through.
 */
function writeWithActivation(from: string, name: string, activation: string): void {
  const model = fromBinary(ModelProtoSchema, readFileSync(inFolder(from)));
  const { node, output } = model.graph!;
  const [{ name: raw }] = output;
  node.push(create(NodeProtoSchema, { opType: activation, input: [raw], output: ["predictions"] }));
  node.push(create(NodeProtoSchema, { opType: "TopK", input: ["predictions"], output: ["best"] }));
  output[0].name = "predictions";
  output.push({ ...output[0], name: "best" });
  writeFileSync(inFolder(name), toBinary(ModelProtoSchema, model));
}

/** Writes a network of another file with its tensors in a file beside it, as torch.onnx does with large ones. */
function writeWithExternalData(from: string, name: string): void {
  const model = fromBinary(ModelProtoSchema, readFileSync(inFolder(from)));
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const tensor of model.graph!.initializer) {
    const bytes = tensor.rawData!;
    const entries = { location: `${name}.data`, offset: String(offset), length: String(bytes.length) };
    tensor.externalData = Object.entries(entries).map(([key, value]) =>
      create(StringStringEntryProtoSchema, { key, value }),
    );
    tensor.dataLocation = TensorProto_DataLocation.EXTERNAL;
    tensor.rawData = new Uint8Array();
    parts.push(bytes);
    offset += bytes.length;
  }
  writeFileSync(inFolder(`${name}.data`), Buffer.concat(parts));
  writeFileSync(inFolder(name), toBinary(ModelProtoSchema, model));
}

const counts = { red: 24, green: 12, blue: 4 };
const labels = Object.values(counts).flatMap((count, k) => new Array<number>(count).fill(k));
const { normal } = seededRandom(5);
const features = Float32Array.from({ length: labels.length * 4 }, () => normal());
/** Of 40 rows the positives, and the row without an age. */
const [positives, missing] = [8, 17];

async function writeImages(): Promise<void> {
  for (const [k, [name, count]] of Object.entries(counts).entries()) {
    mkdirSync(inFolder("photos", name), { recursive: true });
    for (let i = 0; i < count; i++) {
      const channels = [0, 1, 2].map((channel) => (channel === k ? 255 : 5 * i));
      const pixels = Uint8Array.from({ length: 192 }, (_, at) => channels[at % 3]);
      const png = sharp(pixels, { raw: { width: 8, height: 8, channels: 3 } }).png();
      await png.toFile(inFolder("photos", name, `${i}.png`));
    }
  }
}

/** What is refused. */
async function writeBadFiles(): Promise<void> {
  const graph = new Graph();
  const x = graph.input("x", "float32", [16, 4]);
  graph.output("output", graph.add(x, x));
  writeFileSync(inFolder("nothing.onnx"), toOnnx(graph));
  const withNaN = features.slice();
  withNaN[4 * 17 + 2] = Number.NaN;
  writeFileSync(inFolder("nan.npy"), npyBytes("<f4", [labels.length, 4], withNaN));
  writeFileSync(inFolder("few.npy"), npyBytes("<i8", [3], new BigInt64Array(3)));
  const many = BigInt64Array.from(labels, (_, row) => BigInt(row % 7));
  writeFileSync(inFolder("many.npy"), npyBytes("<i8", [labels.length], many));
  writeFileSync(inFolder("short.json"), "[1, 2]");
  mkdirSync(inFolder("broken", "red"), { recursive: true });
  writeFileSync(inFolder("broken", "red", "0.png"), "no image");
}

beforeAll(async () => {
  // age, whether it is missing, and three tariffs
  writeNetwork("table.onnx", [5], [dense(4, "tanh"), dense(1)], [0.25]);
  writeNetwork("rows.onnx", [4], [dense(4, "tanh"), dense(3)], [0.5, -0.5, 0.25]);
  const convolutions = [conv2d(4, [3, 3], { activation: "relu" }), globalAveragePool(), dense(3)];
  writeNetwork("images.onnx", [8, 8, 3], convolutions, [0, 0, 0]);
  writeWithActivation("images.onnx", "softmax.onnx", "Softmax");
  writeWithExternalData("rows.onnx", "large.onnx");
  writeWithExternalData("rows.onnx", "lost.onnx");
  rmSync(inFolder("lost.onnx.data"));
  const rows = labels.map((_, row) => {
    const age = row === missing ? "" : 20 + row;
    return `${age},${["basic", "plus", "pro"][row % 3]},${row < positives ? "yes" : "no"}\n`;
  });
  writeFileSync(inFolder("churn.csv"), `age,tariff,churned\n${rows.join("")}`);
  writeFileSync(inFolder("rows.npy"), npyBytes("<f4", [labels.length, 4], features));
  writeFileSync(inFolder("labels.npy"), npyBytes("<i8", [labels.length], BigInt64Array.from(labels, BigInt)));
  writeFileSync(inFolder("bias.json"), "[1, 0, -1]");
  await writeImages();
  await writeBadFiles();
});

const quick = ["--seeds", "2", "--epochs", "2", "--batch-size", "16", "--json"];
const ofRows = ["--model", "rows.onnx", "--data", "rows.npy", "--labels", "labels.npy"];
const ofChurn = ["--model", "table.onnx", "--data", "churn.csv", "--column", "churned", "--loss", "sigmoid"];
const ofPhotos = ["--model", "images.onnx", "--data", "photos"];

const parametersOf = (...path: string[]) =>
  new Map(
    importOnnx(readFileSync(inFolder(...path)), {}).parameters.map(({ name, value }) => [name, value.data]),
  );

/** The one document of a run that succeeds. */
async function run(...args: string[]) {
  const { code, stdout, stderr } = await baserate(...args);
  expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
  return { ...JSON.parse(stdout), stderr };
}

/** Loss of a constant output for classes: the mean of log(sum of exp) minus the bias of the label. */
function constantLoss(bias: readonly number[], frequencies: readonly number[]): number {
  const total = Math.log(bias.reduce((sum, b) => sum + Math.exp(b), 0));
  return frequencies.reduce((sum, frequency, k) => sum + frequency * (total - bias[k]), 0);
}

/** 80 % of each class are trained on. */
const trained = { red: 19, green: 10, blue: 3 };
const frequencies = Object.values(trained).map((count) => count / 32);
const entropy = constantLoss(frequencies.map(Math.log), frequencies);

test("arrays: each arm starts at the loss of its bias, and the report and summary are written", async () => {
  const arms = ["zero", "prior", "as-is", "bias.json"];
  const { arms: results, stderr } = await run(...ofRows, ...quick, "--arms", arms.join(), "--out", "a");
  const biases = { zero: [0, 0, 0], "as-is": [0.5, -0.5, 0.25], "bias.json": [1, 0, -1] };
  for (const [arm, bias] of Object.entries({ ...biases, prior: frequencies.map(Math.log) })) {
    const { expectedLoss, initialLoss, inBand } = results[arm];
    expect(expectedLoss.mean).toBeCloseTo(constantLoss(bias, frequencies), 9);
    expect(Math.abs(initialLoss.mean - expectedLoss.mean)).toBeLessThan(0.4);
    expect(inBand).toEqual([true, true]);
  }
  expect(stderr).toContain("Each seed draws the weights of the file anew");
  expect(JSON.parse(readFileSync(inFolder("a", "summary.json"), "utf8")).arms).toEqual(results);
  expect(readFileSync(inFolder("a", "report.html"), "utf8")).toContain("rows.npy");
});

test("a table: categories are one-hot, and a missing number is replaced and said", async () => {
  const { arms, stderr } = await run(...ofChurn, ...quick, "--out", "b");
  const share = 6 / 32;
  expect(arms.zero.expectedLoss.mean).toBeCloseTo(Math.LN2, 12);
  expect(arms.prior.expectedLoss.mean).toBeCloseTo(
    -share * Math.log(share) - (1 - share) * Math.log(1 - share),
    12,
  );
  expect(Math.abs(arms.prior.initialLoss.mean - arms.prior.expectedLoss.mean)).toBeLessThan(0.4);
  expect(stderr).toContain("age misses 1 of 32 training numbers");
});

test("a table of a database gives the results of the same table in a file", async () => {
  const database = new sqlite.Database(inFolder("churn.db"));
  database.exec("CREATE TABLE customers (age REAL, tariff TEXT, churned TEXT)");
  const [, ...lines] = readFileSync(inFolder("churn.csv"), "utf8").trim().split("\n");
  for (const line of lines) {
    const [age, ...rest] = line.split(",");
    database.run("INSERT INTO customers VALUES (?, ?, ?)", [age === "" ? null : Number(age), ...rest]);
  }
  database.close();
  const data = ["--data", "sqlite:churn.db", "--query", "SELECT * FROM customers ORDER BY rowid"];
  const { arms } = await run(...ofChurn, ...data, ...quick, "--out", "database");
  const { arms: ofFile } = await run(...ofChurn, ...quick, "--out", "file");
  expect(arms).toEqual(ofFile);
  const { code, stderr } = await baserate(
    ...ofChurn,
    "--data",
    "postgres://me:hush@db/shop",
    "--table",
    "customers",
  );
  expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining("set PGPASSWORD") });
  expect(stderr).not.toContain("hush");
});

test("a folder of images: the classes are its folders", async () => {
  const { arms } = await run(...ofPhotos, ...quick, "--out", "c");
  expect(arms.prior.expectedLoss.mean).toBeCloseTo(entropy, 9);
  expect(Math.abs(arms.zero.initialLoss.mean - Math.log(3))).toBeLessThan(0.4);
  expect(readFileSync(inFolder("c", "report.html"), "utf8")).toContain("green");
});

test("a network that ends in its activation is trained on what comes before it, and written back with it", async () => {
  const args = ["--data", "photos", ...quick, "--keep-weights"];
  const raw = await run("--model", "images.onnx", ...args, "--out", "raw");
  const { arms, stderr } = await run("--model", "softmax.onnx", ...args, "--onnx", "--out", "g");
  expect(arms).toEqual(raw.arms);
  expect(stderr).toMatch(/the loss reads the output predictions; .*best/);
  expect(stderr).toContain("predictions comes after Softmax, which the loss computes itself");
  const trained = fromBinary(ModelProtoSchema, readFileSync(inFolder("g", "trained-prior.onnx")));
  expect(trained.graph!.output.map(({ name }) => name)).toEqual(["predictions", "best"]);
  expect(trained.graph!.node.map(({ opType }) => opType)).toContain("Softmax");
});

test("the file of reproduce --onnx gives the curves of reproduce, from the same weights and batches", async () => {
  const { code } = await command("reproduce", "--dataset", "synthetic", "--onnx", "--out", "original");
  expect(code).toBe(0);
  const network = ["--model", "original/untrained-zero.onnx", "--keep-weights"];
  await run(...network, "--dataset", "synthetic", "--json", "--out", "again");
  const lossesOf = (out: string) => {
    const rows = readFileSync(inFolder(out, "losses.csv"), "utf8").trim().split("\n").slice(1);
    return rows.map((row) => row.split(","));
  };
  const [original, again] = ["original", "again"].map(lossesOf);
  expect(again.map(([arm, seed, , step]) => [arm, seed, step])).toEqual(
    original.map(([arm, seed, , step]) => [arm, seed, step]),
  );
  again.forEach((row, i) => {
    expect(Number(row[4])).toBeCloseTo(Number(original[i][4]), 4);
  });
});

test("a network whose tensors are in a file beside it trains as one that holds them", async () => {
  const whole = await run(...ofRows, ...quick, "--arms", "prior,as-is", "--out", "whole");
  const { arms } = await run(
    "--model",
    "large.onnx",
    ...ofRows.slice(2),
    ...quick,
    "--arms",
    "prior,as-is",
    "--onnx",
    "--out",
    "large",
  );
  expect(arms).toEqual(whole.arms);
  expect(parametersOf("large", "trained-prior.onnx").size).toBe(4);
});

test("losses of reduction sum are reported per row", async () => {
  const { arms } = await run(
    ...ofRows,
    ...quick,
    "--reduction",
    "sum",
    "--learning-rate",
    "1e-5",
    "--out",
    "h",
  );
  expect(arms.zero.expectedLoss.mean).toBeCloseTo(Math.log(3), 12);
  expect(arms.prior.expectedLoss.mean).toBeCloseTo(entropy, 9);
  for (const { initialLoss, finalLoss } of Object.values<Record<string, { mean: number }>>(arms))
    expect(Math.abs(finalLoss.mean - initialLoss.mean)).toBeLessThan(0.05);
});

test("--patience stops, and tests the best epoch", async () => {
  const patient = ["--epochs", "60", "--patience", "2", "--learning-rate", "0.3", "--json", "--out", "e"];
  await run(...ofRows, ...patient);
  const trials = readFileSync(inFolder("e", "trials.jsonl"), "utf8").trim().split("\n");
  expect(trials).toHaveLength(2);
  for (const { epochTestLosses, test } of trials.map((line) => JSON.parse(line))) {
    expect(epochTestLosses.length).toBeLessThan(60);
    expect(epochTestLosses.indexOf(test.loss)).toBe(epochTestLosses.length - 3);
    expect(test.loss).toBe(Math.min(...epochTestLosses));
  }
});

test("--dry-run says what would be trained, and writes nothing", async () => {
  const args = [
    ...ofRows,
    "--seeds",
    "3",
    "--epochs",
    "2",
    "--batch-size",
    "10",
    "--arms",
    "zero,prior,as-is,calibrated",
  ];
  const { data, settings, trials, steps } = await run(...args, "--dry-run", "--json", "--out", "f");
  expect({ trials, steps }).toEqual({ trials: 12, steps: 12 * 8 });
  expect(data).toMatchObject({ trainCount: 32, testCount: 8 });
  const [{ expectedLosses, ...setting }] = settings;
  expect(setting).toMatchObject({ parameters: 35, fixed: 0, inputs: [{ shape: [4] }] });
  expect(setting.outputs).toEqual([expect.objectContaining({ width: 3, places: 1 })]);
  expect(setting).toMatchObject({ stepsPerTrial: 8, weightBytes: 140, optimizerBytes: 140 });
  expect(expectedLosses.zero).toBeCloseTo(Math.log(3), 12);
  expect(expectedLosses.prior).toBeCloseTo(entropy, 9);
  expect(expectedLosses.calibrated).toBe(expectedLosses.prior);
  expect(expectedLosses["as-is"]).toBeCloseTo(constantLoss([0.5, -0.5, 0.25], frequencies), 9);
  const { code, stdout } = await baserate(...args, "--dry-run", "--out", "f");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^as-is +1\.0999$/m);
  expect(existsSync(inFolder("f"))).toBe(false);
});

test("--freeze leaves parameters as they are, and --onnx writes the trained network", async () => {
  await run(...ofRows, ...quick, "--keep-weights", "--freeze", "dense.*", "--onnx", "--out", "d");
  const before = parametersOf("rows.onnx");
  const after = parametersOf("d", "trained-prior.onnx");
  const changed = [...before.keys()].filter((name) => !isDeepStrictEqual(after.get(name), before.get(name)));
  expect([...before.keys()]).toEqual(["dense.kernel", "dense.bias", "dense_1.kernel", "dense_1.bias"]);
  expect(changed).toEqual(["dense_1.kernel", "dense_1.bias"]);
});

/** Arguments that are refused, and what the one line on stderr says. */
const refusals: Record<string, readonly [readonly string[], RegExp]> = {
  "a file that is not ONNX": [["--model", "churn.csv", ...ofRows.slice(2)], /churn\.csv.*ONNX/],
  "a network whose tensors are in a file that is not there": [
    ["--model", "lost.onnx", ...ofRows.slice(2)],
    /lost\.onnx\.data/,
  ],
  "a folder in place of a network": [["--model", "photos", ...ofRows.slice(2)], /photos is a folder/],
  "a network without trainable parameters": [
    ["--model", "nothing.onnx", ...ofRows.slice(2)],
    /nothing\.onnx: it has no trainable parameters/,
  ],
  "a network whose parameters are all frozen": [
    [...ofRows, "--freeze", "*"],
    /rows\.onnx: it has no trainable parameters \(4 are frozen\)/,
  ],
  "labels that do not fit the loss": [[...ofRows, "--loss", "sigmoid"], /labels\.npy: .*label in row 37: 2/],
  "more classes than outputs": [
    ["--model", "rows.onnx", "--data", "rows.npy", "--labels", "many.npy"],
    /many\.npy: invalid label in row \d+: [3-6]; class labels are integers from 0 to 2/,
  ],
  "another number of labels than rows": [
    [...ofRows.slice(0, 4), "--labels", "few.npy"],
    /few\.npy has 3 labels.*40/,
  ],
  "rows of another shape": [["--model", "table.onnx", ...ofRows.slice(2)], /\[5\].*\[4\]/],
  "NaN in the data": [
    ["--model", "rows.onnx", "--data", "nan.npy", "--labels", "labels.npy"],
    /nan\.npy.*row 18/,
  ],
  "data that is not there": [
    [...ofRows.slice(0, 2), "--data", "gone.npy", "--labels", "labels.npy"],
    /gone\.npy/,
  ],
  "an image that is none": [["--model", "images.onnx", "--data", "broken"], /broken.*0\.png/],
  "a table without a column of labels": [ofChurn.slice(0, 4), /--column/],
  "a bias of another length": [[...ofRows, "--arms", "zero,short.json"], /short\.json has 2 numbers.*3/],
  "an activation that is not the loss's": [
    ["--model", "softmax.onnx", "--data", "photos", "--loss", "squared-error"],
    /predictions comes after Softmax, and squared-error reads raw outputs/,
  ],
  "an output that is not there": [
    ["--model", "softmax.onnx", "--data", "photos", "--output", "prediction"],
    /unknown output: prediction; did you mean predictions/,
  ],
  "an output that no training passes through": [
    ["--model", "softmax.onnx", "--data", "photos", "--output", "best"],
    /TopK/,
  ],
  "nothing to compare": [[], /--model/],
};

test.each(Object.entries(refusals))(
  "%s is refused in one line, and leaves no folder behind",
  async (_, [args, message]) => {
    const { code, stdout, stderr } = await baserate(...args, "--out", "refused/run", "--json");
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(stderr).toMatch(message);
    expect(existsSync(inFolder("refused"))).toBe(false);
  },
);

/** A network of two outputs on the same trunk: three classes, and a number. */
function writeTwoOutputs(name: string): void {
  const graph = new Graph();
  const { normal } = seededRandom(8);
  const weight = (name: string, shape: number[], scale = 0.5) =>
    graph.namedConstant(
      name,
      tensor(
        "float32",
        shape,
        Array.from({ length: shape[0] * (shape[1] ?? 1) }, () => scale * normal()),
      ),
    );
  const x = graph.input("x", "float32", [16, 4]);
  const hidden = graph.op("Tanh", [graph.matmul(x, weight("trunk", [4, 8]))]);
  for (const [output, width] of [
    ["kind", 3],
    ["size", 1],
  ] as const) {
    const product = graph.matmul(hidden, weight(`${output}.weight`, [8, width]));
    graph.output(output, graph.add(product, weight(`${output}.bias`, [width], 1)));
  }
  writeFileSync(inFolder(name), toOnnx(graph));
}

test("several outputs: the losses are added by weight, each arm sets the bias of each output, and measures are given per output", async () => {
  writeTwoOutputs("two.onnx");
  const sizes = Float64Array.from(labels, () => 10 + normal());
  writeFileSync(inFolder("sizes.npy"), npyBytes("<f8", [labels.length], sizes));
  writeFileSync(
    inFolder("heads.yaml"),
    "kind: {labels: labels.npy}\nsize: {loss: squared-error, labels: sizes.npy, weight: 0.25}\n",
  );
  const args = ["--model", "two.onnx", "--data", "rows.npy", "--heads", "heads.yaml"];
  const { arms, comparison } = await run(...args, ...quick, "--learning-rate", "0.01", "--out", "two");
  const { prior } = arms;
  expect(prior["kind: expectedLoss"].mean).toBeCloseTo(entropy, 9);
  expect(prior.expectedLoss.mean).toBeCloseTo(entropy + 0.25 * prior["size: expectedLoss"].mean, 9);
  expect(prior.testLoss.mean).toBeCloseTo(
    prior["kind: testLoss"].mean + 0.25 * prior["size: testLoss"].mean,
    9,
  );
  expect(prior.outputBias.mean.slice(0, 3)).toEqual(frequencies.map(Math.log));
  expect(prior.outputBias.mean[3]).toBeCloseTo(10, 0);
  expect(comparison["size: absoluteError"].mean).toBeLessThan(-5);
  const again = await run(...args, ...quick, "--learning-rate", "0.01", "--out", "two");
  expect(again.arms).toEqual(arms);
  expect(readFileSync(inFolder("two", "report.html"), "utf8")).toContain("Size: test mean absolute error");
});

test.each([
  ["kind: {}", "no labels of the output kind for rows.npy"],
  ["kind: {labels: labels.npy, lss: mae}", "--heads, kind: unknown key: lss"],
  ["other: {labels: labels.npy}", "unknown output: other"],
])("heads of %s are refused in one line", async (text, message) => {
  writeTwoOutputs("two.onnx");
  writeFileSync(inFolder("wrong.yaml"), text);
  const { code, stderr } = await baserate(
    ...["--model", "two.onnx", "--data", "rows.npy", "--heads", "wrong.yaml", "--out", "wrong"],
  );
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) });
  expect(existsSync(inFolder("wrong"))).toBe(false);
});
