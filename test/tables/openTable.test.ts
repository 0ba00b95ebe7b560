import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import Papa from "papaparse";
import { afterAll, expect, test } from "vitest";
import { readDelimitedTable } from "../../src/tables/delimitedTable.ts";
import { openTable } from "../../src/tables/openTable.ts";
import type { ReadOptions, Table, TableCell } from "../../src/tables/table.ts";

const files = join(import.meta.dirname, "..", "files", "labels");
const temporary = mkdtempSync(join(tmpdir(), "baserate-labels-"));
afterAll(() => rmSync(temporary, { recursive: true }));

/** All cells of a table, column by column. */
async function cellsOf(table: Table): Promise<TableCell[][]> {
  const columns: TableCell[][] = table.columns.map(() => []);
  for await (const chunk of table.chunks) {
    for (const [c, cells] of chunk.columns.entries()) {
      expect(cells.length).toBe(chunk.rows);
      columns[c].push(...Array.from<TableCell>(cells));
    }
  }
  return columns;
}

function write(name: string, content: string | Uint8Array): string {
  writeFileSync(join(temporary, name), content);
  return join(temporary, name);
}

const read = async (name: string, content: string | Uint8Array, wanted: ReadOptions = {}) =>
  cellsOf(await openTable(write(name, content), wanted));

const { arrays } = JSON.parse(readFileSync(join(files, "expected.json"), "utf8"));

test.each(Object.entries(arrays))("%s holds what NumPy wrote", async (name, expected) => {
  const table = await openTable(join(files, name), {});
  const columns = await cellsOf(table);
  const rows =
    table.columns.length === 1 ? columns[0] : columns[0].map((_, i) => columns.map((column) => column[i]));
  expect(rows).toEqual(expected);
});

test("single columns of a NumPy matrix are taken by position, in either order", async () => {
  for (const name of ["matrix.npy", "matrix_fortran.npy"]) {
    const columns = await cellsOf(await openTable(join(files, name), { columns: ["2", "0"] }));
    expect(columns).toEqual([
      arrays[name].map((row: number[]) => row[2]),
      arrays[name].map((row: number[]) => row[0]),
    ]);
  }
});

test("a NumPy array that holds no labels, or not all it says, is refused", async () => {
  await expect(openTable(join(files, "complex.npy"), {})).rejects.toThrow("entries of type <c16");
  const whole = readFileSync(join(files, "i8.npy"));
  await expect(openTable(write("cut.npy", whole.subarray(0, -1)), {})).rejects.toThrow("is truncated");
  await expect(openTable(write("text.npy", "a,b\n1,2\n3,4\n5,6\n"), {})).rejects.toThrow(
    "is not a NumPy array",
  );
  await expect(openTable(write("empty.npy", ""), {})).rejects.toThrow("is not a NumPy array");
});

test.each(["snappy", "zstd"])("columns of a Parquet file (%s) of two row groups", async (codec) => {
  const path = join(files, `${codec}.parquet`);
  const columns = ["label", "long_label", "species", "price", "price32", "sold", "gaps"];
  const row = Array.from({ length: 3000 }, (_, i) => i);
  expect(await cellsOf(await openTable(path, { columns }))).toEqual([
    row.map((i) => i % 3),
    row.map((i) => i % 3),
    row.map((i) => ["ant", "bee", "cät"][i % 3]),
    row.map((i) => i / 8),
    row.map((i) => i / 8),
    row.map((i) => i % 2 === 0),
    row.map((i) => (i % 5 === 0 ? null : i % 3)),
  ]);
  await expect(openTable(path, {})).rejects.toThrow(
    "has 10 columns; say which holds the labels with --column",
  );
  await expect(openTable(path, { columns: ["specis"] })).rejects.toThrow(
    "has no column specis; did you mean species?",
  );
  const pairs = await openTable(path, { columns: ["pair"] });
  await expect(cellsOf(pairs)).rejects.toThrow("column pair of");
});

test("a broken Parquet file is refused", async () => {
  await expect(openTable(write("broken.parquet", "PAR1 and nothing else"), {})).rejects.toThrow("parquet");
});

const field = fc.oneof(
  fc.string({ maxLength: 6 }),
  fc.stringMatching(/^[a-zä"\n,;\t\r ]{0,6}$/),
  fc.constantFrom("", '"', '""', "a,b", "line\nbreak", "\r\n", "é😀"),
);
const table = fc
  .integer({ min: 1, max: 4 })
  .chain((width) =>
    fc.array(fc.array(field, { minLength: width, maxLength: width }), { minLength: 2, maxLength: 8 }),
  );

async function* inParts(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size);
}

test("delimited text is read as papaparse wrote it, however it arrives in parts", async () => {
  await fc.assert(
    fc.asyncProperty(
      table,
      fc.constantFrom<"," | "\t" | ";">(",", "\t", ";"),
      fc.constantFrom("\n", "\r\n"),
      fc.integer({ min: 1, max: 64 }),
      async (rows, delimiter, newline, size) => {
        const width = rows[0].length;
        const names = Array.from({ length: width }, (_, i) => `x${i}`);
        // A row of nothing but one empty field cannot be told from a blank line: it is written as such and skipped.
        const kept = rows.filter((row) => width > 1 || row[0] !== "");
        fc.pre(kept.length > 0);
        const text = Papa.unparse([names, ...kept], { delimiter, newline });
        const wanted = { columns: names.toReversed(), header: true };
        const read = await readDelimitedTable(
          "test.csv",
          inParts(Buffer.from(text), size),
          delimiter,
          wanted,
        );
        expect(await cellsOf(read)).toEqual(names.map((_, c) => kept.map((row) => row[width - 1 - c])));
      },
    ),
    { numRuns: 300 },
  );
});

test("comma-separated text: byte order mark, blank lines, no last line feed, gzip", async () => {
  const expected = [
    ["1", "x, y"],
    ["2", "é"],
  ];
  for (const text of [
    'a,b\n1,2\n"x, y",é\n',
    '\ufeffa,b\r\n\r\n1,2\r\n"x, y",é',
    '"a",b\n1,2\n\n"x, y","é"\n\n',
  ]) {
    expect(await read("data.csv", text, { columns: ["a", "b"] })).toEqual(expected);
    expect(await read("data.csv.gz", gzipSync(text), { columns: ["a", "b"] })).toEqual(expected);
  }
  expect(await read("data.csv", "a;b\n1;2,5\n", { columns: ["b"] })).toEqual([["2,5"]]);
  expect(await read("data.tsv", "a\tb\n1\t2\n", { columns: ["b"] })).toEqual([["2"]]);
});

test("one column needs no name; whether numbers ahead are a header is asked", async () => {
  expect(await read("data.csv", "y\n1\n2\n")).toEqual([["1", "2"]]);
  await expect(read("data.csv", "0\n1\n")).rejects.toThrow(
    "add --header if it names the columns, --no-header if not",
  );
  expect(await read("data.csv", "0\n1\n", { header: false })).toEqual([["0", "1"]]);
  expect(await read("data.csv", "0,5\n1,6\n", { header: false, columns: ["1"] })).toEqual([["5", "6"]]);
});

test("text that is not what its name says is refused, with the place", async () => {
  await expect(read("data.csv", "a,b\n1,2\n3\n", { columns: ["a"] })).rejects.toThrow(
    "row 3 (header and all) has 1 fields, not 2",
  );
  await expect(read("data.csv", 'a\n"1\n2\n')).rejects.toThrow("a quote in its last row is never closed");
  await expect(read("data.csv", "")).rejects.toThrow("is empty");
  await expect(read("data.csv", Buffer.from("\ufeffa\n1\n", "utf16le"))).rejects.toThrow("is in UTF-16");
  await expect(read("data.xls", "a")).rejects.toThrow("unknown format of");
  await expect(openTable(join(temporary, "none.csv"), {})).rejects.toThrow("there is no such file");
  await expect(openTable(temporary, {})).rejects.toThrow("is a folder");
  await expect(read("data.csv.gz", "not zipped", {})).rejects.toThrow("cannot read");
});

test("JSON Lines: objects, arrays and bare labels", async () => {
  expect(await read("data.jsonl", '{"y":1,"z":"a"}\n\n{"z":"b"}\n', { columns: ["y", "z"] })).toEqual([
    [1, null],
    ["a", "b"],
  ]);
  expect(await read("data.jsonl", "[0,1]\n[1,0]")).toEqual([
    [0, 1],
    [1, 0],
  ]);
  expect(await read("data.ndjson", '"ant"\n"bee"\n')).toEqual([["ant", "bee"]]);
  await expect(read("data.jsonl", '{"y":1}\n{"y":\n')).rejects.toThrow('line 2 is not JSON: {"y":');
  await expect(read("data.jsonl", '{"y":[1]}\n')).rejects.toThrow("line 1 holds [1] as y, not a label");
  await expect(read("data.jsonl", "[1,2]\n[1]\n")).rejects.toThrow("line 2 has 1 entries, not 2");
  await expect(read("data.jsonl", "1\n[1]\n")).rejects.toThrow("line 2 is no label");
});

test("JSON: a list of rows, or an object of columns", async () => {
  expect(await read("data.json", '[{"y":1},{"y":2}]')).toEqual([[1, 2]]);
  expect(await read("data.json", "[true,false,null]")).toEqual([[true, false, null]]);
  expect(await read("data.json", '{"y":[1,2],"z":[3,4]}', { columns: ["z"] })).toEqual([[3, 4]]);
  await expect(read("data.json", '{"y":[1,2],"z":[3]}', { columns: ["z"] })).rejects.toThrow(
    "column z has 1 entries, not 2 as y",
  );
  await expect(read("data.json", '{"y":"a"}')).rejects.toThrow(
    "neither a list of rows nor an object of columns",
  );
  await expect(read("data.json", "[]")).rejects.toThrow("an empty list");
  await expect(read("data.json", "[1,")).rejects.toThrow("is not JSON");
});
