import { readFile } from "node:fs/promises";
import { parseDocument } from "yaml";
import { InputError } from "../errors.ts";
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
  const text = await readFile(path, "utf8").catch((error: Error) => {
    throw new InputError(`can't read the plan ${path}: ${error.message}`);
  });
  if (text.length > maxBytes) {
    throw new InputError(`${path}: too long for a plan: ${text.length} characters; allowed: ${maxBytes}`);
  }
  const plan = parseYaml(text, path);
  if (depth(plan) > maxDepth) throw new InputError(tooDeep(path));
  if (plan !== null && (typeof plan !== "object" || Array.isArray(plan))) {
    throw new InputError(`${path}: expected keys with values, as in plans/cifar10-imbalanced.yaml`);
  }
  return (plan ?? {}) as PlanInput;
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
