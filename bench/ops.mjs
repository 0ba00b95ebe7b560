// Where the time of a training step goes: `node bench/ops.mjs` profiles it op by op with ONNX Runtime's own profiler,
// on one thread, from plain operators and as it is. A node's time is the lower fifth of its times in all runs, since
// whatever else the machine does only adds.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { compileSources } from "./compileSources.mjs";
import { byOp } from "./operatorTimes.mjs";
import { quantile } from "./statistics.mjs";

const runs = 15;
const {
  exports: { sessionOptions, trainSteps },
  folder,
  remove,
} = await compileSources(["bench/trainSteps.ts"]);
const options = { ...sessionOptions, intraOpNumThreads: 1, interOpNumThreads: 1 };
try {
  const steps = [];
  for (const [name, make] of Object.entries(trainSteps))
    steps.push({ name, ...(await measure(name, make())) });
  console.log(table(steps));
} finally {
  remove();
}

/** Milliseconds of processor time of a step and milliseconds of creating its session; and, by op, milliseconds under the profiler and calls. */
async function measure(name, { model, feeds }) {
  const tensors = Object.fromEntries(
    Object.entries(feeds).map(([key, { dtype, data, shape }]) => [key, new Tensor(dtype, data, shape)]),
  );
  const start = performance.now();
  const session = await InferenceSession.create(model, options);
  const creation = performance.now() - start;
  const milliseconds = quantile(await times(session, tensors), 0.2);
  await session.release();

  const profiling = { enableProfiling: true, profileFilePrefix: join(folder, name) };
  const profiled = await InferenceSession.create(model, { ...options, ...profiling });
  await times(profiled, tensors);
  profiled.endProfiling();
  await profiled.release();
  const log = readdirSync(folder).find((file) => file.startsWith(name) && file.endsWith(".json"));
  return {
    name,
    milliseconds,
    creation,
    byOp: byOp(JSON.parse(readFileSync(join(folder, log), "utf8")), runs),
  };
}

async function times(session, tensors) {
  const result = [];
  for (let run = 0; run < runs; run++) {
    const before = process.cpuUsage();
    await session.run(tensors);
    const { user, system } = process.cpuUsage(before);
    result.push((user + system) / 1000);
  }
  return result;
}

function table(steps) {
  const row = (label, cells) => label.padEnd(20) + cells.map((cell) => cell.padStart(20)).join("");
  const total = ({ byOp }) => Object.values(byOp).reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const ops = [...new Set(steps.flatMap(({ byOp }) => Object.keys(byOp)))];
  const most = (op) => Math.max(...steps.map(({ byOp }) => byOp[op]?.milliseconds ?? 0));
  return [
    row(
      "ms a step (calls)",
      steps.map(({ name }) => name),
    ),
    ...ops
      .filter((op) => most(op) >= 0.1)
      .sort((a, b) => most(b) - most(a))
      .map((op) =>
        row(
          op,
          steps.map(({ byOp: { [op]: own } }) =>
            own ? `${own.milliseconds.toFixed(1)} (${String(Math.round(own.calls)).padStart(4)})` : "-",
          ),
        ),
      ),
    row(
      "sum, profiled",
      steps.map((step) => total(step).toFixed(1)),
    ),
    row(
      "processor time",
      steps.map(({ milliseconds }) => milliseconds.toFixed(1)),
    ),
    row(
      "session creation",
      steps.map(({ creation }) => creation.toFixed(0)),
    ),
  ].join("\n");
}
