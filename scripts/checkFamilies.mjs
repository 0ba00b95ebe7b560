// Checks the networks that scripts/checkFamilies.py left in bench/results/families.
//   node scripts/checkFamilies.mjs look|held|fresh [--list] [--family NAME] [--write]
// --list prints what was missed and each alarm; --write puts the table into docs/check.md (of `held` and `fresh`: run once).
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { checkOutputs, fromCounts } from "../dist/index.js";

const [group, ...flags] = process.argv.slice(2);
const only = flags.includes("--family") ? flags[flags.indexOf("--family") + 1] : undefined;
const folder = `bench/results/families/${group}`;

function checked(one, bytes) {
  const {
    head,
    given,
    rows,
    start,
    counts,
    reportedLoss,
    data,
    options,
    rowsPerInput,
    accumulate,
    ignoreIndex,
  } = one;
  const outputs = Float64Array.from(new Float32Array(bytes, start, one.outputs));
  const end = start + 4 * one.outputs;
  const labels = Array.from(new Float64Array(bytes.slice(end, end + 8 * one.labels)));
  const training = counts && fromCounts(counts);
  const told = {
    training,
    reportedLoss,
    data,
    options,
    accumulate,
    ignoreIndex,
    ...(rowsPerInput > 1 && { rowsPerInput }),
  };
  const { verdict, causes, measuredLoss, expectedLoss, band } = checkOutputs({
    head,
    given,
    rows,
    outputs,
    labels,
    ...told,
  });
  const isInBand = band !== null && measuredLoss >= band.low && measuredLoss <= band.high;
  return { ...one, verdict, found: causes, measuredLoss, expectedLoss, isInBand };
}

function verdicts(name) {
  const file = readFileSync(`${folder}/${name}`);
  const bytes = file.buffer.slice(file.byteOffset, file.byteOffset + file.length);
  const cases = JSON.parse(readFileSync(`${folder}/${name.replace(/f$/, "json")}`, "utf8"));
  return cases.map((one) => checked(one, bytes));
}

const all = readdirSync(folder)
  .filter((name) => name.endsWith(".f") && (!only || name === `${only}.f`))
  .flatMap(verdicts);
const isBroken = ({ bug }) => bug !== null;
const isRight = ({ causes, found }) => causes.includes(found[0]?.name);
const isAmong = ({ causes, found }) => found.slice(0, 3).some(({ name }) => causes.includes(name));
const isFault = ({ verdict }) => verdict === "not sound";
const network = ({ library, network: name }) => `${library} ${name}`;

/** Share in per cent with a 95 % interval by bootstrap over networks (2,000 draws). */
function share(list, test) {
  const byNetwork = new Map();
  for (const one of list) {
    const [hits, runs] = byNetwork.get(network(one)) ?? [0, 0];
    byNetwork.set(network(one), [hits + +test(one), runs + 1]);
  }
  const pairs = [...byNetwork.values()];
  let state = 1;
  const next = () => {
    state = (state * 48271) % 2147483647; // Park and Miller 1988
    return state / 2147483647;
  };
  const draws = Array.from({ length: 2000 }, () => {
    let [hits, runs] = [0, 0];
    for (let i = 0; i < pairs.length; i++) {
      const [h, r] = pairs[Math.floor(next() * pairs.length)];
      hits += h;
      runs += r;
    }
    return (100 * hits) / runs;
  }).sort((a, b) => a - b);
  const own = (100 * list.filter(test).length) / list.length;
  return `${own.toFixed(1)} % (${draws[50].toFixed(1)} to ${draws[1949].toFixed(1)})`;
}

const count = (list, test) => `${list.filter(test).length}/${list.length}`;
const broken = all.filter(isBroken);
const sound = all.filter((one) => !isBroken(one));
const alarmed = new Set(sound.filter(isFault).map(network));
const high = sound.filter(({ verdict }) => verdict === "starts high").length;
const row = (title, own, fine) =>
  `| ${title} | ${own.length ? [isRight, isAmong, isFault].map((test) => count(own, test)).join(" | ") : " | | "} |${fine ? ` ${count(fine, isFault)} |` : ""}`;
const families = [...new Set(all.map(({ library, family }) => `${library}: ${family}`))];
const ofFamily = (name) => (one) => `${one.library}: ${one.family}` === name;
const table = [
  `${new Set(all.map(network)).size} networks, ${broken.length} bugs, ${sound.length} sound set-ups.`,
  "",
  `- right cause first: **${share(broken, isRight)}**`,
  `- right cause among the first three: ${share(broken, isAmong)}`,
  `- called not sound: ${share(broken, isFault)}`,
  `- false alarms: **${share(sound, isFault)}**, on ${alarmed.size} networks; called "starts high": ${high} of ${sound.length}`,
  "",
  "| bug | right first | among three | not sound |",
  "|---|---:|---:|---:|",
  ...[...new Set(broken.map(({ bug }) => bug))].map((bug) =>
    row(
      bug,
      broken.filter((one) => one.bug === bug),
    ),
  ),
  "",
  "| family | right first | among three | not sound | false alarms |",
  "|---|---:|---:|---:|---:|",
  ...families.map((name) => row(name, broken.filter(ofFamily(name)), sound.filter(ofFamily(name)))),
].join("\n");

if (flags.includes("--list")) {
  for (const one of all.filter((o) => (isBroken(o) ? !isRight(o) : o.verdict !== "sound"))) {
    const { task, bug, setup, given, verdict, found, measuredLoss, expectedLoss, reportedLoss } = one;
    const losses = `${measuredLoss?.toFixed(3)} against ${expectedLoss.toFixed(3)}${reportedLoss === undefined ? "" : `, reported ${reportedLoss}`}`;
    const names = found.map(({ name }) => name).join(" > ");
    console.log(
      [
        one.family,
        one.network,
        task,
        bug ?? `SOUND ${setup}`,
        given,
        verdict,
        names,
        losses,
        found[0]?.evidence ?? "",
      ].join("; "),
    );
  }
}
console.log(table);
if (flags.includes("--write")) {
  const page = readFileSync("docs/check.md", "utf8");
  const [start, end] = [`<!-- families ${group} -->`, `<!-- /families ${group} -->`];
  const [before, after] = [page.split(start)[0], page.split(end)[1]];
  writeFileSync("docs/check.md", `${before}${start}\n${table}\n${end}${after}`);
}
