import { InputError } from "../errors.ts";
import { type Accumulator, checkedWeight, checkNotEmpty } from "./accumulator.ts";
import { CompensatedSums } from "./compensatedSums.ts";
import { maxExact, NumberColumnBuilder } from "./numberColumn.ts";
import type { NumberSummary } from "./summary.ts";

export interface NumberOptions {
  /** Names of the columns. */
  readonly names?: readonly string[];
  /** Distinct values up to which a column is kept exactly; 2^20 unless stated. */
  readonly maxExact?: number;
}

/** Summarises rows of D real numbers; a bare number is a row of one. */
export class NumberAccumulator implements Accumulator<ArrayLike<number> | number, NumberSummary> {
  private readonly names: readonly string[] | undefined;
  private readonly cap: number;
  private columns: NumberColumnBuilder[] | undefined;
  private directions = new CompensatedSums(0);
  private readonly weight = new CompensatedSums(1);
  private rows = 0;

  constructor({ names, maxExact: cap = maxExact }: NumberOptions = {}) {
    this.names = names;
    this.cap = cap;
  }

  add(entries: ArrayLike<number> | number, weight = 1, row = this.rows + 1, rows = 1): void {
    checkedWeight(weight, row);
    const values = typeof entries === "number" ? [entries] : entries;
    this.columns ??= this.start(this.names?.length ?? values.length);
    if (values.length !== this.columns.length) {
      throw new InputError(`row ${row} has ${values.length} numbers, not ${this.columns.length}`);
    }
    let squares = 0;
    for (let i = 0; i < values.length; i++) {
      if (!Number.isFinite(values[i])) {
        const column = values.length === 1 ? "" : `, column ${this.names?.[i] ?? i}`;
        throw new InputError(`invalid label in row ${row}${column}: ${values[i]}; labels are finite numbers`);
      }
      this.columns[i].add(values[i], weight);
      squares += values[i] * values[i];
    }
    const length = Math.sqrt(squares);
    for (let i = 0; length > 0 && i < values.length; i++) {
      this.directions.add(i, weight * (values[i] / length));
    }
    this.weight.add(0, weight);
    this.rows += rows;
  }

  summary(): NumberSummary {
    const weight = this.weight.value(0);
    checkNotEmpty(this.rows, weight);
    return {
      kind: "numbers",
      columns: this.columns!.map((column) => column.column()),
      rows: this.rows,
      meanDirection: this.directions.values().map((sum) => sum / weight),
      names: this.names,
    };
  }

  private start(length: number): NumberColumnBuilder[] {
    this.directions = new CompensatedSums(length);
    return Array.from({ length }, () => new NumberColumnBuilder(this.cap));
  }
}
