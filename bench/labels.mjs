// Counting and reading labels at size: seconds and peak memory, beside awk, and beside NumPy, Python's csv and DuckDB where
// PYTHON names a Python that has NumPy and duckdb.   node bench/labels.mjs [rows of the CSV file, default 10000000]
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  createWriteStream,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(fileURLToPath(import.meta.url), "..", "..");
const folder = mkdtempSync(join(tmpdir(), "baserate-bench-"));
const rows = Number(process.argv[2] ?? 1e7);
const repeats = 5;

/** Runs a program; its output, wall seconds, and peak memory as it says itself in its last line. */
function timed(command, args) {
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(command, args, {
    encoding: "utf8",
    cwd: folder,
    maxBuffer: 2 ** 26,
  });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${stderr}`);
  return { stdout, seconds: (performance.now() - start) / 1000 };
}

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
const report = (what, seconds, megabytes) =>
  console.log(
    `${what.padEnd(44)} ${seconds.toFixed(3).padStart(8)} s ${megabytes === undefined ? "" : `${String(megabytes).padStart(6)} MB`}`,
  );

/** JavaScript that prints the median seconds of `run()` and its process's peak memory. */
const measuring = (setup, run) => `
  import { ClassAccumulator, summarizeNumbers } from ${JSON.stringify(`file://${root}/dist/index.js`)};
  ${setup}
  const seconds = [];
  for (let i = 0; i < ${repeats}; i++) { const start = performance.now(); ${run}; seconds.push((performance.now() - start) / 1000); }
  console.log(JSON.stringify([seconds.sort((a, b) => a - b)[${repeats >> 1}], Math.round(process.resourceUsage().maxRSS / 1024)]));`;

const countTypes = [
  ["Uint8Array", 1e8],
  ["Int32Array", 1e8],
];

/** Rows that are made; a longer file has them several times. */
const distinctRows = 1e7;

async function writeCsv(path) {
  const names = ["setosa", "versicolor", "virginica"];
  const stream = createWriteStream(path);
  const header = "id,x1,x2,species,target\n";
  stream.write(header);
  let state = 1;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const made = Math.min(rows, distinctRows);
  for (let start = 0; start < made; start += 1e4) {
    let text = "";
    for (let i = start; i < Math.min(made, start + 1e4); i++) {
      text += `${i},${random().toFixed(6)},${random().toFixed(4)},${names[Math.floor(3 * random() ** 2)]},${(100 * random()).toFixed(5)}\n`;
    }
    if (!stream.write(text)) await once(stream, "drain");
  }
  stream.end();
  await once(stream, "finish");
  if (made === rows) return;
  const block = readFileSync(path).subarray(header.length);
  for (let written = made; written < rows; written += made) appendFileSync(path, block);
}

try {
  console.log(`Node ${process.version}, ${cpus()[0].model}, ${cpus().length} cores; medians of ${repeats}`);
  for (const [type, length] of countTypes) {
    const setup = `const labels = new ${type}(${length}); let s = 1;
      for (let i = 0; i < labels.length; i++) { s = (Math.imul(s, 1103515245) + 12345) & 0x7fffffff; labels[i] = (s >>> 16) % 10; }`;
    const run = "const a = new ClassAccumulator({ classes: 10 }); a.addAll(labels); a.summary();";
    const [seconds, megabytes] = JSON.parse(
      timed("node", ["--input-type=module", "-e", measuring(setup, run)]).stdout,
    );
    report(`count ${length.toExponential(0)} labels, ${type}`, seconds, megabytes);
  }
  if (process.env.PYTHON) {
    const code = `
import numpy, resource, time
labels = numpy.random.default_rng(0).integers(0, 10, 10**8, dtype="uint8"); seconds = []
for _ in range(${repeats}):
    start = time.perf_counter(); numpy.bincount(labels, minlength=10); seconds.append(time.perf_counter() - start)
print(sorted(seconds)[${repeats >> 1}], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, numpy.__version__)`;
    const [seconds, megabytes, version] = timed(process.env.PYTHON, ["-c", code]).stdout.trim().split(" ");
    report(`numpy ${version} bincount, 1e8 uint8`, Number(seconds), megabytes);
  }
  const csv = join(folder, "labels.csv");
  await writeCsv(csv);
  console.log(`the CSV file has ${(statSync(csv).size / 1e9).toFixed(2)} GB`);
  const peak = join(folder, "peak.mjs");
  writeFileSync(
    peak,
    `process.on("exit", () => console.error("peak", Math.round(process.resourceUsage().maxRSS / 1024)));`,
  );
  for (const [source, args] of [
    [csv, ["--column", "species"]],
    [csv, ["--column", "target", "--loss", "squared-error"]],
    [csv, ["--column", "target", "--loss", "absolute-error"]],
    // A pattern is read by DuckDB, on all cores.
    [join(folder, "labels*.csv"), ["--column", "species"]],
    [join(folder, "labels*.csv"), ["--column", "target", "--loss", "absolute-error"]],
  ]) {
    const start = performance.now();
    const command = [join(root, "dist", "cli.js"), "solve", source, ...args];
    const { status, stderr } = spawnSync("node", ["--import", `file://${peak}`, ...command], {
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(stderr);
    report(
      `solve${source === csv ? "" : " by DuckDB"}, ${args.slice(1).join(" ")}`,
      (performance.now() - start) / 1000,
      /peak (\d+)/.exec(stderr)[1],
    );
  }
  report(
    "awk, species",
    timed("awk", ["-F,", "NR > 1 { n[$4]++ } END { for (k in n) print k, n[k] }", csv]).seconds,
  );
  if (process.env.PYTHON) {
    const code = `import csv, collections; print(collections.Counter(row[3] for row in csv.reader(open(${JSON.stringify(csv)}))))`;
    if (rows <= distinctRows)
      report("Python's csv.reader and Counter, species", timed(process.env.PYTHON, ["-c", code]).seconds);
    const query = `SELECT species, count(*) FROM read_csv('${csv}') GROUP BY 1`;
    const duckdb = ["-c", `import duckdb; print(duckdb.sql(${JSON.stringify(query)}).fetchall())`];
    report("DuckDB in Python, species", timed(process.env.PYTHON, duckdb).seconds);
  }
  const cases = {
    "empty script": ["-e", "0"],
    "solve --help": [join(root, "dist", "cli.js"), "solve", "--help"],
    "solve --counts": [
      join(root, "dist", "cli.js"),
      "solve",
      "--counts",
      "4000,3700,100,4000,400,100,50,700,700,100",
    ],
  };
  const seconds = Object.fromEntries(Object.keys(cases).map((name) => [name, []]));
  for (let i = 0; i < 31; i++)
    for (const [name, args] of Object.entries(cases)) seconds[name].push(timed("node", args).seconds);
  const empty = median(seconds["empty script"]);
  for (const [name, values] of Object.entries(seconds))
    report(`node, ${name} (x${(median(values) / empty).toFixed(2)})`, median(values));
} finally {
  rmSync(folder, { recursive: true });
}
