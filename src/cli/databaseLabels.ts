import { InputError } from "../errors.ts";
import type { Head } from "../heads/head.ts";
import { shownAddress } from "../tables/databases/address.ts";
import { queryDatabase } from "../tables/databases/queryDatabase.ts";
import { labelColumns, readGrouped } from "../tables/groupedTable.ts";
import type { LabelChoices } from "../tables/labelChoices.ts";
import { openTable } from "../tables/openTable.ts";
import type { LabelsRead } from "../tables/readLabels.ts";
import { type Dialect, findDialect } from "../tables/sql/dialects.ts";
import { groupedQuery } from "../tables/sql/groupedQuery.ts";
import { fromPlace, type RowsPlace, requirePlace } from "../tables/sql/rowsQuery.ts";
import type { Table, TableFormat } from "../tables/table.ts";
import { progressLine } from "./progressLine.ts";

/** Which labels of a database: the table or the query that has the columns, and a condition that its rows must meet. */
export interface DatabaseFlags extends RowsPlace {
  readonly column?: readonly string[];
  readonly weightColumn?: string;
}

/** The query of `solve --sql`, for any client of that engine. */
export function printedQuery(
  head: Head,
  dialect: string,
  file: string | undefined,
  flags: DatabaseFlags,
): string {
  if (file !== undefined)
    throw new InputError(
      `--sql and ${file} cannot be combined: --sql only prints a query and reads no file; leave one of them out`,
    );
  return `${queryOf(head, flags)(findDialect(dialect))};`;
}

/** The labels that a database holds; it counts them, and only the groups travel. */
export async function readDatabase(
  head: Head,
  address: string,
  flags: DatabaseFlags,
  choices: LabelChoices,
): Promise<{ place: string; read: LabelsRead }> {
  const progress = progressLine(`waiting for ${shownAddress(address)}`);
  progress.show(0, 1);
  try {
    const table = await queryDatabase(address, queryOf(head, flags));
    return { place: table.format, read: await readGrouped(table, head, { ...choices, weighted: false }) };
  } finally {
    progress.end();
  }
}

/** The labels in the result of such a query, from a file or standard input. */
export async function readGroupedFile(
  head: Head,
  file: string,
  flags: DatabaseFlags & { readonly format?: TableFormat },
  choices: LabelChoices,
): Promise<{ table: Table; columns: string[]; read: LabelsRead }> {
  if (flags.column !== undefined || flags.weightColumn !== undefined || flags.where !== undefined) {
    throw new InputError(
      "--grouped reads all columns of the result; leave out --column, --weight-column and --where",
    );
  }
  const table = await openTable(file, { columns: "all", header: true }, flags.format);
  return { table, columns: labelColumns(table), read: await readGrouped(table, head, choices) };
}

function queryOf(head: Head, { column, weightColumn, where, ...place }: DatabaseFlags) {
  requirePlace(place);
  if (column === undefined) throw new InputError("missing --column: name the column that holds the labels");
  if (head.reads === "nothing") throw new InputError(`${head.name} reads no labels`);
  if (head.reads === "survival" && column.length !== 2) {
    throw new InputError(
      `${head.name} reads two columns, a time and an event: --column TIME,EVENT, not ${column.join(",")}`,
    );
  }
  return (dialect: Dialect) => {
    const from = fromPlace(dialect, place);
    return groupedQuery(dialect, { from, columns: column, weightColumn, where }, head.reads);
  };
}
