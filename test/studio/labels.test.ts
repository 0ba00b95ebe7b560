import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  browserTimeout,
  cli,
  noStudio,
  type OpenedStudio,
  openStudio,
  type StudioTab,
} from "./studioPage.ts";

const fixtures = join(import.meta.dirname, "../files/labels");

const rows = `kind,x\n${"chèvre,1\n".repeat(7)}${"dog,2\n".repeat(2)}bird,3\n`;
const zipped = gzipSync(rows);
const damaged = Buffer.from(zipped);
damaged[damaged.length - 6] ^= 1;

interface Case {
  /** Files by name; a name without bytes is a file of test/files/labels. */
  readonly files: Readonly<Record<string, string | Uint8Array | undefined>>;
  /** Parameters of the page's address, and the flags of `solve` that say the same. */
  readonly address?: Readonly<Record<string, string>>;
  readonly flags?: readonly string[];
}

const kind = { address: { column: "kind" }, flags: ["--column", "kind"] };

const read: Readonly<Record<string, Case>> = {
  "Parquet with Zstandard": {
    files: { "zstd.parquet": undefined },
    address: { column: "species" },
    flags: ["--column", "species"],
  },
  "Parquet without its ending, one column of names": {
    files: { labels: undefined },
    address: { column: "species" },
    flags: ["--column", "species"],
  },
  "gzip of several members": {
    files: { "labels.csv.gz": Buffer.concat([zipped, gzipSync("bird,9\n")]) },
    ...kind,
  },
  "UTF-16 with a byte order mark": {
    files: { "labels.csv": Buffer.from(`\ufeff${rows}`, "utf16le") },
    ...kind,
  },
  "windows-1252": {
    files: { "labels.csv": Buffer.from(rows, "latin1") },
    address: { column: "kind", encoding: "windows-1252" },
    flags: ["--column", "kind", "--encoding", "windows-1252"],
  },
  "a table as psql prints it": {
    files: { "labels.txt": " kind | n \n------+---\n cat  | 1\n cat  | 2\n dog  | 3\n" },
    ...kind,
  },
  "semicolons, and a comment ahead": {
    files: { "labels.csv": "# made by hand\nkind;x\ncat;1\ndog;2\ncat;3\n" },
    ...kind,
  },
  "a column of counts": {
    files: { "labels.tsv": "kind\tn\ncat\t900\ndog\t100\n" },
    address: { column: "kind", countColumn: "n" },
    flags: ["--column", "kind", "--count-column", "n"],
  },
  "no header": {
    files: { "labels.csv": "cat,1\ndog,2\ncat,3\n" },
    address: { column: "0", header: "no" },
    flags: ["--column", "0", "--no-header"],
  },
};

const refused: Readonly<Record<string, Case>> = {
  "another encoding, with the one that it looks like": {
    files: { "labels.csv": Buffer.from(rows, "latin1") },
    ...kind,
  },
  "a damaged .gz": { files: { "labels.csv.gz": damaged }, ...kind },
  "a .gz that was cut off": { files: { "labels.csv.gz": zipped.subarray(0, -4) }, ...kind },
  "a broken Parquet file": { files: { "broken.parquet": "PAR1 and nothing else" }, ...kind },
  "a pickle": { files: { "labels.pkl": "\x80\x04]" }, ...kind },
  "a name without a format": { files: { "labels.dat": rows }, ...kind },
};

describe.skipIf(noStudio !== "")(
  `files of labels, in Chromium${noStudio}`,
  { timeout: browserTimeout },
  () => {
    let studio: OpenedStudio;
    let tab: StudioTab;
    const folder = mkdtempSync(join(tmpdir(), "baserate-studio-"));
    beforeAll(async () => {
      studio = await openStudio();
      tab = await studio.open();
    }, browserTimeout);
    afterAll(async () => {
      await studio?.close();
      rmSync(folder, { recursive: true });
    });

    /** Drops the files of a case on the page, as its address says; gives what `solve` says of the same. */
    async function drop({ files, address = {}, flags = [] }: Case) {
      const paths = Object.entries(files).map(([name, content]) => {
        const path = join(folder, name);
        if (content === undefined)
          copyFileSync(join(fixtures, name === "labels" ? "zstd.parquet" : name), path);
        else writeFileSync(path, typeof content === "string" ? Buffer.from(content, "latin1") : content);
        return path;
      });
      const { page } = tab;
      await page.evaluate(() => {
        location.hash = "";
      });
      await page.locator("#label-file").setInputFiles(paths);
      // Dropping clears the column, which belonged to the file before.
      await page.evaluate((hash) => {
        location.hash = hash;
      }, new URLSearchParams(address).toString());
      const names = Object.keys(files);
      return spawnSync(process.execPath, [cli, "solve", ...names, ...flags, "--json"], {
        cwd: folder,
        encoding: "utf8",
      });
    }
    const losses = () => tab.page.locator("#answer .losses dd").allTextContents();

    test.each(Object.entries(read))("%s: read as solve reads it", async (_, given) => {
      const { stdout, stderr } = await drop(given);
      expect(stderr).toBe("");
      const { labels, expectedLoss, lossAtZero } = JSON.parse(stdout);
      await tab.page.getByText(`Read: ${labels.source}.`).waitFor();
      await expect
        .poll(losses)
        .toEqual([expectedLoss.toFixed(4), lossAtZero.toFixed(4), (lossAtZero - expectedLoss).toFixed(4)]);
    });

    test.each(Object.entries(refused))("%s: refused in the words of solve", async (_, given) => {
      const { stderr, status } = await drop(given);
      expect(status).toBe(2);
      const problem = tab.page.locator("#labels .problem");
      await expect
        .poll(() => problem.allTextContents().then((texts) => `baserate: ${texts.join()}\n`))
        .toBe(stderr);
    });

    test("several files with the same columns are read together", async () => {
      const { stderr } = await drop({ files: { "a.csv": "y\n0\n1\n0\n", "b.csv": "y\n1\n0\n0\n" } });
      expect(stderr).not.toBe(""); // solve asks for --column here, with or without DuckDB
      await tab.page
        .getByText("Read: 2 files, a.csv first: CSV, column y, 6 rows: class indices 0 to 1.")
        .waitFor();
      const expected = -(4 / 6) * Math.log(4 / 6) - (2 / 6) * Math.log(2 / 6);
      await expect.poll(losses).toContain(expected.toFixed(4));
    });

    test("nothing complained", () => {
      expect(tab.complaints).toEqual([]);
    });
  },
);
