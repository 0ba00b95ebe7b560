import { appendFileSync, existsSync, writeFileSync } from "node:fs";
import { readFile, rm, rmdir, truncate } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { InputError } from "../errors.ts";
import { makeFolder } from "../files/makeFolder.ts";
import { fileError } from "../files/openByteSource.ts";
import { writeWhole } from "../files/writeWhole.ts";
import { type DataFacts, dataFactsSchema } from "./dataFacts.ts";
import { type Plan, resolvePlan } from "./plan.ts";
import type { Trial, Versions } from "./record.ts";
import { parseTrials, trialLine } from "./trialLines.ts";

export const runFileNames = {
  plan: "plan.yaml",
  versions: "versions.json",
  trials: "trials.jsonl",
  /** What reports say of the data, for plans with data or a network of their own. */
  facts: "data.json",
  /** How long each training took: apart from the trials, which are the same whenever and wherever they run. */
  times: "times.csv",
} as const;

/** The folder of a run: its plan, one line per finished trial, and the files made from them. */
export interface RunFolder {
  readonly path: string;
  /** Trials that were finished when the run was last stopped, of the same plan. */
  readonly finished: readonly Trial[];
  /** What these trials were made with, and after `begin` those to come. */
  readonly versions: Versions | undefined;
  /** What is known of the data; undefined for a dataset by name. */
  readonly facts: DataFacts | undefined;
  /** @throws InputError where the finished trials were made with other versions or other data */
  begin(versions: Versions, facts?: DataFacts): void;
  /**
   * Appends a finished trial, and the time of its training. It is on disk when this returns.
   * @throws InputError where it can't be written, for instance since the disk is full
   */
  addTrial(trial: Trial, seconds: number): void;
  /** Writes a file whole or not at all, and returns its path. */
  write(name: string, content: string | Uint8Array): Promise<string>;
  /** Removes the folder if it was made for this run and is still empty. */
  close(): Promise<void>;
}

/**
 * Opens the folder of a run, and creates it if it is missing. Its trials are kept if they are of the same plan, to which
 * seeds, arms and values of the grid may have been added.
 *
 * @param fresh deletes all trials
 * @throws InputError where the folder can't be used, or contains a run of another plan
 */
export async function openRunFolder(path: string, plan: Plan, fresh: boolean): Promise<RunFolder> {
  const file = (name: keyof typeof runFileNames) => join(path, runFileNames[name]);
  try {
    const made = await makeFolder(path);
    if (fresh)
      for (const name of ["trials", "times", "versions", "facts"] as const)
        await rm(file(name), { force: true });
    const { trials: finished, wholeBytes } = await readTrials(path);
    if (wholeBytes !== undefined) await truncate(file("trials"), wholeBytes);
    if (finished.length > 0) requireSamePlan(path, await readPlan(path), plan);
    let versions = finished.length > 0 ? await readVersions(path) : undefined;
    let facts = finished.length > 0 ? await readFacts(path) : undefined;
    return {
      path,
      finished,
      get versions() {
        return versions;
      },
      get facts() {
        return facts;
      },
      write: (name, content) => writeWhole(join(path, name), content),
      close: () => removeEmpty(path, made),
      begin(given, givenFacts) {
        if (versions) requireSameVersions(path, versions, "this one", given);
        versions = given;
        facts = givenFacts;
      },
      addTrial(trial, seconds) {
        try {
          // With the first trial, so that a run without one leaves nothing behind.
          writeFileSync(file("plan"), stringify(plan));
          writeFileSync(file("versions"), versionsText(versions!));
          if (facts) writeFileSync(file("facts"), `${JSON.stringify(facts, null, 2)}\n`);
          if (!existsSync(file("times"))) writeFileSync(file("times"), "plan,seed,arm,seconds\n");
          appendFileSync(file("trials"), `${trialLine(trial)}\n`);
          appendFileSync(file("times"), `${trial.plan},${trial.seed},${trial.arm},${seconds.toFixed(3)}\n`);
        } catch (error) {
          throw new InputError(`cannot write to the run folder ${path}: ${fileError(error)}`, {
            cause: error,
          });
        }
      },
    };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw code === undefined ? error : new InputError(`can't use the run folder ${path}: ${message}`);
  }
}

export const versionsText = (versions: Versions) => `${JSON.stringify(versions, null, 2)}\n`;

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

interface TrialsFile {
  readonly trials: Trial[];
  /** Length of the complete lines, in bytes; given where a last line is incomplete. */
  readonly wholeBytes?: number;
}

/** Reads one trial per line. A last line that is incomplete is left out. */
export async function readTrials(path: string): Promise<TrialsFile> {
  const file = join(path, runFileNames.trials);
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  const { trials, whole } = parseTrials(text, file);
  return whole.length < text.length ? { trials, wholeBytes: Buffer.byteLength(whole) } : { trials };
}

export async function readPlan(path: string): Promise<Plan> {
  const file = join(path, runFileNames.plan);
  return resolvePlan(parse(await readFile(file, "utf8")), (key) => (key ? `${file}: ${key}` : file));
}

/** What the run says of its data; undefined for a dataset by name. */
export async function readFacts(path: string): Promise<DataFacts | undefined> {
  const file = join(path, runFileNames.facts);
  if (!existsSync(file)) return undefined;
  try {
    return dataFactsSchema.parse(JSON.parse(await readFile(file, "utf8")));
  } catch (error) {
    throw new InputError(`${file}: expected the facts about the data of the trials beside it`, {
      cause: error,
    });
  }
}

const versionsSchema: z.ZodType<Versions> = z.strictObject({
  baserate: z.string(),
  node: z.string(),
  runtime: z.string(),
  data: z.string(),
});

export async function readVersions(path: string): Promise<Versions> {
  const file = join(path, runFileNames.versions);
  try {
    return versionsSchema.parse(JSON.parse(await readFile(file, "utf8")));
  } catch (error) {
    throw new InputError(`${file}: expected the versions that the trials beside it were made with`, {
      cause: error,
    });
  }
}

/** Plans whose trials can be together: they differ in seeds, arms or the grid alone, which are in the keys of trials. */
function requireSamePlan(path: string, before: Plan, now: Plan): void {
  const key = differentKey({ ...before, ...variable }, { ...now, ...variable });
  if (key === undefined) return;
  const [was, is] = [before, now].map((plan) => JSON.stringify(plan[key as keyof Plan]));
  throw new InputError(
    `${path} contains a run with ${key} ${was}, and this one has ${is}; choose another --out, or --fresh to start over`,
  );
}

const variable = { seeds: [], arms: [], grid: undefined };

/** @throws InputError where trials of two folders were made with different versions or data */
export function requireSameVersions(path: string, versions: Versions, other: string, others: Versions): void {
  const key = differentKey(versions, others) as keyof Versions | undefined;
  if (key === undefined) return;
  throw new InputError(
    `${path} contains trials made with ${key} ${versions[key]}, and ${other} has ${others[key]}; trials can be compared only if all versions and the data are the same`,
  );
}

/** The first key whose values differ. */
export function differentKey(a: object, b: object): string | undefined {
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].find(
    (key) => JSON.stringify(left[key]) !== JSON.stringify(right[key]),
  );
}
