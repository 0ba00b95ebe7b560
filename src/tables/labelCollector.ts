import type { Label } from "../heads/head.ts";
import type { LabelSummary } from "../labels/summary.ts";
import type { Cells } from "./table.ts";

/** Neighbouring rows of the label columns. */
export interface CollectedRows {
  readonly labels: readonly Cells[];
  readonly weights?: Float64Array;
  /** Of how many equal rows each entry tells; 1 where left out. */
  readonly counts?: Float64Array;
  readonly rows: number;
  /** Number of the first, counted from 1. */
  readonly firstRow: number;
}

/** Takes label columns of a table, as one kind of labels. */
export interface LabelCollector {
  /** Returns the number of rows skipped because a label was missing. */
  add(rows: CollectedRows): number;
  summary(): LabelSummary;
  /** How the labels were understood, in a few words. */
  understood(summary: LabelSummary): string;
  /** The labels of rows that were added, once all are and `summary` was asked for; undefined for a skipped row. */
  labelsOf(rows: CollectedRows): readonly (Label | undefined)[];
  /** What `labelsOf` gives for rows that are left out because of their label. */
  readonly ignored?: number;
  /** What about the labels may be a mistake, though it can be counted. */
  warnings?(): readonly string[];
}
