import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { reproduce, runJson } from "./process.mjs";
import { median } from "./statistics.mjs";

/**
 * What runs: each job is one fresh process (or one a core), and gives measurements by name (see `measures`).
 *
 * @typedef {Record<string, number>} Measurements
 * @typedef {{name: string, versions: Record<string, string>, jobs: Record<string, () => Promise<Measurements>>}} Contestant
 * @typedef {{cifar10: string, steps: number, trainings: number, quick: boolean}} Settings
 */

/** What is measured, in the order of the table. */
export const measures = {
  wholeRun: "whole experiment, start of process to end: s",
  peakMemory: "its peak memory: MB",
  pair: "a step of both arms, all cores: ms",
  oneThread: "a step of one arm, one thread: ms",
  perHour: "trainings an hour, one thread each, all cores (more is better)",
};

const cores = availableParallelism();
const folder = fileURLToPath(new URL(".", import.meta.url));
const cli = join(folder, "..", "dist", "cli.js");

/** Batches of the experiment's epoch: 54 full ones and a tenth of one. */
const batchesPerEpoch = 13_850 / 256;
/** Milliseconds per step of a training that took so many seconds. */
export const stepMs = (seconds) => (seconds * 1000) / batchesPerEpoch;

/** Trainings an hour when as many run at once as there are cores, each taking so many seconds. */
const perHour = (seconds) => (cores * 3600) / median(seconds);

/** baserate, by its own command line alone. */
export function baserate({ trainings }, version) {
  const jobs = {
    async wholeRun() {
      const { trainSeconds, seconds, peakBytes } = await reproduce(cli, []);
      // Both arms run side by side, so that the slower one's step is the pair's.
      return { wholeRun: seconds, peakMemory: peakBytes / 1e6, pair: stepMs(Math.max(...trainSeconds)) };
    },
    async oneThread() {
      const { trainSeconds } = await reproduce(cli, ["--arms", "prior", "--workers", "1"]);
      return { oneThread: stepMs(trainSeconds[0]) };
    },
    async perHour() {
      const { trainSeconds } = await reproduce(cli, ["--seeds", `${1 + trainings}`]);
      return { perHour: perHour(trainSeconds) };
    },
  };
  return { name: "baserate", versions: { baserate: version, node: process.versions.node }, jobs };
}

/** The original notebook under a Python framework; see bench/peers/experiment.py. */
function notebook({ name, script, versions, python, settings }) {
  const run = (...args) =>
    runJson(python, ["-B", join(folder, "peers", script), "--data", settings.cifar10, ...args]);
  const stepMs = async (threads) => {
    const { document } = await run("--steps", `${settings.steps}`, "--threads", `${threads}`);
    return median(document.stepMs);
  };
  const jobs = {
    async wholeRun() {
      const { document, seconds } = await run();
      return { wholeRun: seconds, peakMemory: document.peakBytes / 1e6 };
    },
    /** Two arms in turn: twice one arm's step. */
    pair: async () => ({ pair: 2 * (await stepMs(cores)) }),
    oneThread: async () => ({ oneThread: await stepMs(1) }),
    async perHour() {
      const command = ["--trainings", `${settings.trainings}`, "--threads", "1"];
      const runs = await Promise.all(Array.from({ length: cores }, () => run(...command)));
      return { perHour: perHour(runs.flatMap(({ document }) => document.trainingSeconds)) };
    },
  };
  return { name, versions, jobs };
}

const notebooks = [
  {
    name: "TensorFlow",
    script: "notebook_tensorflow.py",
    modules: ["tensorflow", "keras"],
    packages: ["tensorflow", "tensorflow-cpu", "keras"],
  },
  { name: "PyTorch", script: "notebook_pytorch.py", modules: ["torch"], packages: ["torch"] },
  { name: "JAX", script: "notebook_jax.py", modules: ["jax", "optax"], packages: ["jax", "optax"] },
];

/** Prints which modules there are, and versions of packages, without importing any. */
const inspection = `
import importlib.metadata, importlib.util, json, sys
modules, packages = json.loads(sys.argv[1])
installed = {p.metadata["Name"].lower().replace("_", "-"): p.version for p in importlib.metadata.distributions()}
found = [m for m in modules if importlib.util.find_spec(m)]
versions = {p: installed[p] for p in packages if p in installed}
print(json.dumps({"python": sys.version.split()[0], "modules": found, "versions": versions}))`;

/**
 * The Python peers that are installed, and why each of the others is not there.
 *
 * @returns {Promise<{found: Contestant[], missing: string[]}>}
 */
export async function pythonPeers(python, settings) {
  const wanted = [notebooks.flatMap((peer) => peer.modules), notebooks.flatMap((peer) => peer.packages)];
  const { document } = await runJson(python, ["-c", inspection, JSON.stringify(wanted)]).catch((error) => {
    return { document: { error: error.message } };
  });
  if (document.error) {
    return { found: [], missing: notebooks.map(({ name }) => `${name}: no Python (${document.error})`) };
  }
  const [found, missing] = [[], []];
  for (const { name, script, modules, packages } of notebooks) {
    const absent = modules.filter((module) => !document.modules.includes(module));
    const own = packages.filter((item) => item in document.versions);
    const versions = Object.fromEntries(own.map((item) => [item, document.versions[item]]));
    if (absent.length > 0) missing.push(`${name}: ${python} has no module ${absent.join(", ")}`);
    else
      found.push(
        notebook({ name, script, versions: { python: document.python, ...versions }, python, settings }),
      );
  }
  return { found, missing };
}

/** TensorFlow.js where BASERATE_TFJS names a folder that has it. Its step takes minutes: one step, once. */
export async function tensorflowJs(folderOfPackage, { quick }) {
  const name = "TensorFlow.js";
  if (quick) return { missing: `${name}: left out of a quick run` };
  if (!folderOfPackage) return { missing: `${name}: BASERATE_TFJS names no folder where it is installed` };
  const manifest = join(folderOfPackage, "node_modules/@tensorflow/tfjs/package.json");
  const text = await readFile(manifest, "utf8").catch(() => undefined);
  if (text === undefined) return { missing: `${name}: not installed in ${folderOfPackage}` };
  let measured;
  const jobs = {
    async oneThread() {
      const args = [join(folder, "peers", "tfjs.mjs"), "--steps", "1", "--from", folderOfPackage];
      measured ??= (await runJson(process.execPath, args)).document.stepMs[0];
      return { oneThread: measured };
    },
  };
  const versions = { "@tensorflow/tfjs": JSON.parse(text).version, node: process.versions.node };
  return { found: { name, versions, jobs } };
}
