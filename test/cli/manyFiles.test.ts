import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, afterEach, expect, test, vi } from "vitest";
import { type LabelFlags, labelsOf } from "../../src/cli/labelFlags.ts";
import { readSummaries, writeSummaryFile } from "../../src/cli/summaryFiles.ts";
import { findHead } from "../../src/heads/index.ts";
import { solve } from "../../src/heads/solve.ts";
import { seededRandom } from "../../src/math/seededRandom.ts";
import { joinTables } from "../../src/tables/joinTables.ts";
import { openTable } from "../../src/tables/openTable.ts";
import { readLabels } from "../../src/tables/readLabels.ts";

const folder = mkdtempSync(join(tmpdir(), "baserate-files-"));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (...names: string[]) => join(folder, ...names);

/** Rows with names, numbers, yes/no labels and a weight, some missing. */
function rowsOf(seed: number) {
  const draw = seededRandom(seed);
  return Array.from({ length: 300 }, (_, i) => ({
    species: ["cat", "Cat", 'a "b", c', "007"][draw.integer(4)],
    price: i % 50 === 0 ? null : Math.round(1e4 * draw.normal()) / 64,
    sold: draw.uniform() < 0.3,
    weight: 1 + draw.integer(3),
  }));
}
const all = [1, 2, 3].map(rowsOf);
const names = Object.keys(all[0][0]);
const cell = (value: unknown) => (value === null ? "" : `"${String(value).replaceAll('"', '""')}"`);

const write = {
  csv: async (rows: object[], path: string) =>
    writeFileSync(
      path,
      [names.join(","), ...rows.map((row) => Object.values(row).map(cell).join(","))].join("\n"),
    ),
  jsonl: async (rows: object[], path: string) =>
    writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join("")),
  parquet: async (rows: object[], path: string) => {
    const lines = `${path}.jsonl`;
    await write.jsonl(rows, lines);
    const connection = await (await DuckDBInstance.create(":memory:")).connect();
    await connection.run(`COPY (SELECT * FROM read_json('${lines}')) TO '${path}' (FORMAT parquet)`);
    connection.closeSync();
    rmSync(lines);
  },
};

const read = (loss: string, paths: string | string[], flags: LabelFlags) =>
  labelsOf(findHead(loss).head, paths, { missing: "skip", ...flags });

test.each(["csv", "jsonl", "parquet"] as const)(
  "many %s files by DuckDB give what our own readers give",
  async (format) => {
    mkdirSync(at(format));
    const paths = all.map((_, i) => at(format, `part ${i}.${format}`));
    for (let i = 0; i < all.length; i++) await write[format](all[i], paths[i]);
    for (const [loss, column, weightColumn] of [
      ["softmax", ["species"], undefined],
      ["squared-error", ["price"], "weight"],
      ["sigmoid", ["sold"], "weight"],
      ["quantile", ["price"], undefined],
    ] as const) {
      const { head } = findHead(loss);
      const columns = weightColumn ? [...column, weightColumn] : column;
      const own = await readLabels(await joinTables(paths, (path) => openTable(path, { columns })), head, {
        missing: "skip",
        weighted: weightColumn !== undefined,
      });
      for (const given of [paths, at(format, "*"), at(format)]) {
        const { summary, source } = await read(loss, given, { column, weightColumn });
        expect(source).toContain("3 files, by DuckDB");
        const [solution, expected] = [solve(head, summary), solve(head, own.summary)];
        expect(summary).toMatchObject({ kind: own.summary.kind, rows: own.summary.rows });
        expect(solution.expectedLoss).toBeCloseTo(expected.expectedLoss!, 10);
        solution.bias.forEach((bias, k) => {
          expect(bias).toBeCloseTo(expected.bias[k], 10);
        });
      }
    }
  },
);

test("a partition's folder name is a column; a folder without files, or with two formats, is refused", async () => {
  for (const [i, year] of ["year=2023", "year=2024"].entries()) {
    mkdirSync(at("parts", year), { recursive: true });
    await write.parquet(all[i].slice(0, 100 + i), at("parts", year, "a.parquet"));
  }
  const { summary } = await read("softmax", at("parts"), { column: ["year"], as: "names" });
  expect(summary).toMatchObject({ names: ["2023", "2024"], counts: Float64Array.of(100, 101) });
  mkdirSync(at("empty"));
  await expect(read("softmax", at("empty"), { column: ["y"] })).rejects.toThrow(
    "no files of these types were found",
  );
  await expect(
    read("softmax", [at("csv", "part 0.csv"), at("jsonl", "part 0.jsonl")], { column: ["y"] }),
  ).rejects.toThrow("2 formats");
});

test("summaries of shards, written and merged, say what all labels say", async () => {
  for (const [loss, column] of [
    ["softmax", ["species"]],
    ["squared-error", ["price"]],
    ["sigmoid", ["sold"]],
    ["censored-exponential", ["weight", "sold"]],
  ] as const) {
    const paths = all.map((_, i) => at("jsonl", `part ${i}.jsonl`));
    const files: string[] = [];
    for (const [i, path] of paths.entries()) {
      files.push(at(`${loss}-${i}.json`));
      await writeSummaryFile(files[i], (await read(loss, path, { column })).summary);
    }
    const merged = (await readSummaries(files)).summary!;
    const whole = (await read(loss, paths, { column })).summary!;
    const [solution, expected] = [solve(loss, merged), solve(loss, whole)];
    expect(merged).toMatchObject({ kind: whole.kind, rows: whole.rows });
    expect(solution.expectedLoss).toBeCloseTo(expected.expectedLoss!, 10);
    solution.bias.forEach((bias, k) => {
      expect(bias).toBeCloseTo(expected.bias[k], 10);
    });
  }
});

test("what is not a summary is refused by name", async () => {
  const good = JSON.parse(readFileSync(at("softmax-0.json"), "utf8"));
  for (const [broken, why] of [
    ["{", "it is not JSON"],
    [JSON.stringify({ counts: [1] }), "it was not written by --summary"],
    [JSON.stringify({ ...good, version: 2 }), "it has version 2"],
    [JSON.stringify({ ...good, summary: { ...good.summary, counts: [1, null] } }), "its numbers"],
    [JSON.stringify({ ...good, summary: { ...good.summary, kind: "toString" } }), "its numbers"],
    ["null", "it was not written by --summary"],
  ]) {
    writeFileSync(at("broken.json"), broken);
    await expect(readSummaries([at("broken.json")])).rejects.toThrow(
      `broken.json is not a summary of labels: ${why}`,
    );
  }
  await expect(readSummaries([at("softmax-0.json"), at("sigmoid-0.json")])).rejects.toThrow("cannot merge");
});

let server: Server | undefined;
afterEach(() => {
  server?.close();
  vi.unstubAllEnvs();
});

/**
 * A stand-in for the dataset viewer's API on the loopback, with answers in the form that its documentation shows, and
 * for the server of the Parquet files, which serves ranges.
 */
async function startHub(partial: boolean): Promise<{ ranges: string[] }> {
  const ranges: string[] = [];
  const bytes = all.map((_, i) => readFileSync(at("parquet", `part ${i}.parquet`)));
  const answer = (path: string): object => {
    if (path === "/splits")
      return {
        splits: ["train", "test"].map((split) => ({ dataset: "owner/name", config: "default", split })),
        pending: [],
        failed: [],
      };
    if (path === "/statistics") {
      const label = {
        nan_count: 0,
        nan_proportion: 0,
        no_label_count: 0,
        no_label_proportion: 0,
        n_unique: 2,
        frequencies: { dog: 30, cat: 10 },
      };
      const histogram = { hist: [3, 1], bin_edges: [0, 1, 2] };
      return {
        num_examples: 40,
        statistics: [
          { column_name: "label", column_type: "class_label", column_statistics: label },
          {
            column_name: "price",
            column_type: "float",
            column_statistics: { nan_count: 0, min: 0, max: 2, mean: 1, median: 1, std: 1, histogram },
          },
        ],
        partial,
      };
    }
    const { port } = server!.address() as AddressInfo;
    const file = (i: number) => ({
      dataset: "owner/name",
      config: "default",
      split: "train",
      url: `http://127.0.0.1:${port}/file/${i}`,
      filename: `000${i}.parquet`,
      size: bytes[i].length,
    });
    return { parquet_files: [file(0), file(1), file(2)], pending: [], failed: [], partial };
  };
  server = createServer((request: IncomingMessage, response) => {
    const { pathname } = new URL(request.url!, "http://localhost");
    const file = /^\/file\/(\d)$/.exec(pathname);
    if (!file) return void response.end(JSON.stringify(answer(pathname)));
    const content = bytes[Number(file[1])];
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
    if (!range) return void response.writeHead(200, { "content-length": content.length }).end();
    ranges.push(request.headers.range!);
    response
      .writeHead(206)
      .end(content.subarray(Number(range[1]), range[2] === "" ? undefined : Number(range[2]) + 1));
  });
  await new Promise<void>((resolve) => server!.listen(0, "127.0.0.1", resolve));
  vi.stubEnv("HF_DATASETS_SERVER", `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return { ranges };
}

test("Hugging Face: class counts that the dataset viewer has, and that they are partial", async () => {
  const { ranges } = await startHub(true);
  const { summary, source } = await read("softmax", "hf://datasets/owner/name", { column: ["label"] });
  expect(summary).toMatchObject({ names: ["dog", "cat"], counts: Float64Array.of(30, 10), rows: 40 });
  expect(source).toContain(
    "(default, train), column label, 40 rows: 2 class names, counted by the dataset viewer, of the first part of the dataset only (partial)",
  );
  expect(ranges).toEqual([]);
});

test("Hugging Face: numbers come from the Parquet files, by ranges", async () => {
  const { ranges } = await startHub(false);
  const { summary, source } = await read("squared-error", "hf://datasets/owner/name", {
    column: ["price"],
    weightColumn: "weight",
  });
  const local = await read(
    "squared-error",
    all.map((_, i) => at("parquet", `part ${i}.parquet`)),
    { column: ["price"], weightColumn: "weight" },
  );
  expect(solve("squared-error", summary).bias[0]).toBeCloseTo(
    solve("squared-error", local.summary).bias[0],
    10,
  );
  expect(source).toContain("from its Parquet files");
  expect(ranges.length).toBeGreaterThan(3);
});

test("Hugging Face: unknown splits, columns and addresses are refused", async () => {
  await startHub(false);
  await expect(
    read("softmax", "hf://datasets/owner/name", { column: ["label"], split: "trian" }),
  ).rejects.toThrow("unknown split: trian; did you mean train?");
  await expect(read("softmax", "hf://datasets/owner/name", { column: ["lable"] })).rejects.toThrow(
    "unknown column: lable; did you mean label?",
  );
  await expect(read("softmax", "hf://models/owner/name", { column: ["label"] })).rejects.toThrow(
    "one is hf://datasets/OWNER/NAME",
  );
  await expect(read("softmax", "hf://datasets/owner/name", {})).rejects.toThrow("--column");
});

/** Each way to write that a label is missing. */
const missingWords = ["", "  ", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "None", "<NA>", "#N/A"];
/** Missing where numbers are expected; elsewhere the names of classes. */
const missingNumbers = ["na", "NONE", "Null", " NA ", "<na>"];

test.each(["csv", "jsonl", "parquet"] as const)(
  "labels missing from %s files by DuckDB are those that our own reader misses",
  async (format) => {
    const words = [...missingWords, ...missingNumbers];
    const path = (part: number) => at(`missing ${part}.${format}`);
    const row = (species: string, price: string) => ({ species, price, sold: true, weight: 1 });
    await write[format](
      words.map((word) => row(word, word)),
      path(0),
    );
    await write[format](
      ["cat", "dog", "cat"].map((name, i) => row(name, `${i + 0.5}`)),
      path(1),
    );
    const paths = [path(0), path(1)];
    for (const [loss, column, skipped] of [
      ["softmax", "species", missingWords.length],
      ["squared-error", "price", words.length],
    ] as const) {
      const { head } = findHead(loss);
      const table = () => joinTables(paths, (file) => openTable(file, { columns: [column] }));
      const own = await readLabels(await table(), head, { missing: "skip" });
      expect(own).toMatchObject({ skipped, rowsRead: words.length + 3 });
      const { summary, source } = await read(loss, paths, { column: [column] });
      expect(source).toContain("by DuckDB");
      expect(solve(head, summary)).toEqual(solve(head, own.summary));
      expect(summary?.rows).toBe(words.length + 3 - skipped);
      await expect(read(loss, paths, { column: [column], missing: "refuse" })).rejects.toThrow(
        "add --missing skip",
      );
      await expect(readLabels(await table(), head)).rejects.toThrow("add --missing skip");
    }
  },
);
