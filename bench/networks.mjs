// A training step of networks from PyTorch: imported, on one thread, beside PyTorch's own. Processor time: the minimum over
// many steps, both in turn, since whatever else the machine does only adds.
//   BASERATE_PYTHON=python node bench/networks.mjs [NAME ...]     needs torch and onnx; without names, all networks
//   ... --ops                                                     and where the step's time goes, by operator
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { Graph, gradients, importOnnx, toOnnx } from "../dist/train.js";
import { byOp } from "./operatorTimes.mjs";
import { runJson, runProgram } from "./process.mjs";

const inputs = {
  resnet18: [32, 3, 32, 32],
  mobilenetv2: [32, 3, 32, 32],
  convnext_atto: [32, 3, 64, 64],
  vit_tiny: [32, 3, 32, 32],
  bert_4_layers: [32, 32],
  unet: [32, 3, 32, 32],
  mlp_batchnorm: [128, 64],
  lstm: [32, 32],
};
const rounds = 3;
const steps = 12;
const python = process.env.BASERATE_PYTHON || "python3";
const peer = join(import.meta.dirname, "peers", "networks_pytorch.py");
const withOps = process.argv.includes("--ops");
const named = process.argv.slice(2).filter((name) => !name.startsWith("--"));
const threads = { intraOpNumThreads: 1, interOpNumThreads: 1 };

const folder = mkdtempSync(join(tmpdir(), "baserate-networks-"));
try {
  await runProgram(python, ["-B", peer, "export", folder]);
  console.log(row("ms a step, one thread", "baserate", "PyTorch", "ratio"));
  const ratios = [];
  for (const name of named.length > 0 ? named : Object.keys(inputs)) {
    const { own, theirs, ops } = await measure(name);
    ratios.push(own / theirs);
    console.log(row(name, own.toFixed(1), theirs.toFixed(1), (own / theirs).toFixed(2)));
    if (withOps) console.log(ops);
  }
  const mean = Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
  console.log(row("geometric mean", "", "", mean.toFixed(2)));
} finally {
  rmSync(folder, { recursive: true });
}

function row(name, ...cells) {
  return name.padEnd(24) + cells.map((cell) => cell.padStart(12)).join("");
}

async function measure(name) {
  const { model, feeds } = importedStep(readFileSync(join(folder, `${name}.onnx`)), inputs[name]);
  const session = await InferenceSession.create(model, threads);
  const [own, theirs] = [[], []];
  for (let round = 0; round < rounds; round++) {
    own.push(...(await times(session, feeds)));
    const { document } = await runJson(python, ["-B", peer, "time", name, `${steps}`]);
    theirs.push(...document.milliseconds);
  }
  await session.release();
  const ops = withOps ? await profile(name, model, feeds) : "";
  return { own: Math.min(...own), theirs: Math.min(...theirs), ops };
}

async function times(session, feeds) {
  const result = [];
  for (let step = 0; step < steps; step++) {
    const before = process.cpuUsage();
    await session.run(feeds);
    const { user, system } = process.cpuUsage(before);
    result.push((user + system) / 1000);
  }
  return result;
}

/** A step of gradient descent on the mean squared difference of the output from a target, and what it is fed. */
function importedStep(bytes, shape) {
  const network = importOnnx(bytes);
  const [input] = network.inputs;
  const bound = network.bind({ [input.name]: shape });
  const graph = new Graph();
  const feeds = {};
  const feed = (name, { dtype, shape, data }) => {
    feeds[name] = new Tensor(dtype, data, shape);
    return [name, graph.input(name, dtype, shape)];
  };
  const count = shape.reduce((product, size) => product * size, 1);
  const data =
    input.dtype === "int64"
      ? BigInt64Array.from({ length: count }, (_, i) => BigInt(i % 100))
      : Float32Array.from({ length: count }, (_, i) => Math.sin(i * i));
  const x = new Map([feed(input.name, { dtype: input.dtype, shape, data })]);
  const tensors = [...network.parameters, ...network.state];
  const weights = new Map(tensors.map(({ name, value }) => feed(name, value)));
  const built = network.build(graph, x, weights, { training: true, noise: new Map() });
  const output = built.outputs.get(network.outputs[0].name);
  const size = output.shape.reduce((product, extent) => product * extent, 1);
  const [, target] = feed("target", { ...output, data: new Float32Array(size).fill(0.5) });
  const difference = graph.sub(output, target);
  const loss = graph.op("ReduceMean", [graph.mul(difference, difference)], { keepDims: false });
  const trained = bound.trainable.map(({ name }) => weights.get(name));
  gradients(graph, loss, trained).forEach((gradient, i) => {
    graph.output(`next ${trained[i].name}`, graph.sub(trained[i], graph.mul(gradient, 0.001)));
  });
  for (const [name, value] of built.nextState) graph.output(`next ${name}`, value);
  return { model: toOnnx(graph), feeds };
}

/** The operators that take the most time under ONNX Runtime's profiler. */
async function profile(name, model, feeds) {
  const profiling = { enableProfiling: true, profileFilePrefix: join(folder, `profile-${name}`) };
  const session = await InferenceSession.create(model, { ...threads, ...profiling });
  await times(session, feeds);
  session.endProfiling();
  await session.release();
  const file = readdirSync(folder).find((file) => file.startsWith(`profile-${name}`));
  const events = JSON.parse(readFileSync(join(folder, file), "utf8"));
  return Object.entries(byOp(events, steps))
    .sort(([, a], [, b]) => b.milliseconds - a.milliseconds)
    .slice(0, 12)
    .map(([op, { milliseconds, calls }]) =>
      row(`  ${op}`, milliseconds.toFixed(1), `${Math.round(calls)} calls`),
    )
    .join("\n");
}
