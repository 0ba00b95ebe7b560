import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const dist = join(import.meta.dirname, "..", "dist");

test("the package's library for browsers reaches no module of Node", () => {
  const reached = new Set<string>();
  const visit = (file: string) => {
    if (reached.has(file)) return;
    reached.add(file);
    const text = readFileSync(join(dist, file), "utf8");
    expect(text).not.toMatch(/(from|import\()\s*"node:/);
    for (const [, next] of text.matchAll(/(?:from|import)\s*\(?"\.\/([^"]+)"/g)) visit(next);
  };
  visit("index.js");
  expect(reached.size).toBeGreaterThan(1);
});
