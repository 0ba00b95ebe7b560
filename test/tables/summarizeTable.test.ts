import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { TableOptions } from "../../src/tables/collector.ts";
import { readImageFolder } from "../../src/tables/imageFolder.ts";
import { openTable } from "../../src/tables/openTable.ts";
import { summarizeTable } from "../../src/tables/summarizeTable.ts";
import type { Cells, Table } from "../../src/tables/table.ts";

const files = join(import.meta.dirname, "..", "files", "labels");

/** A table of these columns, in chunks of three rows. */
function tableOf(columns: Readonly<Record<string, Cells>>): Table {
  async function* chunks() {
    const cells = Object.values(columns);
    for (let i = 0; i < cells[0].length; i += 3) {
      const parts = cells.map((column) => column.slice(i, i + 3));
      yield { columns: parts, rows: parts[0].length };
    }
  }
  return { format: "test", columns: Object.keys(columns), chunks: chunks() };
}

const summary = async (columns: Readonly<Record<string, Cells>>, options: TableOptions) =>
  (await summarizeTable(tableOf(columns), options)).summary;

const classes = { reads: "classes" } as const;
const counts = (...values: number[]) => ({ kind: "classes", counts: Float64Array.from(values) });

test("integers from 0 are class indices, as numbers and as text", async () => {
  for (const y of [
    Uint8Array.of(0, 2, 1, 2),
    Float64Array.of(0, 2, 1, 2),
    [0, 2, 1, 2],
    ["0", "2", "1", "2"],
  ]) {
    expect(await summary({ y }, classes)).toMatchObject(counts(1, 1, 2));
  }
  expect(await summary({ y: ["0", "2"] }, { ...classes, classes: 4 })).toMatchObject(counts(1, 0, 1, 0));
  expect(await summary({ y: ["0", "1", "1"] }, { ...classes, classes: ["no", "yes"] })).toMatchObject({
    ...counts(1, 2),
    names: ["no", "yes"],
  });
});

test("texts are names of classes", async () => {
  expect(await summary({ y: ["b", "a", "b"] }, classes)).toMatchObject({
    ...counts(1, 2),
    names: ["a", "b"],
  });
  expect(await summary({ y: ["b", "a"] }, { ...classes, classes: ["b", "a", "c"] })).toMatchObject(
    counts(1, 1, 0),
  );
  await expect(summary({ y: ["b", "x"] }, { ...classes, classes: ["b", "a"] })).rejects.toThrow(
    "row 2: unknown class: x",
  );
  expect(await summary({ y: [true, false, true] }, classes)).toMatchObject({ names: ["false", "true"] });
});

test("what could be read in two ways is asked, and the answer is taken", async () => {
  const shifted = { y: Uint8Array.of(1, 2, 3) };
  await expect(summary(shifted, classes)).rejects.toThrow(
    "column y holds 3 distinct integers from 1 to 3: add --classes 4 if they are class indices from 0, or --as names if each is a class of its own",
  );
  expect(await summary(shifted, { ...classes, classes: 4 })).toMatchObject(counts(0, 1, 1, 1));
  expect(await summary(shifted, { ...classes, as: "names" })).toMatchObject({
    ...counts(1, 1, 1),
    names: ["1", "2", "3"],
  });
  await expect(summary({ y: ["10", "20", "0"] }, classes)).rejects.toThrow(
    "3 distinct integers from 0 to 20",
  );
  await expect(summary({ y: Int8Array.of(1, -1) }, classes)).rejects.toThrow(
    "row 2: -1; class labels are integers from 0 to",
  );
  await expect(summary({ y: Int8Array.of(1, -1) }, classes)).rejects.toThrow("add --as names");
  await expect(summary({ y: [0.5, 0.25] }, classes)).rejects.toThrow(
    "row 2 holds 0.25 as y, which looks like a real number",
  );
  const ids = Array.from({ length: 30 }, (_, i) => `id${i}`);
  await expect(summary({ y: ids }, classes)).rejects.toThrow("30 distinct texts in 30 rows");
  expect(await summary({ y: ids }, { ...classes, as: "names" })).toMatchObject({ rows: 30 });
});

test("classes under a loss for numbers are questioned, counts and real numbers are not", async () => {
  const y = Array.from({ length: 30 }, (_, i) => i % 3);
  const numbers = { reads: "numbers" } as const;
  await expect(summary({ y }, numbers)).rejects.toThrow(
    "holds only the integers 0 to 2, which look like classes",
  );
  expect(await summary({ y }, { ...numbers, as: "numbers" })).toMatchObject({ kind: "numbers", rows: 30 });
  expect(await summary({ y }, { ...numbers, countsAreNumbers: true })).toMatchObject({ rows: 30 });
  expect(await summary({ y: y.map((n) => 10 * n) }, numbers)).toMatchObject({ rows: 30 });
  await expect(summary({ y }, { ...numbers, as: "names" })).rejects.toThrow("this loss reads numbers");
  await expect(summary({ y }, { ...classes, as: "numbers" })).rejects.toThrow("this loss reads classes");
});

test("yes/no labels: 0 and 1, fractions, booleans, or the second of two names", async () => {
  const binary = { reads: "binary" } as const;
  for (const y of [["1", "0", "1"], [true, false, true], Uint8Array.of(1, 0, 1)]) {
    expect(await summary({ y }, binary)).toMatchObject({ kind: "binary", positives: Float64Array.of(2) });
  }
  expect(await summary({ y: ["0.5", "0.25"] }, binary)).toMatchObject({ positives: Float64Array.of(0.75) });
  expect(await summary({ y: ["yes", "no", "yes"] }, binary)).toMatchObject({
    ...counts(1, 2),
    names: ["no", "yes"],
  });
  await expect(summary({ y: [0, 1, 2] }, binary)).rejects.toThrow("invalid label in row 3");
  await expect(summary({ y: ["0", "maybe"] }, binary)).rejects.toThrow(
    "row 2 holds maybe as y, which is not a number",
  );
});

test("several columns are shares of classes, yes/no labels or numbers, as the loss reads them", async () => {
  const [a, b] = [Float64Array.of(1, 0, 0), Float64Array.of(0, 1, 1)];
  expect(await summary({ a, b }, classes)).toMatchObject({ ...counts(1, 2), names: ["a", "b"] });
  expect(await summary({ a, b }, { reads: "binary" })).toMatchObject({
    positives: Float64Array.of(1, 2),
    names: ["a", "b"],
  });
  expect(await summary({ a, b }, { reads: "numbers" })).toMatchObject({ kind: "numbers", names: ["a", "b"] });
  expect(await summary({ time: [2, 1, 2], event: [1, 0, 0] }, { reads: "survival" })).toMatchObject({
    kind: "survival",
    events: Float64Array.of(0, 1),
    censored: Float64Array.of(1, 1),
  });
  await expect(summary({ a }, { reads: "survival" })).rejects.toThrow("two columns, a time and an event");
});

test("a missing label is refused with its row, or its row is skipped and later rows keep their numbers", async () => {
  for (const gap of [null, "", "  ", Number.NaN]) {
    await expect(summary({ y: ["a", gap] }, classes)).rejects.toThrow(
      "row 2 has no label (column y); add --missing skip",
    );
  }
  for (const gap of ["NA", "nan", "null", null]) {
    await expect(summary({ y: ["1.5", gap] }, { reads: "numbers" })).rejects.toThrow("row 2 has no label");
  }
  expect(await summary({ y: ["NA", "a"] }, classes)).toMatchObject({ names: ["NA", "a"] });
  const skipping = { ...classes, missing: "skip" } as const;
  const result = await summarizeTable(tableOf({ y: [0, null, 1, 0, null] }), skipping);
  expect(result).toMatchObject({ rowsRead: 5, skipped: 2, summary: { rows: 3 } });
  await expect(summary({ y: [0, null, 1, -5] }, skipping)).rejects.toThrow("invalid label in row 4: -5");
  await expect(summary({ y: [null, null] }, skipping)).rejects.toThrow("all 2 rows miss theirs");
  const [a, b] = [
    [1, null],
    [0, 1],
  ];
  expect(await summary({ a, b }, { reads: "binary", missing: "skip" })).toMatchObject({
    totals: Float64Array.of(1, 2),
  });
});

test("the last column holds the weights, where there are some", async () => {
  const y = ["a", "b", "a", "b"];
  expect(await summary({ y, w: [1, 2, "3", 0] }, { ...classes, weighted: true })).toMatchObject({
    ...counts(4, 2),
    rows: 4,
  });
  await expect(summary({ y, w: [1, 2, 3, -1] }, { ...classes, weighted: true })).rejects.toThrow(
    "invalid weight in row 4: -1",
  );
  await expect(summary({ y, w: [1, 2, 3, "x"] }, { ...classes, weighted: true })).rejects.toThrow(
    "invalid weight in row 4: x",
  );
  await expect(summary({ y, w: [1, null, 3, 1] }, { ...classes, weighted: true })).rejects.toThrow(
    "invalid weight in row 2: nothing",
  );
});

test("ignored labels are counted apart", async () => {
  for (const y of [Int16Array.of(0, -100, 1), ["0", "-100", "1"]]) {
    expect(await summary({ y }, { ...classes, ignoreIndex: "-100" })).toMatchObject({
      ...counts(1, 1),
      ignored: 1,
    });
  }
});

test.each([
  ["i8.npy", "2, 4, 2"],
  ["u1.npy", "2, 4, 2"],
  ["i2_big_endian.npy", "2, 4, 2"],
  ["float16_labels.npy", "2, 4, 2"],
  ["one_hot.npy", "2, 4, 2"],
])("%s holds the labels 0 1 2 1 1 0 2 1", async (name, expected) => {
  const { summary } = await summarizeTable(await openTable(join(files, name), {}), classes);
  expect(summary.kind === "classes" && [...summary.counts].join(", ")).toBe(expected);
});

const folder = mkdtempSync(join(tmpdir(), "baserate-images-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("a folder of images: a class a folder, sorted, images below counted, other files not", async () => {
  const images = [
    "dog/1.jpg",
    "dog/2.PNG",
    "dog/notes.txt",
    "dog/.hidden.png",
    "Cat/a/b/c.webp",
    "empty/x.txt",
    "top.png",
  ];
  for (const path of images) {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), "");
  }
  mkdirSync(join(folder, ".git"));
  expect(await readImageFolder(folder)).toMatchObject({ ...counts(1, 2, 0), names: ["Cat", "dog", "empty"] });
  await expect(readImageFolder(join(folder, "dog"))).rejects.toThrow("has no folders");
  await expect(readImageFolder(join(folder, "Cat", "a", ".."))).resolves.toMatchObject(counts(1));
});

test("a column with the name of one of its classes may have no header: asked", async () => {
  const ant = ["bee", "ant", "bee"];
  await expect(summary({ ant }, classes)).rejects.toThrow(
    "add --no-header if that is the first label, --header if not",
  );
  expect(await summary({ ant }, { ...classes, namesAreSure: true })).toMatchObject(counts(1, 2));
});
