import type { z } from "zod";
import { InputError, unknownName } from "../errors.ts";

type Issue = z.core.$ZodIssue;

interface PlanContext {
  /** The plan as given. */
  readonly input: unknown;
  /** What to call it. */
  readonly where: string;
  /** Its keys, and those of each kind of layer. */
  readonly schema: Readonly<Record<string, unknown>>;
  readonly layers: Readonly<Record<string, { readonly shape: Readonly<Record<string, unknown>> }>>;
}

/** One line for the first thing that is wrong with a plan: where, the value, and what is allowed. */
export function planError(issue: Issue, context: PlanContext): InputError {
  const place = [context.where, ...placeWords(issue.path)].join(": ");
  const value = valueAt(context.input, issue.path);
  if (issue.code === "invalid_union") return layerError(issue, value, place, context);
  if (issue.code === "unrecognized_keys") {
    const kind = context.layers[String(issue.path.at(-1))];
    return at(place, unknownName("key", issue.keys[0], Object.keys(kind?.shape ?? context.schema)));
  }
  if (issue.code === "invalid_value" && typeof value === "string") {
    const what = issue.path[0] === "arms" ? "arm" : String(issue.path.at(-1));
    return at(place, unknownName(what, value, issue.values.map(String)));
  }
  return new InputError(`${place}: invalid value ${JSON.stringify(value)}; ${allowed(issue)}`);
}

/** Of the complaints of all kinds of layer, the one of the kind that is named. */
function layerError(
  issue: Issue & { code: "invalid_union" },
  layer: unknown,
  place: string,
  context: PlanContext,
): InputError {
  const kind = typeof layer === "object" && layer !== null ? (Object.keys(layer)[0] ?? "") : String(layer);
  if (!(kind in context.layers)) return at(place, unknownName("layer", kind, Object.keys(context.layers)));
  const complaints = issue.errors.flat().filter(({ path }) => path[0] === kind);
  // A misspelt key is also a missing one: the misspelling says more.
  const inner = complaints.find(({ code }) => code === "unrecognized_keys") ?? complaints[0];
  if (inner) return planError({ ...inner, path: [...issue.path, ...inner.path] }, context);
  return new InputError(`${place}: give one kind of layer, got ${JSON.stringify(layer)}`);
}

const at = (place: string, error: InputError) => new InputError(`${place}: ${error.message}`);

/** `layers`, `number 1`, `conv2d`, `filters`: places in lists are counted from 1. */
const placeWords = (path: Issue["path"]) =>
  path.map((key) => (typeof key === "number" ? `number ${key + 1}` : String(key)));

function valueAt(input: unknown, path: Issue["path"]): unknown {
  return path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
    input,
  );
}

function allowed(issue: Issue): string {
  if (issue.code === "too_small" && issue.origin === "array") return `give at least ${issue.minimum}`;
  if (issue.code === "too_small")
    return `allowed: ${issue.inclusive ? "at least" : "more than"} ${issue.minimum}`;
  if (issue.code === "too_big") return `allowed: at most ${issue.maximum}`;
  if (issue.code === "invalid_type")
    return `needed: ${issue.expected === "int" ? "a whole number" : issue.expected}`;
  return issue.message;
}
