// Lines of src, files over 300 lines and functions over 50 (CONTRIBUTING): `node scripts/codeFigures.mjs`. Exits with 1 where
// there are any. Generated files do not count.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

const [maxFile, maxFunction] = [300, 50];
const root = join(import.meta.dirname, "..", "src");
const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter(
  (name) => /\.tsx?$/.test(name) && !name.endsWith(".gen.ts"),
);
const long = [];
let lines = 0;

/**
 * Adds functions within a node that are too long; one inside another is not counted in the outer one.
 *
 * @returns {number} lines of all functions in the node, without their first
 */
function functionLines(node, source) {
  let inner = 0;
  ts.forEachChild(node, (child) => {
    inner += functionLines(child, source);
  });
  if (!ts.isFunctionLike(node) || !node.body) return inner;
  const line = (position) => source.getLineAndCharacterOfPosition(position).line;
  const whole = line(node.end) - line(node.getStart(source)) + 1;
  const name = (node.name ?? node.parent.name)?.getText(source) ?? "a function";
  if (whole - inner > maxFunction) long.push(`${source.fileName}, ${name}: ${whole - inner} lines`);
  return whole - 1; // its first line is also one of the function around it
}

for (const file of files) {
  const text = readFileSync(join(root, file), "utf8");
  const length = text.trimEnd().split("\n").length;
  lines += length;
  if (length > maxFile) long.push(`src/${file}: ${length} lines`);
  const source = ts.createSourceFile(`src/${file}`, text, ts.ScriptTarget.Latest, true);
  functionLines(source, source);
}
console.log(`src: ${files.length} files, ${lines} lines`);
for (const one of long) console.log(one);
if (long.length > 0) {
  console.error(`longer than ${maxFile} lines (files) or ${maxFunction} (functions): ${long.length}`);
  process.exitCode = 1;
}
