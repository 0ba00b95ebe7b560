// Labels of many rows, as in docs/warehouses.md; the build must be there. Files go to a temporary folder.
//   node bench/warehouse.mjs [rows, 1e8]                              DuckDB on Parquet files, our own reader on a tenth of them
//   node bench/warehouse.mjs [rows, 1e7] --postgres postgres://...    a table that is made in that database, and dropped
import { copyFileSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { DuckDBInstance } from "@duckdb/node-api";
import postgres from "postgres";
import { runBaserate } from "./process.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { postgres: { type: "string" } },
});
const rows = Number(positionals[0] ?? (values.postgres ? 1e7 : 1e8));
const folder = mkdtempSync(join(tmpdir(), "baserate-warehouse-"));
const cli = join(import.meta.dirname, "..", "dist", "cli.js");

/** One line of the table: seconds on the clock, seconds of processor, and peak memory of `baserate solve`. */
async function measure(what, args) {
  const { seconds, processorSeconds, peakBytes } = await runBaserate(cli, ["solve", ...args]);
  console.log(
    `| ${what} | ${seconds.toFixed(1)} | ${processorSeconds.toFixed(1)} | ${Math.round(peakBytes / 1e6)} MB |`,
  );
}

async function measureDuckdb() {
  const connection = await (
    await DuckDBInstance.create(":memory:", { memory_limit: "1GB", temp_directory: folder })
  ).connect();
  const parts = 10;
  const one = join(folder, "part-0.parquet");
  await connection.run(`COPY (SELECT CAST(floor(10 * random() * random()) AS TINYINT) AS species,
    CAST(random() * 1000 AS DECIMAL(7, 2)) AS price FROM range(${rows / parts})) TO '${one}' (FORMAT parquet)`);
  // Copies, since the values make no difference to the time, and drawing them takes longer than all that is measured.
  for (let part = 1; part < parts; part++) copyFileSync(one, join(folder, `part-${part}.parquet`));
  connection.closeSync();
  const size = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  console.log(`${rows} rows in ${parts} Parquet files, ${(size / 1e9).toFixed(2)} GB\n`);
  console.log("| what | seconds | processor seconds | peak memory |\n|---|---|---|---|");
  const all = join(folder, "*.parquet");
  await measure("classes, all rows, DuckDB", [all, "--column", "species"]);
  await measure("classes, a tenth of the rows, our own reader", [one, "--column", "species"]);
  await measure("numbers (100,001 distinct), all rows, DuckDB", [
    all,
    "--column",
    "price",
    "--loss",
    "squared-error",
  ]);
  await measure("numbers, a tenth of the rows, our own reader", [
    one,
    "--column",
    "price",
    "--loss",
    "squared-error",
  ]);
}

/** The server computes in processes of its own, so that the processor time is that of `baserate solve` alone. */
async function measurePostgres(address) {
  const sql = postgres(address, { max: 1, onnotice: () => {} });
  const table = "baserate_bench_labels";
  try {
    await sql.unsafe(`DROP TABLE IF EXISTS ${table}`);
    await sql.unsafe(`CREATE TABLE ${table} AS SELECT CAST(floor(10 * random() * random()) AS smallint) AS species,
      CAST(random() * 1000 AS numeric(7, 2)) AS price FROM generate_series(1, ${rows})`);
    await sql.unsafe(`VACUUM ANALYZE ${table}`);
    console.log(`${rows} rows in PostgreSQL\n`);
    console.log("| what | seconds | processor seconds | peak memory |\n|---|---|---|---|");
    await measure("classes", [address, "--table", table, "--column", "species"]);
    await measure("numbers", [address, "--table", table, "--column", "price", "--loss", "squared-error"]);
  } finally {
    await sql.unsafe(`DROP TABLE IF EXISTS ${table}`);
    await sql.end();
  }
}

try {
  await (values.postgres ? measurePostgres(values.postgres) : measureDuckdb());
} finally {
  rmSync(folder, { recursive: true });
}
