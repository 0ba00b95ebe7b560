import { loadOptional } from "../../optionalPackage.ts";
import type { DatabaseSession } from "./session.ts";

/** A database file of DuckDB, opened read-only, without access to other files or the network. */
export const openDuckdb = (path: string): Promise<DatabaseSession> =>
  startDuckdb(path, { access_mode: "READ_ONLY", enable_external_access: "false" });

/** A session of DuckDB without a database, to read files with. */
export const duckdbOfFiles = (): Promise<DatabaseSession> => startDuckdb(":memory:", {});

async function startDuckdb(path: string, settings: Record<string, string>): Promise<DatabaseSession> {
  const { DuckDBInstance } = await loadOptional(
    "DuckDB",
    ["@duckdb/node-api"],
    () => import("@duckdb/node-api"),
  );
  const instance = await DuckDBInstance.create(path, settings);
  const connection = await instance.connect();
  return {
    async query(text) {
      // Only one statement can be prepared.
      const prepared = await connection.prepare(text);
      const result = await prepared.runAndReadAll();
      return { columns: result.columnNames(), rows: result.getRows() };
    },
    async close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}
