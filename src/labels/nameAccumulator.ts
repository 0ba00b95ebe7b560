import { InputError, unknownName } from "../errors.ts";
import { type Accumulator, checkedWeight, checkNotEmpty } from "./accumulator.ts";
import { CompensatedSums } from "./compensatedSums.ts";
import { type ClassOrder, orderClasses } from "./orderClasses.ts";
import type { ClassSummary } from "./summary.ts";

export interface NameOptions {
  /** Without it, "numeric" if every name is a number, "sorted" otherwise. */
  readonly order?: ClassOrder;
  /** A name that means "leave this row out". */
  readonly ignore?: string;
  /** More distinct names than this are taken for a mistake; 100,000 unless stated. */
  readonly maxClasses?: number;
  /** What names have in common that are spellings of one; undefined for a name with one spelling. */
  readonly spelling?: (name: string) => string | undefined;
}

/** Summarises rows that each hold the name of a class. */
export class NameAccumulator implements Accumulator<string, ClassSummary> {
  private readonly options: NameOptions;
  /** Number of each name met, in any of its spellings. */
  private readonly numbers = new Map<string, number>();
  /** The first spelling of each, or the one of a stated order. */
  private readonly distinct: string[] = [];
  private readonly counts = new CompensatedSums(0);
  private readonly firstRows: number[] = [];
  private rows = 0;
  private ignored = 0;

  constructor(options: NameOptions = {}) {
    this.options = options;
  }

  add(name: string, weight = 1, row = this.rows + this.ignored + 1, rows = 1): void {
    checkedWeight(weight, row);
    if (name === this.options.ignore) {
      this.ignored += rows;
      return;
    }
    this.counts.add(this.numbers.get(name) ?? this.newName(name, row), weight);
    this.rows += rows;
  }

  /** The distinct names met so far. */
  names(): string[] {
    return [...this.distinct];
  }

  /** The spelling under which a name that was met is counted. */
  counted(name: string): string {
    return this.distinct[this.numbers.get(name)!];
  }

  /** The row in which `name` was first met. */
  firstRow(name: string): number {
    return this.firstRows[this.numbers.get(name)!];
  }

  summary(): ClassSummary {
    const { rows, ignored } = this;
    if (rows === 0 && ignored > 0) {
      throw new InputError(`no labels: all ${ignored} rows are the ignored label ${this.options.ignore}`);
    }
    const names = orderClasses(this.names(), this.options.order);
    const counts = Float64Array.from(names, (name) => {
      const number = this.numbers.get(name);
      return number === undefined ? 0 : this.counts.value(number);
    });
    const total = counts.reduce((sum, count) => sum + count, 0);
    checkNotEmpty(rows, total);
    return { kind: "classes", counts, rows, ignored, labelEntropy: 0, labelSquares: total, names };
  }

  private newName(met: string, row: number): number {
    const name = this.firstSpelling(met);
    const known = this.numbers.get(name);
    const number = known ?? this.newClass(name, row);
    this.numbers.set(met, number);
    return number;
  }

  private firstSpelling(name: string): string {
    const { order, spelling } = this.options;
    const common = spelling?.(name);
    if (common === undefined) return name;
    const names = Array.isArray(order) ? order : this.distinct;
    return names.find((other) => spelling!(other) === common) ?? name;
  }

  private newClass(name: string, row: number): number {
    const { order, maxClasses = 100_000 } = this.options;
    if (Array.isArray(order) && !order.includes(name)) {
      throw new InputError(`row ${row}: ${unknownName("class", name, order).message}`);
    }
    const number = this.distinct.length;
    if (number === maxClasses) {
      throw new InputError(
        `more than ${maxClasses} distinct labels by row ${row} (${name}): these are not classes`,
      );
    }
    this.numbers.set(name, number);
    this.distinct.push(name);
    this.firstRows.push(row);
    if (number >= this.counts.length) this.counts.grow(number + 1);
    return number;
  }
}
