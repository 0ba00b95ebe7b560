import type { Signal } from "@preact/signals";
import type { LabelChoices } from "../tables/labelChoices.ts";
import type { ReadOptions, TableFormat } from "../tables/table.ts";
import { addressed, text } from "./address.ts";

/** What the reader says of a file of labels where it can be read in more than one way; all of it is in the address. */
export interface LabelReading {
  readonly column: Signal<string>;
  readonly classes: Signal<string>;
  readonly ignoreIndex: Signal<string>;
  readonly as: Signal<string>;
  readonly missing: Signal<string>;
  readonly format: Signal<string>;
  readonly encoding: Signal<string>;
  /** Whether the first row names the columns: `yes`, `no`, or empty. */
  readonly header: Signal<string>;
}

/** @param prefix of the names in the address */
export const labelReading = (prefix = ""): LabelReading => ({
  column: addressed(`${prefix}column`, "", text),
  classes: addressed(`${prefix}classes`, "", text),
  ignoreIndex: addressed(`${prefix}ignore`, "", text),
  as: addressed(`${prefix}as`, "", text),
  missing: addressed(`${prefix}missing`, "", text),
  format: addressed(`${prefix}format`, "", text),
  encoding: addressed(`${prefix}encoding`, "", text),
  header: addressed(`${prefix}header`, "", text),
});

/** How bytes become a table. */
export interface TableReading extends Pick<ReadOptions, "encoding" | "header"> {
  readonly format?: TableFormat;
}

export const tableReading = ({ format, encoding, header }: LabelReading): TableReading => ({
  format: (format.value || undefined) as TableFormat | undefined,
  encoding: encoding.value || undefined,
  header: header.value === "" ? undefined : header.value === "yes",
});

export const labelChoices = ({ as, ignoreIndex, missing, classes, header }: LabelReading): LabelChoices => ({
  as: (as.value || undefined) as LabelChoices["as"],
  ignoreIndex: ignoreIndex.value || undefined,
  missing: (missing.value || undefined) as LabelChoices["missing"],
  classes: classesOf(classes.value),
  namesAreSure: header.value !== "",
});

/** `a,b` as a list; undefined where nothing is said. */
export const listOf = (words: string) =>
  words.trim() === "" ? undefined : words.split(",").map((word) => word.trim());

function classesOf(words: string): LabelChoices["classes"] {
  const count = Number(words);
  return words.trim() !== "" && Number.isInteger(count) && count > 0 ? count : listOf(words);
}
