// `npm run bench`: baserate beside every peer that is installed, on the original experiment. Prints one table, and
// writes it with every single measurement to bench/results/. `npm run bench -- --help` lists the options.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { baserate, measures, pythonPeers, tensorflowJs } from "./contestants.mjs";
import { runJson } from "./process.mjs";
import { median } from "./statistics.mjs";

const help = `Times baserate beside TensorFlow, PyTorch, JAX and TensorFlow.js, those that are installed.

  npm run bench                    three rounds of everything
  npm run bench -- --quick         one round with few steps
  npm run bench -- --only baserate,TensorFlow --jobs wholeRun,pair
  npm run bench -- --against HEAD~5      this checkout beside an earlier commit of it, in one interleaved run

Options
  --rounds N      runs of each, interleaved (default 3)
  --quick         one round, few steps, without TensorFlow.js
  --only NAMES    contestants: baserate, TensorFlow, PyTorch, JAX, TensorFlow.js
  --jobs NAMES    wholeRun, pair, oneThread, perHour
  --against COMMIT  instead of the peers: build that commit, run both builds in turn, and say what moved beyond noise

Environment
  BASERATE_PYTHON  the Python that has the frameworks (default: python3)
  BASERATE_TFJS    a folder in which @tensorflow/tfjs is installed`;

const root = fileURLToPath(new URL("..", import.meta.url));
const say = (line) => console.error(`bench: ${line}`);

function fail(message) {
  say(message);
  process.exit(2);
}

function readOptions() {
  const options = {
    rounds: { type: "string" },
    quick: { type: "boolean", default: false },
    only: { type: "string" },
    jobs: { type: "string" },
    against: { type: "string" },
    help: { type: "boolean", short: "h", default: false },
  };
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    return fail(error.message);
  }
}

/** Checks names given on the command line against those there are. */
function chosen(text, known, what) {
  if (text === undefined) return known;
  const names = text.split(",");
  const wrong = names.find((name) => !known.some((other) => other.toLowerCase() === name.toLowerCase()));
  if (wrong !== undefined) fail(`unknown ${what}: ${wrong}; known: ${known.join(", ")}`);
  return known.filter((name) => names.some((other) => other.toLowerCase() === name.toLowerCase()));
}

/** Fetches the dataset if it must, and gives the path of its cache file. */
async function datasetFile() {
  const command = [join(root, "dist", "cli.js"), "data", "cifar10", "--json"];
  const { document } = await runJson(process.execPath, command).catch((error) =>
    fail(`no dataset: ${error.message}`),
  );
  return document.path;
}

/**
 * Runs every job of every contestant once a round, contestants taking turns; every other round backwards, so that a
 * machine that warms up or slows down does so for all.
 *
 * @returns measurements by measure and contestant, and what failed
 */
async function measure(contestants, jobs, rounds) {
  const values = Object.fromEntries(Object.keys(measures).map((key) => [key, {}]));
  const failures = {};
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? contestants : [...contestants].reverse();
    for (const job of jobs) {
      for (const { name, jobs: own } of order) {
        if (!own[job] || failures[name]) continue;
        say(`round ${round + 1} of ${rounds}: ${job} of ${name}`);
        try {
          for (const [key, value] of Object.entries(await own[job]())) {
            if (!Number.isFinite(value)) throw new Error(`${key} is ${value}`);
            values[key][name] = [...(values[key][name] ?? []), value];
          }
        } catch (error) {
          failures[name] = `${job}: ${error.message}`;
          say(`${name} failed at ${failures[name]}`);
        }
      }
    }
  }
  return { values, failures };
}

/** Medians, extremes and the ratio to baserate's median: one row per measure and contestant. */
function summarize(values) {
  return Object.entries(values).flatMap(([measure, byName]) =>
    Object.entries(byName).map(([name, runs]) => ({
      measure,
      name,
      median: median(runs),
      low: Math.min(...runs),
      high: Math.max(...runs),
      ratio: byName.baserate ? median(runs) / median(byName.baserate) : null,
      runs,
    })),
  );
}

/** Three significant digits, or whole numbers from 1000 on. */
const digits = (value) => (value >= 1000 ? value.toFixed(0) : value.toPrecision(3));

function table(rows, { versions, machine, rounds, missing, failures }) {
  const line = (label, ...cells) => label.padEnd(26) + cells.map((cell) => cell.padStart(13)).join("");
  const lines = [line("", "median", "lowest", "highest", "to baserate")];
  for (const [measure, title] of Object.entries(measures)) {
    const own = rows.filter((row) => row.measure === measure);
    if (own.length > 0) lines.push("", title);
    for (const { name, median, low, high, ratio } of own) {
      lines.push(
        line(
          `  ${name}`,
          digits(median),
          digits(low),
          digits(high),
          ratio === null ? "-" : `${ratio.toFixed(2)}x`,
        ),
      );
    }
  }
  lines.push("", `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGB} GB, ${machine.platform}`);
  lines.push(`load ${machine.loadBefore.toFixed(1)} before; ${rounds} rounds`);
  for (const [name, own] of Object.entries(versions)) {
    lines.push(
      `${name}: ${Object.entries(own)
        .map(([item, version]) => `${item} ${version}`)
        .join(", ")}`,
    );
  }
  for (const reason of missing) lines.push(`not measured: ${reason}`);
  for (const [name, reason] of Object.entries(failures)) lines.push(`FAILED: ${name} at ${reason}`);
  return lines.join("\n");
}

const options = readOptions();
if (options.help) {
  console.log(help);
  process.exit(0);
}
const rounds = Number(options.rounds ?? (options.quick ? 1 : 3));
if (!(Number.isInteger(rounds) && rounds >= 1))
  fail(`invalid --rounds: ${options.rounds}; allowed: a whole number from 1`);
if (options.against !== undefined) {
  const { compareBuilds } = await import("./against.mjs");
  console.log(
    await compareBuilds(options.against, { rounds: options.rounds && rounds, quick: options.quick, say }),
  );
  process.exit(0);
}
const jobs = chosen(options.jobs, ["wholeRun", "pair", "oneThread", "perHour"], "job");
const names = chosen(
  options.only,
  ["baserate", "TensorFlow", "PyTorch", "JAX", "TensorFlow.js"],
  "contestant",
);

const machine = {
  cpu: cpus()[0].model,
  cores: availableParallelism(),
  memoryGB: Math.round(totalmem() / 2 ** 30),
  platform: `${process.platform} ${process.arch}`,
  loadBefore: loadavg()[0],
};
if (machine.loadBefore > 0.5)
  say(`the machine is busy (load ${machine.loadBefore.toFixed(1)}): the numbers will be too high`);

const settings = {
  cifar10: await datasetFile(),
  steps: options.quick ? 10 : 40,
  trainings: 1,
  quick: options.quick,
};
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const python = await pythonPeers(process.env.BASERATE_PYTHON || "python3", settings);
const tfjs = await tensorflowJs(process.env.BASERATE_TFJS, settings);
const all = [baserate(settings, version), ...python.found, ...(tfjs.found ? [tfjs.found] : [])];
const contestants = all.filter(({ name }) => names.includes(name));
const missing = [...python.missing, ...(tfjs.missing ? [tfjs.missing] : [])].filter((reason) =>
  names.some((name) => reason.startsWith(`${name}:`)),
);
if (contestants.length === 0) fail(`nothing to run; ${missing.join("; ")}`);

const { values, failures } = await measure(contestants, jobs, rounds);
const rows = summarize(values);
const versions = Object.fromEntries(contestants.map((contestant) => [contestant.name, contestant.versions]));
const result = { version, machine, rounds, settings, versions, missing, failures, measures, rows };
const folder = join(root, "bench", "results");
mkdirSync(folder, { recursive: true });
const file = join(folder, `${new Date().toISOString().replaceAll(":", "-").slice(0, 19)}.json`);
writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
console.log(`${table(rows, result)}\nwritten to ${file}`);
if (Object.keys(failures).length > 0) process.exit(1);
