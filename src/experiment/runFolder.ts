import { appendFileSync, writeFileSync } from "node:fs";
import { open, readFile, rm, rmdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { stringify } from "yaml";
import { InputError } from "../errors.ts";
import { makeFolder } from "../files/makeFolder.ts";
import { writeWhole } from "../files/writeWhole.ts";
import { version } from "../version.ts";
import type { Plan } from "./plan.ts";
import type { Trial } from "./record.ts";

const planFile = "plan.yaml";
const trialsFile = "trials.jsonl";

/** The folder a run is kept in: its plan, a line for each finished trial, and what is made of them. */
export interface RunFolder {
  readonly path: string;
  /** Trials that an earlier start of the same run has finished. */
  readonly finished: readonly Trial[];
  /** Written when this returns: what is reported as finished is kept. */
  addTrial(trial: Trial): void;
  /** Writes a file whole or not at all, and returns its path. */
  write(name: string, content: string | Uint8Array): Promise<string>;
  /** Removes the folder if it was made for this run and nothing came of it. */
  close(): Promise<void>;
}

/**
 * Opens a run's folder, and makes it where it is missing. Trials are kept as long as they are of the same plan; seeds
 * and arms may be added.
 *
 * @param fresh forgets all trials
 * @throws InputError where the folder can't be used, or holds a run of another plan
 */
export async function openRunFolder(path: string, plan: Plan, fresh: boolean): Promise<RunFolder> {
  try {
    const made = await makeFolder(path);
    const trialsPath = join(path, trialsFile);
    if (fresh) await rm(trialsPath, { force: true });
    const finished = await readTrials(trialsPath);
    if (finished.length > 0) await checkPlan(path, plan);
    const write = (name: string, content: string | Uint8Array) => writeWhole(join(path, name), content);
    const planText = `# resolved by baserate ${version}\n${stringify(plan)}`;
    return {
      path,
      finished,
      write,
      close: () => removeEmpty(path, made),
      addTrial: (trial) => {
        // With the first trial, so that a run that comes to nothing leaves nothing.
        writeFileSync(join(path, planFile), planText);
        appendFileSync(trialsPath, `${JSON.stringify(trial, writeNonFinite)}\n`);
      },
    };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw code === undefined ? error : new InputError(`can't use the run folder ${path}: ${message}`);
  }
}

/** Removes empty folders from `path` up to the uppermost that was made. */
async function removeEmpty(path: string, made: string | undefined): Promise<void> {
  if (made === undefined) return;
  try {
    for (let folder = resolve(path); folder.length >= made.length; folder = dirname(folder))
      await rmdir(folder);
  } catch {
    // not empty: the run's, or somebody else's
  }
}

/** Trials by line; a last line that was cut off in the middle is taken away. */
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
        return JSON.parse(line, readNonFinite);
      } catch {
        throw new InputError(`${path}, line ${i + 1}: not a trial; --fresh starts over`);
      }
    });
}

/** JSON has no NaN and no infinity: a diverged loss is written as a string. */
const writeNonFinite = (_: string, value: unknown) =>
  typeof value === "number" && !Number.isFinite(value) ? String(value) : value;

const readNonFinite = (_: string, value: unknown) =>
  value === "NaN" || value === "Infinity" || value === "-Infinity" ? Number(value) : value;

async function checkPlan(path: string, plan: Plan): Promise<void> {
  const { parse } = await import("yaml");
  const before = parse(await readFile(join(path, planFile), "utf8")) as Record<string, unknown>;
  const now: Record<string, unknown> = { ...plan };
  const changed = Object.keys(now).find(
    (key) => key !== "seeds" && key !== "arms" && JSON.stringify(before[key]) !== JSON.stringify(now[key]),
  );
  if (changed === undefined) return;
  throw new InputError(
    `${path} holds a run with ${changed} ${JSON.stringify(before[changed])}, this one has ${JSON.stringify(now[changed])}; ` +
      "choose another --out, or --fresh to start over",
  );
}
