import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sqlite from "node-sqlite3-wasm";
import { afterAll, expect, test } from "vitest";
import { readArrayRows } from "../../src/data/arrayRows.ts";
import type { ExperimentData } from "../../src/data/exampleSet.ts";
import { type LabelSet, loadExamples, type OwnExamples } from "../../src/data/ownExamples.ts";
import { splitRows } from "../../src/data/splitRows.ts";
import { openStoredArrays, StoredArray } from "../../src/data/storedArray.ts";
import { findHead } from "../../src/heads/index.ts";
import { npyBytes } from "../tables/npyBytes.ts";

const folder = mkdtempSync(join(tmpdir(), "baserate-examples-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const load = (plan: OwnExamples & Omit<LabelSet, "head">, loss = "sigmoid") =>
  loadExamples(plan, [{ ...plan, head: findHead(loss).head }], { channels: 3 });

test("a split gives each class its share, and each row to one part", () => {
  const classes = Array.from({ length: 200 }, (_, row) => Number(row % 20 === 0));
  const { train, test } = splitRows(200, classes, 0.2);
  expect([...train, ...test].sort((a, b) => a - b)).toEqual([...classes.keys()]);
  expect([...test].filter((row) => classes[row] === 1)).toHaveLength(2);
  expect(test).toHaveLength(40);
});

test("numbers are standardised on the training rows, missing ones flagged, categories one-hot", async () => {
  const lines = Array.from(
    { length: 40 },
    (_, i) => `${i === 7 ? "" : i},${"ab"[i % 2]},${Number(i % 4 === 0)}`,
  );
  const path = file("rows.csv", `x,kind,y\n${lines.join("\n")}\n`);
  const { inputs, train, test } = await load({ data: path, column: ["y"] });
  expect(inputs).toMatchObject([{ name: "features", shape: [4] }]);
  const features = train.inputs.features as Float32Array;
  const x = Array.from(train.rows!, (row) => features[4 * row]);
  expect(x.reduce((a, b) => a + b) / x.length).toBeCloseTo(0, 5);
  expect(x.reduce((a, b) => a + b * b, 0) / x.filter((value) => value !== 0).length).toBeCloseTo(1, 1);
  expect([...features.subarray(28, 32)]).toEqual([0, 1, 0, 1]);
  expect(test.inputs.features).toBe(features);
});

test("the lines of a text are labelled with their next characters", async () => {
  const { train, labelShape, classNames, ignoreLabel } = await load(
    { data: file("words.txt", "ab\nb\na\nba\nab\n") },
    "softmax",
  );
  expect({ labelShape, classNames, ignoreLabel }).toEqual({
    labelShape: [3],
    classNames: ["end of line", "a", "b"],
    ignoreLabel: -1,
  });
  expect([...(train.inputs.tokens as Int32Array).subarray(0, 6)]).toEqual([0, 1, 2, 0, 2, 0]);
  expect([...(train.labels as Int32Array).subarray(0, 6)]).toEqual([1, 2, 0, 2, 0, -1]);
});

test.each([
  [{ data: "missing.csv" }, "cannot read missing.csv: there is no such file"],
  [{ data: file("two.csv", "x,y\n1,0\n2,1\n") }, "which column of"],
  [{ data: file("one.csv", "x,y\n1,0\n2,1\n"), column: ["z"] }, "has no column z"],
])("%j is refused", async (plan, message) => {
  await expect(load(plan)).rejects.toThrow(message);
});

test("features and label of a database are those of the same table in a file", async () => {
  const rows = Array.from({ length: 30 }, (_, i) => [
    i * 0.5,
    i % 3 === 0 ? null : "ab"[i % 2],
    Number(i % 4 === 0),
    i + 1,
  ]);
  const path = file("rows-of-database.csv", `x,kind,y,w\n${rows.map((row) => row.join(",")).join("\n")}\n`);
  const database = new sqlite.Database(join(folder, "rows.db"));
  database.exec("CREATE TABLE orders (x REAL, kind TEXT, y INTEGER, w REAL)");
  for (const row of [...rows, [99, "b", 1, 100]]) database.run("INSERT INTO orders VALUES (?, ?, ?, ?)", row);
  database.close();
  const address = `sqlite:${join(folder, "rows.db")}`;
  const keys = { column: ["y"], weightColumn: "w" };
  const { name: _, labelFile: __, ...rowsOfFile } = await load({ data: path, ...keys });
  for (const place of [
    { table: "orders", where: "x < 50" },
    { query: "SELECT * FROM orders WHERE x < 50 ORDER BY x;" },
    { query: "SELECT * FROM orders -- all", where: "x < 50", features: ["x", "kind"] },
  ]) {
    const { name, labelFile, ...data } = await load({ data: address, ...keys, ...place });
    expect([name, labelFile]).toEqual([address, address]);
    expect(data).toEqual(rowsOfFile);
  }
  await expect(load({ data: address, column: ["z"], table: "orders" })).rejects.toThrow(
    "Its columns: x, kind, y, w",
  );
  await expect(load({ data: address, column: ["y"], table: "orders", where: "x > 100" })).rejects.toThrow(
    "has no rows",
  );
});

test("an array that stays in its file has the rows of one that is read into memory", async () => {
  const path = join(folder, "rows.npy");
  const values = Float64Array.from({ length: 60 }, (_, i) => i / 7);
  writeFileSync(path, npyBytes("<f8", [20, 3], values));
  const [memory, file] = await Promise.all([readArrayRows(path), readArrayRows(path, 10)]);
  const [inMemory, inFile] = [memory, file].map((source) => source.encode(new Uint32Array(0)));
  const stored = inFile.inputs[0].data as StoredArray;
  expect(file.count).toBe(20);
  expect(stored).toBeInstanceOf(StoredArray);
  expect(stored).toMatchObject({ dtype: "float32", length: 60 });
  expect(inFile.notes).toEqual([expect.stringContaining("stays on disk")]);
  const rows = [19, 0, 7];
  const copied = new Float32Array(9);
  for (const [i, row] of rows.entries()) stored.copyRow(row, copied, 3 * i);
  const expected = rows.flatMap((row) =>
    [...(inMemory.inputs[0].data as Float32Array)].slice(3 * row, 3 * row + 3),
  );
  expect([...copied]).toEqual(expected);
  expect(Buffer.concat([...stored.chunks()])).toEqual(readFileSync(path));
  // What a worker receives is a copy without methods.
  const set = { inputs: { data: stored }, labels: new Uint8Array(20), count: 20 };
  const data = { train: set, test: set } as unknown as ExperimentData;
  const again = openStoredArrays(structuredClone(data)).train.inputs.data as StoredArray;
  again.copyRow(19, copied, 0);
  expect([...copied.subarray(0, 3)]).toEqual(expected.slice(0, 3));
});

test("an array that stays in its file is checked as one that is read", async () => {
  const path = join(folder, "nan.npy");
  writeFileSync(path, npyBytes("<f8", [2, 2], Float64Array.of(1, 2, Number.NaN, 4)));
  await expect(readArrayRows(path, 10)).rejects.toThrow("row 2 holds NaN; allowed: finite numbers");
});
