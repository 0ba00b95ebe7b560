import { InputError } from "../../errors.ts";
import type { LabelForm } from "../../heads/head.ts";
import { openTable } from "../openTable.ts";
import { type Dialect, findDialect } from "../sql/dialects.ts";
import { groupedQuery, type LabelPlace } from "../sql/groupedQuery.ts";
import type { Table } from "../table.ts";
import { duckdbOfFiles } from "./duckdb.ts";
import { resultTable } from "./queryDatabase.ts";
import type { DatabaseSession } from "./session.ts";

/** Ends of the names of files that DuckDB reads for us, without `.gz`. */
const formats = {
  parquet: "parquet",
  pq: "parquet",
  csv: "text",
  tsv: "text",
  jsonl: "lines",
  ndjson: "lines",
} as const;
type Format = (typeof formats)[keyof typeof formats];

/** Labels stay what they are in the files, so that they are understood as our own readers understand them. */
const typed: Dialect = {
  ...findDialect("duckdb"),
  key: (sql) => sql,
  label: (sql) => sql,
  typed: true,
};

/**
 * The grouped labels of many files, counted by DuckDB on all cores: a list of files, patterns (`part-*.parquet`), or
 * folders, in which files of one format may lie at any depth and folders named `key=value` are columns.
 *
 * @throws InputError where there are no such files, or of several formats, and where DuckDB refuses
 */
export async function groupFiles(
  paths: readonly string[],
  place: Omit<LabelPlace, "from">,
  reads: LabelForm,
): Promise<Table & { readonly files: number }> {
  const session = await duckdbOfFiles();
  try {
    const files = (await Promise.all(paths.map((path) => filesOf(session, path)))).flat();
    const found = new Set(files.map(formatOf));
    if (found.size !== 1)
      throw new InputError(`${paths.join(", ")}: files of ${found.size} formats; they need the same`);
    const [format] = found;
    const from = await source(files, format);
    const query = groupedQuery(typed, { ...place, from }, reads);
    const result = await session.query(query).catch((error) => {
      throw new InputError(`${paths.join(", ")}: ${(error as Error).message}`);
    });
    return { ...resultTable("DuckDB", result), files: files.length };
  } finally {
    await session.close();
  }
}

/** The files that a path stands for; those of a folder are the ones whose names end in a known format. */
async function filesOf(session: DatabaseSession, path: string): Promise<string[]> {
  const { rows } = await session.query(`SELECT file FROM glob(${text(path)}) ORDER BY file`);
  const files = rows.map(([file]) => String(file));
  if (files.length > 0) return files;
  const inside = await session.query(
    `SELECT file FROM glob(${text(`${path.replace(/\/$/, "")}/**`)}) ORDER BY file`,
  );
  const known = inside.rows.map(([file]) => String(file)).filter((file) => endOf(file) in formats);
  if (known.length > 0) return known;
  throw new InputError(`${path}: no files of these types were found (${Object.keys(formats).join(", ")})`);
}

const endOf = (file: string) => /\.([a-z]+)(?:\.gz)?$/i.exec(file)?.[1].toLowerCase() ?? "";

function formatOf(file: string): Format {
  const end = endOf(file);
  if (end in formats) return formats[end as keyof typeof formats];
  throw new InputError(`${file}: several files are read as ${Object.keys(formats).join(", ")}`);
}

/** Text stays text, and whether a first row names the columns is decided by our own reader, so that both agree. */
async function source(files: readonly string[], format: Format): Promise<string> {
  const list = `[${files.map(text).join(", ")}]`;
  if (format === "parquet") return `read_parquet(${list}, hive_partitioning = ${isPartitioned(files)})`;
  if (format === "lines") {
    return `read_json(${list}, format = 'newline_delimited', auto_detect = true, sample_size = -1, hive_partitioning = ${isPartitioned(files)})`;
  }
  const { columns } = await openTable(files[0], { columns: "all" });
  const named = columns.some((name, i) => name !== String(i));
  const names = named ? "" : `, names = [${columns.map(text).join(", ")}]`;
  return `read_csv(${list}, header = ${named}, all_varchar = true, quote = '"', escape = '"', hive_partitioning = ${isPartitioned(files)}${names})`;
}

const isPartitioned = (files: readonly string[]) => files.every((file) => /(^|\/)[^/=]+=[^/]*\//.test(file));

const text = (value: string) => `'${value.replaceAll("'", "''")}'`;
