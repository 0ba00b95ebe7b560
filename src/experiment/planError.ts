import type { z } from "zod";
import { InputError, unknownName } from "../errors.ts";

type Issue = z.core.$ZodIssue;

/** What a key of a plan is called in messages: `plan.yaml: counts`, or `--counts`. Without a key, the plan. */
export type KeyName = (key?: string) => string;

interface Keys {
  readonly shape: Readonly<Record<string, unknown>>;
}

interface PlanContext {
  /** The plan as given. */
  readonly input: unknown;
  readonly name: KeyName;
  /** Its keys, and those of each kind of layer. */
  readonly schema: Readonly<Record<string, unknown>>;
  readonly layers: Readonly<Record<string, Keys>>;
  /** Other keys that have keys of their own. */
  readonly parts: Readonly<Record<string, Keys>>;
}

/** One line for the first thing that is wrong with a plan: which key, its value, and what is expected. */
export function planError(issue: Issue, context: PlanContext): InputError {
  const place = placeText(issue.path, context.name);
  const value = valueAt(context.input, issue.path);
  if (issue.code === "invalid_union") {
    const isLayer = issue.path.includes("layers");
    return isLayer ? layerError(issue, value, place, context) : eitherError(issue, place, value, context);
  }
  if (issue.code === "unrecognized_keys") {
    const kinds = { ...context.layers, ...context.parts };
    const kind = kinds[String(issue.path.at(-1))] ?? kinds[String(issue.path[0])];
    const known = Object.keys(kind?.shape ?? context.schema);
    return within(place, unknownName("key", issue.keys[0], known));
  }
  if (issue.code === "invalid_value" && typeof value === "string") {
    return within(place, unknownName(String(issue.path.at(-1)), value, issue.values.map(String)));
  }
  return new InputError(`invalid ${place}: ${shortJson(value)}; expected ${expected(issue)}`);
}

/** The error of a value that may be of several types: that of the type that it has. */
function eitherError(
  issue: Issue & { code: "invalid_union" },
  place: string,
  value: unknown,
  context: PlanContext,
): InputError {
  const [inner] =
    issue.errors.find(([{ code, path }]) => !(code === "invalid_type" && path.length === 0)) ?? [];
  if (inner) return planError({ ...inner, path: [...issue.path, ...inner.path] }, context);
  const types = issue.errors.map(([error]) => expected(error));
  return new InputError(`invalid ${place}: ${shortJson(value)}; expected ${types.join(", or ")}`);
}

/** The error of the kind of layer that is named, among those of all kinds. */
function layerError(
  issue: Issue & { code: "invalid_union" },
  layer: unknown,
  place: string,
  context: PlanContext,
): InputError {
  const kind = typeof layer === "object" && layer !== null ? (Object.keys(layer)[0] ?? "") : String(layer);
  if (!(kind in context.layers))
    return within(place, unknownName("layer", kind, Object.keys(context.layers)));
  const errors = issue.errors.flat().filter(({ path }) => path[0] === kind);
  // A misspelt key is also a missing one: the misspelling says more.
  const inner = errors.find(({ code }) => code === "unrecognized_keys") ?? errors[0];
  if (inner) return planError({ ...inner, path: [...issue.path, ...inner.path] }, context);
  return new InputError(
    `invalid ${place}: ${shortJson(layer)}; expected one kind of layer, as in flatten: {}`,
  );
}

const within = (place: string, error: InputError) => new InputError(`${place}: ${error.message}`);

/** `plan.yaml: layers, entry 1, conv2d, filters`: entries are counted from 1. */
function placeText([key, ...rest]: Issue["path"], name: KeyName): string {
  const words = rest.map((key) => (typeof key === "number" ? `entry ${key + 1}` : String(key)));
  return [name(key === undefined ? undefined : String(key)), ...words].join(", ");
}

function valueAt(input: unknown, path: Issue["path"]): unknown {
  return path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
    input,
  );
}

const maxLetters = 60;

function shortJson(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > maxLetters ? `${text.slice(0, maxLetters)}...` : text;
}

function expected(issue: Issue): string {
  if (issue.code === "too_small" && issue.origin === "array") {
    return `at least ${issue.minimum} ${issue.minimum === 1 ? "entry" : "entries"}`;
  }
  if (issue.code === "too_small")
    return `a number of ${issue.inclusive ? "at least" : "more than"} ${issue.minimum}`;
  if (issue.code === "too_big") return `a number of at most ${issue.maximum}`;
  if (issue.code === "invalid_type") return kinds[issue.expected] ?? issue.expected;
  return issue.message;
}

/** What zod calls kinds of values, in words. */
const kinds: Readonly<Record<string, string>> = {
  int: "a whole number",
  number: "a number",
  string: "a text",
  array: "a list",
  tuple: "a list of two numbers",
  object: "keys with values",
};
