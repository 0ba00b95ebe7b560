// Where the time of a whole run goes: `node bench/phases.mjs [runs, default 5]` runs `baserate reproduce` and prints its
// phases in the order in which they end. A phase ends at the performance mark of its name, and begins at the mark before
// it in the same thread. Minima over the runs, since whatever else the machine does only adds. Needs Linux.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { reproduce } from "./process.mjs";

const cli = fileURLToPath(new URL("../dist/cli.js", import.meta.url));
const clock = pathToFileURL(fileURLToPath(new URL("phaseClock.mjs", import.meta.url))).href;
const runs = Number(process.argv[2] ?? 5);

const folder = await mkdtemp(join(tmpdir(), "baserate-phases-"));
try {
  const phases = new Map();
  for (let run = 0; run < runs; run++) {
    const file = join(folder, `${run}.jsonl`);
    const env = { BASERATE_PHASES: file, NODE_OPTIONS: `--import ${clock}` };
    const { seconds, processorSeconds } = await reproduce(cli, [], env);
    const marks = (await readFile(file, "utf8"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const total = { end: seconds * 1000, processor: processorSeconds * 1000 };
    for (const [name, values] of [...phasesOf(marks), ["whole run", total]]) {
      const known = phases.get(name) ?? { end: [], processor: [] };
      phases.set(name, known);
      for (const key of ["end", "processor"]) known[key].push(values[key]);
    }
  }
  console.log(table(phases));
} finally {
  await rm(folder, { recursive: true });
}

/** By phase: when its last thread ended it, in ms after the first mark, and the processor time of all threads. */
function phasesOf(marks) {
  const start = Math.min(...marks.map(({ now }) => now));
  const before = new Map();
  const phases = new Map();
  for (const { thread, phase, now, processor } of marks) {
    const known = phases.get(phase) ?? { end: 0, processor: 0 };
    phases.set(phase, {
      end: Math.max(known.end, now - start),
      processor: known.processor + processor - (before.get(thread) ?? 0),
    });
    before.set(thread, processor);
  }
  return phases;
}

function table(phases) {
  const row = (name, ...cells) => name.padEnd(28) + cells.map((cell) => cell.padStart(16)).join("");
  const least = (values) => Math.min(...values).toFixed(0);
  return [
    row("minima, ms", "ended at", "processor time"),
    ...[...phases].map(([name, { end, processor }]) => row(name, least(end), least(processor))),
  ].join("\n");
}
