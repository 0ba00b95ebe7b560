import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { InputError } from "../../src/errors.ts";
import { seededRandom } from "../../src/math/seededRandom.ts";
import type { LabelChoices } from "../../src/tables/labelChoices.ts";
import { openTable } from "../../src/tables/openTable.ts";
import { type LabelHead, readLabelRows, readLabels } from "../../src/tables/readLabels.ts";
import type { ReadOptions } from "../../src/tables/table.ts";
import { damage } from "../damage.ts";

/** Damaged copies of each file; more in a long run: `FUZZ=5000 npx vitest run test/tables/fuzz.test.ts`. */
const copies = Number(process.env.FUZZ ?? 40);

const files = join(import.meta.dirname, "..", "files", "labels");
const temporary = mkdtempSync(join(tmpdir(), "baserate-fuzz-"));
afterAll(() => rmSync(temporary, { recursive: true }));

const fixed = (name: string) => readFileSync(join(files, name));
const utf16 = (text: string) => Buffer.from(`\ufeff${text}`, "utf16le");

const csv = `id,label,price\n${Array.from({ length: 40 }, (_, i) => `${i},${["ant", '"bee, ""b"""', "cät", "NA"][i % 4]},${i / 8}`).join("\n")}\n`;
const aligned = " id | label \n----+-------\n  1 | cat   \n  2 | dog   \n  3 | cat   \n(3 rows)\n";
const lines = Array.from({ length: 30 }, (_, i) =>
  JSON.stringify({ label: i % 3, name: ["a", null, "ß"][i % 3] }),
);
const nested = JSON.stringify(
  Array.from({ length: 6 }, (_, i) => [
    [i % 2, 0, 1],
    [1, i % 3, -100],
  ]),
);

/** Label files as people have them, each read with the column that holds its labels. */
const originals: readonly [name: string, bytes: Uint8Array, wanted?: ReadOptions][] = [
  ["names.csv", Buffer.from(csv), { columns: ["label"] }],
  ["numbers.csv", Buffer.from(csv), { columns: ["price"] }],
  ["mark.csv", Buffer.from(`\ufeff${csv.replaceAll("\n", "\r\n")}`), { columns: ["label"] }],
  ["old_mac.csv", Buffer.from(csv.replaceAll("\n", "\r")), { columns: ["label"] }],
  [
    "semicolons.csv",
    Buffer.from("# made by hand\nlabel;weight\ncat;1,5\ndog;2,5\ncat;1,0\n"),
    { columns: ["label"] },
  ],
  ["latin1.csv", Buffer.from(csv, "latin1"), { columns: ["label"], encoding: "windows-1252" }],
  ["utf16.csv", utf16(csv), { columns: ["label"] }],
  [
    "bars.txt",
    Buffer.from(csv.replaceAll('"bee, ""b"""', "bee").replaceAll(",", "|")),
    { columns: ["label"] },
  ],
  ["aligned.txt", Buffer.from(aligned), { columns: ["label"] }],
  [
    "tabs.tsv",
    Buffer.from(csv.replaceAll('"bee, ""b"""', "bee").replaceAll(",", "\t")),
    { columns: ["label"] },
  ],
  ["bare.txt", Buffer.from("0\n1\n2\n1\n0\n1\n"), { header: false }],
  ["zipped.csv.gz", gzipSync(csv), { columns: ["label"] }],
  ["zipped.npy.gz", gzipSync(fixed("i8.npy"))],
  ["list.json", Buffer.from(JSON.stringify(["cat", "dog", "cat", null, true, 1.5]))],
  ["rows.json", Buffer.from(`[${lines.join(",\n")}]`), { columns: ["label"] }],
  [
    "columns.json",
    Buffer.from('{"label": [0, 1, 2, 1], "price": [1.5, 2e300, -0, null]}'),
    { columns: ["label"] },
  ],
  ["counts.json", Buffer.from('{"cat": 900, "dog": 100}'), { columns: ["class"] }],
  ["places.json", Buffer.from(nested)],
  ["rows.jsonl", Buffer.from(lines.join("\n")), { columns: ["label"] }],
  ["names.jsonl", Buffer.from(lines.join("\r\n")), { columns: ["name"] }],
  ["arrays.ndjson", Buffer.from("[0, 1]\n[1, 0]\n[1, 1]\n")],
  ...["i8", "u1", "f2", "f4_big_endian", "bool", "texts", "bytes", "cube", "matrix_fortran"].map(
    (name): [string, Uint8Array] => [`${name}.npy`, fixed(`${name}.npy`)],
  ),
  ["snappy.parquet", fixed("snappy.parquet"), { columns: ["species"] }],
  ["zstd.parquet", fixed("zstd.parquet"), { columns: ["gaps"] }],
];

/** Text that is odd as a whole rather than damaged. */
const odd: readonly [name: string, content: string | Uint8Array][] = [
  ["empty.csv", ""],
  ["blank.csv", "\n\n  \n"],
  ["header_only.csv", "label\n"],
  ["open_quote.csv", 'label\n"cat\ndog\n'],
  ["after_quote.csv", 'label\n"cat"x\n'],
  ["controls.csv", "label\n\u0000\u0001\u001b[31m\u0007\n\u0085\u2028\n"],
  ["control_header.csv", "la\u001b[2Jbel\r\u0007,x\ncat,1\n"],
  ["uneven.csv", "a,b\n1\n1,2,3\n"],
  ["same_names.csv", "a,a\n1,2\n"],
  ["surrogates.jsonl", '{"a": "\\ud800"}\n{"a": "\\udfff\\u0000"}\n'],
  ["deep.json", "[".repeat(100_000) + "]".repeat(100_000)],
  ["deep.jsonl", `${"[".repeat(100_000)}${"]".repeat(100_000)}\n`],
  ["deep_object.json", `${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}`],
  ["line_breaks.jsonl", '{"a": "x\\ny"}\n{"b\\n\\u001b": 1}\n'],
  ["broken\u2028.json", '[1, 2,\n\n"a\u0001b"'],
  ["proto.json", '{"__proto__": [1, 2], "constructor": [0, 1]}'],
  ["proto.csv", "__proto__,constructor\n__proto__,1\ntoString,0\n"],
  ["huge_number.json", `[1${"0".repeat(400)}, -1e999, 1e-999]`],
  ["long_line.csv", `label\n${"x".repeat(300_000)}\n`],
  ["wide.csv", `${Array.from({ length: 5000 }, (_, i) => `c${i}`).join(",")}\n`],
  ["not_zipped.csv.gz", Buffer.from("label\ncat\n")],
  ["zip_of_nothing.csv.gz", gzipSync("")],
  ["zipped_twice.csv.gz", gzipSync(gzipSync("label\ncat\n"))],
  ["magic_alone.parquet", "PAR1"],
  ["magic_twice.parquet", "PAR1\0\0\0\0PAR1"],
  ["magic_alone.npy", Buffer.from("\x93NUMPY", "latin1")],
  ["utf16_odd.csv", utf16("label\ncat\n").subarray(0, -1)],
  ["overlong.csv", Buffer.from([0x61, 0x0a, 0xc0, 0x80, 0xf8, 0x88, 0x0a])],
];

const heads: readonly LabelHead[] = [
  { name: "softmax", reads: "classes", family: "classification" },
  { name: "sigmoid", reads: "binary", family: "classification" },
  { name: "squared-error", reads: "numbers", family: "regression" },
] as LabelHead[];

const choices: readonly LabelChoices[] = [
  {},
  { missing: "skip" },
  { as: "names", ignoreIndex: "0" },
  { missing: "skip", atPlaces: true },
];

/** Every head with every choice. */
const ways = heads.flatMap((head) => choices.map((chosen) => [head, chosen] as const));

/** Reads labels in some of the ways: how many were refused in one line, and what else went wrong. */
async function readIn(some: typeof ways, name: string, bytes: string | Uint8Array, wanted: ReadOptions = {}) {
  const path = join(temporary, name);
  writeFileSync(path, bytes);
  const failures: string[] = [];
  let refused = 0;
  for (const [i, [head, chosen]] of some.entries()) {
    try {
      await (i % 2 === 0 ? readLabels : readLabelRows)(await openTable(path, wanted), head, chosen);
    } catch (error) {
      const { message, stack } = error as Error;
      if (error instanceof InputError && !/\p{Cc}/u.test(message) && message.length < 1000) refused++;
      else failures.push(`${name}, ${head.name}, ${JSON.stringify(chosen)}: ${stack}`);
    }
  }
  return { failures, refused };
}

test.each(originals)(
  "%s is read by some head; damaged copies are read or refused in one line",
  async (name, original, wanted) => {
    const whole = await readIn(ways, name, original, wanted);
    expect(whole.failures).toEqual([]);
    expect(whole.refused).toBeLessThan(ways.length);
    const failures: string[] = [];
    for (let seed = 0; seed < copies; seed++) {
      const some = ways.filter((_, i) => i % choices.length === seed % choices.length);
      const damaged = damage(original, seededRandom(seed, name));
      const read = await readIn(some, name, damaged, wanted);
      failures.push(...read.failures.map((failure) => `copy ${seed} of ${failure}`));
    }
    expect(failures.slice(0, 3)).toEqual([]);
  },
  20_000 + 100 * copies,
);

test.each(odd)("%s is read or refused in one line", async (name, content) => {
  const { failures } = await readIn(ways, name, content);
  expect(failures).toEqual([]);
});
