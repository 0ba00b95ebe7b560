import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import Papa from "papaparse";
import { afterAll, expect, test } from "vitest";
import { InputError } from "../../src/errors.ts";
import { softmaxCrossEntropy } from "../../src/heads/softmax.ts";
import { readDelimitedTable } from "../../src/tables/delimitedTable.ts";
import { openTable } from "../../src/tables/openTable.ts";
import { readLabels } from "../../src/tables/readLabels.ts";
import type { ReadOptions, Table, TableCell } from "../../src/tables/table.ts";
import { npyBytes } from "./npyBytes.ts";

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

test("byte strings of a NumPy array that are not UTF-8 are refused, not read as one name", async () => {
  const bytes = (text: string) => npyBytes("|S4", [2], Buffer.from(text, "latin1"));
  const latin = await openTable(write("latin.npy", bytes("caf\xe9caf\xe8")), {});
  await expect(cellsOf(latin)).rejects.toThrow('not UTF-8, such as b"caf\\xe9"; save them as texts');
  const ascii = await openTable(write("ascii.npy", bytes("cafecafa")), {});
  expect(await cellsOf(ascii)).toEqual([["cafe", "cafa"]]);
});

test("whole numbers above 2^53 in a NumPy array and in Parquet are exact", async () => {
  const ids = BigInt64Array.of(2n ** 53n, 2n ** 53n + 1n, -(2n ** 63n));
  for (const path of [write("ids.npy", npyBytes("<i8", [3], ids)), join(files, "ids.parquet")]) {
    const { summary } = await readLabels(await openTable(path, {}), softmaxCrossEntropy, { as: "names" });
    const names = ["-9223372036854775808", "9007199254740992", "9007199254740993"];
    expect(summary.kind === "classes" && summary.names).toEqual(names);
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
    'has no column specis; did you mean "species"?',
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
        // A row of nothing but one empty field is a blank line, which is skipped at the end of a file.
        const end = rows.findLastIndex((row) => width > 1 || row[0] !== "");
        const kept = rows.slice(0, end + 1);
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
    "row 3 (the header counts) has 1 fields, but the first row has 2",
  );
  await expect(read("data.csv", 'a\n"1\n2\n')).rejects.toThrow("a quote in its last row is never closed");
  await expect(read("data.csv", "")).rejects.toThrow("is empty");
  expect(await read("data.csv", Buffer.from("\ufeffa\n1\n", "utf16le"))).toEqual([["1"]]);
  await expect(read("data.xls", "a")).rejects.toThrow("unknown format of");
  await expect(openTable(join(temporary, "none.csv"), {})).rejects.toThrow("there is no such file");
  await expect(openTable(temporary, {})).rejects.toThrow("is a folder");
  expect(await read("data.csv.gz", "not zipped\n1\n")).toEqual([["1"]]);
  await expect(read("data.csv.gz", gzipSync("y\n1\n").subarray(0, -4))).rejects.toThrow("cannot read");
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
  await expect(read("data.jsonl", "[1,2]\n[1]\n")).rejects.toThrow(
    "line 2 has 1 entries, but the first has 2",
  );
  await expect(read("data.jsonl", "1\n[1]\n")).rejects.toThrow(
    "line 2 is an array, but the first is a label",
  );
});

test("JSON: a list of rows, or an object of columns", async () => {
  expect(await read("data.json", '[{"y":1},{"y":2}]')).toEqual([[1, 2]]);
  expect(await read("data.json", "[true,false,null]")).toEqual([[true, false, null]]);
  expect(await read("data.json", '{"y":[1,2],"z":[3,4]}', { columns: ["z"] })).toEqual([[3, 4]]);
  await expect(read("data.json", '{"y":[1,2],"z":[3]}', { columns: ["z"] })).rejects.toThrow(
    "column z has 1 entries, but y has 2",
  );
  await expect(read("data.json", '{"y":"a"}')).rejects.toThrow(
    "neither a list of rows nor an object of columns",
  );
  await expect(read("data.json", "[]")).rejects.toThrow("an empty list");
  await expect(read("data.json", "[1,")).rejects.toThrow("is not JSON");
});

const pets = [
  ["cat", "dog", "cat"],
  ["1", "22", "3"],
];

test.each([
  ["psql", " species | n  \n---------+----\n cat     |  1 \n dog     | 22 \n cat     |  3\n(3 rows)\n\n"],
  ["MySQL", "+---+---+\n| species | n |\n+---+---+\n| cat | 1 |\n| dog | 22 |\n| cat | 3 |\n+---+---+\n"],
  ["Markdown", "| species | n |\n|:--|--:|\n| cat | 1 |\n| dog | 22 |\n| cat | 3 |\n"],
  ["tabs", "species\tn\ncat\t1\ndog\t22\ncat\t3\n"],
  ["bars", "species|n\ncat|1\ndog|22\ncat|3\n"],
  ["semicolons", "species;n\ncat;1\ndog;22\ncat;3\n"],
  ["a comma in the header", '"species";n\ncat;1\ndog;22\ncat;3\n'],
  ["carriage returns alone", "species,n\rcat,1\rdog,22\rcat,3"],
  ["comments", "# made by hand\n# on a Monday\nspecies,n\ncat,1\ndog,22\ncat,3\n"],
])("a .csv file of %s is read as such", async (_, text) => {
  expect(await read("data.csv", text, { columns: ["species", "n"] })).toEqual(pets);
});

test("one aligned column has no bars", async () => {
  expect(await read("data.csv", " species \n---------\n cat\n dog\n(2 rows)\n")).toEqual([["cat", "dog"]]);
});

test("whether # marks a comment or belongs to a column's name is told by the width, or asked", async () => {
  expect(await read("data.tsv", "##made\n#CHROM\tPOS\nx\t1\n", { columns: ["#CHROM"] })).toEqual([["x"]]);
  expect(await read("data.csv", "# my pets\nspecies\ncat\n")).toEqual([["cat"]]);
  await expect(read("data.csv", "#species\ncat\n")).rejects.toThrow("starts with #: #species; delete it if");
});

const words = "species\ncafé\nniño\nüber\ngarçon\ncafé\n";
const latin = Buffer.from(words, "latin1");

test("text that is not in UTF-8 is refused with the encoding that it looks like, and read with --encoding", async () => {
  await expect(read("data.csv", latin)).rejects.toThrow(
    'is not in UTF-8; it looks like windows-1252, in which a line of it reads "café": if that is right, add --encoding windows-1252',
  );
  const species = [["café", "niño", "über", "garçon", "café"]];
  expect(await read("data.csv", latin, { encoding: "windows-1252" })).toEqual(species);
  expect(await read("data.csv", Buffer.from(words, "utf16le"), { encoding: "utf-16le" })).toEqual(species);
  await expect(read("data.csv", Buffer.from(words, "utf16le"))).rejects.toThrow("--encoding utf-16le");
  const bigEndian = Buffer.from(`\ufeff${words}`, "utf16le").swap16();
  expect(await read("data.csv", bigEndian)).toEqual(species);
  expect(await read("data.jsonl", `\ufeff${'"é"'}\n"a"\n`)).toEqual([["é", "a"]]);
  await expect(read("data.json", Buffer.from('["é"]', "latin1"))).rejects.toThrow("is not in UTF-8");
  await expect(read("data.csv", words, { encoding: "klingon" })).rejects.toThrow("unknown encoding: klingon");
  await expect(read("data.csv", latin, { encoding: "utf-8" })).rejects.toThrow("is not in utf-8");
});

test("a character of several bytes may lie across parts of a file", async () => {
  const text = `y\n${"é€😀".repeat(50_000)}\n`;
  for (const lead of ["", "a", "ab", "abc"]) {
    expect((await read("data.csv", lead + text))[0][0]).toHaveLength(200_000);
  }
});

test("gzip, NumPy arrays and Parquet are told by their bytes, whatever the file is called", async () => {
  const array = readFileSync(join(files, "i8.npy"));
  const parquet = readFileSync(join(files, "snappy.parquet"));
  for (const bytes of [array, gzipSync(array)]) {
    expect(await read("data.csv", bytes)).toEqual([arrays["i8.npy"]]);
    expect(await read("data", bytes)).toEqual([arrays["i8.npy"]]);
  }
  expect((await read("data.csv.gz", gzipSync(parquet), { columns: ["species"] }))[0]).toHaveLength(3000);
  for (const [bytes, name] of [
    ["PK\x03\x04", "a zip archive"],
    ["\x89HDF\r\n", "HDF5"],
    ["\x80\x04", "a Python pickle, which is never opened"],
    ["SQLite format 3\0", "an SQLite database"],
  ]) {
    await expect(read("data.csv", Buffer.from(bytes, "latin1"))).rejects.toThrow(name);
  }
});

test("a blank line within one column is a missing entry, at its end it is not", async () => {
  expect(await read("data.csv", "\ny\na\n\nb\n\n\n")).toEqual([["a", "", "b"]]);
  expect(await read("data.csv", "a\n\nb\n", { header: false })).toEqual([["a", "", "b"]]);
  expect(await read("data.csv", "y,z\na,1\n\nb,2\n", { columns: ["y"] })).toEqual([["a", "b"]]);
});

test("columns of one name are not guessed at, and none is asked for twice", async () => {
  await expect(read("data.csv", "y,y\n1,2\n", { columns: ["y"] })).rejects.toThrow("several columns y");
  await expect(read("data.csv", "y,z\n1,2\n", { columns: ["y", "y"] })).rejects.toThrow("asked for twice");
});

test("hostile files are refused: nesting, many columns", async () => {
  const deep = "[".repeat(100_000) + "]".repeat(100_000);
  for (const [name, text] of [
    ["data.json", deep],
    ["data.json", `[${deep}, 1]`],
    ["data.json", `{"y": ${deep}}`],
    ["data.jsonl", `{"y": ${deep}}\n`],
    ["data.jsonl", deep],
  ]) {
    await expect(read(name, text)).rejects.toThrow(InputError);
  }
  const wide = Array.from({ length: 200_000 }, (_, i) => `c${i}`).join(",");
  const columns = await read("data.csv", `${wide}\n${wide}\n`, { columns: ["c7", "c199999"] });
  expect(columns).toEqual([["c7"], ["c199999"]]);
});
