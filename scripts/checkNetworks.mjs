// Checks the networks that scripts/checkNetworks.py left in bench/results/networks; prints the tables, and with --docs
// writes them into docs/check.md:
//   node scripts/checkNetworks.mjs [--docs]
// The first run's verdicts are kept beside the networks (first.json) and shown beside the present ones.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { checkOutputs, fromCounts } from "../dist/index.js";

const folder = `bench/results/networks/${process.argv[2]}`;
const names = readdirSync(folder).filter((name) => name.endsWith(".json") && !name.startsWith("verdicts"));
const files = names.map((name) => ({ name, ...JSON.parse(readFileSync(`${folder}/${name}`, "utf8")) }));

function checked(one, bytes) {
  const { head, given, rows, start, counts, reportedLoss, data, options, allowConstant } = one;
  const outputs = Float64Array.from(new Float32Array(bytes, start, one.outputs));
  const ofLabels = bytes.slice(start + 4 * one.outputs, start + 4 * one.outputs + 8 * one.labels);
  const labels = Array.from(new Float64Array(ofLabels));
  const training = counts && fromCounts(counts);
  const report = checkOutputs({
    head,
    given,
    rows,
    outputs,
    labels,
    training,
    reportedLoss,
    data,
    options,
    allowConstant,
  });
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

const cases = files.flatMap(({ name, cases }) => {
  const file = readFileSync(`${folder}/${name.replace(".json", ".f")}`);
  const bytes = file.buffer.slice(file.byteOffset, file.byteOffset + file.length);
  return cases.map((one) => {
    try {
      return { ...one, ...checked(one, bytes) };
    } catch (error) {
      // an error is no verdict: neither right nor sound
      return { ...one, verdict: "error", cause: "error", evidence: error.message };
    }
  });
});
writeFileSync(`${folder}/verdicts.json`, JSON.stringify(cases));

const frameworks = files.map(({ framework }) => framework);
const bugs = [...new Set(cases.flatMap(({ bug }) => bug ?? []))];
const isRight = ({ causes, cause }) => causes.includes(cause);
const of = (list, test) => `${list.filter(test).length}/${list.length}`;
const percent = (list, test) => `${((100 * list.filter(test).length) / list.length).toFixed(1)} %`;
const row = (title, list, test) =>
  `| ${[title, ...frameworks.map((f) => list.filter(({ framework }) => framework === f)).map((part) => (part.length ? of(part, test) : "")), of(list, test)].join(" | ")} |`;
const broken = cases.filter(({ bug }) => bug);
const sound = cases.filter(({ bug }) => !bug);
const isAlarm = ({ verdict }) => verdict !== "sound";
console.log(
  [
    `| bug | ${frameworks.join(" | ")} | all |`,
    `|---|${frameworks.map(() => "---:|").join("")}---:|`,
    ...bugs.map((bug) =>
      row(
        bug,
        broken.filter((one) => one.bug === bug),
        isRight,
      ),
    ),
    row("**right cause first**", broken, isRight),
    row("**called not sound**", broken, isAlarm),
    row("**sound set-ups: alarms**", sound, isAlarm),
    row("sound set-ups: loss within the band", sound, ({ isInBand }) => isInBand),
    "",
    `${percent(broken, isRight)} right first, ${percent(broken, isAlarm)} not sound; alarms ${percent(sound, isAlarm)}`,
  ].join("\n"),
);
if (process.argv.includes("--list")) {
  for (const one of cases.filter((o) => (o.bug ? !isRight(o) : isAlarm(o)))) {
    const { framework, network, task, training, bug, given, cause, evidence, measuredLoss, expectedLoss } =
      one;
    console.log(
      [
        framework,
        network,
        task,
        training ? "train" : "infer",
        bug ?? "SOUND",
        given,
        "->",
        cause,
        "|",
        evidence,
        "|",
        measuredLoss?.toFixed(3),
        expectedLoss?.toFixed(3),
      ].join("; "),
    );
  }
}
