import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";

const root = join(import.meta.dirname, "../..");
const page = readFileSync(join(root, "docs/sweeps.md"), "utf8");
const folder = mkdtempSync(join(tmpdir(), "baserate-recipes-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** The code below a heading of docs/sweeps.md. */
function recipe(heading: string): string {
  const section = page.split(`### ${heading}\n`)[1];
  return /```\w+\n([\s\S]*?)```/.exec(section)![1];
}

const isMissing = (program: string) => spawnSync(program, ["--version"]).error !== undefined;
const skipped = (program: string) => (isMissing(program) ? ` (skipped: ${program} is not installed)` : "");

/** Runs a recipe as a script in a folder of its own, with this build as `npx baserate`. */
function execute(name: string, script: string): Buffer {
  const path = join(folder, name);
  mkdirSync(path);
  symlinkSync(join(root, "plans"), join(path, "plans"));
  const { status, stderr } = spawnSync("bash", ["-euc", script], {
    cwd: path,
    env: { ...process.env, PATH: `${folder}:${process.env.PATH}` },
    encoding: "utf8",
  });
  expect(stderr).not.toContain("baserate:");
  expect(status).toBe(0);
  return readFileSync(join(path, "runs/sweep/summary.json"));
}

let whole: Buffer;
beforeAll(() => {
  // stands in for npx, whose first argument is the name of the program
  const npx = `#!/bin/sh\nshift\nexec "${process.execPath}" "${join(root, "dist/cli.js")}" "$@"\n`;
  writeFileSync(join(folder, "npx"), npx, { mode: 0o755 });
  whole = execute("whole", "npx baserate compare plans/sweep.yaml");
});

test("the shell loop gives the summary of one run", () => {
  expect(execute("loop", recipe("Shell loop"))).toEqual(whole);
});

test.skipIf(isMissing("parallel"))(
  `GNU parallel gives the summary of one run${skipped("parallel")}`,
  () => {
    expect(execute("parallel", recipe("GNU parallel"))).toEqual(whole);
  },
  120_000,
);

test("the Slurm script, as the tasks of an array, gives the summary of one run", () => {
  const script = recipe("Slurm array");
  const [, first, last] = /--array=(\d+)-(\d+)/.exec(script)!;
  const tasks = Array.from({ length: Number(last) }, (_, i) => i + Number(first));
  const array = tasks.map((i) => `export SLURM_ARRAY_TASK_ID=${i} SLURM_CPUS_PER_TASK=1\n${script}`);
  expect(execute("slurm", [...array, "npx baserate merge runs/sweep"].join("\n"))).toEqual(whole);
});

test.skipIf(isMissing("shellcheck"))(
  `shellcheck finds nothing in the Slurm script${skipped("shellcheck")}`,
  () => {
    const { stdout } = spawnSync("shellcheck", ["-"], { input: recipe("Slurm array"), encoding: "utf8" });
    expect(stdout).toBe("");
  },
);

test("the Kubernetes job has as many completions as shards, and its command runs each of them", () => {
  const { spec } = parse(recipe("Kubernetes indexed job"));
  const [command] = spec.template.spec.containers[0].args as string[];
  expect(spec.completionMode).toBe("Indexed");
  const shards = Array.from({ length: spec.completions }, (_, index) => {
    const echo = command.replace("npx baserate", "echo");
    const env = { ...process.env, JOB_COMPLETION_INDEX: String(index) };
    return /--shard (\S+)/.exec(spawnSync("sh", ["-c", echo], { env, encoding: "utf8" }).stdout)![1];
  });
  expect(shards).toEqual(Array.from({ length: 12 }, (_, i) => `${i + 1}/12`));
});

test("the CI matrix has as many entries as shards", () => {
  const { jobs } = parse(recipe("CI matrix"));
  const { shard } = jobs.shard.strategy.matrix;
  expect(shard).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
  const commands = (jobs.shard.steps as { run?: string }[]).map(({ run }) => run).join("\n");
  expect(commands).toContain(`--shard \${{ matrix.shard }}/${shard.length}`);
});
