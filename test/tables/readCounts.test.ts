import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readCounts } from "../../src/tables/readCounts.ts";

const folder = mkdtempSync(join(tmpdir(), "baserate-counts-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

const pets = { counts: Float64Array.of(900, 100), names: ["cat", "dog"] };

test.each(["900,100", "900 100", " 900, 100 ", "9e2\t100"])("%j are two counts", async (text) => {
  expect((await readCounts(text)).summary).toMatchObject({ counts: pets.counts, names: undefined });
});

test("counts are read from a file, with their names where it has them", async () => {
  for (const [name, content] of [
    ["plain.csv", "900\n100\n"],
    ["plain.json", "[900, 100]"],
    ["titled.csv", "count\n900\n100\n"],
  ]) {
    expect((await readCounts(file(name, content))).summary).toMatchObject({ counts: pets.counts });
  }
  for (const [name, content] of [
    ["named.json", '{"cat": 900, "dog": 100}'],
    ["named.csv", "species,count\ncat,900\ndog,100\n"],
    ["untitled.csv", "cat,900\ndog,100\n"],
  ]) {
    expect((await readCounts(file(name, content))).summary).toMatchObject(pets);
    expect((await readCounts(join(folder, name), ["dog", "bird", "cat"])).summary).toMatchObject({
      counts: Float64Array.of(100, 0, 900),
      names: ["dog", "bird", "cat"],
    });
  }
});

test("--classes must fit the counts", async () => {
  expect((await readCounts("900,100", 2)).summary).toMatchObject({ counts: pets.counts });
  expect((await readCounts("900,100", ["cat", "dog"])).summary).toMatchObject(pets);
  await expect(readCounts("900,100", 3)).rejects.toThrow("2 counts, but --classes says 3 classes");
  await expect(readCounts("900,100", ["cat"])).rejects.toThrow("2 counts, but --classes says 1");
  await expect(readCounts(file("odd.json", '{"cat": 1, "cow": 2}'), ["cat", "dog"])).rejects.toThrow(
    "class cow is not one of --classes: cat, dog",
  );
});

test("what is not a number from 0 is refused", async () => {
  for (const [text, what] of [
    ["900,-1", "-1"],
    ["900,,1", "nothing"],
    ["900,x", "x"],
    ["Infinity", "Infinity"],
    ["", "nothing"],
  ]) {
    await expect(readCounts(text)).rejects.toThrow(`invalid count in --counts: ${what}`);
  }
  await expect(readCounts(file("bad.csv", "900\nmany\n"))).rejects.toThrow("entry 1: many");
  await expect(readCounts(file("wide.csv", "1,2,3\n"))).rejects.toThrow("3 columns");
});
