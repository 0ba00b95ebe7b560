import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..", "src");

test("no two files export a type of the same name", () => {
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter(
    (name) => /\.tsx?$/.test(name) && !name.endsWith(".gen.ts"),
  );
  const declared = files.flatMap((file) =>
    [
      ...readFileSync(join(root, file), "utf8").matchAll(
        /^export (?:abstract )?(?:interface|type|class) (\w+)(?! *[},])/gm,
      ),
    ].map(([, name]) => ({ name, file })),
  );
  expect(declared.length).toBeGreaterThan(200);
  const twice = declared.filter(({ name, file }) =>
    declared.some((other) => other.name === name && other.file !== file),
  );
  expect(twice).toEqual([]);
});
