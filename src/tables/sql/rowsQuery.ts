import { InputError } from "../../errors.ts";
import type { Dialect } from "./dialects.ts";
import { fromQuery, fromTable } from "./groupedQuery.ts";

/** Rows of a database: those of a table or of a query that meet a condition. */
export interface RowsPlace {
  readonly table?: string;
  readonly query?: string;
  readonly where?: string;
}

/** Throws InputError unless there is either a table or a query. */
export function requirePlace({ table, query }: RowsPlace): void {
  if ((table === undefined) !== (query === undefined)) return;
  throw new InputError(
    "say what to read from the database, with either --table NAME or --query 'SELECT ...'",
  );
}

/** What stands after FROM. */
export const fromPlace = (dialect: Dialect, { table, query }: RowsPlace): string =>
  query === undefined ? fromTable(dialect, table!) : fromQuery(query);

/** The query that gives the rows. One of the user's own stays as it is, so that its ORDER BY holds. */
export function rowsQuery(dialect: Dialect, place: RowsPlace): string {
  const from = fromPlace(dialect, place);
  const { query, where } = place;
  if (query !== undefined && where === undefined) return query.replace(/;\s*$/, "");
  return `SELECT *\nFROM ${from}${where === undefined ? "" : `\nWHERE (${where}\n)`}`;
}
