import { InputError } from "../errors.ts";
import { type Accumulator, checkedWeight, checkNotEmpty } from "./accumulator.ts";
import { CompensatedSums } from "./compensatedSums.ts";
import { countIntegers, type IntegerArray } from "./countIntegers.ts";
import type { ClassSummary } from "./summary.ts";

export interface ClassOptions {
  /** Number of classes K; without it, one more than the largest label. */
  readonly classes?: number;
  /** Names of the classes, in the order of their indices; their number is K. */
  readonly names?: readonly string[];
  /** A label that means "leave this row out", such as PyTorch's -100. */
  readonly ignoreIndex?: number;
}

/** Without a stated number of classes, a larger index is taken for a mistake rather than for that many classes. */
const maxUnstatedClass = 2 ** 24;

/** Summarises rows that each hold one class index 0..K-1. */
export class ClassAccumulator implements Accumulator<number, ClassSummary> {
  private readonly names: readonly string[] | undefined;
  private readonly ignoreIndex: number | undefined;
  /** Number of classes stated, or undefined. */
  private readonly stated: number | undefined;
  private readonly counts: CompensatedSums;
  private classes: number;
  private rows = 0;
  private ignored = 0;

  constructor({ classes, names, ignoreIndex }: ClassOptions = {}) {
    if (classes !== undefined && !(Number.isInteger(classes) && classes >= 1)) {
      throw new InputError(`invalid number of classes: ${classes}; it is a whole number of at least 1`);
    }
    if (names !== undefined && classes !== undefined && names.length !== classes) {
      throw new InputError(`${names.length} class names for ${classes} classes`);
    }
    this.names = names;
    this.ignoreIndex = ignoreIndex;
    this.stated = classes ?? names?.length;
    this.classes = this.stated ?? 0;
    this.counts = new CompensatedSums(this.classes);
  }

  add(label: number, weight = 1, row = this.rows + this.ignored + 1, rows = 1): void {
    checkedWeight(weight, row);
    if (label === this.ignoreIndex) {
      this.ignored += rows;
      return;
    }
    if (!(Number.isInteger(label) && label >= 0 && label < (this.stated ?? maxUnstatedClass))) {
      throw this.invalid(label, row);
    }
    this.makeRoom(label);
    this.counts.add(label, weight);
    this.rows += rows;
  }

  /** Adds many rows at once, at the speed of memory where the labels are an integer array and there are no weights. */
  addAll(labels: IntegerArray | ArrayLike<number>, weights?: ArrayLike<number>): void {
    if (weights !== undefined && weights.length !== labels.length) {
      throw new InputError(`${weights.length} weights for ${labels.length} labels`);
    }
    const plain = this.ignoreIndex === undefined || !Array.prototype.includes.call(labels, this.ignoreIndex);
    if (weights === undefined && plain && isIntegerArray(labels)) this.addIntegers(labels);
    else for (let i = 0; i < labels.length; i++) this.add(labels[i], weights?.[i]);
  }

  private addIntegers(labels: IntegerArray): void {
    const counts = new Float64Array(this.stated ?? Math.min(maxUnstatedClass, largest(labels) + 1));
    const bad = countIntegers(labels, counts);
    if (bad >= 0) throw this.invalid(labels[bad], this.rows + this.ignored + bad + 1);
    this.makeRoom(counts.findLastIndex((count) => count > 0));
    for (let k = 0; k < this.classes; k++) this.counts.add(k, counts[k] ?? 0);
    this.rows += labels.length;
  }

  /** Makes `label` a class. */
  private makeRoom(label: number): void {
    if (label < this.classes) return;
    this.classes = label + 1;
    if (label >= this.counts.length) this.counts.grow(label + 1);
  }

  summary(): ClassSummary {
    const counts = this.counts.values(this.classes);
    if (this.rows === 0 && this.ignored > 0) {
      throw new InputError(`no labels: all ${this.ignored} rows are the ignored label ${this.ignoreIndex}`);
    }
    const total = counts.reduce((sum, count) => sum + count, 0);
    checkNotEmpty(this.rows, total);
    const { rows, ignored, names } = this;
    return { kind: "classes", counts, rows, ignored, labelEntropy: 0, labelSquares: total, names };
  }

  private invalid(label: number, row: number): InputError {
    const most =
      this.stated === undefined
        ? `${maxUnstatedClass - 1}, or fewer than a stated number of classes`
        : this.stated - 1;
    const ignored = this.ignoreIndex === undefined ? "" : `, or ${this.ignoreIndex} for an ignored row`;
    return new InputError(
      `invalid label in row ${row}: ${label}; class labels are integers from 0 to ${most}${ignored}`,
    );
  }
}

function isIntegerArray(labels: ArrayLike<number>): labels is IntegerArray {
  return ArrayBuffer.isView(labels) && !(labels instanceof Float32Array || labels instanceof Float64Array);
}

/** The largest label, or a bound of it where that costs less to know. */
function largest(labels: IntegerArray): number {
  if (labels instanceof Uint8Array) return 255;
  let most = 0;
  for (let i = 0; i < labels.length; i++) if (labels[i] > most) most = labels[i];
  return most;
}
