import { InputError } from "../errors.ts";
import type { Head } from "../heads/head.ts";
import { columnStatistics, findSplit, openHubTable } from "../tables/huggingFace.ts";
import type { LabelChoices } from "../tables/labelChoices.ts";
import { type LabelsRead, readLabels } from "../tables/readLabels.ts";
import type { DatabaseFlags } from "./databaseLabels.ts";
import { progressLine } from "./progressLine.ts";

export interface HubFlags extends DatabaseFlags {
  readonly config?: string;
  readonly split?: string;
}

/** The labels of a dataset of the Hugging Face Hub: counted there where it has counted them, and otherwise read. */
export async function readHub(
  head: Head,
  address: string,
  { column, weightColumn, ...flags }: HubFlags,
  choices: LabelChoices,
): Promise<{ place: string; read: LabelsRead }> {
  if (column === undefined)
    throw new InputError("missing --column: name the column of the dataset that holds the labels");
  const split = await findSplit(address, flags);
  const place = `${address} (${split.config}, ${split.split})`;
  const isClasses = head.reads === "classes" && column.length === 1 && weightColumn === undefined;
  // What changes the counts, or their order, needs the rows.
  const isPlain =
    choices.as === undefined && choices.classes === undefined && choices.ignoreIndex === undefined;
  const counted = isClasses && isPlain ? await columnStatistics(split, column[0]) : undefined;
  if (counted !== undefined) {
    const { summary, missing, partial } = counted;
    if (missing > 0 && choices.missing !== "skip") {
      throw new InputError(
        `${missing} rows have no label (column ${column[0]}); add --missing skip to leave such rows out`,
      );
    }
    const understood = `${summary.counts.length} class names, counted by the dataset viewer${partialText(partial)}`;
    const rowsRead = summary.rows + missing;
    const read = { summary, understood, rowsRead, weightRead: rowsRead, skipped: missing, warnings: [] };
    return { place, read };
  }
  const progress = progressLine(`reading ${place}`);
  try {
    const columns = weightColumn === undefined ? column : [...column, weightColumn];
    const table = await openHubTable(split, { columns, onProgress: progress.show });
    const read = await readLabels(table, head, choices);
    return {
      place,
      read: {
        ...read,
        understood: `${read.understood}, from its Parquet files${partialText(table.partial)}`,
      },
    };
  } finally {
    progress.end();
  }
}

const partialText = (partial: boolean) =>
  partial ? ", of the first part of the dataset only (partial)" : "";
