import fc from "fast-check";
import { expect, test } from "vitest";
import { textWidth, wrapToPixels } from "../../src/plot/svg.ts";
import { letterCount, wrapText } from "../../src/plot/wrapText.ts";

const letters = (lines: readonly string[]) => lines.join("").replaceAll(" ", "");
const text = fc.stringMatching(/^[a-zA-Z😀 ]{0,200}$/u);

test("wrapText loses no letter, and keeps every line within the width", () => {
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 100 }), (text, width) => {
      const lines = wrapText(text, width);
      expect(letters(lines)).toBe(letters([text]));
      expect(lines.every((line) => letterCount(line) <= width)).toBe(true);
    }),
  );
});

test("wrapToPixels loses no letter, and keeps every line within the width", () => {
  fc.assert(
    fc.property(text, fc.integer({ min: 20, max: 400 }), (text, width) => {
      const lines = wrapToPixels(text, width, 10);
      expect(letters(lines)).toBe(letters([text]));
      expect(lines.every((line) => textWidth(line, 10) <= width)).toBe(true);
    }),
  );
});

test("later lines are indented, and words that do not fit are kept whole if asked for", () => {
  expect(wrapText("one two three four", 9, { indent: 2 })).toEqual(["one two", "  three", "  four"]);
  expect(wrapText("a /very/long/path b", 6, { breakWords: false })).toEqual(["a", "/very/long/path", "b"]);
});

test("a word of a million letters is wrapped", () => {
  const lines = wrapText("x".repeat(1e6), 80);
  expect(lines).toHaveLength(12_500);
});
