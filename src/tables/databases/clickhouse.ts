import { loadOptional } from "../../optionalPackage.ts";
import type { DatabaseSession } from "./session.ts";

/**
 * A read-only session of ClickHouse over HTTP: clickhouse://user@host:8123/database, or clickhouses:// for TLS. Without a
 * password in the address, that of CLICKHOUSE_PASSWORD.
 */
export async function connectClickhouse(address: string): Promise<DatabaseSession> {
  const { createClient, ClickHouseLogLevel } = await loadOptional(
    "ClickHouse",
    ["@clickhouse/client"],
    () => import("@clickhouse/client"),
  );
  const { protocol, hostname, port, username, password, pathname } = new URL(address);
  const secure = protocol === "clickhouses:";
  const client = createClient({
    url: `${secure ? "https" : "http"}://${hostname}:${port || (secure ? "8443" : "8123")}`,
    username: decodeURIComponent(username) || "default",
    password: decodeURIComponent(password) || process.env.CLICKHOUSE_PASSWORD || "",
    database: decodeURIComponent(pathname.slice(1)) || "default",
    application: "baserate",
    log: { level: ClickHouseLogLevel.OFF }, // it would print failed queries to stderr
    request_timeout: 3_600_000,
    clickhouse_settings: { readonly: "1" },
  });
  return {
    async query(text) {
      const result = await client.query({ query: text, format: "JSONCompact" });
      const { meta, data } = await result.json<unknown[]>();
      return { columns: (meta ?? []).map(({ name }) => name), rows: data };
    },
    close: () => client.close(),
  };
}
