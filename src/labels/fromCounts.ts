import { InputError } from "../errors.ts";
import { checkNotEmpty } from "./accumulator.ts";
import type { ClassSummary } from "./summary.ts";

/** The summary of labels of which only the number in each class is known (not necessarily whole: they may be weighted). */
export function fromCounts(
  counts: ArrayLike<number>,
  { names }: { readonly names?: readonly string[] } = {},
): ClassSummary {
  if (names !== undefined && names.length !== counts.length) {
    throw new InputError(`${names.length} class names for ${counts.length} counts`);
  }
  let total = 0;
  for (let k = 0; k < counts.length; k++) {
    if (!(counts[k] >= 0 && counts[k] < Number.POSITIVE_INFINITY)) {
      throw new InputError(
        `invalid count of class ${names?.[k] ?? k}: ${counts[k]}; counts are finite and not negative`,
      );
    }
    total += counts[k];
  }
  if (counts.length > 0 && total === 0)
    throw new InputError(`all ${counts.length} counts are 0; at least one must be above 0`);
  checkNotEmpty(counts.length, total);
  return {
    kind: "classes",
    counts: Float64Array.from(counts),
    rows: total,
    ignored: 0,
    labelEntropy: 0,
    labelSquares: total,
    names,
  };
}
