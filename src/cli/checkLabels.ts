import { filledUp, type LabelTable } from "../check/checkedRows.ts";
import { InputError } from "../errors.ts";
import type { Head } from "../heads/head.ts";
import type { LabelSummary } from "../labels/summary.ts";
import { isDatabaseAddress } from "../tables/databases/address.ts";
import { choicesOf, type LabelFlags, labelsOf, withTable } from "./labelFlags.ts";

export interface CheckLabelFlags extends LabelFlags {
  readonly labels?: string;
  readonly trainingLabels?: string;
  readonly classAxis?: number;
}

/** The table of --labels, if it is given. */
export function labelTable(flags: CheckLabelFlags): LabelTable | undefined {
  const { labels: name, classAxis } = flags;
  if (name === undefined) return undefined;
  if (isDatabaseAddress(name)) {
    throw new InputError(
      "--labels cannot be a database, since its rows have no order that could be matched with the outputs; give a file (--training-labels can be a database)",
    );
  }
  return { name, classAxis, choices: choicesOf(flags), read: (use) => withTable(name, flags, use) };
}

/**
 * What --counts or --training-labels say of all training data; undefined where neither is given.
 *
 * @param names of the classes of the checked rows
 * @param width number of outputs, to which counts of classes are filled up with zeros
 */
export async function trainingSummary(
  head: Head,
  { counts, trainingLabels: file, ...flags }: CheckLabelFlags,
  names: readonly string[] | undefined,
  width: number,
): Promise<LabelSummary | undefined> {
  if (counts === undefined && file === undefined) return undefined;
  if (counts !== undefined && file !== undefined) {
    throw new InputError(
      "--counts and --training-labels cannot be combined: both give the training labels; leave one of them out",
    );
  }
  const classes = flags.classes ?? (counts === undefined ? names : undefined);
  const { summary } = await labelsOf(head, file, { ...flags, counts, classes }, { indicesAreSure: true });
  return filledUp(summary, names, width);
}
