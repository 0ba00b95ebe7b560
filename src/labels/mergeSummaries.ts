import { InputError } from "../errors.ts";
import { type Moments, mergeMoments } from "./moments.ts";
import { numberColumn, withinCap } from "./numberColumn.ts";
import { orderClasses } from "./orderClasses.ts";
import { mergePoints } from "./points.ts";
import type {
  BinarySummary,
  ClassSummary,
  LabelSummary,
  NumberColumn,
  NumberSummary,
  SurvivalSummary,
} from "./summary.ts";

/**
 * The summary of two sets of rows together. Merging the summaries of two halves gives that of the whole: counts exactly,
 * moments up to rounding, ranks within the rank errors, which add up. Throws an InputError if the two kinds differ.
 */
export function mergeSummaries<Summary extends LabelSummary>(a: Summary, b: Summary): Summary;
export function mergeSummaries(a: LabelSummary, b: LabelSummary): LabelSummary {
  if (a.kind === "classes" && b.kind === "classes") return mergeClasses(a, b);
  if (a.kind === "binary" && b.kind === "binary") return mergeBinary(a, b);
  if (a.kind === "numbers" && b.kind === "numbers") return mergeNumbers(a, b);
  if (a.kind === "survival" && b.kind === "survival") return mergeSurvival(a, b);
  throw new InputError(`cannot merge labels of kind ${a.kind} with labels of kind ${b.kind}`);
}

function mergeClasses(a: ClassSummary, b: ClassSummary): ClassSummary {
  const names = mergedNames(a.names, b.names);
  const length = names?.length ?? Math.max(a.counts.length, b.counts.length);
  const countIn = (summary: ClassSummary, k: number) =>
    summary.counts[names === undefined ? k : summary.names!.indexOf(names[k])] ?? 0;
  return {
    kind: "classes",
    counts: Float64Array.from({ length }, (_, k) => countIn(a, k) + countIn(b, k)),
    rows: a.rows + b.rows,
    ignored: a.ignored + b.ignored,
    labelEntropy: a.labelEntropy + b.labelEntropy,
    labelSquares: a.labelSquares + b.labelSquares,
    distributions: a.distributions || b.distributions,
    names,
  };
}

/** The names of both: the same list, or both in the default order, in which the union is put too. */
function mergedNames(a?: readonly string[], b?: readonly string[]): readonly string[] | undefined {
  if (a === undefined && b === undefined) return undefined;
  if (a === undefined || b === undefined)
    throw new InputError("cannot merge named classes with classes without names");
  if (sameList(a, b)) return a;
  for (const names of [a, b]) {
    if (!sameList(names, orderClasses(names))) {
      throw new InputError(`cannot merge classes in two orders: ${a.join(", ")} and ${b.join(", ")}`);
    }
  }
  return orderClasses([...new Set([...a, ...b])]);
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, k) => name === b[k]);
}

function mergeBinary(a: BinarySummary, b: BinarySummary): BinarySummary {
  checkWidths(a.totals.length, b.totals.length);
  const sum = (x: Float64Array, y: Float64Array) => x.map((value, i) => value + y[i]);
  return {
    kind: "binary",
    positives: sum(a.positives, b.positives),
    squares: sum(a.squares, b.squares),
    totals: sum(a.totals, b.totals),
    rows: a.rows + b.rows,
    names: a.names ?? b.names,
  };
}

function mergeNumbers(a: NumberSummary, b: NumberSummary): NumberSummary {
  checkWidths(a.columns.length, b.columns.length);
  const [weight, other] = [a.columns[0].weight, b.columns[0].weight];
  return {
    kind: "numbers",
    columns: a.columns.map((column, i) => mergeColumns(column, b.columns[i])),
    rows: a.rows + b.rows,
    meanDirection: a.meanDirection.map(
      (x, i) => (x * weight + b.meanDirection[i] * other) / (weight + other),
    ),
    names: a.names ?? b.names,
  };
}

function mergeColumns(a: NumberColumn, b: NumberColumn): NumberColumn {
  const points = (column: NumberColumn) => ({ ...column, rankError: column.rankError * column.weight });
  return numberColumn(withinCap(mergePoints(points(a), points(b))), mergeMoments(momentsOf(a), momentsOf(b)));
}

function momentsOf({ weight, mean, variance }: NumberColumn): Moments {
  return { weight, mean, squaredDeviations: variance * weight };
}

function mergeSurvival(a: SurvivalSummary, b: SurvivalSummary): SurvivalSummary {
  const times = Float64Array.from(new Set([...a.times, ...b.times])).sort();
  const at = (summary: SurvivalSummary, of: "events" | "censored") => {
    const weights = new Map(Array.from(summary.times, (time, i) => [time, summary[of][i]]));
    return times.map((time) => weights.get(time) ?? 0);
  };
  const sum = (of: "events" | "censored") => {
    const other = at(b, of);
    return at(a, of).map((weight, i) => weight + other[i]);
  };
  return { kind: "survival", times, events: sum("events"), censored: sum("censored"), rows: a.rows + b.rows };
}

function checkWidths(a: number, b: number): void {
  if (a !== b) throw new InputError(`cannot merge rows of ${a} labels with rows of ${b}`);
}
