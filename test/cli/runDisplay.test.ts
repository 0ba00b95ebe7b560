import { stripVTControlCharacters } from "node:util";
import { expect, test, vi } from "vitest";
import { runDisplay } from "../../src/cli/runDisplay.ts";
import { RunProgress } from "../../src/cli/runProgress.ts";
import { resolvePlan } from "../../src/experiment/plan.ts";
import type { StartedRun } from "../../src/experiment/runExperiment.ts";
import { seedTasks, settingsOf } from "../../src/experiment/settings.ts";
import { makeTrial } from "../plot/trials.ts";

const initial = { outputBias: [], expectedLoss: 1.5, initialLoss: 1.52, band: { low: 1.4, high: 1.6 } };

/** What the display writes of a run of two arms, four steps of a second each, one arm after the other. */
async function written(seeds: number[], isTTY: boolean): Promise<string[]> {
  const chunks: string[] = [];
  let seconds = 0;
  const write = (text: string) => chunks.push(text) > 0;
  const stream = {
    isTTY,
    columns: 70,
    rows: 40,
    write,
    hasColors: () => false,
  } as unknown as NodeJS.WriteStream;
  const now = () => 1e6 + 1000 * seconds;
  const plan = resolvePlan({ dataset: "synthetic", counts: [100, 300], seeds, batchSize: 100 });
  const [{ hash }] = settingsOf(plan);
  const tasks = seedTasks(plan);
  const display = runDisplay(plan, { stream, now });
  display.onStart(tasks, {
    materials: { data: { unit: "image", test: { count: 300 } } },
    settings: [{ plan, rows: { length: 400 } }],
  } as unknown as StartedRun);
  for (const task of tasks) {
    const { seed } = task;
    seconds += 1;
    display.onInitialRows(task, 400);
    // the terminal library is loaded with the first picture
    if (isTTY) await vi.waitFor(() => expect(chunks.length).toBeGreaterThan(0));
    display.onInitialLosses(
      task,
      new Map([
        ["zero", { ...initial, inBand: false }],
        ["prior", { ...initial, inBand: true }],
      ]),
    );
    for (const arm of ["zero", "prior"] as const) {
      const key = { plan: hash, seed, arm };
      for (let step = 1; step <= 4; step++) {
        seconds += 1;
        const runningLoss = 2 - step / 10;
        display.onBatch(key, { step, epoch: 0, batchLoss: 1, runningLoss, runningAccuracy: 0.5 });
      }
      seconds += 1;
      display.onTest(key, 300);
      display.onTrial({ ...makeTrial({ arm, seed, steps: 4 }), plan: hash }, 5.4);
    }
  }
  display.end();
  return chunks;
}

const plain = (chunk: string) => stripVTControlCharacters(chunk).trimEnd();

test("in a pipe, a line is written for each initial loss, each trial and every ten seconds, with the time left", async () => {
  expect((await written([33, 34], false)).slice(0, 5).map(plain)).toEqual([
    "seed 33, zero: initial loss 1.5200, expected 1.5000: OUTSIDE its band",
    "seed 33, prior: initial loss 1.5200, expected 1.5000: within its band",
    "seed 33, zero: trained in 5.4 s, final loss 2.0603, test accuracy 27.1 %; 1 of 4 trials done, 67 images/s, 16 s left",
    "1 of 4 trials done, 80 images/s, 12 s left",
    "seed 33, prior: trained in 5.4 s, final loss 1.5930, test accuracy 29.3 %; 2 of 4 trials done, 73 images/s, 11 s left",
  ]);
});

test("the last trial has no time left", async () => {
  expect((await written([33], false)).map(plain).at(-1)).toBe(
    "seed 33, prior: trained in 5.4 s, final loss 1.5930, test accuracy 29.3 %",
  );
});

test("in a terminal, a picture ends with what is done, the speed and the time left", async () => {
  const last = (await written([33], true)).map((chunk) => plain(chunk).split("\n").at(-1));
  expect(last.filter((line) => line?.match(/^\d+ of|^measuring/))).toEqual([
    "measuring the initial loss, 8 s left",
    "measuring the initial loss, 8 s left",
    "0 of 2 trials done, 50 images/s, 8 s left",
    "0 of 2 trials done, 67 images/s, 8 s left",
    "0 of 2 trials done, 75 images/s, 7 s left",
    "0 of 2 trials done, 80 images/s, 6 s left",
    "0 of 2 trials done, 67 images/s, 5 s left",
    "1 of 2 trials done, 71 images/s, 4 s left",
    "1 of 2 trials done, 75 images/s, 3 s left",
    "1 of 2 trials done, 78 images/s, 2 s left",
    "1 of 2 trials done, 80 images/s, 1 s left",
    "1 of 2 trials done, 73 images/s, 0 s left",
  ]);
});

test("the curves are those of all arms of one seed, and of the unfinished trials of several seeds", async () => {
  const legends = async (seeds: number[]) =>
    (await written(seeds, true)).flatMap(
      (chunk) => plain(chunk).match(/(?:seed \d+, )?(?:zero|prior) 1\.6000/g) ?? [],
    );
  expect(await legends([33])).toContain("prior 1.6000");
  expect(await legends([33, 34])).toContain("seed 34, prior 1.6000");
});

test("no time left is told before any rows are done; measured rows count even if none were reported", () => {
  let seconds = 0;
  const plan = resolvePlan({ dataset: "synthetic", counts: [100, 300], batchSize: 100 });
  const run = new RunProgress(plan, () => 1000 * seconds);
  const tasks = seedTasks(plan);
  run.onStart(tasks, {
    materials: { data: { unit: "image", test: { count: 300 } } },
    settings: [{ plan, rows: { length: 400 } }],
  } as unknown as StartedRun);
  seconds = 11;
  expect(run.status).toBe("measuring the initial loss");
  run.onInitialLosses(tasks[0]);
  // 400 rows forward are a third of 400 in training; to come are 2 x (400 + 300 / 3)
  expect(run.status).toBe("measuring the initial loss, 83 s left");
});

test("a training that reports only some of its steps counts all of their rows", () => {
  let seconds = 0;
  const plan = resolvePlan({ dataset: "synthetic", counts: [100, 300], batchSize: 100 });
  const run = new RunProgress(plan, () => 1000 * seconds);
  const [task] = seedTasks(plan);
  run.onStart([task], {
    materials: { data: { unit: "image", test: { count: 300 } } },
    settings: [{ plan, rows: { length: 400 } }],
  } as unknown as StartedRun);
  seconds = 10;
  const key = { plan: task.plan, seed: task.seed, arm: "zero" as const };
  run.onBatch(key, { step: 3, epoch: 0, batchLoss: 1, runningLoss: 1, runningAccuracy: 0.5 });
  expect(run.status).toMatch(/^0 of 2 trials done, 30 images\/s/);
  expect(run.curves).toEqual([{ name: expect.any(String), values: [1], stepsPerValue: 3 }]);
});
