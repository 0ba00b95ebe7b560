import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { findHead } from "../../src/heads/index.ts";
import { readGrouped } from "../../src/tables/groupedTable.ts";
import { readImageFolder } from "../../src/tables/imageFolder.ts";
import type { LabelChoices } from "../../src/tables/labelChoices.ts";
import { openTable } from "../../src/tables/openTable.ts";
import { type LabelHead, readLabelRows, readLabels } from "../../src/tables/readLabels.ts";
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

const headOf = (loss: string): LabelHead => findHead(loss).head;
const [softmax, sigmoid, squares] = ["softmax", "sigmoid", "squared-error"].map(headOf);
const [poisson, survival] = ["poisson", "cox"].map(headOf);

const summary = async (
  columns: Readonly<Record<string, Cells>>,
  head: LabelHead,
  choices: LabelChoices = {},
) => (await readLabels(tableOf(columns), head, choices)).summary;

const counts = (...values: number[]) => ({ kind: "classes", counts: Float64Array.from(values) });

test("integers from 0 are class indices, as numbers and as text", async () => {
  for (const y of [
    Uint8Array.of(0, 2, 1, 2),
    Float64Array.of(0, 2, 1, 2),
    [0, 2, 1, 2],
    ["0", "2", "1", "2"],
  ]) {
    expect(await summary({ y }, softmax)).toMatchObject(counts(1, 1, 2));
  }
  expect(await summary({ y: ["0", "2"] }, softmax, { classes: 4 })).toMatchObject(counts(1, 0, 1, 0));
  expect(await summary({ y: ["0", "1", "1"] }, softmax, { classes: ["no", "yes"] })).toMatchObject({
    ...counts(1, 2),
    names: ["no", "yes"],
  });
});

test("texts are names of classes", async () => {
  expect(await summary({ y: ["b", "a", "b"] }, softmax)).toMatchObject({
    ...counts(1, 2),
    names: ["a", "b"],
  });
  expect(await summary({ y: ["b", "a"] }, softmax, { classes: ["b", "a", "c"] })).toMatchObject(
    counts(1, 1, 0),
  );
  await expect(summary({ y: ["b", "x"] }, softmax, { classes: ["b", "a"] })).rejects.toThrow(
    "row 2: unknown class: x",
  );
  expect(await summary({ y: [true, false, true] }, softmax)).toMatchObject({ names: ["false", "true"] });
});

test("what could be read in two ways is asked, and the answer is taken", async () => {
  const shifted = { y: Uint8Array.of(1, 2, 3) };
  await expect(summary(shifted, softmax)).rejects.toThrow(
    "column y holds 3 distinct integers from 1 to 3: add --classes 4 if they are class indices from 0, or --as names if each is a class of its own",
  );
  expect(await summary(shifted, softmax, { classes: 4 })).toMatchObject(counts(0, 1, 1, 1));
  expect(await summary(shifted, softmax, { as: "names" })).toMatchObject({
    ...counts(1, 1, 1),
    names: ["1", "2", "3"],
  });
  await expect(summary({ y: ["10", "20", "0"] }, softmax)).rejects.toThrow(
    "3 distinct integers from 0 to 20",
  );
  await expect(summary({ y: Int8Array.of(1, -1) }, softmax)).rejects.toThrow(
    "row 2: -1; class labels are integers from 0 to",
  );
  await expect(summary({ y: Int8Array.of(1, -1) }, softmax)).rejects.toThrow("add --as names");
  await expect(summary({ y: [0.5, 0.25] }, softmax)).rejects.toThrow(
    "row 2 holds 0.25 as y, which looks like a real number",
  );
  const ids = Array.from({ length: 30 }, (_, i) => `id${i}`);
  await expect(summary({ y: ids }, softmax)).rejects.toThrow("30 distinct texts in 30 rows");
  expect(await summary({ y: ids }, softmax, { as: "names" })).toMatchObject({ rows: 30 });
});

test("classes under a loss for numbers are questioned, counts and real numbers are not", async () => {
  const y = Array.from({ length: 30 }, (_, i) => i % 3);
  await expect(summary({ y }, squares)).rejects.toThrow(
    "holds only the integers 0 to 2, which look like classes",
  );
  expect(await summary({ y }, squares, { as: "numbers" })).toMatchObject({ kind: "numbers", rows: 30 });
  expect(await summary({ y }, poisson)).toMatchObject({ rows: 30 });
  expect(await summary({ y: y.map((n) => 10 * n) }, squares)).toMatchObject({ rows: 30 });
  await expect(summary({ y }, squares, { as: "names" })).rejects.toThrow("this loss, which reads numbers");
  await expect(summary({ y }, softmax, { as: "numbers" })).rejects.toThrow("this loss, which reads classes");
});

test("yes/no labels: 0 and 1, fractions, booleans, or the second of two names", async () => {
  for (const y of [["1", "0", "1"], [true, false, true], Uint8Array.of(1, 0, 1)]) {
    expect(await summary({ y }, sigmoid)).toMatchObject({ kind: "binary", positives: Float64Array.of(2) });
  }
  expect(await summary({ y: ["0.5", "0.25"] }, sigmoid)).toMatchObject({ positives: Float64Array.of(0.75) });
  expect(await summary({ y: ["yes", "no", "yes"] }, sigmoid)).toMatchObject({
    ...counts(1, 2),
    names: ["no", "yes"],
  });
  await expect(summary({ y: [0, 1, 2] }, sigmoid)).rejects.toThrow("invalid label in row 3");
  await expect(summary({ y: ["0", "maybe"] }, sigmoid)).rejects.toThrow(
    "row 2 holds maybe as y, which is not a number",
  );
});

test("several columns are shares of classes, yes/no labels or numbers, as the loss reads them", async () => {
  const [a, b] = [Float64Array.of(1, 0, 0), Float64Array.of(0, 1, 1)];
  expect(await summary({ a, b }, softmax)).toMatchObject({ ...counts(1, 2), names: ["a", "b"] });
  expect(await summary({ a, b }, sigmoid)).toMatchObject({
    positives: Float64Array.of(1, 2),
    names: ["a", "b"],
  });
  expect(await summary({ a, b }, squares)).toMatchObject({ kind: "numbers", names: ["a", "b"] });
  expect(await summary({ time: [2, 1, 2], event: [1, 0, 0] }, survival)).toMatchObject({
    kind: "survival",
    events: Float64Array.of(0, 1),
    censored: Float64Array.of(1, 1),
  });
  await expect(summary({ a }, survival)).rejects.toThrow("two columns, a time and an event");
});

test("a missing label is refused with its row, or its row is skipped and later rows keep their numbers", async () => {
  for (const gap of [null, "", "  ", Number.NaN]) {
    await expect(summary({ y: ["a", gap] }, softmax)).rejects.toThrow(
      "row 2 has no label (column y); add --missing skip",
    );
  }
  for (const gap of ["NA", "nan", "null", null]) {
    await expect(summary({ y: ["1.5", gap] }, squares)).rejects.toThrow("row 2 has no label");
  }
  const skipping = { missing: "skip" } as const;
  const result = await readLabels(tableOf({ y: [0, null, 1, 0, null] }), softmax, skipping);
  expect(result).toMatchObject({ rowsRead: 5, skipped: 2, summary: { rows: 3 } });
  await expect(summary({ y: [0, null, 1, -5] }, softmax, skipping)).rejects.toThrow(
    "invalid label in row 4: -5",
  );
  await expect(summary({ y: [null, null] }, softmax, skipping)).rejects.toThrow("all 2 labels are missing");
  const [a, b] = [
    [1, null],
    [0, 1],
  ];
  expect(await summary({ a, b }, sigmoid, { missing: "skip" })).toMatchObject({
    totals: Float64Array.of(1, 2),
  });
});

test("the last column holds the weights, where there are some", async () => {
  const y = ["a", "b", "a", "b"];
  expect(await summary({ y, w: [1, 2, "3", 0] }, softmax, { weighted: true })).toMatchObject({
    ...counts(4, 2),
    rows: 4,
  });
  await expect(summary({ y, w: [1, 2, 3, -1] }, softmax, { weighted: true })).rejects.toThrow(
    "invalid weight in row 4: -1",
  );
  await expect(summary({ y, w: [1, 2, 3, "x"] }, softmax, { weighted: true })).rejects.toThrow(
    "invalid weight in row 4: x",
  );
  await expect(summary({ y, w: [1, null, 3, 1] }, softmax, { weighted: true })).rejects.toThrow(
    "invalid weight in row 2: nothing",
  );
});

test("ignored labels are counted apart", async () => {
  for (const y of [Int16Array.of(0, -100, 1), ["0", "-100", "1"]]) {
    expect(await summary({ y }, softmax, { ignoreIndex: "-100" })).toMatchObject({
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
  const { summary } = await readLabels(await openTable(join(files, name), {}), softmax);
  expect(summary.kind === "classes" && [...summary.counts].join(", ")).toBe(expected);
});

const folder = mkdtempSync(join(tmpdir(), "baserate-images-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("a folder of images: one class per folder, sorted; images in subfolders are counted, other files are not", async () => {
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
  await expect(summary({ ant }, softmax)).rejects.toThrow(
    "add --no-header if that is the first label, --header if not",
  );
  expect(await summary({ ant }, softmax, { namesAreSure: true })).toMatchObject(counts(1, 2));
});

/** The labels of single rows of columns, with what else a reader of them needs. */
async function rowsOf(columns: Readonly<Record<string, Cells>>, head: LabelHead, choices: LabelChoices = {}) {
  const { labels, rows, positions, names, ignored } = await readLabelRows(tableOf(columns), head, choices);
  return { labels, rows, positions, names, ignored };
}

test("labels of single rows are understood as their summary is", async () => {
  const y = ["b", "a", "b", null, "c", "b"];
  expect(await rowsOf({ y }, softmax, { missing: "skip", ignoreIndex: "c" })).toEqual({
    labels: [1, 0, 1, -1, 1],
    rows: 5,
    positions: [0, 1, 2, 4, 5],
    names: ["a", "b"],
    ignored: -1,
  });
  const indices = ["0", "-100", "2", "1"];
  for (const cells of [indices, Int16Array.from(indices, Number), indices.map(Number)]) {
    expect(await rowsOf({ cells }, softmax, { ignoreIndex: "-100" })).toMatchObject({
      labels: [0, -100, 2, 1],
      ignored: -100,
    });
  }
  expect(await rowsOf({ y: ["no", "yes"] }, sigmoid)).toMatchObject({ labels: [0, 1] });
  const [a, b] = [
    [1, null, 0],
    [0, 1, 1],
  ];
  expect(await rowsOf({ a, b }, sigmoid, { missing: "skip" })).toMatchObject({
    labels: [1, 0, 0, 1],
    positions: [0, 2],
  });
  expect(await rowsOf({ t: [1.5, 2], e: [1, 0] }, survival)).toMatchObject({
    labels: [
      [1.5, 1],
      [2, 0],
    ],
  });
});

test("the counts of single rows are those of the summary, for texts of any kind", async () => {
  const cell = fc.constantFrom("a", "b", "10", "é", "", " ");
  await fc.assert(
    fc.asyncProperty(fc.array(cell, { minLength: 1, maxLength: 30 }), async (y) => {
      const choices = { as: "names", missing: "skip" } as const;
      const read = await readLabelRows(tableOf({ y }), softmax, choices).catch(() => undefined);
      fc.pre(read !== undefined);
      const { summary, labels } = read!;
      const counts = new Float64Array(summary.kind === "classes" ? summary.counts.length : 0);
      for (const label of labels) counts[label as number]++;
      expect(summary).toMatchObject({ counts });
    }),
    { numRuns: 50 },
  );
});

/** A view of an array of this shape, as a reader of arrays gives it. */
const arrayOf = (shape: readonly number[], values: readonly number[]): Table => {
  const width = values.length / shape[0];
  const columns = Object.fromEntries(
    Array.from({ length: width }, (_, c) => [c, values.filter((_, i) => i % width === c)]),
  );
  return { ...tableOf(columns), shape };
};

test("an array with a class at each place is one column of labels, one-hot rows are shares", async () => {
  const tags = [0, 1, 2, 1, 1, 0];
  for (const shape of [
    [2, 3],
    [3, 1, 2],
  ]) {
    const { summary, understood } = await readLabels(arrayOf(shape, tags), softmax);
    expect(summary).toMatchObject(counts(2, 3, 1));
    expect(understood).toBe(`class indices 0 to 2, at ${6 / shape[0]} places per row`);
  }
  const oneHot = await readLabels(arrayOf([2, 3], [0, 1, 0, 1, 0, 0]), softmax);
  expect(oneHot).toMatchObject({ summary: { distributions: true, rows: 2 } });
  await expect(readLabels(arrayOf([1, 2, 2], [0, 1, 1, 0]), softmax)).rejects.toThrow("y.reshape(-1, 2)");
  await expect(readLabels(arrayOf([1, 2, 2], tags), squares)).rejects.toThrow("3 dimensions (1 x 2 x 2)");
});

test.each(["NA", "N/A", "NaN", "null", "None", "", " "])(
  "%j is a missing label under every loss",
  async (gap) => {
    for (const [head, y] of [
      [softmax, ["1", gap, "0"]],
      [softmax, ["cat", gap, "dog"]],
      [sigmoid, ["1", gap, "0"]],
      [sigmoid, ["yes", gap, "no"]],
      [squares, ["1.5", gap, "2.5"]],
    ] as const) {
      await expect(summary({ y }, head)).rejects.toThrow(
        /^row 2 has no label \(.*column y\); add --missing skip/,
      );
      expect(await summary({ y }, head, { missing: "skip" })).toMatchObject({ rows: 2 });
    }
  },
);

test("a word that stands for nothing is a class where --classes names it", async () => {
  await expect(summary({ y: ["NA", "FR"] }, softmax)).rejects.toThrow("if NA is one of them");
  const named = { classes: ["FR", "NA"] };
  expect(await summary({ y: ["NA", "FR"] }, softmax, named)).toMatchObject({
    ...counts(1, 1),
    names: ["FR", "NA"],
  });
});

test("a row that stands for several labels counts as many rows, a weight does not", async () => {
  const columns = { y: ["a", "b", "c", null], n: [3, 2, 5, 4] };
  const choices = { missing: "skip", ignoreIndex: "c" } as const;
  expect(await readLabels(tableOf(columns), softmax, { ...choices, counted: true })).toMatchObject({
    summary: { ...counts(3, 2), rows: 5, ignored: 5 },
    skipped: 4,
    rowsRead: 14,
  });
  expect(await readLabels(tableOf(columns), softmax, { ...choices, weighted: true })).toMatchObject({
    summary: { ...counts(3, 2), rows: 2, ignored: 1 },
    skipped: 1,
  });
  const halves = { y: [0, 1], n: [0.5, 1] };
  await expect(summary(halves, softmax, { counted: true })).rejects.toThrow(
    "invalid count in row 1: 0.5; counts are whole numbers from 0",
  );
});

test("grouped counts give the summary of the rows that they stand for, under losses for classes and for yes and no", async () => {
  const groups = fc.array(
    fc.record({ y: fc.integer({ min: 0, max: 1 }), n: fc.integer({ min: 1, max: 5 }) }),
    {
      minLength: 1,
      maxLength: 6,
    },
  );
  await fc.assert(
    fc.asyncProperty(groups, fc.constantFrom(softmax, sigmoid), async (rows, head) => {
      const choices = { classes: 2 };
      const grouped = { y: rows.map(({ y }) => y), n: rows.map(({ n }) => n) };
      const plain = { y: rows.flatMap(({ y, n }) => new Array<number>(n).fill(y)) };
      expect(await summary(grouped, head, { ...choices, counted: true })).toEqual(
        await summary(plain, head, choices),
      );
    }),
    { numRuns: 50 },
  );
});

test("spellings of true and false are one class each; other names that look alike are warned of", async () => {
  const y = ["True", "TRUE", "true", "False"];
  expect(await rowsOf({ y }, sigmoid)).toMatchObject({ names: ["False", "True"], labels: [1, 1, 1, 0] });
  expect(await summary({ y }, softmax, { classes: ["true", "false"] })).toMatchObject(counts(3, 1));
  const alike = await readLabels(tableOf({ y: ["cat", " cat", "Cat", "dog"] }), softmax);
  expect(alike.summary).toMatchObject(counts(1, 1, 1, 1));
  expect(alike.warnings.join()).toContain('"cat" and " cat" and "Cat"');
  expect((await readLabels(tableOf({ y: ["cat", "dog"] }), softmax)).warnings).toEqual([]);
});

test("labels of -1 and 1 are no and yes, and are refused beside 0", async () => {
  expect(await summary({ y: Int8Array.of(-1, 1, -1, 1, 1) }, headOf("hinge"))).toMatchObject({
    positives: Float64Array.of(3),
    totals: Float64Array.of(5),
  });
  expect(await rowsOf({ y: ["-1", "1"] }, sigmoid)).toMatchObject({ labels: [0, 1] });
  await expect(summary({ y: [-1, 1, 0] }, sigmoid)).rejects.toThrow(
    "row 3: 0 in column y; yes/no labels are all",
  );
  await expect(summary({ y: [0, 1, -1] }, sigmoid)).rejects.toThrow(
    "row 3: -1 in column y; yes/no labels are all",
  );
});

test("a decimal comma is refused with what to write instead", async () => {
  await expect(summary({ y: ["1,5"] }, squares)).rejects.toThrow("write decimal points instead of commas");
});

test("hidden folders and __MACOSX hold no classes; the parts of a dataset are asked for", async () => {
  const root = mkdtempSync(join(folder, "parts-"));
  const image = (...path: string[]) => {
    mkdirSync(join(root, ...path, ".."), { recursive: true });
    writeFileSync(join(root, ...path), "");
  };
  image("pets", "cat", "1.jpg");
  image("pets", "cat", ".thumbnails", "1.jpg");
  image("pets", "dog", "1.jpg");
  image("pets", "__MACOSX", "cat", "._1.jpg");
  image("pets", ".ipynb_checkpoints", "1.jpg");
  expect(await readImageFolder(join(root, "pets"))).toMatchObject({ ...counts(1, 1), names: ["cat", "dog"] });
  image("split", "train", "cat", "1.jpg");
  image("split", "test", "cat", "1.jpg");
  await expect(readImageFolder(join(root, "split"))).rejects.toThrow(
    /holds test, train, which look like the parts of a dataset .* give one of them, such as .*split.train/,
  );
  image("traffic", "train", "1.jpg");
  image("traffic", "car", "1.jpg");
  expect(await readImageFolder(join(root, "traffic"))).toMatchObject({ names: ["car", "train"] });
});

test("groups that a query counted miss the labels that rows miss, with the same refusal of classes and numbers", async () => {
  for (const [head, labels] of [
    [softmax, ["cat", "NA", "null", "  ", "", "na", "dog", null]],
    [squares, ["1.5", "NA", "null", "  ", "", "na", "2.25", null]],
  ] as const) {
    const rows = labels.flatMap((label, i) => Array<string | null>(i + 1).fill(label));
    const groups = () =>
      tableOf({ y: [...labels], baserate_rows: Float64Array.from(labels, (_, i) => i + 1) });
    const own = await readLabels(tableOf({ y: rows }), head, { missing: "skip" });
    const { summary: found, skipped, rowsRead } = await readGrouped(groups(), head, { missing: "skip" });
    expect(found).toEqual(own.summary);
    expect([skipped, rowsRead]).toEqual([own.skipped, own.rowsRead]);
    expect(skipped).toBeGreaterThan(0);
    await expect(readGrouped(groups(), head)).rejects.toThrow("row 2 has no label (NA in column y)");
    await expect(readLabels(tableOf({ y: rows }), head)).rejects.toThrow(
      "row 2 has no label (NA in column y)",
    );
  }
});
