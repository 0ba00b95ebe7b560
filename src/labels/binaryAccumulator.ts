import { InputError } from "../errors.ts";
import { type Accumulator, checkedWeight, checkNotEmpty } from "./accumulator.ts";
import { CompensatedSums } from "./compensatedSums.ts";
import type { BinarySummary } from "./summary.ts";

export interface BinaryOptions {
  /** Names of the columns. */
  readonly names?: readonly string[];
  /** Leave out entries that are NaN or null, each from its own column, as masked losses do; refused otherwise. */
  readonly skipMissing?: boolean;
}

/** Summarises rows of L independent yes/no labels, each a fraction in [0, 1]; a bare number or boolean is a row of one. */
export class BinaryAccumulator
  implements Accumulator<ArrayLike<number | boolean | null> | number | boolean, BinarySummary>
{
  private readonly names: readonly string[] | undefined;
  private readonly skipMissing: boolean;
  private positives: CompensatedSums | undefined;
  private squares = new CompensatedSums(0);
  private totals = new CompensatedSums(0);
  private rows = 0;

  constructor({ names, skipMissing = false }: BinaryOptions = {}) {
    this.names = names;
    this.skipMissing = skipMissing;
  }

  add(
    labels: ArrayLike<number | boolean | null> | number | boolean,
    weight = 1,
    row = this.rows + 1,
    rows = 1,
  ): void {
    const entries = typeof labels === "object" ? labels : [labels];
    checkedWeight(weight, row);
    this.positives ??= this.start(this.names?.length ?? entries.length);
    if (entries.length !== this.positives.length) {
      throw new InputError(`row ${row} has ${entries.length} labels, not ${this.positives.length}`);
    }
    for (let i = 0; i < entries.length; i++) {
      const label = entries[i] === null ? Number.NaN : Number(entries[i]);
      if (Number.isNaN(label) && this.skipMissing) continue;
      if (!(label >= 0 && label <= 1)) {
        const column = entries.length === 1 ? "" : `, column ${this.names?.[i] ?? i}`;
        throw new InputError(
          `invalid label in row ${row}${column}: ${entries[i]}; yes/no labels lie in [0, 1]`,
        );
      }
      this.positives.add(i, weight * label);
      this.squares.add(i, weight * label * label);
      this.totals.add(i, weight);
    }
    this.rows += rows;
  }

  summary(): BinarySummary {
    const totals = this.totals.values();
    checkNotEmpty(this.rows, this.skipMissing ? 1 : totals[0]);
    const empty = totals.findIndex((total) => !(total > 0));
    if (empty >= 0) {
      throw new InputError(`column ${this.names?.[empty] ?? empty} has no label with a weight above 0`);
    }
    const positives = this.positives!.values();
    return {
      kind: "binary",
      positives,
      squares: this.squares.values(),
      totals,
      rows: this.rows,
      names: this.names,
    };
  }

  private start(length: number): CompensatedSums {
    this.squares = new CompensatedSums(length);
    this.totals = new CompensatedSums(length);
    return new CompensatedSums(length);
  }
}
