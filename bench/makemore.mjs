// makemore (docs/makemore.md): trains its network from three starts with both arms, and prints each result as a line of JSON.
//   node bench/makemore.mjs --names FOLDER [--steps 200000] [--seeds 1,2] [--python PYTHON]
// With --python, blocks of PyTorch's steps take turns with those of the first training, and both are timed.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { compileSources } from "./compileSources.mjs";

const { values } = parseArgs({
  options: {
    names: { type: "string" },
    steps: { type: "string", default: "200000" },
    seeds: { type: "string", default: "1" },
    starts: { type: "string", default: "begun,output,tanh" },
    python: { type: "string" },
  },
});
const steps = Number(values.steps);
const blocks = 20;

/** PyTorch's steps in a process of its own: a function that makes some, and says how long they took. */
function peer(python) {
  const script = fileURLToPath(new URL("peers/makemore.py", import.meta.url));
  const child = spawn(python, [script, join(values.names, "names.txt"), "1"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const advance = async (count) => {
    child.stdin.write(`${count}\n`);
    return JSON.parse((await answers.next()).value);
  };
  return { advance, end: () => child.stdin.end() };
}

async function timed(run) {
  const [start, before] = [performance.now(), process.cpuUsage()];
  await run();
  const { user, system } = process.cpuUsage(before);
  return { wall: (performance.now() - start) / 1000, processor: (user + system) / 1e6 };
}

const add = (a, b) => ({ wall: a.wall + b.wall, processor: a.processor + b.processor });
const none = { wall: 0, processor: 0 };

async function train(makemore, options, other) {
  const training = await makemore({ ...options, steps, folder: values.names });
  let [own, theirs] = [none, none];
  for (let block = 0; block < blocks; block++) {
    own = add(own, await timed(() => training.advance(steps / blocks)));
    if (other) theirs = add(theirs, await other.advance(steps / blocks));
  }
  const { parameters, initialLoss } = training;
  const result = { ...options, steps, parameters, initialLoss, ...(await training.finish()), seconds: own };
  console.log(JSON.stringify(other ? { ...result, pytorch: theirs } : result));
}

const {
  exports: { makemore },
  remove,
} = await compileSources(["bench/makemore.ts"]);
try {
  let other = values.python && peer(values.python);
  for (const seed of values.seeds.split(",").map(Number)) {
    for (const start of values.starts.split(",")) {
      for (const arm of ["zero", "prior"]) {
        await train(makemore, { start, arm, seed }, other);
        other?.end();
        other = undefined;
      }
    }
  }
} finally {
  remove();
}
