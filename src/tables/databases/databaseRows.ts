import { InputError } from "../../errors.ts";
import { type RowsPlace, rowsQuery } from "../sql/rowsQuery.ts";
import type { ReadOptions, Table } from "../table.ts";
import { wantedColumns } from "../wantedColumns.ts";
import { shownAddress } from "./address.ts";
import { resultTable, runQuery } from "./queryDatabase.ts";

/**
 * Reads rows of a database into memory, once, since a second query could give them in another order.
 *
 * @returns what opens a table of some of their columns
 */
export async function readDatabaseRows(
  address: string,
  place: RowsPlace,
): Promise<(options: Pick<ReadOptions, "columns">) => Table> {
  const shown = shownAddress(address);
  const result = await runQuery(address, (dialect) => rowsQuery(dialect, place));
  if (result.rows.length === 0)
    throw new InputError(`${shown}: the ${place.query ? "query" : "table"} has no rows`);
  return ({ columns }) => resultTable(shown, result, wantedColumns(shown, result.columns, columns));
}
