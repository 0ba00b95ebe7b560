import { isDatabaseAddress } from "../tables/databases/address.ts";
import { openTable } from "../tables/openTable.ts";
import type { RowsPlace } from "../tables/sql/rowsQuery.ts";
import type { ReadOptions, Table } from "../tables/table.ts";

/** Opens columns of a file, or of the rows of a database. */
export type OpenRows = (path: string, options: ReadOptions) => Promise<Table>;

/** Opens columns of files, and of the rows that the place says in the database at an address, which is asked once. */
export function rowsOpener(place: RowsPlace): OpenRows {
  const databases = new Map<string, Promise<(options: ReadOptions) => Table>>();
  const read = async (address: string) =>
    (await import("../tables/databases/databaseRows.ts")).readDatabaseRows(address, place);
  return async (path, options) => {
    if (!isDatabaseAddress(path)) return openTable(path, options);
    if (!databases.has(path)) databases.set(path, read(path));
    return (await databases.get(path)!)(options);
  };
}
