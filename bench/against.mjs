// `npm run bench -- --against COMMIT`: this checkout's build beside that of an earlier commit, in one interleaved run.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, symlinkSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stepMs } from "./contestants.mjs";
import { reproduce, runBaserate } from "./process.mjs";
import { median } from "./statistics.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const counts = ["solve", "--counts", "4000,3700,100,4000,400,100,50,700,700,100"];

/** Rows of the CSV file that `solve` reads: a tenth of that in bench/labels.mjs. */
const csvRows = 1_000_000;

/**
 * What is run: each gives measurements, all of them better when smaller. `quick` ones take seconds and run in CI.
 *
 * @type {Record<string, {quick: boolean, run: (cli: string, csv: string) => Promise<Record<string, number>>}>}
 */
const jobs = {
  help: { quick: true, run: async (cli) => startUp("--help", await runBaserate(cli, ["--help"])) },
  counts: { quick: true, run: async (cli) => startUp("solve --counts", await runBaserate(cli, counts)) },
  csv: {
    quick: true,
    run: async (cli, csv) =>
      usage(`solve, CSV of ${csvRows} rows`, await runBaserate(cli, ["solve", csv, "--column", "species"])),
  },
  reproduce: {
    quick: false,
    async run(cli) {
      const { trainSeconds, ...used } = await reproduce(cli, []);
      return { ...usage("reproduce", used), "step of both arms, ms": stepMs(Math.max(...trainSeconds)) };
    },
  },
  oneArm: {
    quick: false,
    async run(cli) {
      const { trainSeconds } = await reproduce(cli, ["--arms", "prior"]);
      return { "step of one arm alone, ms": stepMs(trainSeconds[0]) };
    },
  },
};

const startUp = (name, { seconds }) => ({ [`${name}, ms`]: seconds * 1000 });
const usage = (name, { seconds, processorSeconds, peakBytes }) => ({
  [`${name}, s`]: seconds,
  [`${name}, processor s`]: processorSeconds,
  [`${name}, peak MB`]: peakBytes / 1e6,
});

/**
 * Builds the commit in a worktree of its own, runs both builds in turn, and says what moved.
 *
 * A measure has moved beyond noise where every round has it on the same side: without a difference, that happens in 2 of
 * 2^rounds runs (sign test), so six rounds are the least that can say so at 5 %.
 *
 * @param {string} commit anything that git can resolve to a commit
 * @param {{rounds?: number, quick: boolean, say: (line: string) => void}} options
 * @returns {Promise<string>} a table
 */
export async function compareBuilds(commit, { rounds = 6, quick, say }) {
  const sha = git("rev-parse", "--short", "--verify", `${commit}^{commit}`);
  const folder = await mkdtemp(join(tmpdir(), "baserate-against-"));
  const checkout = join(folder, "checkout");
  try {
    say(`building ${sha}`);
    git("worktree", "add", "--quiet", "--detach", checkout, sha);
    setUp(checkout);
    const csv = join(folder, "labels.csv");
    await writeFile(csv, csvText());
    const builds = { before: join(checkout, "dist", "cli.js"), now: join(root, "dist", "cli.js") };
    const chosen = Object.entries(jobs).filter(([, job]) => job.quick || !quick);
    const values = await measure(builds, chosen, { csv, rounds, say });
    return table(values, { sha, rounds });
  } finally {
    git("worktree", "remove", "--force", checkout);
    await rm(folder, { recursive: true, force: true });
  }
}

const git = (...args) => execFileSync("git", args, { cwd: root, encoding: "utf8" }).trim();

/** Installs and builds a checkout; one with the same lock file shares this one's packages. */
function setUp(checkout) {
  const lock = (folder) => readFileSync(join(folder, "package-lock.json"), "utf8");
  if (lock(checkout) === lock(root) && existsSync(join(root, "node_modules")))
    symlinkSync(join(root, "node_modules"), join(checkout, "node_modules"));
  execFileSync(process.execPath, [join("scripts", "setup.mjs")], { cwd: checkout, stdio: ["ignore", 2, 2] });
}

function csvText() {
  const species = ["setosa", "versicolor", "virginica"];
  const row = (_, i) => `${i},${((i * 7919) % 1000) / 10},${species[((i * 31) % 7) % 3]}`;
  return `id,x,species\n${Array.from({ length: csvRows }, row).join("\n")}\n`;
}

/** Runs every job with both builds in each round, the order reversed from round to round. */
async function measure(builds, chosen, { csv, rounds, say }) {
  const values = new Map();
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? ["before", "now"] : ["now", "before"];
    for (const [name, job] of chosen) {
      say(`round ${round + 1} of ${rounds}: ${name}`);
      for (const build of order) {
        for (const [title, value] of Object.entries(await job.run(builds[build], csv))) {
          if (!values.has(title)) values.set(title, { before: [], now: [] });
          values.get(title)[build].push(value);
        }
      }
    }
  }
  return values;
}

function table(values, { sha, rounds }) {
  const line = (label, ...cells) => label.padEnd(34) + cells.map((cell) => cell.padStart(12)).join("");
  const rows = [...values].map(([title, { before, now }]) => {
    const ratios = now.map((value, round) => value / before[round]);
    const [low, high] = [Math.min(...ratios), Math.max(...ratios)];
    const cells = [median(before), median(now)].map((value) => value.toPrecision(3));
    return `${line(title, ...cells, median(ratios).toFixed(3), low.toFixed(3), high.toFixed(3))}   ${verdict(low, high, rounds)}`;
  });
  const head = line("medians", sha, "this", "ratio", "lowest", "highest");
  return [head, ...rows, `${rounds} rounds, both builds in turn; ratios within a round`].join("\n");
}

function verdict(low, high, rounds) {
  if (rounds < 6) return "";
  if (high < 1) return "faster or less";
  return low > 1 ? "slower or more" : "no difference beyond noise";
}
