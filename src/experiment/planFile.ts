import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { parseDocument } from "yaml";
import { InputError } from "../errors.ts";
import { isDatabaseAddress } from "../tables/databases/address.ts";
import type { PlanInput } from "./plan.ts";

const maxBytes = 2 ** 20;
/** A plan needs five levels: layers, the entry, its kind, a key, and a list of two numbers. */
const maxDepth = 20;

/**
 * Reads a plan from a YAML (or JSON) file.
 *
 * @throws InputError where the file can't be read, is not YAML, or can't be a plan
 */
export async function readPlanFile(path: string): Promise<PlanInput> {
  return (await readKeys(path, "as in plans/cifar10-imbalanced.yaml")) as PlanInput;
}

/**
 * Reads the heads of several outputs from a file, as `baserate apply --heads` does. Paths of labels count from its folder.
 *
 * @throws InputError where the file can't be read, or is not YAML
 */
export async function readHeads(path: string): Promise<NonNullable<PlanInput["heads"]>> {
  const heads = await readKeys(
    path,
    "an output of the network and its head, as in age: {loss: mae, column: [age]}",
  );
  const fromFolder = (value: unknown) =>
    typeof value === "string" && !isDatabaseAddress(value) ? resolve(dirname(path), value) : value;
  const entries = Object.entries(heads).map(([output, head]) => {
    if (typeof head !== "object" || head === null) return [output, head];
    const paths = ["labels", "testLabels"].filter((key) => key in head);
    const absolute = paths.map((key) => [key, fromFolder((head as Record<string, unknown>)[key])]);
    return [output, { ...head, ...Object.fromEntries(absolute) }];
  });
  return Object.fromEntries(entries);
}

/** Reads a file of keys with values. */
async function readKeys(path: string, example: string): Promise<object> {
  const text = await readFile(path, "utf8").catch((error: Error) => {
    throw new InputError(`can't read ${path}: ${error.message}`);
  });
  if (text.length > maxBytes) {
    throw new InputError(`${path}: too long for a plan: ${text.length} characters; allowed: ${maxBytes}`);
  }
  const plan = parseYaml(text, path) as object | null;
  if (depth(plan) > maxDepth) throw new InputError(tooDeep(path));
  if (plan !== null && (typeof plan !== "object" || Array.isArray(plan))) {
    throw new InputError(`${path}: expected keys with values, ${example}`);
  }
  return plan ?? {};
}

const tooDeep = (path: string) => `${path}: nested too deeply for a plan; allowed: ${maxDepth} levels`;

function parseYaml(text: string, path: string): unknown {
  try {
    const document = parseDocument(text);
    const [problem] = document.errors;
    // The parser recurses: a file nested thousands of levels deep exhausts its stack.
    if (problem?.message.startsWith("Maximum call stack")) throw new InputError(tooDeep(path));
    if (problem) throw new InputError(`${path}: ${problem.message.split("\n")[0]}`);
    return document.toJS();
  } catch (error) {
    if (error instanceof RangeError) throw new InputError(tooDeep(path), { cause: error });
    // Aliases that would expand to millions of values ("Excessive alias count"), or that contain themselves.
    if (error instanceof ReferenceError) throw new InputError(`${path}: ${error.message}`, { cause: error });
    throw error;
  }
}

/** Levels of lists and keys, counted no further than just above what is allowed. */
function depth(value: unknown, level = 0): number {
  if (typeof value !== "object" || value === null || level > maxDepth) return level;
  return Math.max(level, ...Object.values(value).map((child) => depth(child, level + 1)));
}
