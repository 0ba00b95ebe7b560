import type { DataInput } from "../graph/import/networkOnData.ts";
import { arrayTypes, type RowValues } from "../graph/tensor.ts";

/** An input of a network with the numbers of all rows. */
export interface InputArray extends DataInput {
  readonly data: RowValues;
}

/** Rows as they were read, before it is known which of them are trained on. */
export interface RowSource {
  readonly count: number;
  /** What a row is called: `image`, `row`. */
  readonly unit: string;
  /** The class of each row, where the source says it (a folder for each class). */
  readonly classes?: { readonly labels: readonly number[]; readonly names: readonly string[] };
  /**
   * What the rows become as inputs of a network.
   *
   * @param training rows that statistics such as means are taken from
   */
  encode(training: Uint32Array): EncodedRows;
}

export interface EncodedRows {
  readonly inputs: readonly InputArray[];
  /** What was done to the rows: one sentence each. */
  readonly notes: readonly string[];
  /** The rows of a further source, such as the test set, in the same way. */
  again(other: RowSource): readonly InputArray[];
}

/** An array in memory that worker threads share. */
export function sharedArray<Name extends "uint8" | "int32" | "float32" | "float64">(
  dtype: Name,
  length: number,
): InstanceType<(typeof arrayTypes)[Name]> {
  const Elements = arrayTypes[dtype];
  const buffer = new SharedArrayBuffer(length * Elements.BYTES_PER_ELEMENT);
  return new Elements(buffer as never) as InstanceType<(typeof arrayTypes)[Name]>;
}

/** A source whose inputs do not depend on which rows are trained on. */
export function plainSource(
  source: Omit<RowSource, "encode">,
  inputs: readonly InputArray[],
  notes: readonly string[] = [],
): RowSource {
  const encode = (): EncodedRows => ({
    inputs,
    notes,
    again: (other) => other.encode(new Uint32Array(0)).inputs,
  });
  return { ...source, encode };
}
