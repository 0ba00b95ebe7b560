import type { ClassSummary } from "../labels/summary.ts";
import type { ValueInfo } from "../runtime/runtime.ts";
import type { InputRows } from "./modelOutputs.ts";

/** Rows to run a model on. */
export interface CheckData {
  /** Which rows of all that there are, where some were picked, and how many there are. */
  readonly picked: readonly number[];
  readonly available: number;
  /** Classes of the picked rows and of all training data, where the data comes with its labels. */
  readonly labelled?: { readonly labels: readonly number[]; readonly training: ClassSummary };
  /** What the model is fed with, by its inputs' names. */
  inputs(wanted: readonly ValueInfo[]): Readonly<Record<string, InputRows>>;
  /** How that is made from what is on disk, for people, where that is a choice. */
  madeAs?(wanted: readonly ValueInfo[]): string;
  close?(): void;
}
