import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";

/** The house, from the ground up: a file may import from its own folder and from folders before it, types included. */
const order = [
  "",
  "math",
  "labels",
  "heads",
  "files",
  "graph",
  "tables",
  "data",
  "runtime",
  "plot",
  "models",
  "check",
  "experiment",
  "report",
  "report",
  "studio",
  "cli",
];

const { exports }: { exports: Record<string, { default: string }> } = JSON.parse(
  readFileSync(join(import.meta.dirname, "..", "package.json"), "utf8"),
);

const root = join(import.meta.dirname, "..", "src");
const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) => /\.tsx?$/.test(name));

/** Paths (relative to src) that a file imports or re-exports from: values and types, also in `import("...")`. */
function imports(file: string): string[] {
  const text = readFileSync(join(root, file), "utf8").replace(/\/\*.*?\*\/|(?<!:)\/\/.*$/gms, "");
  const found = text.matchAll(/(?:\bfrom\s+|\bimport\s+|\bimport\(\s*)"(\.[^"]+)"/g);
  return [...new Set([...found].map(([, path]) => relative(root, join(root, dirname(file), path))))];
}

const folder = (file: string) => (file.includes("/") ? file.split("/")[0] : "");
/** The package's entries, which are lists of exports, stand above everything. */
const entries = Object.values(exports).map((entry) =>
  entry.default.replace("./dist/", "").replace(".js", ".ts"),
);
const isEntry = (file: string) => entries.includes(file);

test("every folder of src has its place in the order", () => {
  expect(files.map(folder).filter((name) => !order.includes(name))).toEqual([]);
});

test("imports point downwards only", () => {
  const upward = files
    .filter((file) => !isEntry(file))
    .flatMap((file) =>
      imports(file)
        .filter((path) => isEntry(path) || order.indexOf(folder(path)) > order.indexOf(folder(file)))
        .map((path) => `${file} -> ${path}`),
    );
  expect(upward).toEqual([]);
});

test("there are no import cycles", () => {
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (file: string, path: string[]): void => {
    if (path.includes(file)) {
      cycles.push([...path.slice(path.indexOf(file)), file].join(" -> "));
      return;
    }
    if (done.has(file)) return;
    for (const next of imports(file).filter((name) => /\.tsx?$/.test(name) && !name.startsWith(".."))) {
      visit(next, [...path, file]);
    }
    done.add(file);
  };
  for (const file of files) visit(file, []);
  expect(cycles).toEqual([]);
});
