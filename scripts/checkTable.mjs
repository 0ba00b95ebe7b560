// Writes the tables of docs/check.md from the numbers that the bench of `baserate check` left in bench/results/check:
//   CHECK_SEEDS=50 npx vitest run test/check/bench.test.ts && node scripts/checkTable.mjs
import { readFileSync, writeFileSync } from "node:fs";

const read = (name) => JSON.parse(readFileSync(`bench/results/check/${name}.json`, "utf8"));
const programs = [0, 1, 2].map((i) => read(`broken-${i}`));
const bugs = [...new Set(programs.flat().map(({ bug }) => bug))];
const cell = (rows, bug) => {
  const row = rows.find((one) => one.bug === bug);
  return row ? `${row.first}/${row.runs}` : "";
};
const all = programs.flat();
const total = (count) => all.reduce((sum, row) => sum + count(row), 0);
const [first, caught, runs] = [total((r) => r.first), total((r) => r.caught), total((r) => r.runs)];
const percent = (part, whole) => `${((100 * part) / whole).toFixed(2)} %`;
const { runs: soundRuns, alarms, inBand } = read("sound");
const table = [
  "| bug | small CNN | deeper CNN | regression |",
  "|---|---:|---:|---:|",
  ...bugs.map((bug) => `| ${bug} | ${programs.map((rows) => cell(rows, bug)).join(" | ")} |`),
  "",
  `Right cause first: ${first} of ${runs} (${percent(first, runs)}); called not sound: ${caught} (${percent(caught, runs)}).`,
  "",
  `Sound set-ups: ${alarms.length} false alarms in ${soundRuns} (${percent(alarms.length, soundRuns)}); ${inBand} measured losses within their band.`,
  ...(alarms.length > 0 ? ["The alarms:", ""] : []),
  ...alarms.map(
    ({ setup, cause }) =>
      `- ${setup.architecture}, ${setup.activation}, ${setup.initialiser}, ${setup.head}, bias ${setup.bias}: ${cause}`,
  ),
].join("\n");
const page = readFileSync("docs/check.md", "utf8");
const [start, end] = ["<!-- bench -->", "<!-- /bench -->"];
const [before, after] = [page.split(start)[0], page.split(end)[1]];
writeFileSync("docs/check.md", `${before}${start}\n${table}\n${end}${after}`);
