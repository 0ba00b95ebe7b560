import { InputError, unknownName } from "../errors.ts";

/** An option of a loss, described as data: flags, validation and documentation are derived from it. */
export type OptionSpec = NumberOption | ChoiceOption | ListOption;
export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

export interface NumberOption {
  readonly type: "number";
  readonly default: number;
  readonly doc: string;
  readonly range: Interval;
}

export interface ChoiceOption<C extends string = string> {
  readonly type: "choice";
  readonly default: C;
  readonly choices: readonly C[];
  readonly doc: string;
  /** Whether it applies to reduction `mean` only; other reductions use the default. */
  readonly onlyForMean?: boolean;
}

/** One number per class, or per column of outputs; a single number stands for all of them, an empty list for 1. */
export interface ListOption {
  readonly type: "list";
  readonly per: "class" | "column";
  readonly default: readonly number[];
  readonly doc: string;
  readonly range: Interval;
  /** Whether `balanced` is allowed: weights that give all classes (or both answers) the same total weight. */
  readonly balanced: boolean;
}

/** An interval of real numbers; an open end is not itself allowed. */
export interface Interval {
  readonly low: number;
  readonly high: number;
  readonly openLow?: boolean;
  readonly openHigh?: boolean;
  readonly integer?: boolean;
}

export type OptionValue = number | string | readonly number[];
/** Options as a caller gives them: any may be left out. */
export type Options = Readonly<Record<string, OptionValue | undefined>>;

/**
 * Options as a cell reads them: all present, lists per column narrowed to this column's number, lists per class of
 * length K or empty. A number per column is a number of the algebra where a loss reads it (see `defineHead`).
 */
export type CellOptions<S extends OptionSpecs, PerColumn = number> = {
  readonly [Name in keyof S]: S[Name] extends { type: "number" }
    ? number
    : S[Name] extends ChoiceOption<infer C>
      ? C
      : S[Name] extends { per: "column" }
        ? PerColumn
        : readonly number[];
};

export const number = (value: number, range: Interval, doc: string) =>
  ({ type: "number", default: value, range, doc }) as const;
export const choice = <const C extends string>(choices: readonly [C, ...C[]], doc: string) =>
  ({ type: "choice", default: choices[0] as C, choices: choices as readonly C[], doc }) as const;
export const onlyForMean = <const O extends ChoiceOption>(option: O) =>
  ({ ...option, onlyForMean: true }) as const;
export const perClass = (range: Interval, doc: string, balanced = false) =>
  ({ type: "list", per: "class", default: [] as readonly number[], range, doc, balanced }) as const;
export const perColumn = (range: Interval, doc: string, balanced = false) =>
  ({ type: "list", per: "column", default: [] as readonly number[], range, doc, balanced }) as const;

export const positive: Interval = { low: 0, high: Number.POSITIVE_INFINITY, openLow: true, openHigh: true };
export const notNegative: Interval = { low: 0, high: Number.POSITIVE_INFINITY, openHigh: true };
export const anyNumber: Interval = {
  low: Number.NEGATIVE_INFINITY,
  high: Number.POSITIVE_INFINITY,
  openLow: true,
  openHigh: true,
};
export const between = (low: number, high: number): Interval => ({
  low,
  high,
  openLow: true,
  openHigh: true,
});
export const wholeNumbers: Interval = {
  low: 0,
  high: Number.POSITIVE_INFINITY,
  openHigh: true,
  integer: true,
};
export const unitInterval: Interval = { low: 0, high: 1 };

/** Whether a number lies in an interval; false for NaN. */
export function within(value: number, { low, high, openLow, openHigh, integer }: Interval): boolean {
  return (
    (openLow ? value > low : value >= low) &&
    (openHigh ? value < high : value <= high) &&
    (!integer || Number.isInteger(value))
  );
}

/** An interval as text: `a number above 0`, `a number of at least 0`, `a number from 0 to 1`. */
export function rangeText({ low, high, openLow, openHigh, integer }: Interval): string {
  const what = integer ? "a whole number" : "a number";
  const [hasLow, hasHigh] = [Number.isFinite(low), Number.isFinite(high)];
  if (hasLow && hasHigh && openLow && openHigh) return `${what} between ${low} and ${high}, neither included`;
  if (hasLow && hasHigh && !openLow) return `${what} from ${low} to ${openHigh ? "below " : ""}${high}`;
  const from = hasLow ? (openLow ? ` above ${low}` : ` of at least ${low}`) : "";
  const to = hasHigh ? `${hasLow ? " and" : ""} ${openHigh ? "below" : "of at most"} ${high}` : "";
  return `${what}${from}${to}`;
}

/** Checks the options against their description and fills in the defaults. `who` names the head in errors. */
export function resolveOptions(
  specs: OptionSpecs,
  options: Options,
  who: string,
): Record<string, OptionValue> {
  const known = Object.keys(specs);
  for (const name of Object.keys(options)) {
    if (known.length === 0) throw new InputError(`unknown option of ${who}: ${name}; it takes none`);
    if (!known.includes(name)) throw unknownName(`option of ${who}`, name, known);
  }
  const entries = known.map((name) => {
    const value = options[name];
    if (value !== undefined) checkOption(name, specs[name], value, who);
    return [name, value ?? specs[name].default] as const;
  });
  return Object.fromEntries(entries);
}

function checkOption(name: string, spec: OptionSpec, value: OptionValue, who: string): void {
  const refuse = (shown: unknown, allowed: string) =>
    new InputError(`invalid ${name} of ${who}: ${shown}; allowed: ${allowed}`);
  if (spec.type === "choice") {
    if (!spec.choices.includes(value as string))
      throw unknownName(`${name} of ${who}`, `${value}`, spec.choices);
  } else if (spec.type === "number") {
    if (typeof value !== "number" || !within(value, spec.range)) throw refuse(value, rangeText(spec.range));
  } else if (typeof value === "string") {
    if (!(spec.balanced && value === "balanced")) {
      throw refuse(value, `${rangeText(spec.range)} per ${spec.per}${spec.balanced ? ", or balanced" : ""}`);
    }
  } else {
    const list = typeof value === "number" ? [value] : value;
    const bad = list.findIndex((entry) => typeof entry !== "number" || !within(entry, spec.range));
    if (bad >= 0) throw refuse(`${list[bad]} (${spec.per} ${bad})`, rangeText(spec.range));
  }
}

/** The value of an option written as text, `1,2` for a list; whether it is allowed is checked when the head is solved. */
export function optionFromText(spec: OptionSpec, text: string): string | number | number[] {
  if (spec.type === "choice") return text;
  if (spec.type === "number") return numberFromText(text);
  return text === "balanced" ? text : text.split(",").map(numberFromText);
}

/** NaN for text that is not a number, including the empty text. */
const numberFromText = (text: string) => (text.trim() === "" ? Number.NaN : Number(text));
