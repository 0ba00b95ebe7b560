// How time and memory grow: `node bench/growth.mjs [batch|side|classes|depth|workers|labels ...]`, without names all of
// them. The build must be there. Each line is a process of its own: the least of several measurements, and peak memory.
// A step is one of the original experiment's network but for what the line changes, on one thread unless it says otherwise;
// its time is processor time, but for `workers`, whose time is that of the clock. With `--python PYTHON`, which needs
// tensorflow and torch, each step is timed beside theirs.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { runJson } from "./process.mjs";

const original = { batch: 256, side: 32, classes: 10, depth: 0 };
const tables = {
  batch: [64, 128, 256, 512, 1024].map((batch) => ({ batch })),
  side: [
    [24, 256],
    [32, 256],
    [48, 128],
    [64, 64],
    [128, 16],
    [224, 16],
  ].map(([side, batch]) => ({ side, batch })),
  classes: [10, 100, 1000, 10_000].map((classes) => ({ classes })),
  depth: [0, 1, 2, 4, 8, 16].map((depth) => ({ depth })),
  workers: [1, 2].map((workers) => ({ workers })),
  labels: [
    ...[1e6, 1e7, 1e8, 1e9].map((rows) => ({ labels: "classes", rows })),
    ...[1e6, 1e7, 1e8].map((rows) => ({ labels: "numbers", rows })),
  ],
};

/** Tables whose steps the peers have too. */
const withPeers = ["batch", "side", "classes", "depth"];

const { values, positionals } = parseArgs({
  options: { measure: { type: "string" }, python: { type: "string" } },
  allowPositionals: true,
});
if (values.measure) await measure(JSON.parse(values.measure));
else await printTables(positionals, values.python);

async function printTables(names, python) {
  const unknown = names.find((name) => !(name in tables));
  if (unknown) throw new Error(`unknown table ${unknown}; known: ${Object.keys(tables).join(", ")}`);
  for (const name of names.length > 0 ? names : Object.keys(tables)) {
    const peers = python && withPeers.includes(name) ? ["tensorflow", "pytorch"] : [];
    const per = name === "labels" ? "ns per label" : "us per row";
    const header = [
      name,
      "ms",
      per,
      "peak memory",
      ...peers.flatMap((peer) => [peer, "its memory", "ratio"]),
    ];
    console.log(`\n| ${header.join(" | ")} |\n${"|---".repeat(header.length)}|`);
    for (const line of tables[name]) {
      const own = await run(process.execPath, [fileURLToPath(import.meta.url), "--measure"], line);
      const each = (own.milliseconds / own.rows) * (name === "labels" ? 1e6 : 1e3);
      const cells = [
        Object.values(line).join(", "),
        own.milliseconds.toFixed(1),
        each.toPrecision(3),
        own.peak,
      ];
      for (const peer of peers) {
        const theirs = await run(python, ["-B", join(import.meta.dirname, "peers", "growth.py"), peer], {
          ...original,
          ...line,
        });
        const ratio = own.milliseconds / theirs.milliseconds;
        cells.push(theirs.milliseconds.toFixed(1), theirs.peak, ratio.toFixed(2));
      }
      console.log(`| ${cells.join(" | ")} |`);
    }
  }
}

/** A program's measurement of a line of a table. */
async function run(program, args, line) {
  const { document } = await runJson(program, [...args, JSON.stringify(line)]);
  return { ...document, peak: `${Math.round(document.peakBytes / 1e6)} MB` };
}

async function measure(line) {
  const result = line.labels ? await labels(line) : await steps({ ...original, ...line });
  console.log(JSON.stringify({ ...result, peakBytes: process.resourceUsage().maxRSS * 1024 }));
}

/** The least time of several calls. */
async function least(call, repeats, clock) {
  const times = [];
  for (let i = 0; i < repeats; i++) {
    const before = clock();
    await call();
    times.push(clock() - before);
  }
  return Math.min(...times);
}

function processorClock() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

async function steps({ batch, side, classes, depth, workers, microBatchSize }) {
  const train = await import("../dist/train.js");
  const { nodeRuntime } = await import("../dist/node.js");
  const { conv2d, maxPool2d } = train;
  const deeper = Array.from({ length: depth }, () =>
    conv2d(64, [3, 3], { activation: "relu", padding: "same" }),
  );
  const model = train.sequential(
    [side, side, 3],
    [
      train.rescaling(1 / 255),
      conv2d(32, [3, 3], { activation: "relu" }),
      maxPool2d([2, 2]),
      conv2d(64, [3, 3], { activation: "relu" }),
      ...deeper,
      maxPool2d([2, 2]),
      conv2d(64, [3, 3], { activation: "relu" }),
      train.flatten(),
      train.dense(64, "relu"),
      train.dense(classes),
    ],
  );
  const { integer } = train.seededRandom(1, "growth");
  const [input] = model.inputs;
  const trainer = await train.createTrainer(await nodeRuntime(), {
    model,
    loss: "softmax",
    optimizer: train.rmsprop(),
    examples: {
      inputs: { [input.name]: Uint8Array.from({ length: batch * side * side * 3 }, () => integer(256)) },
      // The largest label of all says how many classes there are.
      labels: Int32Array.from({ length: batch }, (_, i) => (i === 0 ? classes - 1 : integer(classes))),
    },
    weights: train.initialWeights(model, 1),
    batchSize: batch,
    workers,
    microBatchSize,
  });
  const rows = Array.from({ length: batch }, (_, row) => row);
  const clock = workers ? () => performance.now() : processorClock;
  const step = () => trainer.step(rows);
  const once = await least(step, 1, clock);
  const milliseconds = await least(step, Math.max(5, Math.min(40, Math.round(4000 / once))), clock);
  await trainer.dispose();
  return { milliseconds, rows: batch };
}

async function labels({ labels, rows }) {
  const { ClassAccumulator, summarizeNumbers } = await import("../dist/index.js");
  let state = 1;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const make = labels === "classes" ? Uint8Array : Float64Array;
  const values = new make(rows);
  for (let i = 0; i < rows; i++) values[i] = labels === "classes" ? 10 * random() : random();
  const summarize = {
    classes() {
      const counts = new ClassAccumulator({ classes: 10 });
      counts.addAll(values);
      counts.summary();
    },
    numbers: () => summarizeNumbers(values),
  }[labels];
  return { milliseconds: await least(summarize, rows > 1e7 ? 2 : 5, processorClock), rows };
}
