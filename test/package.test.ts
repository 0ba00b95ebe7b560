import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..");
const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const entries = Object.keys(exports);

/** The built files that an entry reaches, and the packages (and modules of Node) that they import. */
function reached(entry: string): { files: Set<string>; packages: Set<string> } {
  const files = new Set<string>();
  const packages = new Set<string>();
  const visit = (file: string) => {
    if (files.has(file)) return;
    files.add(file);
    const text = readFileSync(join(root, "dist", file), "utf8");
    for (const [, name] of text.matchAll(/(?:\bfrom|^import|\bimport\()\s*"([^"]+)"/gm)) {
      if (name.startsWith("./")) visit(name.slice(2));
      else packages.add(name);
    }
  };
  visit(exports[entry].default.replace("./dist/", ""));
  return { files, packages };
}

test.each(entries.filter((entry) => entry !== "./node"))(
  "%s runs in a browser: it reaches no module of Node",
  (entry) => {
    const { files, packages } = reached(entry);
    expect(files.size).toBeGreaterThan(1);
    expect([...packages].filter((name) => name.startsWith("node:"))).toEqual([]);
  },
);

test("the entry of labels and losses needs no further package", () => {
  expect([...reached(".").packages]).toEqual([]);
});

test("a bundler for browsers is told that baserate/node is not for it", () => {
  expect(exports["./node"].browser).toBeNull();
});
