import fc from "fast-check";
import { expect, test } from "vitest";
import { table } from "../../src/plot/table.ts";

test("table(head, rows) right-aligns numbers and left-aligns words", () => {
  const rows = [
    ["zero", "2.302585", "24.9 %"],
    ["prior", "1.6", "-"],
  ];
  expect(table(["arm", "expected", "test"], rows)).toBe(
    [
      "arm    expected    test",
      "-----  --------  ------",
      "zero   2.302585  24.9 %",
      "prior       1.6       -",
    ].join("\n"),
  );
});

test("table(head, rows, {width}) wraps what is too wide and loses no letter", () => {
  const cell = fc.stringMatching(/^[a-z ]{0,60}$/);
  const row = fc.tuple(cell, cell, cell);
  fc.assert(
    fc.property(fc.array(row, { maxLength: 5 }), (rows) => {
      const text = table(["one", "two", "three"], rows, { width: 60 });
      expect(text.split("\n").every((line) => line.length <= 60)).toBe(true);
      const letters = (s: string) => [...s.replace(/[-\s]/g, "")].sort().join("");
      expect(letters(text)).toBe(letters(`onetwothree${rows.flat().join("")}`));
    }),
  );
});

test("table(head, []) is the head and its rule", () => {
  expect(table(["arm", "loss"], [])).toBe("arm  loss\n---  ----");
});

test("control characters in cells are escaped", () => {
  expect(table(["class", "n"], [["\u001b[2Jcat\n", "1"]])).toBe(
    ["class         n", "------------  -", "\\x1b[2Jcat\\n  1"].join("\n"),
  );
});
