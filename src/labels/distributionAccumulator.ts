import { InputError } from "../errors.ts";
import { type Accumulator, checkedWeight, checkNotEmpty } from "./accumulator.ts";
import { CompensatedSums } from "./compensatedSums.ts";
import type { ClassSummary } from "./summary.ts";

/** How far the shares of a row may be from summing to 1: float16 labels over a thousand classes still pass. */
const tolerance = 1e-2;

/** Summarises rows that each hold a distribution over K classes: one-hot rows, or soft labels. */
export class DistributionAccumulator implements Accumulator<ArrayLike<number>, ClassSummary> {
  private readonly names: readonly string[] | undefined;
  private counts: CompensatedSums | undefined;
  private readonly scalars = new CompensatedSums(2);
  private rows = 0;

  constructor({ names }: { readonly names?: readonly string[] } = {}) {
    this.names = names;
  }

  /** Adds a row of K shares, each in [0, 1], which sum to 1; rounding errors in the sum are scaled away. */
  add(shares: ArrayLike<number>, weight = 1, row = this.rows + 1, rows = 1): void {
    checkedWeight(weight, row);
    this.counts ??= new CompensatedSums(this.names?.length ?? shares.length);
    if (shares.length !== this.counts.length) {
      throw new InputError(
        `row ${row} has ${shares.length} shares, not one for each of the ${this.counts.length} classes`,
      );
    }
    const total = checkedTotal(shares, row);
    let entropy = 0;
    let squares = 0;
    for (let k = 0; k < shares.length; k++) {
      const share = shares[k] / total;
      if (share === 0) continue;
      this.counts.add(k, weight * share);
      entropy -= share * Math.log(share);
      squares += share * share;
    }
    this.scalars.add(0, weight * entropy);
    this.scalars.add(1, weight * squares);
    this.rows += rows;
  }

  summary(): ClassSummary {
    const counts = this.counts?.values() ?? new Float64Array();
    checkNotEmpty(
      this.rows,
      counts.reduce((sum, count) => sum + count, 0),
    );
    const [labelEntropy, labelSquares] = this.scalars.values();
    return {
      kind: "classes",
      counts,
      rows: this.rows,
      ignored: 0,
      labelEntropy,
      labelSquares,
      distributions: true,
      names: this.names,
    };
  }
}

/** The sum of a row's shares, which must be 1 but for rounding. */
function checkedTotal(shares: ArrayLike<number>, row: number): number {
  let total = 0;
  for (let k = 0; k < shares.length; k++) {
    if (!(shares[k] >= 0 && shares[k] <= 1 + tolerance)) {
      throw new InputError(`invalid share of class ${k} in row ${row}: ${shares[k]}; shares lie in [0, 1]`);
    }
    total += shares[k];
  }
  if (Math.abs(total - 1) <= tolerance) return total;
  throw new InputError(
    `the shares of row ${row} sum to ${total}, not to 1 (a row of several yes/no labels is not a distribution: use a sigmoid head)`,
  );
}
