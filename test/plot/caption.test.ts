import fc from "fast-check";
import { expect, test } from "vitest";
import { wrapText } from "../../src/plot/caption.ts";
import { textWidth } from "../../src/plot/svg.ts";

test("wrapText(text, width, size) loses no letter and keeps every line within the width", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-zA-Z ]{0,200}$/), fc.integer({ min: 20, max: 400 }), (text, width) => {
      const lines = wrapText(text, width, 10);
      expect(lines.join("").replaceAll(" ", "")).toBe(text.replaceAll(" ", ""));
      expect(lines.every((line) => textWidth(line, 10) <= width)).toBe(true);
    }),
  );
});
