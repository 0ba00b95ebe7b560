import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { CheckInput } from "../../src/check/checkInput.ts";
import { checkOutputs } from "../../src/check/checkOutputs.ts";
import { findHead } from "../../src/heads/index.ts";
import { makeBugs, meanLoss, printed } from "./bench/bugs.ts";
import { type Inputs, makeNetwork, type Network, rows } from "./bench/networks.ts";
import {
  benchDataset,
  binaryTask,
  dataOf,
  imageTask,
  regressionTask,
  rescaled,
  type Task,
  withBias,
} from "./bench/programs.ts";
import { type SoundSetup, soundSetups } from "./bench/sound.ts";

/** `CHECK_SEEDS=50 npx vitest run test/check/bench.test.ts`: the whole bench on CIFAR-10; a small one on made-up images without. */
const seeds = Number(process.env.CHECK_SEEDS ?? 1);
const isFull = seeds >= 10;
const folder = join(import.meta.dirname, "..", "..", "bench", "results", "check");
const find = (name: string) => findHead(name).head;
const bugs = makeBugs(find);

interface Row {
  readonly program: string;
  readonly bug: string;
  readonly runs: number;
  readonly first: number;
  readonly caught: number;
  readonly others: Record<string, number>;
}

const check = (task: Task, shown: Partial<CheckInput>) =>
  checkOutputs({
    head: task.head,
    outputs: [],
    labels: task.labels,
    rows,
    training: task.training,
    ...shown,
  });

const programs = ["small CNN", "deeper CNN", "2 layers of 64"];

async function brokenRows(program: string): Promise<Row[]> {
  const dataset = await benchDataset(isFull);
  const isRegression = program === "2 layers of 64";
  const task = (seed: number) =>
    isRegression
      ? regressionTask(seed % 2 ? 0 : 5, 1, seed)
      : imageTask(dataset, seed % 2 === 1, false, seed);
  const found = new Map(
    bugs.map(({ name }) => [name, { runs: 0, first: 0, caught: 0, others: {} as Record<string, number> }]),
  );
  const network = await makeNetwork(program, "relu", isRegression ? 1 : 10, isRegression ? [8] : [32, 32, 3]);
  for (let seed = 0; seed < 2 * seeds; seed++) {
    const own = task(seed);
    const sound = await network.outputs(own.inputs, "glorot", seed);
    for (const bug of bugs) {
      if (bug.applies && !bug.applies(own)) continue;
      const tally = found.get(bug.name)!;
      if (tally.runs >= seeds) continue;
      const run: Parameters<typeof bug.show>[2] = async (change = {}) => {
        const { initialiser = "glorot", scale, shift } = change;
        if (initialiser === "glorot" && scale === undefined) return sound;
        const inputs = scale === undefined ? own.inputs : rescaled(own.inputs, scale, shift);
        return network.outputs(inputs, initialiser, seed);
      };
      const bias = own.isBalanced ? "zero" : "prior";
      const report = check(own, await bug.show(own, bias, run, seed));
      const named = report.causes[0]?.name ?? "none";
      tally.runs += 1;
      tally.caught += +(report.verdict === "not sound");
      if ((bug.causes as readonly string[]).includes(named)) tally.first += 1;
      else tally.others[named] = (tally.others[named] ?? 0) + 1;
    }
  }
  await network.dispose();
  return [...found].filter(([, { runs }]) => runs > 0).map(([bug, tally]) => ({ program, bug, ...tally }));
}

interface Alarm {
  readonly setup: SoundSetup;
  readonly seed: number;
  readonly cause: string;
  readonly evidence: string;
}

async function falseAlarms(every: number): Promise<{ runs: number; alarms: Alarm[]; inBand: number }> {
  const dataset = await benchDataset(isFull);
  const networks = new Map<string, Network>();
  const alarms: Alarm[] = [];
  let [runs, inBand] = [0, 0];
  const setups = soundSetups().filter((_, i) => i % every === 0);
  const tasks = new Map<string, Task>();
  for (const [i, setup] of setups.entries()) {
    const { architecture, activation, initialiser, head, isBalanced, bias, isStandardised } = setup;
    const seed = i % 4;
    const isSmall = !architecture.endsWith("CNN");
    const taskKey = [head, isBalanced, isSmall, isStandardised, seed].join();
    const task = tasks.get(taskKey) ?? makeTask(setup, isSmall, dataset, seed);
    tasks.set(taskKey, task);
    const key = [architecture, activation, task.units, task.inputs.shape].join();
    const network =
      networks.get(key) ?? (await makeNetwork(architecture, activation, task.units, task.inputs.shape));
    networks.set(key, network);
    const outputs = withBias(task, await network.outputs(task.inputs, initialiser, 1000 + i), bias);
    const report = check(task, {
      outputs,
      data: i % 2 ? dataOf(task.inputs) : undefined,
      reportedLoss: i % 3 ? undefined : printed(meanLoss(head, outputs, task, find)),
    });
    runs += 1;
    inBand += +(report.measuredLoss! >= report.band!.low && report.measuredLoss! <= report.band!.high);
    if (report.verdict === "not sound")
      alarms.push({ setup, seed, cause: report.causes[0].name, evidence: report.causes[0].evidence });
  }
  for (const network of networks.values()) await network.dispose();
  return { runs, alarms, inBand };
}

function makeTask(
  { head, isBalanced, isStandardised }: SoundSetup,
  isSmall: boolean,
  dataset: Awaited<ReturnType<typeof benchDataset>>,
  seed: number,
): Task {
  if (head === "squared-error") return regressionTask(isBalanced ? 0 : 5, 1, seed);
  const task =
    head === "sigmoid"
      ? binaryTask(dataset, isBalanced, seed)
      : imageTask(dataset, isBalanced, isSmall, seed);
  return isStandardised ? { ...task, inputs: standardised(task.inputs) } : task;
}

/** Pixels with mean about 0 and deviation about 1. */
const standardised = (inputs: Inputs) => rescaled(inputs, 4, -2);

/** A constant kernel makes all units alike, which a single output can't show. */
const unseen = (row: Row) => row.bug === "constant initialisation" && row.program === "2 layers of 64";

test.each(programs)(
  "broken set-ups of the %s: at least 90 % with the right cause first",
  async (program) => {
    const table = await brokenRows(program);
    save(`broken-${programs.indexOf(program)}`, table);
    const seen = table.filter((row) => !unseen(row));
    const total = (count: (row: Row) => number) => seen.reduce((sum, row) => sum + count(row), 0);
    expect(seen.length).toBeGreaterThan(8);
    expect(total(({ first }) => first) / total(({ runs }) => runs)).toBeGreaterThanOrEqual(0.9);
  },
  3600_000,
);

test("sound set-ups: alarms below 1 %", async () => {
  const { runs, alarms, inBand } = await falseAlarms(isFull ? 1 : 15);
  save("sound", { runs, inBand, alarms });
  expect(alarms.length).toBeLessThanOrEqual(0.01 * runs);
}, 3600_000);

/** The whole bench leaves its numbers for docs/check.md. */
function save(name: string, result: unknown): void {
  if (!isFull) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(result, null, 1)}\n`);
}
