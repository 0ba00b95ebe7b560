import type { CheckInput } from "../check/checkInput.ts";
import { InputError } from "../errors.ts";
import type { Head } from "../heads/head.ts";
import { fromCounts } from "../labels/fromCounts.ts";
import { readLabels } from "./labelFlags.ts";
import { readNumberArray } from "./numberArray.ts";
import { numberList } from "./numbers.ts";

export interface TrainingFlags {
  readonly counts?: string | readonly number[];
  readonly trainingLabels?: string;
  readonly column?: readonly string[];
  readonly classes?: readonly string[];
  readonly ignoreIndex?: number;
}

const isArrayFile = (text: string) => /\.(npy|json)$/.test(text);

/** An option parser: numbers with commas between, or the name of a file that holds them. */
export const countsOrFile = (text: string): string | number[] =>
  isArrayFile(text) ? text : numberList(text);

/**
 * What --counts and --training-labels say of all training data: class counts in the command line or in a file, labels in
 * an array of any shape (one per token or pixel), a table, or a folder of images.
 *
 * @param width number of outputs, to which counts are filled up with zeros
 * @returns undefined where neither flag is given
 */
export async function trainingLabels(
  head: Head,
  { counts, trainingLabels: path, column, classes, ignoreIndex }: TrainingFlags,
  width: number,
): Promise<CheckInput["training"]> {
  if (counts !== undefined && path !== undefined) {
    throw new InputError("training labels come from --counts or from --training-labels, not from both");
  }
  const names = head.reads === "classes" ? classes : undefined;
  if (typeof counts === "string") return fromCounts((await readNumberArray(counts)).values, names);
  if (counts !== undefined) return fromCounts(counts, names);
  if (path === undefined) return undefined;
  if (head.reads === "classes" && isArrayFile(path)) {
    const { values } = await readNumberArray(path);
    const labels = Array.from(values).filter((label) => label !== ignoreIndex);
    return { labels, rows: labels.length, names };
  }
  const { summary } = await readLabels(head, path, {
    column: column?.join(","),
    classes: classes?.join(","),
    ignoreIndex,
  } as Parameters<typeof readLabels>[2]);
  if (summary?.kind !== "classes" || summary.counts.length >= width) return summary;
  const filled = new Float64Array(width);
  filled.set(summary.counts);
  return { ...summary, counts: filled, names: undefined };
}
