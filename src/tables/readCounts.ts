import { InputError } from "../errors.ts";
import { fromCounts } from "../labels/fromCounts.ts";
import type { ClassSummary } from "../labels/summary.ts";
import { checkedCount, countsIn } from "./countsIn.ts";
import type { TableCell } from "./table.ts";

interface Counts {
  readonly counts: readonly number[];
  readonly names?: readonly string[];
}

/**
 * The number of labels in each class, from text such as `900,100` or `900 100`, or from a file: a table of one column
 * (counts) or two (names and counts), or a JSON object such as `{"cat": 900, "dog": 100}`.
 *
 * @param classes number of classes, or their names in the order of the outputs
 * @throws InputError for what is not a number from 0, and where the number of counts is not that of the classes
 */
export async function readCounts(
  text: string,
  classes?: number | readonly string[],
): Promise<{ readonly summary: ClassSummary; readonly source: string }> {
  const isFile = /\.[a-z]\w*$/i.test(text);
  const { counts, names } = isFile ? await fromFile(text) : { counts: countsIn(text), names: undefined };
  const stated = typeof classes === "number" ? classes : classes?.length;
  if (stated !== undefined && (stated < counts.length || (stated > counts.length && names === undefined))) {
    throw new InputError(
      `${counts.length} counts, but --classes says ${stated} classes; give one count per class`,
    );
  }
  const order = typeof classes === "number" ? undefined : classes;
  const summary =
    names && order ? reordered({ counts, names }, order) : fromCounts(counts, { names: order ?? names });
  return { summary, source: isFile ? `${text}: class counts` : "class counts from the command line" };
}

async function fromFile(path: string): Promise<Counts> {
  const table = await (await import("./openTable.ts")).openTable(path, { columns: "all", header: "words" });
  const columns: TableCell[][] = table.columns.map(() => []);
  for await (const chunk of table.chunks) {
    chunk.columns.forEach((cells, c) => {
      for (const cell of cells) columns[c].push(cell);
    });
  }
  if (columns.length > 2) {
    throw new InputError(
      `${path} has ${columns.length} columns; class counts are one column of numbers, or two of names and numbers`,
    );
  }
  return {
    counts: columns.at(-1)!.map((cell, i) => checkedCount(cell, `${path}, entry ${i}`)),
    names: columns.length === 2 ? columns[0].map(String) : undefined,
  };
}

/** Counts by name, in the stated order of the names; 0 where a name has none. */
function reordered({ counts, names = [] }: Counts, order: readonly string[]): ClassSummary {
  const unknown = names.find((name) => !order.includes(name));
  if (unknown !== undefined)
    throw new InputError(`class ${unknown} is not one of --classes: ${order.join(", ")}`);
  return fromCounts(
    order.map((name) => counts[names.indexOf(name)] ?? 0),
    { names: order },
  );
}
