import { InputError } from "../errors.ts";
import type { Accumulator } from "./accumulator.ts";
import { BinaryAccumulator, type BinaryOptions } from "./binaryAccumulator.ts";
import { ClassAccumulator, type ClassOptions } from "./classAccumulator.ts";
import type { IntegerArray } from "./countIntegers.ts";
import { DistributionAccumulator } from "./distributionAccumulator.ts";
import { NameAccumulator, type NameOptions } from "./nameAccumulator.ts";
import { NumberAccumulator, type NumberOptions } from "./numberAccumulator.ts";
import type { BinarySummary, ClassSummary, LabelSummary, NumberSummary, SurvivalSummary } from "./summary.ts";
import { SurvivalAccumulator, type SurvivalRow } from "./survivalAccumulator.ts";

/** Sample weights, as many as there are rows. */
export interface Weighted {
  readonly weights?: Iterable<number>;
}

/** Class indices 0..K-1. An integer array without weights is counted at the speed of memory. */
export function summarizeClasses(
  labels: Iterable<number> | IntegerArray,
  options: ClassOptions & Weighted = {},
): ClassSummary {
  const accumulator = new ClassAccumulator(options);
  if (!ArrayBuffer.isView(labels) || options.weights !== undefined)
    return summarizeRows(accumulator, labels, options);
  accumulator.addAll(labels as IntegerArray);
  return accumulator.summary();
}

/** Class names, in the order that `options.order` says. */
export function summarizeNames(labels: Iterable<string>, options: NameOptions & Weighted = {}): ClassSummary {
  return summarizeRows(new NameAccumulator(options), labels, options);
}

/** One-hot rows or soft labels: K shares per row, which sum to 1. */
export function summarizeDistributions(
  rows: Iterable<ArrayLike<number>>,
  options: { readonly names?: readonly string[] } & Weighted = {},
): ClassSummary {
  return summarizeRows(new DistributionAccumulator(options), rows, options);
}

/** Yes/no labels: one per row, or L per row (a multi-label matrix). */
export function summarizeBinary(
  rows: Iterable<ArrayLike<number | boolean | null> | number | boolean>,
  options: BinaryOptions & Weighted = {},
): BinarySummary {
  return summarizeRows(new BinaryAccumulator(options), rows, options);
}

/** Real numbers: one per row, or D per row. */
export function summarizeNumbers(
  rows: Iterable<ArrayLike<number> | number>,
  options: NumberOptions & Weighted = {},
): NumberSummary {
  return summarizeRows(new NumberAccumulator(options), rows, options);
}

/** Times to an event, with whether it happened. */
export function summarizeSurvival(rows: Iterable<SurvivalRow>, options: Weighted = {}): SurvivalSummary {
  return summarizeRows(new SurvivalAccumulator(), rows, options);
}

/**
 * The summary of `rows`, each handed to `accumulator`, with as many weights (1 each when left out).
 * @throws InputError if there are fewer or more weights than rows
 */
export function summarizeRows<Row, Summary extends LabelSummary>(
  accumulator: Accumulator<Row, Summary>,
  rows: Iterable<Row>,
  { weights }: Weighted = {},
): Summary {
  if (weights === undefined) {
    for (const row of rows) accumulator.add(row);
    return accumulator.summary();
  }
  const weight = weights[Symbol.iterator]();
  let count = 0;
  for (const row of rows) {
    const next = weight.next();
    if (next.done) throw new InputError(`too few weights: ${count}, but there are more rows`);
    accumulator.add(row, next.value);
    count++;
  }
  if (!weight.next().done) throw new InputError(`too many weights: there are only ${count} rows`);
  return accumulator.summary();
}

/** The same from a stream of rows: anything that `for await` can walk. For weighted rows, call `accumulator.add(row, weight)` in a loop of your own. */
export async function summarizeStream<Row, Summary extends LabelSummary>(
  accumulator: Accumulator<Row, Summary>,
  rows: AsyncIterable<Row> | Iterable<Row>,
): Promise<Summary> {
  for await (const row of rows) accumulator.add(row);
  return accumulator.summary();
}
