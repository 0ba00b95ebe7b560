// Checks the networks that scripts/checkNetworks.py left in bench/results/networks, and writes to docs/check.md: of the
// fresh ones the table, of the others a line for each seed.
//   node scripts/checkNetworks.mjs [fresh-]SEED ... [--list] [--first]
// --list prints what was missed, and each alarm. --first keeps these verdicts (first.json) as the first run's. The table
// shows the first run, which alone is held out: made with src/check as it was before any of these networks was looked
// at, commit 3396248 for 1 and 2, 7b44766 for fresh-3.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { checkOutputs, fromCounts } from "../dist/index.js";

const flags = process.argv.slice(2);
const sets = flags.filter((flag) => !flag.startsWith("--"));
const isFresh = sets[0]?.startsWith("fresh-");
const readJson = (path) => JSON.parse(readFileSync(path, "utf8"));
const files = sets.flatMap((set) => {
  const folder = `bench/results/networks/${set}`;
  const names = readdirSync(folder).filter((name) => name.endsWith(".f"));
  return names.map((name) => ({ set, folder, name, ...readJson(`${folder}/${name.replace(/f$/, "json")}`) }));
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

function verdicts({ set, folder, name, cases }) {
  const file = readFileSync(`${folder}/${name}`);
  const bytes = file.buffer.slice(file.byteOffset, file.byteOffset + file.length);
  return cases.map((one) => ({ set, ...one, ...checked(one, bytes) }));
}

const now = files.flatMap(verdicts);
const firstOf = (set) => `bench/results/networks/${set}/first.json`;
if (flags.includes("--first")) {
  for (const set of sets) {
    const own = now.filter((one) => one.set === set);
    writeFileSync(firstOf(set), JSON.stringify(own));
  }
}
const first = sets.flatMap((set) => readJson(firstOf(set)).map((one) => ({ ...one, set })));

const isRight = ({ causes, cause }) => causes.includes(cause);
const isAlarm = ({ verdict }) => verdict === "not sound";
const isBroken = ({ bug }) => bug !== null;
const network = ({ framework, network: name, task, set }) => [framework, name, task, set].join();
const changing = new Set(now.filter((one) => !isBroken(one) && one.training).map(network));
const isAtRest = (one) => !isBroken(one) && !one.training && changing.has(network(one));
const isStart = (one) => !isBroken(one) && !isAtRest(one);

/** A row of the table: how many of the chosen networks passed the test in the first run, by framework and in all. */
function row(title, isOne, test) {
  const chosen = first.filter(isOne);
  const parts = [...frameworks.map((name) => chosen.filter((one) => one.framework === name)), chosen];
  const count = (list) => (list.length ? `${list.filter(test).length}/${list.length}` : "");
  return `| ${[title, ...parts.map(count)].join(" | ")} |`;
}
const share = (list, test) => `${((100 * list.filter(test).length) / list.length).toFixed(1)} %`;
const figures = (list) =>
  `${share(list.filter(isBroken), isRight)} right cause first, ${share(list.filter(isBroken), isAlarm)} called not sound; false alarms ${share(list.filter(isStart), isAlarm)} in training mode, ${share(list.filter(isAtRest), isAlarm)} in inference mode`;
const bugs = [...new Set(now.filter(isBroken).map(({ bug }) => bug))];
const lines = sets.map((set) => {
  const [before, present] = [first, now].map((list) => figures(list.filter((one) => one.set === set)));
  const title = set.replace("fresh-", "fresh networks, seed ").replace(/^\d/, "seed $&");
  return `- ${title}: first run ${before}. Now: ${present === before ? "the same" : present}.`;
});
const table = [
  `| bug: right cause first | ${frameworks.join(" | ")} | all |`,
  `|---|${frameworks.map(() => "---:|").join("")}---:|`,
  ...bugs.map((bug) => row(bug, (one) => one.bug === bug, isRight)),
  row("**all bugs**", isBroken, isRight),
  row("called not sound", isBroken, isAlarm),
  row("**sound, training mode: false alarms**", isStart, isAlarm),
  row("sound, inference mode: false alarms", isAtRest, isAlarm),
  row(
    "sound: loss within its band",
    (one) => !isBroken(one),
    ({ isInBand }) => isInBand,
  ),
  "",
];
const made = `Made with ${[...new Set(files.map(({ version }) => version))].join("; ")}.`;
const written = [...(isFresh ? table : []), ...lines, "", made].join("\n");

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
const mark = isFresh ? "fresh networks" : "networks";
const [start, end] = [`<!-- ${mark} -->`, `<!-- /${mark} -->`];
const [before, after] = [page.split(start)[0], page.split(end)[1]];
writeFileSync("docs/check.md", `${before}${start}\n${written}\n${end}${after}`);
