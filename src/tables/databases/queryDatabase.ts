import { existsSync } from "node:fs";
import { InputError, unknownName } from "../../errors.ts";
import { exactInteger } from "../exactIntegers.ts";
import { type Dialect, findDialect } from "../sql/dialects.ts";
import type { Cells, Table, TableCell } from "../table.ts";
import { checkedAddress, shownAddress, withoutSecrets } from "./address.ts";
import type { DatabaseSession, QueryResult } from "./session.ts";

/** Engines by the scheme of an address: `postgres://user@host/database`, `sqlite:file`. */
const engines: Record<
  string,
  { dialect: string; file?: true; connect(place: string): Promise<DatabaseSession> }
> = {
  postgres: server("postgresql", async (address) => (await import("./postgres.ts")).connectPostgres(address)),
  postgresql: server("postgresql", async (address) =>
    (await import("./postgres.ts")).connectPostgres(address),
  ),
  mysql: server("mysql", async (address) => (await import("./mysql.ts")).connectMysql(address)),
  mariadb: server("mysql", async (address) =>
    (await import("./mysql.ts")).connectMysql(address.replace(/^mariadb:/, "mysql:")),
  ),
  clickhouse: server("clickhouse", async (address) =>
    (await import("./clickhouse.ts")).connectClickhouse(address),
  ),
  clickhouses: server("clickhouse", async (address) =>
    (await import("./clickhouse.ts")).connectClickhouse(address),
  ),
  duckdb: file("duckdb", async (path) => (await import("./duckdb.ts")).openDuckdb(path)),
  sqlite: file("sqlite", async (path) => (await import("./sqlite.ts")).openSqlite(path)),
};

function server(dialect: string, connect: (address: string) => Promise<DatabaseSession>) {
  return { dialect, connect };
}

function file(dialect: string, connect: (path: string) => Promise<DatabaseSession>) {
  return { dialect, connect, file: true } as const;
}

/** The whole result of a query on a database as a table: see `runQuery`. */
export async function queryDatabase(
  address: string,
  makeQuery: (dialect: Dialect) => string,
): Promise<Table> {
  return resultTable(shownAddress(address), await runQuery(address, makeQuery));
}

/**
 * Runs a query on a database, read-only.
 *
 * @param address `postgres://`, `mysql://`, `clickhouse://`, `duckdb:file` or `sqlite:file`; a password in it is not
 *   part of any message
 * @param makeQuery the query in the dialect of that database
 * @returns the whole result
 * @throws InputError for an address that is not one, where the database refuses, and where its driver is not installed
 */
export async function runQuery(
  address: string,
  makeQuery: (dialect: Dialect) => string,
): Promise<QueryResult> {
  const scheme = address.slice(0, address.indexOf(":")).toLowerCase();
  const engine = engines[scheme];
  if (engine === undefined || !Object.hasOwn(engines, scheme))
    throw unknownName("kind of database", scheme, Object.keys(engines));
  const dialect = findDialect(engine.dialect);
  const sql = makeQuery(dialect);
  const place = engine.file ? filePath(address, scheme) : checkedAddress(address);
  const shown = shownAddress(address);
  let session: DatabaseSession | undefined;
  try {
    session = await engine.connect(place);
    return await session.query(sql);
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`${shown}: ${withoutSecrets(messageOf(error), address)}`);
  } finally {
    await session?.close();
  }
}

function filePath(address: string, scheme: string): string {
  const path = address.slice(scheme.length + 1).replace(/^\/\//, "");
  if (path !== "" && existsSync(path)) return path;
  throw new InputError(`cannot read ${address}: there is no such file`);
}

/** Drivers put what was wrong in several errors when a host has several addresses. */
function messageOf(error: unknown): string {
  const { message, code, errors } = error as NodeJS.ErrnoException & { errors?: Error[] };
  return message || errors?.[0]?.message || code || String(error);
}

/** The rows of a result as a table: all columns, or those at some positions. */
export function resultTable(
  format: string,
  { columns, rows }: QueryResult,
  positions: readonly number[] = columns.map((_, c) => c),
): Table {
  const cells: Cells[] = positions.map((c) => rows.map((row) => cellOf(row[c])));
  async function* chunks() {
    if (rows.length > 0) yield { columns: cells, rows: rows.length };
  }
  return { format, columns: positions.map((c) => columns[c]), chunks: chunks() };
}

/** A driver's value as a cell; decimals, dates and the like as their text. */
function cellOf(value: unknown): TableCell {
  if (value === null || value === undefined) return null;
  if (typeof value === "bigint") return exactInteger(value);
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "string") return value;
  return String(value);
}
