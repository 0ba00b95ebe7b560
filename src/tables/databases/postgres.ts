import { loadOptional } from "../../optionalPackage.ts";
import type { DatabaseSession } from "./session.ts";

/** A read-only session of PostgreSQL. Without a password in the address, that of PGPASSWORD. */
export async function connectPostgres(address: string): Promise<DatabaseSession> {
  const { default: postgres } = await loadOptional("PostgreSQL", ["postgres"], () => import("postgres"));
  const sql = postgres(address, {
    max: 1,
    connect_timeout: 10,
    onnotice: () => {},
    // Also after a COMMIT inside the text, if one ever got there.
    connection: { application_name: "baserate", default_transaction_read_only: true },
  });
  return {
    query: (text) =>
      sql.begin("read only", async (transaction) => {
        // Not the simple protocol, which would run several statements of one text.
        const rows = await transaction.unsafe(text, [], { simple: false } as object).values();
        return { columns: rows.columns.map(({ name }) => name), rows: [...rows] };
      }) as ReturnType<DatabaseSession["query"]>,
    close: () => sql.end({ timeout: 5 }),
  };
}
