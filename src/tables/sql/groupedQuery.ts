import type { LabelForm } from "../../heads/head.ts";
import { type Dialect, quoteColumn, quoteTable } from "./dialects.ts";
import { buckets, own } from "./groupedColumns.ts";

/** Where an engine holds labels, and which. */
export interface LabelPlace {
  /** Rows to read, as they stand after FROM: see `fromTable` and `fromQuery`. */
  readonly from: string;
  /** Names of the label columns. */
  readonly columns: readonly string[];
  readonly weightColumn?: string;
  /** A condition in SQL that the rows must meet. */
  readonly where?: string;
}

export const fromTable = (dialect: Dialect, table: string): string => quoteTable(dialect, table);

/** A query of the user's own as the rows to read. The bracket is on a line of its own: a query may end in a comment. */
export const fromQuery = (query: string): string => `(\n${query.replace(/;\s*$/, "")}\n) AS baserate_query`;

/**
 * The one query that gives all that a head needs of labels: one row per distinct label with the number of rows and their
 * weight (see `own` for the columns). A single column of real numbers comes back as at most 65,537 rows: the distinct
 * values where there are no more than 65,536, and otherwise buckets of equal weight.
 */
export function groupedQuery(dialect: Dialect, place: LabelPlace, reads: LabelForm): string {
  return reads === "numbers" && place.columns.length === 1
    ? numberQuery(dialect, place)
    : distinctQuery(dialect, place);
}

/** Label columns and weight under names that no other column has, so that no alias hides a column of `where`. */
function source(
  dialect: Dialect,
  { from, columns, weightColumn, where }: LabelPlace,
  { areNumbers = false } = {},
): string {
  const number = (name: string) => dialect.present(quoteColumn(dialect, name));
  const labelled = (name: string) => (areNumbers ? number(name) : quoteColumn(dialect, name));
  const named = columns.map((name, i) => `${labelled(name)} AS ${label(i)}`);
  if (weightColumn !== undefined) named.push(`${number(weightColumn)} AS ${weight}`);
  const condition = where === undefined ? "" : `\n  WHERE (${where}\n  )`;
  return `(\n  SELECT ${named.join(", ")}\n  FROM ${from}${condition}\n) AS baserate_source`;
}

const label = (i: number) => `baserate_label_${i + 1}`;
const weight = "baserate_raw_weight";

/** 1 for a row that holds something that is neither a number nor NULL, else 0, for engines that would not say so. */
function invalidRow({ isNumber }: Dialect, expressions: readonly string[]): string | undefined {
  if (isNumber === undefined || expressions.length === 0) return undefined;
  return `CASE WHEN ${expressions.map(isNumber).join(" AND ")} THEN 0 ELSE 1 END`;
}

/** The distinct labels with their rows, of any number of columns. */
function distinctQuery(dialect: Dialect, place: LabelPlace): string {
  const labels = place.columns.map((_, i) => label(i));
  const hasWeight = place.weightColumn !== undefined;
  const invalid = invalidRow(dialect, hasWeight ? [weight] : []);
  const w = dialect.number(weight);
  const selected = [
    // Some clients print NULL as a word, which could be the name of a class; empty text is missing too.
    ...labels.map(
      (name, i) =>
        `${dialect.typed ? dialect.label(name) : `COALESCE(${dialect.label(name)}, '')`} AS ${quoteColumn(dialect, place.columns[i])}`,
    ),
    `COUNT(*) AS ${own.rows}`,
    ...(hasWeight
      ? [
          `SUM(${w}) AS ${own.weight}`,
          `MIN(${w}) AS ${own.lowestWeight}`,
          `COUNT(${w}) AS ${own.weightedRows}`,
        ]
      : []),
    ...(invalid ? [`SUM(${invalid}) AS ${own.invalid}`] : []),
  ];
  return `SELECT\n  ${selected.join(",\n  ")}\nFROM ${source(dialect, place)}\nGROUP BY ${labels.map(dialect.key).join(", ")}`;
}

/**
 * One column of real numbers. The distinct values stand in order on an axis of weight; where there are more than 65,536,
 * the axis is cut into as many equal buckets, a value falls into the one that its middle lies in, and the first value that
 * reaches the middle of the bucket stands for all in it. So the weight on either side of it, which is the largest error
 * of a rank, is less than 1/65536 of the total (compare `compact` in labels/points.ts). Sums of the deviations from one center, and of
 * their squares, give mean and variance as the rows would.
 */
function numberQuery(dialect: Dialect, place: LabelPlace): string {
  const hasWeight = place.weightColumn !== undefined;
  const invalid = invalidRow(dialect, hasWeight ? [label(0), weight] : [label(0)]);
  const half = `(bucket + 0.5) * total / ${buckets}`;
  const middleValue = `COALESCE(MIN(CASE WHEN upto >= ${half} THEN v END), MAX(v))`;
  const { digits = (sql: string) => sql } = dialect;
  const selected = [
    `${digits(`CASE WHEN COUNT(*) = 1 THEN MIN(v) ELSE ${middleValue} END`)} AS ${quoteColumn(dialect, place.columns[0])}`,
    `SUM(n) AS ${own.rows}`,
    `SUM(sum_w) AS ${own.weight}`,
    ...(hasWeight ? [`MIN(min_w) AS ${own.lowestWeight}`, `SUM(n_w) AS ${own.weightedRows}`] : []),
    ...(invalid ? [`SUM(n_invalid) AS ${own.invalid}`] : []),
    `CASE WHEN COUNT(*) = 1 THEN 0 ELSE 1e0 / ${buckets} END AS ${own.rankError}`,
    `MIN(center) AS ${own.center}`,
    `SUM(known_w * (v - center)) AS ${own.deviations}`,
    `SUM(known_w * (v - center) * (v - center)) AS ${own.squares}`,
  ];
  return `WITH ${distinctNumbers(dialect, place, hasWeight, invalid)}, ${placedNumbers(dialect)}
SELECT
  ${selected.join(",\n  ")}
FROM baserate_bucketed
GROUP BY bucket, total`;
}

/** The distinct values with their rows and weight. */
function distinctNumbers(
  dialect: Dialect,
  place: LabelPlace,
  hasWeight: boolean,
  invalid: string | undefined,
): string {
  const sums = hasWeight
    ? ["SUM(w) AS sum_w", "MIN(w) AS min_w", "COUNT(w) AS n_w"]
    : [`${dialect.number("COUNT(*)")} AS sum_w`];
  const numbers = [
    `${dialect.number(label(0))} AS v`,
    ...(hasWeight ? [`${dialect.number(weight)} AS w`] : []),
    ...(invalid ? [`${invalid} AS invalid`] : []),
  ];
  return `baserate_values AS (
  SELECT ${["v", "COUNT(*) AS n", ...sums, ...(invalid ? ["SUM(invalid) AS n_invalid"] : [])].join(", ")}
  FROM (
    SELECT ${numbers.join(", ")}
    FROM ${source(dialect, place, { areNumbers: true })}
  ) AS baserate_numbers
  GROUP BY v
)`;
}

/** The distinct values in order on the axis of weight, with the bucket that each falls into. */
const placedNumbers = (dialect: Dialect) => `baserate_known AS (
  SELECT baserate_values.*, CASE WHEN v IS NULL THEN 0 ELSE sum_w END AS known_w
  FROM baserate_values
), baserate_placed AS (
  SELECT baserate_known.*,
    SUM(known_w) OVER (ORDER BY v ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS upto,
    ROW_NUMBER() OVER (ORDER BY v) AS place,
    COUNT(*) OVER () AS n_values,
    NULLIF(SUM(known_w) OVER (), 0) AS total,
    SUM(known_w * v) OVER () / NULLIF(SUM(known_w) OVER (), 0) AS center
  FROM baserate_known
), baserate_bucketed AS (
  SELECT baserate_placed.*,
    CASE WHEN v IS NULL THEN -1 WHEN n_values <= ${buckets} THEN place
      ELSE ${dialect.wholePart(`(upto - known_w / 2) / total * ${buckets}`)} END AS bucket
  FROM baserate_placed
)`;
