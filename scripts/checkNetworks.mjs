// Checks the networks that scripts/checkNetworks.py left in bench/results/networks, and writes the table of docs/check.md:
//   node scripts/checkNetworks.mjs SEED ... [--list] [--first]
// --list prints what was missed, and each alarm. --first keeps these verdicts (first.json) as those that the table shows
// as the first run's: made with src/check as it was before any network was looked at, commit 3396248.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { checkOutputs, fromCounts } from "../dist/index.js";

const flags = process.argv.slice(2);
const seeds = flags.filter((flag) => !flag.startsWith("--"));
const readJson = (path) => JSON.parse(readFileSync(path, "utf8"));
const files = seeds.flatMap((seed) => {
  const folder = `bench/results/networks/${seed}`;
  const names = readdirSync(folder).filter((name) => name.endsWith(".f"));
  return names.map((name) => ({ folder, name, ...readJson(`${folder}/${name.replace(/f$/, "json")}`) }));
});
const frameworks = [...new Set(files.map(({ framework }) => framework))];

function checked(one, bytes) {
  const { head, given, rows, start, counts, reportedLoss, data, options, allowConstant } = one;
  const outputs = Float64Array.from(new Float32Array(bytes, start, one.outputs));
  const end = start + 4 * one.outputs;
  const labels = Array.from(new Float64Array(bytes.slice(end, end + 8 * one.labels)));
  const training = counts && fromCounts(counts);
  const told = { training, reportedLoss, data, options, allowConstant };
  const report = checkOutputs({ head, given, rows, outputs, labels, ...told });
  const { verdict, causes, measuredLoss, expectedLoss, band } = report;
  return {
    verdict,
    cause: causes[0]?.name,
    evidence: causes[0]?.evidence,
    measuredLoss,
    expectedLoss,
    isInBand: band !== null && measuredLoss >= band.low && measuredLoss <= band.high,
  };
}

function verdicts({ folder, name, cases }) {
  const file = readFileSync(`${folder}/${name}`);
  const bytes = file.buffer.slice(file.byteOffset, file.byteOffset + file.length);
  return cases.map((one) => ({ ...one, ...checked(one, bytes) }));
}

const now = files.flatMap(verdicts);
if (flags.includes("--first")) {
  for (const seed of seeds) {
    const own = now.filter((one) => one.seed === Number(seed));
    writeFileSync(`bench/results/networks/${seed}/first.json`, JSON.stringify(own));
  }
}
const firsts = seeds.map((seed) => `bench/results/networks/${seed}/first.json`);
const first = firsts.every((path) => existsSync(path)) ? firsts.flatMap(readJson) : [];

const isRight = ({ causes, cause }) => causes.includes(cause);
const isAlarm = ({ verdict }) => verdict !== "sound";
const isBroken = ({ bug }) => bug !== null;
const network = ({ framework, network: name, task, seed }) => [framework, name, task, seed].join();
const changing = new Set(now.filter((one) => !isBroken(one) && one.training).map(network));
const isAtRest = (one) => !isBroken(one) && !one.training && changing.has(network(one));
const isStart = (one) => !isBroken(one) && !isAtRest(one);

/** A row of the table: how many of the chosen networks pass the test, by framework, in all, and in the first run. */
function row(title, isOne, test) {
  const chosen = now.filter(isOne);
  const parts = [...frameworks.map((name) => chosen.filter((one) => one.framework === name)), chosen];
  const count = (list) => (list.length ? `${list.filter(test).length}/${list.length}` : "");
  return `| ${[title, ...parts.map(count), count(first.filter(isOne))].join(" | ")} |`;
}
const share = (list, test) => `${((100 * list.filter(test).length) / list.length).toFixed(1)} %`;
const figures = (list) =>
  `${share(list.filter(isBroken), isRight)} right cause first, ${share(list.filter(isBroken), isAlarm)} called not sound; alarms ${share(list.filter(isStart), isAlarm)} of sound ones as the first step sees them, ${share(list.filter(isAtRest), isAlarm)} at rest`;
const bugs = [...new Set(now.filter(isBroken).map(({ bug }) => bug))];
const bySeed = seeds.map((seed) => {
  const own = (list) => list.filter((one) => one.seed === Number(seed));
  return `- Seed ${seed}: first run ${figures(own(first))}. Now: ${figures(own(now))}.`;
});
const table = [
  `| bug: right cause first | ${frameworks.join(" | ")} | all | first run |`,
  `|---|${frameworks.map(() => "---:|").join("")}---:|---:|`,
  ...bugs.map((bug) => row(bug, (one) => one.bug === bug, isRight)),
  row("**all bugs**", isBroken, isRight),
  row("called not sound", isBroken, isAlarm),
  row("**sound, as the first step sees them: alarms**", isStart, isAlarm),
  row("sound, at rest: alarms", isAtRest, isAlarm),
  row(
    "sound: loss within its band",
    (one) => !isBroken(one),
    ({ isInBand }) => isInBand,
  ),
  "",
  ...(first.length > 0 ? bySeed : []),
  "",
  `Made with ${[...new Set(files.map(({ version }) => version))].join("; ")}.`,
].join("\n");

if (flags.includes("--list")) {
  for (const one of now.filter((o) => (isBroken(o) ? !isRight(o) : isAlarm(o)))) {
    const { framework, task, training, bug, given, cause, evidence, measuredLoss, expectedLoss } = one;
    const mode = training ? "training" : "inference";
    const losses = `loss ${measuredLoss?.toFixed(3)} against ${expectedLoss.toFixed(3)}`;
    console.log(
      [framework, one.network, task, mode, bug ?? "sound", given, cause, evidence, losses].join("; "),
    );
  }
}
const page = readFileSync("docs/check.md", "utf8");
const [start, end] = ["<!-- networks -->", "<!-- /networks -->"];
const [before, after] = [page.split(start)[0], page.split(end)[1]];
writeFileSync("docs/check.md", `${before}${start}\n${table}\n${end}${after}`);
