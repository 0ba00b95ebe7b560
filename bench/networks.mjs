// A training step of networks from PyTorch: imported, by the trainer, on one thread, beside PyTorch's own. Processor time:
// the minimum over many steps, both in turn, since whatever else the machine does only adds. Steps of a few milliseconds are
// timed 64 at a time, since the trainer makes many of them in one run of its graph.
//   BASERATE_PYTHON=python node bench/networks.mjs [NAME ...]     needs torch and onnx; without names, all networks
//   ... --compile                                                 and beside torch.compile, which needs a C++ compiler
//   ... --ops                                                     and where the step's time goes, by operator
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InferenceSession } from "onnxruntime-node";
import { nodeRuntime } from "../dist/node.js";
import { createTrainer, importOnnx, networkOnData, sgd } from "../dist/train.js";
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
const withCompile = process.argv.includes("--compile");
const named = process.argv.slice(2).filter((name) => !name.startsWith("--"));

const folder = mkdtempSync(join(tmpdir(), "baserate-networks-"));
try {
  await runProgram(python, ["-B", peer, "export", folder]);
  const compiled = withCompile ? ["compiled", "ratio"] : [];
  console.log(row("ms per step, one thread", "baserate", "PyTorch", "ratio", ...compiled));
  const ratios = { eager: [], compiled: [] };
  for (const name of named.length > 0 ? named : Object.keys(inputs)) {
    const { own, peers, ops } = await measure(name);
    const cells = Object.entries(peers).flatMap(([mode, theirs]) => {
      ratios[mode].push(own / theirs);
      return [theirs.toFixed(1), (own / theirs).toFixed(2)];
    });
    console.log(row(name, own.toFixed(1), ...cells));
    if (withOps) console.log(ops);
  }
  const means = Object.values(ratios).map((own) => geometricMean(own).toFixed(2));
  console.log(row("geometric mean", "", "", means[0], ...(withCompile ? ["", means[1]] : [])));
} finally {
  rmSync(folder, { recursive: true });
}

function row(name, ...cells) {
  return name.padEnd(24) + cells.map((cell) => cell.padStart(12)).join("");
}

function geometricMean(values) {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

async function measure(name) {
  const { trainer, batch, lastRun } = await importedTrainer(name);
  await timed(trainer, [batch]);
  const first = await timed(trainer, [batch]);
  const batches = Array.from({ length: first < 10 ? 64 : 1 }, () => batch);
  const [own, eager] = [[], []];
  for (let round = 0; round < rounds; round++) {
    for (let step = 0; step < steps; step++) own.push(await timed(trainer, batches));
    eager.push(...(await peerSteps(name)));
  }
  const ops = withOps ? await profile(name, lastRun) : "";
  await trainer.dispose();
  const compiled = withCompile && { compiled: Math.min(...(await peerSteps(name, "compiled"))) };
  return { own: Math.min(...own), peers: { eager: Math.min(...eager), ...compiled }, ops };
}

/** Milliseconds of processor time of each of PyTorch's steps. */
async function peerSteps(name, ...mode) {
  const { document } = await runJson(python, ["-B", peer, "time", name, `${steps}`, ...mode]);
  return document.milliseconds;
}

/** Milliseconds of processor time per step. */
async function timed(trainer, batches) {
  const before = process.cpuUsage();
  await trainer.steps(batches);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / batches.length;
}

/** Trains the network on the squared difference of its outputs from a constant, by gradient descent. */
async function importedTrainer(name) {
  const imported = importOnnx(readFileSync(join(folder, `${name}.onnx`)));
  const [rows, ...shape] = inputs[name];
  const [input] = imported.inputs;
  const model = networkOnData(imported, {
    file: name,
    inputs: [{ name: input.name, shape }],
    outputs: [
      {
        name: imported.outputs[0].name,
        labelShape: name === "unet" ? [32, 32] : [],
        // Only arms set it, and none is trained here.
        outputBias: imported.parameters.at(-1).name,
      },
    ],
  });
  const count = inputs[name].reduce((product, size) => product * size, 1);
  const data =
    input.dtype === "int64"
      ? BigInt64Array.from({ length: count }, (_, i) => BigInt(i % 100))
      : Float32Array.from({ length: count }, (_, i) => Math.sin(i * i));
  const labels = new Float32Array(rows * model.places * model.output[0]).fill(0.5);
  /** The model of the step, the options of its session and what its last run was fed, for the profile. */
  const lastRun = {};
  const create = InferenceSession.create.bind(InferenceSession);
  InferenceSession.create = async (model, options) => {
    const session = await create(model, options);
    const run = session.run.bind(session);
    session.run = (feeds, ...others) => {
      Object.assign(lastRun, { model, options, feeds });
      return run(feeds, ...others);
    };
    return session;
  };
  const trainer = await createTrainer(await nodeRuntime(), {
    model,
    loss: "squared-error",
    optimizer: sgd(0.001),
    examples: { inputs: { [input.name]: data }, labels },
    weights: Object.fromEntries(
      [...imported.parameters, ...imported.state].map(({ name, value }) => [name, value]),
    ),
    batchSize: rows,
  });
  InferenceSession.create = create;
  return { trainer, batch: Array.from({ length: rows }, (_, row) => row), lastRun };
}

/** The operators that take the most time under ONNX Runtime's profiler. */
async function profile(name, { model, options, feeds }) {
  const profiling = { enableProfiling: true, profileFilePrefix: join(folder, `profile-${name}`) };
  const session = await InferenceSession.create(model, { ...options, ...profiling });
  for (let run = 0; run < steps; run++) await session.run(feeds);
  session.endProfiling();
  await session.release();
  const file = readdirSync(folder).find((file) => file.startsWith(`profile-${name}`));
  const events = JSON.parse(readFileSync(join(folder, file), "utf8"));
  const stepsPerRun = Number(feeds.steps?.data[0] ?? 1);
  return Object.entries(byOp(events, steps * stepsPerRun))
    .sort(([, a], [, b]) => b.milliseconds - a.milliseconds)
    .slice(0, 12)
    .map(([op, { milliseconds, calls }]) =>
      row(`  ${op}`, milliseconds.toFixed(2), `${Math.round(calls)} calls`),
    )
    .join("\n");
}
