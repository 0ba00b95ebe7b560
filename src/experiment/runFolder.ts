import { appendFileSync, writeFileSync } from "node:fs";
import { open, readFile, rm, rmdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { stringify } from "yaml";
import { z } from "zod";
import { InputError } from "../errors.ts";
import { makeFolder } from "../files/makeFolder.ts";
import { writeWhole } from "../files/writeWhole.ts";
import { version } from "../version.ts";
import type { Plan } from "./plan.ts";
import type { Trial } from "./record.ts";

const planFile = "plan.yaml";
const trialsFile = "trials.jsonl";
/** How long each training took: apart from the trials, which are the same whenever and wherever they run. */
const timesFile = "times.csv";

/** The folder of a run: its plan, one line per finished trial, and the files made from them. */
export interface RunFolder {
  readonly path: string;
  /** Trials that were finished when the run was last stopped. */
  readonly finished: readonly Trial[];
  /** Appends a finished trial, and the time of its training. It is on disk when this returns. */
  addTrial(trial: Trial, seconds: number): void;
  /** Writes a file whole or not at all, and returns its path. */
  write(name: string, content: string | Uint8Array): Promise<string>;
  /** Removes the folder if it was made for this run and is still empty. */
  close(): Promise<void>;
}

/**
 * Opens the folder of a run, and creates it if it is missing. Its trials are kept if they are of the same plan, to which
 * seeds and arms may have been added.
 *
 * @param fresh deletes all trials
 * @throws InputError where the folder can't be used, or holds a run of another plan
 */
export async function openRunFolder(path: string, plan: Plan, fresh: boolean): Promise<RunFolder> {
  try {
    const made = await makeFolder(path);
    const trialsPath = join(path, trialsFile);
    if (fresh) for (const file of [trialsFile, timesFile]) await rm(join(path, file), { force: true });
    const finished = await readTrials(trialsPath);
    if (finished.length > 0) await requireSamePlan(path, plan);
    const write = (name: string, content: string | Uint8Array) => writeWhole(join(path, name), content);
    const planText = `# resolved by baserate ${version}\n${stringify(plan)}`;
    return {
      path,
      finished,
      write,
      close: () => removeEmpty(path, made),
      addTrial: (trial, seconds) => {
        // With the first trial, so that a run without one leaves nothing behind.
        writeFileSync(join(path, planFile), planText);
        appendFileSync(trialsPath, `${JSON.stringify(trial, writeNonFinite)}\n`);
        appendFileSync(join(path, timesFile), `${trial.arm},${trial.seed},${seconds.toFixed(3)}\n`);
      },
    };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw code === undefined ? error : new InputError(`can't use the run folder ${path}: ${message}`);
  }
}

/** Removes empty folders from `path` up to the uppermost that was created. */
async function removeEmpty(path: string, made: string | undefined): Promise<void> {
  if (made === undefined) return;
  try {
    for (let folder = resolve(path); folder.length >= made.length; folder = dirname(folder))
      await rmdir(folder);
  } catch {
    // not empty: it holds this run or something else
  }
}

/** Reads one trial per line; a last line that is incomplete is cut off the file. */
async function readTrials(path: string): Promise<Trial[]> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  const whole = text.lastIndexOf("\n") + 1;
  if (whole < text.length) {
    const file = await open(path, "r+");
    await file.truncate(Buffer.byteLength(text.slice(0, whole)));
    await file.close();
  }
  return text
    .slice(0, whole)
    .split("\n")
    .filter((line) => line !== "")
    .map((line, i) => {
      try {
        return trialSchema.parse(JSON.parse(line, readNonFinite));
      } catch {
        throw new InputError(`${path}, line ${i + 1}: not a trial of this version; --fresh starts over`);
      }
    });
}

/** Any number: zod's own refuses NaN and infinities, which diverged losses are. */
const number = z.custom<number>((value) => typeof value === "number");
const evaluation = z.object({
  loss: number,
  accuracy: number,
  balancedAccuracy: number,
  recall: z.array(number),
});

const trialSchema: z.ZodType<Trial> = z.strictObject({
  arm: z.string(),
  seed: z.number(),
  outputBias: z.array(number),
  expectedLoss: number,
  initialLoss: number,
  band: z.object({ low: number, high: number }),
  inBand: z.boolean(),
  epochs: z.array(z.number()),
  batchLosses: z.array(number),
  runningLosses: z.array(number),
  runningAccuracies: z.array(number),
  test: evaluation,
  testTrainingMix: evaluation,
  stopped: z.boolean(),
});

/** JSON has no NaN and no infinity: a diverged loss is written as a string. */
const writeNonFinite = (_: string, value: unknown) =>
  typeof value === "number" && !Number.isFinite(value) ? String(value) : value;

const readNonFinite = (_: string, value: unknown) =>
  value === "NaN" || value === "Infinity" || value === "-Infinity" ? Number(value) : value;

async function requireSamePlan(path: string, plan: Plan): Promise<void> {
  const { parse } = await import("yaml");
  const before = parse(await readFile(join(path, planFile), "utf8")) as Record<string, unknown>;
  const now: Record<string, unknown> = { ...plan };
  const changed = Object.keys(now).find(
    (key) => key !== "seeds" && key !== "arms" && JSON.stringify(before[key]) !== JSON.stringify(now[key]),
  );
  if (changed === undefined) return;
  throw new InputError(
    `${path} contains a run with ${changed} ${JSON.stringify(before[changed])}, and this one has ${JSON.stringify(now[changed])}; ` +
      "choose another --out, or --fresh to start over",
  );
}
