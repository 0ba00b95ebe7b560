import { spawnSync } from "node:child_process";
import sqlParser from "node-sql-parser";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { band } from "../../../src/heads/band.ts";
import type { Head } from "../../../src/heads/head.ts";
import { findHead, heads } from "../../../src/heads/index.ts";
import { solve } from "../../../src/heads/solve.ts";
import type { NumberColumn } from "../../../src/labels/summary.ts";
import { seededRandom } from "../../../src/math/seededRandom.ts";
import { readDelimitedTable } from "../../../src/tables/delimitedTable.ts";
import { readGrouped } from "../../../src/tables/groupedTable.ts";
import type { LabelChoices } from "../../../src/tables/labelChoices.ts";
import { type LabelHead, readLabels } from "../../../src/tables/readLabels.ts";
import { dialectNames, findDialect, quoteColumn, quoteTable } from "../../../src/tables/sql/dialects.ts";
import { fromQuery, fromTable, groupedQuery } from "../../../src/tables/sql/groupedQuery.ts";
import type { Table } from "../../../src/tables/table.ts";
import { randomRows } from "../../heads/rows.ts";
import {
  type Engine,
  noClickhouse,
  noMariadb,
  noPostgres,
  startClickhouse,
  startDuckdb,
  startMariadb,
  startPostgres,
  startSqlite,
} from "./engines.ts";

const { Parser } = sqlParser;

type Value = string | number | null;

/** Rows as the CSV that an engine's client would write. */
function csv(columns: readonly string[], rows: readonly (readonly unknown[])[]): Promise<Table> {
  const cell = (value: unknown) => (value === null ? "" : `"${String(value).replaceAll('"', '""')}"`);
  const text = [columns, ...rows].map((row) => row.map(cell).join(",")).join("\n");
  async function* bytes() {
    yield new TextEncoder().encode(`${text}\n`);
  }
  return readDelimitedTable("rows.csv", bytes(), ",", { columns: "all", header: true });
}

const grouped = async (rows: readonly Record<string, unknown>[], head: LabelHead, choices: LabelChoices) =>
  readGrouped(await csv(Object.keys(rows[0] ?? { none: 0 }), rows.map(Object.values)), head, choices);

let tables = 0;
/** A new table with these rows; the types of its columns are those of the first row. */
async function fill(
  engine: Engine,
  columns: readonly string[],
  rows: readonly (readonly Value[])[],
): Promise<string> {
  const { quote } = findDialect(engine.dialect);
  const name = `labels "${++tables}" [x] \`y\``;
  const types = columns.map((_, c) =>
    rows.some((row) => typeof row[c] === "string") ? engine.text : engine.float,
  );
  await engine.run(
    `CREATE TABLE ${quote(name)} (${columns.map((column, c) => `${quote(column)} ${types[c]}`).join(", ")})${engine.storage ?? ""}`,
  );
  // With an exponent, since some engines take 0.1 for a decimal.
  const literal = (value: Value) =>
    value === null
      ? "NULL"
      : typeof value === "number"
        ? value.toExponential()
        : `'${value.replaceAll("'", "''")}'`;
  for (let i = 0; i < rows.length; i += 500) {
    const values = rows.slice(i, i + 500).map((row) => `(${row.map(literal).join(", ")})`);
    await engine.run(`INSERT INTO ${quote(name)} VALUES ${values.join(", ")}`);
  }
  return `"${name.replaceAll('"', '""')}"`;
}

/** A head's labels as table rows, the weight last, and how they are to be understood. */
function headRows(head: Head, seed: number) {
  const { labels, weights, summary } = randomRows(head, seededRandom(seed, head.name));
  const rows = labels.map((label, i) => [
    ...(typeof label === "number" ? [label] : Array.from(label)),
    weights[i],
  ]);
  const columns = rows[0].slice(0, -1).map((_, c) => `y ${c} "a" \`b\` [c] \\`);
  const options: LabelChoices = {
    as: head.reads === "numbers" || head.reads === "directions" ? "numbers" : undefined,
    classes: summary.kind === "classes" ? summary.counts.length : undefined,
    namesAreSure: true,
  };
  return { rows, columns, options };
}

const close = (a: unknown, b: unknown, digits = 9) => {
  const rounded = (_: string, value: unknown) =>
    typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(digits)) : value;
  const plain = (value: unknown) => JSON.parse(JSON.stringify(value, rounded));
  expect(plain(a)).toEqual(plain(b));
};

/** The engines, with why one cannot be had here. */
const engines = [
  { engine: "SQLite", start: startSqlite },
  { engine: "DuckDB", start: startDuckdb },
  { engine: "PostgreSQL", start: async () => (await startPostgres()).engine, missing: noPostgres },
  { engine: "MariaDB", start: async () => (await startMariadb()).engine, missing: noMariadb },
  {
    engine: "ClickHouse",
    start: async () => (await startClickhouse()).engine,
    missing: noClickhouse,
    countsOnly: true,
  },
].map((one) => ({ ...one, name: one.missing ? `${one.engine} (${one.missing})` : one.engine }));

describe.each(engines)("$name", ({ start, missing, countsOnly = false }) => {
  let engine: Engine;
  beforeAll(async () => {
    if (!missing) engine = await start();
  });
  afterAll(() => engine?.close());
  const onEngine = test.skipIf(missing !== undefined);
  const withNumbers = test.skipIf(missing !== undefined || countsOnly);
  const readable = heads.filter(({ reads }) => reads !== "nothing" && !(countsOnly && reads === "numbers"));

  onEngine.each(readable)(
    "$name: grouped labels give the bias, expected loss and band of the rows",
    async (head) => {
      for (let seed = 1; seed <= 2; seed++) {
        const { rows, columns, options } = headRows(head, seed);
        const weightColumn = seed % 2 === 0 ? "weight" : undefined;
        const from = fromTable(findDialect(engine.dialect), await fill(engine, [...columns, "weight"], rows));
        const query = groupedQuery(findDialect(engine.dialect), { from, columns, weightColumn }, head.reads);
        const fromGroups = await grouped(await engine.run(query), head, options);
        const given = weightColumn ? [...columns, "weight"] : columns;
        const table = await csv(
          given,
          rows.map((row) => row.slice(0, given.length)),
        );
        const fromRows = await readLabels(table, head, { ...options, weighted: weightColumn !== undefined });
        close(fromGroups, fromRows);
        close(solve(head, fromGroups.summary), solve(head, fromRows.summary));
        if (!head.none && head.loss) {
          close(
            band(head, fromGroups.summary, { batchSize: 64 }),
            band(head, fromRows.summary, { batchSize: 64 }),
          );
        }
      }
    },
  );

  const onDialect = () => findDialect(engine.dialect);
  /** The labels in column y of a new table, as the loss reads them from groups. */
  async function readBack(
    loss: string,
    columns: readonly string[],
    rows: readonly (readonly Value[])[],
    { choices = {}, ...place }: { choices?: LabelChoices; where?: string; weightColumn?: string } = {},
  ) {
    const { head } = findHead(loss);
    const from = fromTable(onDialect(), await fill(engine, columns, rows));
    const query = groupedQuery(onDialect(), { from, columns: ["y"], ...place }, head.reads);
    return grouped(await engine.run(query), head, choices);
  }
  const column = (values: readonly Value[]) => values.map((value) => [value]);

  withNumbers(
    "more distinct numbers than come one by one: ranks within the bound, moments of the rows",
    async () => {
      const draw = seededRandom(1);
      const rows = Array.from({ length: 75_000 }, (_, i) => [
        i % 9 === 0 ? 0.5 : draw.normal() * 10 ** draw.integer(4) + 1e6,
        1 + draw.integer(5),
      ]);
      const { summary } = await readBack("squared-error", ["y", "w"], rows, { weightColumn: "w" });
      const all = await readLabels(await csv(["y", "w"], rows), findHead("squared-error").head, {
        weighted: true,
      });
      if (summary.kind !== "numbers" || all.summary.kind !== "numbers") throw new Error(summary.kind);
      const [points, exact] = [summary.columns[0], all.summary.columns[0]];
      expect(points).toMatchObject({ weight: exact.weight, exact: false, rankError: 1 / 65536 });
      expect(summary.rows).toBe(75_000);
      expect(points.mean).toBeCloseTo(exact.mean, 6);
      expect(points.variance / exact.variance).toBeCloseTo(1, 10);
      expect(largestRankError(points, exact)).toBeLessThanOrEqual(points.rankError);
    },
    60_000,
  );

  onEngine("missing labels are refused, or skipped and counted", async () => {
    const cases: [string, Value[]][] = [
      ["softmax", ["cat", null, "dog", "", "cat"]],
      ["squared-error", [2.5, null, 1, null, 2.5]],
    ];
    for (const [loss, labels] of cases.slice(0, countsOnly ? 1 : 2)) {
      await expect(readBack(loss, ["y"], column(labels))).rejects.toThrow("add --missing skip");
      const skipped = await readBack(loss, ["y"], column(labels), { choices: { missing: "skip" } });
      expect(skipped).toMatchObject({ rowsRead: 5, skipped: 2 });
    }
  });

  onEngine("weights that rows would be refused for are refused", async () => {
    for (const loss of countsOnly ? ["softmax"] : ["softmax", "squared-error"]) {
      const rows = (weight: Value): Value[][] =>
        [
          [0, 1],
          [1.25, 1],
          [1.25, weight],
        ].map(([y, w]) => [loss === "softmax" ? `class ${y}` : y, w]);
      const read = (weight: Value) => readBack(loss, ["y", "w"], rows(weight), { weightColumn: "w" });
      await expect(read(-1)).rejects.toThrow("invalid weight: -1");
      await expect(read(null)).rejects.toThrow("1 row has no weight");
    }
  });

  withNumbers("text in place of a number is refused, never read as 0", async () => {
    const read = readBack("squared-error", ["y"], column(["1.5", " 2e1 ", "cat"]));
    await expect(read).rejects.toThrow(/cat|holds text|invalid input syntax/);
    const { summary } = await readBack("squared-error", ["y"], column(["1.5", "2e1", "-.5"]));
    expect(summary).toMatchObject({ columns: [{ values: Float64Array.of(-0.5, 1.5, 20) }] });
  });

  withNumbers("words for a missing number in a column of text are missing, as in a file", async () => {
    const words = ["1.5", "NA", " n/a ", "", "NaN", "null", "None", "<NA>", "#N/A", "2", null];
    const { summary, skipped } = await readBack(
      "squared-error",
      ["y", "w"],
      words.map((y) => [y, "1"]),
      {
        choices: { missing: "skip" },
        weightColumn: "w",
      },
    );
    expect(summary).toMatchObject({ columns: [{ values: Float64Array.of(1.5, 2) }] });
    expect(skipped).toBe(9);
    const read = readBack(
      "softmax",
      ["y", "w"],
      [
        ["a", "1"],
        ["b", "NA"],
      ],
      { weightColumn: "w" },
    );
    await expect(read).rejects.toThrow("1 row has no weight");
  });

  onEngine("names that a collation takes for equal stay apart", async () => {
    const names = ["cat", "Cat", "CAT", "cat ", "caté", "cate"];
    const { summary } = await readBack("softmax", ["y"], column(names));
    expect(summary).toMatchObject({ rows: 6, names: [...names].sort() });
  });

  onEngine("a condition, and a query in place of a table; both may end in a comment", async () => {
    const rows = [
      [0, 1],
      [1, 2],
      [1, 3],
      [0, 4],
    ];
    const choices = { classes: 2 };
    const { summary } = await readBack("softmax", ["y", "x"], rows, {
      choices,
      where: "x > 1 -- all but one",
    });
    expect(summary).toMatchObject({ counts: Float64Array.of(1, 2) });
    const table = fromTable(onDialect(), await fill(engine, ["y", "x"], rows));
    const from = fromQuery(`SELECT y, x FROM ${table} WHERE x < 4 -- the end\n`);
    const query = groupedQuery(onDialect(), { from, columns: ["y"], where: "x > 1 OR 1 = 0" }, "classes");
    const read = await grouped(await engine.run(query), findHead("softmax").head, choices);
    expect(read.summary).toMatchObject({ counts: Float64Array.of(0, 2) });
  });
});

/**
 * The largest error of a quantile's rank read off the points, as a fraction of the weight: how far the ranks that give a
 * point are from those that its value has among all.
 */
function largestRankError(points: NumberColumn, all: NumberColumn): number {
  let [most, before, below, i] = [0, 0, 0, 0];
  points.values.forEach((value, n) => {
    while (all.values[i] < value) below += all.weights[i++];
    if (all.values[i] !== value) throw new Error(`${value} is not a value of the data`);
    const after = before + points.weights[n];
    most = Math.max(most, below - before, after - (below + all.weights[i]));
    before = after;
  });
  return most / all.weight;
}

/** A query of each kind that a dialect has. */
function everyQuery(name: string): string[] {
  const dialect = findDialect(name);
  const places = [fromTable(dialect, "shop.orders"), fromQuery("SELECT * FROM orders")].flatMap((from) =>
    [undefined, "weight"].map((weightColumn) => ({ from, weightColumn, where: "year > 2020" })),
  );
  return (["classes", "numbers", "survival"] as const).flatMap((reads) => {
    const columns = reads === "survival" ? ["time", "event"] : ["species"];
    return places.map((place) => groupedQuery(dialect, { ...place, columns }, reads));
  });
}

/** Dialects of node-sql-parser. */
const parsers = {
  mysql: "mysql",
  trino: "trino",
  bigquery: "bigquery",
  snowflake: "snowflake",
  sqlserver: "transactsql",
};

test.each(Object.entries(parsers))("queries for %s parse", (name, database) => {
  for (const query of everyQuery(name)) expect(new Parser().astify(query, { database })).toBeDefined();
});

const python = "/usr/bin/python3";
const noSqlglot = spawnSync(python, ["-c", "import sqlglot"]).status !== 0;

/** Those that node-sql-parser does not know. */
test.skipIf(noSqlglot).each(["clickhouse", "spark"])(
  `queries for %s parse${noSqlglot ? " (skipped: python3-sqlglot is not installed)" : ""}`,
  (name) => {
    const program = `import json, sys, sqlglot
for query in json.load(sys.stdin):
    sqlglot.parse_one(query, read=${JSON.stringify(name)}, error_level=sqlglot.ErrorLevel.RAISE)`;
    const parse = (queries: readonly string[]) =>
      spawnSync(python, ["-c", program], { input: JSON.stringify(queries), encoding: "utf8" });
    const { status, stderr } = parse(everyQuery(name));
    expect(status, stderr).toBe(0);
    expect(parse([`${everyQuery(name)[0]} ORDER BY )`]).status).toBe(1);
  },
);

test.each(dialectNames)("%s: no name ends its quotes", (name) => {
  const dialect = findDialect(name);
  for (const mark of ['"', "`", "]", "'", "\\", "$$"]) {
    const quoted = quoteColumn(dialect, `a${mark} FROM x; DROP TABLE y --`);
    const inside = quoted.slice(1, -1);
    const end = quoted.at(-1)!;
    expect(
      inside
        .replaceAll("\\\\", "")
        .replaceAll(`\\${end}`, "")
        .replaceAll(end + end, ""),
    ).not.toContain(end);
  }
  expect(() => quoteColumn(dialect, "a\nb")).toThrow("no control characters");
  expect(() => quoteTable(dialect, "shop..orders")).toThrow("invalid table");
});
