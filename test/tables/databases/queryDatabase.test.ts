import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import sqlite from "node-sqlite3-wasm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import packageJson from "../../../package.json" with { type: "json" };
import { labelsOf } from "../../../src/cli/labelFlags.ts";
import { findHead } from "../../../src/heads/index.ts";
import { loadOptional, optionalPackages } from "../../../src/optionalPackage.ts";
import { shownAddress } from "../../../src/tables/databases/address.ts";
import { connectClickhouse } from "../../../src/tables/databases/clickhouse.ts";
import { openDuckdb } from "../../../src/tables/databases/duckdb.ts";
import { connectMysql } from "../../../src/tables/databases/mysql.ts";
import { connectPostgres } from "../../../src/tables/databases/postgres.ts";
import type { DatabaseSession } from "../../../src/tables/databases/session.ts";
import { openSqlite } from "../../../src/tables/databases/sqlite.ts";
import {
  noClickhouse,
  noMariadb,
  noPostgres,
  startClickhouse,
  startMariadb,
  startPostgres,
} from "../sql/engines.ts";

const folder = mkdtempSync(join(tmpdir(), "baserate-databases-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A database that already has the table of the tests. */
interface Filled {
  readonly address: string;
  open(): Promise<DatabaseSession>;
  close?(): Promise<void>;
}

const setUp = [
  "CREATE TABLE orders (species VARCHAR(20), price DOUBLE PRECISION, sold INTEGER)",
  "INSERT INTO orders VALUES ('cat', 0.5, 1), ('dog', 1.25, 0), ('cat', 1e6, 1), (NULL, 3, 1)",
];

async function fillSqlite(): Promise<Filled> {
  const path = join(folder, "shop.db");
  const database = new sqlite.Database(path);
  for (const text of setUp) database.exec(text);
  database.close();
  return { address: `sqlite:${path}`, open: () => openSqlite(path) };
}

async function fillDuckdb(): Promise<Filled> {
  const path = join(folder, "shop.duckdb");
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  for (const text of setUp) await connection.run(text);
  connection.closeSync();
  instance.closeSync();
  return { address: `duckdb:${path}`, open: () => openDuckdb(path) };
}

async function fillPostgres(): Promise<Filled> {
  const { address, engine } = await startPostgres();
  for (const text of setUp) await engine.run(text);
  return { address, open: () => connectPostgres(address), close: engine.close };
}

async function fillMariadb(): Promise<Filled> {
  const { address, engine } = await startMariadb();
  for (const text of setUp) await engine.run(text);
  return { address, open: () => connectMysql(address), close: engine.close };
}

async function fillClickhouse(): Promise<Filled> {
  const { address, engine } = await startClickhouse();
  await engine.run(
    "CREATE TABLE orders (species Nullable(String), price Float64, sold Int32) ENGINE = Memory",
  );
  await engine.run(setUp[1]);
  return { address, open: () => connectClickhouse(address), close: engine.close };
}

const databases = [
  { name: "SQLite", fill: fillSqlite },
  { name: "DuckDB", fill: fillDuckdb },
  { name: "PostgreSQL", fill: fillPostgres, missing: noPostgres },
  { name: "MariaDB", fill: fillMariadb, missing: noMariadb },
  { name: "ClickHouse", fill: fillClickhouse, missing: noClickhouse },
].map((one) => ({ ...one, name: one.missing ? `${one.name} (${one.missing})` : one.name }));

describe.each(databases)("$name", ({ fill, missing }) => {
  let database: Filled;
  beforeAll(async () => {
    if (!missing) database = await fill();
  });
  afterAll(() => database?.close?.());
  const onDatabase = test.skipIf(missing !== undefined);
  const read = (loss: string, flags: object) => labelsOf(findHead(loss).head, database.address, flags);

  onDatabase("labels of a table and of a query", async () => {
    const names = await read("softmax", { table: "orders", column: ["species"], missing: "skip" });
    expect(names.summary).toMatchObject({ rows: 3, names: ["cat", "dog"], counts: Float64Array.of(2, 1) });
    expect(names.source).toBe(
      `${shownAddress(database.address)}, column species, 4 rows, 1 skipped (no label): 2 class names, in sorted order`,
    );
    const sold = await read("sigmoid", { table: "orders", column: ["sold"] });
    expect(sold.summary).toMatchObject({ positives: Float64Array.of(3), totals: Float64Array.of(4) });
    if (fill === fillClickhouse) return; // too old for numbers: see startClickhouse
    const numbers = await read("squared-error", {
      query: "SELECT price * 2 AS double_price, sold FROM orders",
      column: ["double_price"],
      weightColumn: "sold",
      where: "sold = 1",
    });
    expect(numbers.summary).toMatchObject({
      rows: 3,
      columns: [{ values: Float64Array.of(1, 6, 2e6), weight: 3 }],
    });
  });

  onDatabase("the session itself refuses to write, and takes one statement at a time", async () => {
    const session = await database.open();
    for (const text of [
      "INSERT INTO orders VALUES ('cow', 1, 1)",
      "DROP TABLE orders",
      `CREATE TABLE other (y ${fill === fillClickhouse ? "Int32) ENGINE = Memory" : "INTEGER)"}`,
    ]) {
      await expect(session.query(text)).rejects.toThrow(/read.?only/i);
    }
    // SQLite's driver ignores what comes after the first statement.
    if (!database.address.startsWith("sqlite")) {
      await expect(session.query("SELECT 1 AS y; COMMIT; DROP TABLE orders")).rejects.toThrow();
    }
    expect((await session.query("SELECT COUNT(*) AS n FROM orders")).rows.map(([n]) => Number(n))).toEqual([
      4,
    ]);
    await session.close();
  });

  onDatabase("what the database refuses is one line without a password", async () => {
    const absent = read("softmax", { table: "nowhere", column: ["species"] });
    await expect(absent).rejects.toThrow(/nowhere/);
    await expect(absent).rejects.not.toThrow(/secret/);
    const broken = read("softmax", { table: "orders", column: ["species"], where: "secret%word" });
    await expect(broken).rejects.not.toThrow(/secret%word at host/);
  });

  onDatabase("a label that the loss cannot have is named by its place among the groups", async () => {
    await expect(read("sigmoid", { table: "orders", column: ["price"] })).rejects.toThrow(
      /^invalid label in row \d: .*\(rows are counted in the grouped result\)$/,
    );
  });

  const isServer = missing === undefined && /Postgre|Maria|Click/i.test(fill.name);
  test.skipIf(!isServer)("a wrong password, and one in the message, are not shown", async () => {
    const wrong = database.address.replace("secret%25word", "hush%25hush");
    const error = await labelsOf(findHead("softmax").head, wrong, {
      table: "orders",
      column: ["species"],
    }).catch(({ message }) => message);
    expect(error).toContain(shownAddress(wrong));
    expect(error).not.toMatch(/hush/);
    const quoted = await read("softmax", { table: "secret%word", column: ["y"] }).catch(
      ({ message }) => message,
    );
    expect(quoted).toContain("***");
    expect(quoted).not.toContain("secret%word");
  });
});

test("an address is shown without user, password and parameters", () => {
  expect(shownAddress("postgres://me:pw@db:5432/shop?password=pw2")).toBe("postgres://db:5432/shop");
  expect(() => shownAddress("postgres://me:p/w@@db:x")).toThrow(
    /^invalid address of a database \(it begins with postgres:\)/,
  );
});

test("flags that do not fit are refused", async () => {
  const { head } = findHead("softmax");
  await expect(labelsOf(head, "oracle://db/x", { table: "t", column: ["y"] })).rejects.toThrow(
    "unknown kind of database: oracle",
  );
  await expect(labelsOf(head, "sqlite:x", { column: ["y"] })).rejects.toThrow(
    "either --table NAME or --query",
  );
  await expect(labelsOf(head, "sqlite:x", { table: "t" })).rejects.toThrow("--column");
  await expect(labelsOf(head, "x.csv", { table: "t", column: ["y"] })).rejects.toThrow(
    "--table is for labels in a database",
  );
  await expect(labelsOf(head, "sqlite:absent.db", { table: "t", column: ["y"] })).rejects.toThrow(
    "there is no such file",
  );
});

test("a missing driver is one line that installs it, in the version of package.json", async () => {
  expect(optionalPackages).toEqual(packageJson.peerDependencies);
  const missing = () => Promise.reject(Object.assign(new Error("x"), { code: "ERR_MODULE_NOT_FOUND" }));
  await expect(loadOptional("PostgreSQL", ["postgres"], missing)).rejects.toThrow(
    "PostgreSQL needs an optional package: npm install postgres@3.4.9",
  );
});
