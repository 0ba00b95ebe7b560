import { InputError, unknownName } from "../../errors.ts";
import { missingNumberWords } from "../cell.ts";

/** What differs between the engines in a query of grouped labels. Each function takes and gives a piece of SQL. */
export interface Dialect {
  /** The engine's name, for people. */
  readonly title: string;
  /** A name as the engine reads it exactly, whatever characters are in it. */
  quote(name: string): string;
  /** A column of numbers with NULL in place of text that stands for a missing one (`NA`), as in tables/cell.ts. */
  present(sql: string): string;
  /** An expression as a 64-bit float; NaN, where the engine has it, as NULL. */
  number(sql: string): string;
  /** What equal labels have in common, and unequal ones do not, whatever the collation of the column. */
  key(sql: string): string;
  /** The label of a group as text: an aggregate, or the key itself. */
  label(sql: string): string;
  /** Whether labels keep their type, and NULL is NULL: where no client prints them. */
  readonly typed?: true;
  /** A float with all its digits, where the engine's client would drop some. */
  digits?(sql: string): string;
  /** Whether an expression is a number or NULL, where the engine casts other text without an error. */
  isNumber?(sql: string): string;
  /** The integer part of a number that is not negative. */
  wholePart(sql: string): string;
}

const doubled = (mark: string) => (name: string) => mark + name.replaceAll(mark, mark + mark) + mark;
const backslashed = (name: string) => `\`${name.replace(/[\\`]/g, "\\$&")}\``;
const cast = (type: string) => (sql: string) => `CAST(${sql} AS ${type})`;
const floor = (sql: string) => `FLOOR(${sql})`;

/** Casts to a float, and makes NULL of NaN by a function of the engine that asks for it. */
const numberWithout = (test: string, type: string) => (sql: string) =>
  `CASE WHEN ${test}(CAST(${sql} AS ${type})) THEN NULL ELSE CAST(${sql} AS ${type}) END`;

/**
 * NULL in place of words for a missing number.
 *
 * @param trimmed an expression as text without blanks around it
 * @param isText a test of the column's type that is cheaper than to make text of every number, where the engine has one
 */
const withoutWords =
  (trimmed: (sql: string) => string, isText?: (sql: string) => string) => (sql: string) => {
    const words = ["", ...missingNumberWords].map((word) => `'${word}'`).join(", ");
    const test = `LOWER(${trimmed(sql)}) IN (${words})`;
    return `CASE WHEN ${isText ? `${isText(sql)} AND ` : ""}${test} THEN NULL ELSE ${sql} END`;
  };

const trimmed = (type: string) => (sql: string) => `LTRIM(RTRIM(CAST(${sql} AS ${type})))`;

/** One text as both key and label. */
const textual = (text: (sql: string) => string) => ({ key: text, label: text });

/** MySQL and MariaDB: their collations ignore case and trailing blanks, so equal bytes are what groups. */
const mysql: Dialect = {
  title: "MySQL or MariaDB",
  quote: doubled("`"),
  present: withoutWords(trimmed("CHAR")),
  number: (sql) => `(${sql} + 0e0)`,
  key: cast("BINARY"),
  label: (sql) => `CAST(MIN(${sql}) AS CHAR)`,
  isNumber: (sql) =>
    `(${sql} IS NULL OR ${sql} REGEXP '^[[:space:]]*[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]+)?[[:space:]]*$')`,
  wholePart: floor,
};

const dialects = {
  postgresql: {
    title: "PostgreSQL",
    quote: doubled('"'),
    present: withoutWords(
      trimmed("text"),
      (sql) => `pg_typeof(${sql}) = ANY (CAST('{text,character varying,character}' AS regtype[]))`,
    ),
    number: (sql) => `NULLIF(CAST(${sql} AS double precision), 'NaN')`,
    ...textual((sql) => `CAST(${sql} AS text) COLLATE "C"`),
    wholePart: floor,
  },
  mysql,
  mariadb: mysql,
  sqlite: {
    title: "SQLite",
    present: withoutWords(trimmed("TEXT"), (sql) => `typeof(${sql}) = 'text'`),
    // Not in double quotes: SQLite takes a name it does not know for a text if it stands in them.
    quote: doubled("`"),
    number: cast("REAL"),
    key: (sql) => `${sql} COLLATE BINARY`,
    label: (sql) => `MIN(${sql})`,
    digits: (sql) => `CASE WHEN (${sql}) IS NULL THEN NULL ELSE printf('%!.17g', ${sql}) END`,
    // A comparison with a float turns text into a number, if it is one as a whole.
    isNumber: (sql) => `(${sql} IS NULL OR typeof(${sql}) = 'integer' OR CAST(${sql} AS REAL) = ${sql})`,
    wholePart: cast("INTEGER"),
  },
  duckdb: {
    title: "DuckDB",
    quote: doubled('"'),
    present: withoutWords(trimmed("VARCHAR"), (sql) => `typeof(${sql}) = 'VARCHAR'`),
    number: numberWithout("isnan", "DOUBLE"),
    ...textual(cast("VARCHAR")),
    wholePart: floor,
  },
  clickhouse: {
    title: "ClickHouse",
    quote: backslashed,
    present: withoutWords((sql) => `replaceRegexpAll(toString(${sql}), '^ +| +$', '')`),
    number: numberWithout("isNaN", "Nullable(Float64)"),
    ...textual((sql) => `toString(${sql})`),
    wholePart: floor,
  },
  trino: {
    title: "Trino",
    quote: doubled('"'),
    present: withoutWords(trimmed("VARCHAR")),
    number: numberWithout("is_nan", "DOUBLE"),
    ...textual(cast("VARCHAR")),
    wholePart: floor,
  },
  spark: {
    title: "Spark SQL",
    quote: doubled("`"),
    present: withoutWords(trimmed("STRING")),
    number: numberWithout("isnan", "DOUBLE"),
    ...textual(cast("STRING")),
    isNumber: (sql) => `(${sql} IS NULL OR CAST(${sql} AS DOUBLE) IS NOT NULL)`,
    wholePart: floor,
  },
  bigquery: {
    title: "BigQuery",
    quote: backslashed,
    present: withoutWords(trimmed("STRING")),
    number: numberWithout("IS_NAN", "FLOAT64"),
    ...textual(cast("STRING")),
    wholePart: floor,
  },
  snowflake: {
    title: "Snowflake",
    quote: doubled('"'),
    present: withoutWords(trimmed("VARCHAR")),
    number: (sql) => `NULLIF(CAST(${sql} AS DOUBLE), CAST('NaN' AS DOUBLE))`,
    ...textual(cast("VARCHAR")),
    wholePart: floor,
  },
  sqlserver: {
    title: "SQL Server",
    quote: (name) => `[${name.replaceAll("]", "]]")}]`,
    present: withoutWords(trimmed("NVARCHAR(4000)")),
    number: cast("FLOAT"),
    key: (sql) => `CAST(CAST(${sql} AS NVARCHAR(4000)) AS VARBINARY(8000))`,
    label: (sql) => `MIN(CAST(${sql} AS NVARCHAR(4000)))`,
    wholePart: floor,
  },
} satisfies Record<string, Dialect>;

export type DialectName = keyof typeof dialects;
export const dialectNames = Object.keys(dialects) as DialectName[];

/** The dialect of that name. Throws InputError for one that is not known. */
export function findDialect(name: string): Dialect {
  if (Object.hasOwn(dialects, name)) return dialects[name as DialectName];
  throw unknownName("SQL dialect", name, dialectNames);
}

/** A column's name, quoted. */
export function quoteColumn(dialect: Dialect, name: string): string {
  return dialect.quote(checkedName(name));
}

/**
 * The name of a table, `shop.orders`, quoted part by part. A part that itself has a dot stands in double quotes:
 * `"my.catalog".orders`.
 */
export function quoteTable(dialect: Dialect, table: string): string {
  const parts = table.match(/"(?:[^"]|"")+"|[^."]+/g) ?? [];
  if (parts.join(".") !== table) {
    throw new InputError(
      `invalid table: ${table || "nothing"}; separate names by dots, as in shop.orders, and put a name that contains a dot or a quote in double quotes`,
    );
  }
  return parts
    .map((part) => checkedName(part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part))
    .map((part) => dialect.quote(part))
    .join(".");
}

/** No engine has names with control characters, which some clients read as the end of a line or of the text. */
function checkedName(name: string): string {
  if (name !== "" && !/\p{Cc}/u.test(name)) return name;
  throw new InputError(
    `invalid name of a table or column: ${name || "nothing"}; allowed: one character or more, and no control characters`,
  );
}
