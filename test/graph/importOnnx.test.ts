import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { gradients } from "../../src/graph/gradient.ts";
import { Graph } from "../../src/graph/graph.ts";
import { importOnnx } from "../../src/graph/import/importOnnx.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import { arrayTypes, elementCount, numbers, tensor } from "../../src/graph/tensor.ts";
import { toOnnx } from "../../src/graph/toOnnx.ts";
import { nodeRuntime } from "../../src/runtime/node.ts";

const folder = join(import.meta.dirname, "..", "files", "importedNetworks");

interface StoredArray {
  readonly key: string;
  readonly dtype: "float32" | "float64" | "int64";
  readonly shape: number[];
  readonly offset: number;
  readonly length: number;
}

/** What PyTorch computed for a network, as scripts/exportNetworks.py wrote it. */
function reference(name: string): Map<string, Tensor> {
  const { arrays } = JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8"));
  const bytes = readFileSync(join(folder, `${name}.bin`));
  return new Map(
    (arrays as StoredArray[]).map(({ key, dtype, shape, offset, length }) => {
      const copy = new Uint8Array(bytes.subarray(offset, offset + length)).buffer;
      const data = new arrayTypes[dtype](copy);
      return [key, { dtype, shape, data }];
    }),
  );
}

const read = (name: string) => readFileSync(join(folder, `${name}.onnx`));
const name = "mlp_batchnorm_dropout";

/** The largest difference, relative to the largest element of `b`, or 1e-3 if that is smaller. */
function relativeError(a: Tensor, b: Tensor): number {
  const [found, wanted] = [numbers(a), numbers(b)];
  const scale = Math.max(1e-3, ...wanted.map(Math.abs));
  return Math.max(...wanted.map((value, i) => Math.abs(value - found[i]))) / scale;
}

/** Each row `times` times, one after another. */
function repeated({ dtype, shape, data }: Tensor, times: number): Tensor {
  const all = new (data.constructor as Float32ArrayConstructor)(times * data.length);
  for (let i = 0; i < times; i++) all.set(data as Float32Array, i * data.length);
  return { dtype, shape: [times * shape[0], ...shape.slice(1)], data: all };
}

/**
 * Loss, gradients and next states of a network of the folder, in training mode.
 *
 * @param times how often each row is in the batch: the mean loss and its gradients do not depend on it
 */
async function computed(name: string, times: number) {
  const wanted = reference(name);
  const network = importOnnx(read(name));
  const rows = Object.fromEntries(
    network.inputs.map(({ name }) => [name, repeated(wanted.get(`input ${name}`)!, times)]),
  );
  const bound = network.bind(Object.fromEntries(Object.entries(rows).map(([key, x]) => [key, x.shape])));
  const graph = new Graph();
  const weights = new Map(
    [...network.parameters, ...network.state].map(({ name, shape }) => [
      name,
      graph.input(name, "float32", shape),
    ]),
  );
  const noise = new Map(bound.noise.map(({ name, shape }) => [name, graph.input(name, "float32", shape)]));
  const inputs = new Map(
    Object.entries(rows).map(([name, { dtype, shape }]) => [name, graph.input(name, dtype, shape)]),
  );
  const { outputs, nextState } = network.build(graph, inputs, weights, { training: true, noise });
  const target = repeated(wanted.get("target")!, times);
  const difference = graph.sub(outputs.get(network.outputs[0].name)!, graph.constant(target));
  const loss = graph.op("ReduceMean", [graph.mul(difference, difference)], { keepDims: false });
  graph.output("loss", loss);
  const targets = bound.trainable.map(({ name }) => weights.get(name)!);
  for (const [i, dx] of gradients(graph, loss, targets).entries())
    graph.output(`gradient ${targets[i].name}`, dx);
  for (const [name, value] of nextState) graph.output(`next ${name}`, value);

  const session = await (await nodeRuntime()).load(toOnnx(graph));
  const feeds = Object.fromEntries(
    [...network.parameters, ...network.state].map(({ name, value }) => [name, value]),
  );
  // A mask that undoes the division by the share kept, because PyTorch computed with probability 0.
  for (const { name, shape, kind } of bound.noise) {
    const keep = kind.kind === "mask" ? kind.keep : Number.NaN;
    feeds[name] = tensor("float32", shape, Array(elementCount(shape)).fill(keep));
  }
  const results = await session.run({ ...feeds, ...rows });
  await session.dispose();
  return { results, wanted, names: bound.trainable.map(({ name }) => name), states: [...nextState.keys()] };
}

const names = readdirSync(folder).flatMap((file) => (file.endsWith(".onnx") ? [file.slice(0, -5)] : []));

// The files fix the size of the batch that PyTorch exported with, so three times the rows are another network in the file.
test.each(names.flatMap((name) => [1, 3].map((times) => [name, times] as const)))(
  "%s from PyTorch: loss and gradients equal those of autograd, with each row %i times",
  async (name, times) => {
    const { results, wanted, names } = await computed(name, times);
    expect(relativeError(results.loss, wanted.get("loss")!)).toBeLessThan(1e-6);
    expect(names.length).toBeGreaterThan(0);
    for (const name of names)
      expect(relativeError(results[`gradient ${name}`], wanted.get(`gradient ${name}`)!), name).toBeLessThan(
        1e-4,
      );
  },
);

test("running statistics are the states of a network", async () => {
  const { states } = await computed(name, 1);
  expect(states).toEqual(["1.running_mean", "1.running_var"]);
});

test("a network written back has the same names and the weights that were given", async () => {
  const network = importOnnx(read(name));
  const moved = Object.fromEntries(
    [...network.parameters, ...network.state].map(({ name, value }) => [
      name,
      tensor(
        "float32",
        value.shape,
        numbers(value).map((number) => number + 0.25),
      ),
    ]),
  );
  const again = importOnnx(network.exportTrained(moved), { asExported: true });
  expect(again.inputs).toEqual(network.inputs);
  expect(again.outputs).toEqual(network.outputs);
  for (const { name, value } of [...again.parameters, ...again.state]) expect(value).toEqual(moved[name]);
  expect(again.bind({ x0: [8, 10] }).noise).toEqual([]);
});

test("a file in inference mode is refused with the line that exports it for training", () => {
  const inference = importOnnx(read(name)).exportTrained({});
  expect(() => importOnnx(inference, { file: "net.onnx" })).toThrow(
    /^net.onnx was exported in inference mode \(1 batch normalisation with fixed statistics; 1 dropout switched off\).*model.train\(\).*optimize=False.*--as-exported/,
  );
});

test.each([
  ["tracer", ["first.bias", "last.bias", "norm1.bias", "norm2.bias", "second.bias", "tied.bias"]],
  ["torchExport", ["last.bias", "norm1.bias", "norm2.bias"]],
])("parameters that the exporter (%s) stored as one are trained separately", async (exporter, biases) => {
  const bytes = readFileSync(join(folder, "..", "mergedParameters", `${exporter}.onnx`));
  const network = importOnnx(bytes, { file: "net.onnx" });
  const names = network.parameters.map(({ name }) => name).sort();
  expect(names.filter((name) => name.endsWith("bias"))).toEqual(biases);
  expect(names.filter((name) => name.startsWith("norm") && name.endsWith("weight"))).toEqual([
    "norm1.weight",
    "norm2.weight",
  ]);
  // what is tied on purpose stays tied
  expect(names.filter((name) => /^(second|tied)\.weight$/.test(name))).toHaveLength(1);
  expect(network.notes[0]).toMatch(
    /^net.onnx: the exporter stored parameters that start with equal values as one/,
  );
  const moved = Object.fromEntries(
    network.parameters.map(({ name, value }, i) => [
      name,
      tensor(
        "float32",
        value.shape,
        Float32Array.from({ length: elementCount(value.shape) }, (_, k) => i + k),
      ),
    ]),
  );
  const again = importOnnx(network.exportTrained(moved));
  for (const { name, value } of again.parameters) expect(value).toEqual(moved[name]);
  expect(again.notes.filter((note) => note.includes("equal values"))).toEqual([]);
});

test("data that do not fit an input are refused with both shapes", () => {
  expect(() => importOnnx(read(name), { file: "net.onnx" }).bind({ x0: [8, 11] })).toThrow(
    "net.onnx: input x0 has the shape [8, 10], but the data [8, 11]",
  );
});

test("parameters are frozen by name or pattern, and an unknown name is refused", () => {
  const network = importOnnx(read(name), { frozen: ["0.*"] });
  expect(network.bind({ x0: [8, 10] }).trainable.map(({ name }) => name)).toEqual([
    "1.weight",
    "1.bias",
    "4.weight",
    "4.bias",
  ]);
  expect(() => importOnnx(read(name), { frozen: ["4.wieght"] })).toThrow("did you mean 4.weight?");
});

test("what is no ONNX file is refused in one line", () => {
  expect(() => importOnnx(new TextEncoder().encode("hello"), { file: "a.onnx" })).toThrow(
    /^a.onnx: not an ONNX file/,
  );
  expect(() => importOnnx(new Uint8Array(), { file: "a.onnx" })).toThrow(/^a.onnx: not an ONNX file/);
});
