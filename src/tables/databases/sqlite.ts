import { loadOptional } from "../../optionalPackage.ts";
import type { DatabaseSession } from "./session.ts";

/** A database file of SQLite, opened read-only. */
export async function openSqlite(path: string): Promise<DatabaseSession> {
  const { default: sqlite } = await loadOptional(
    "SQLite",
    ["node-sqlite3-wasm"],
    () => import("node-sqlite3-wasm"),
  );
  const database = new sqlite.Database(path, { readOnly: true, fileMustExist: true });
  return {
    async query(text) {
      const rows = database.all(text);
      return { columns: Object.keys(rows[0] ?? {}), rows: rows.map((row) => Object.values(row)) };
    },
    close: async () => database.close(),
  };
}
