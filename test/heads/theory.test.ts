import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { introductionOf, theory } from "./theory.ts";

const path = join(import.meta.dirname, "..", "..", "docs", "theory.md");

/** `UPDATE_DOCS=1 npx vitest run test/heads/theory.test.ts` writes the page after a change of the catalogue. */
test("docs/theory.md says what the catalogue says, with the numbers that it computes", () => {
  const page = readFileSync(path, "utf8");
  const made = theory(introductionOf(page));
  if (process.env.UPDATE_DOCS) writeFileSync(path, made);
  else expect(page).toBe(made);
});
