import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Framework, Head } from "../../src/heads/head.ts";
import { heads } from "../../src/heads/index.ts";
import { frameworks } from "../../src/heads/snippetFrameworks.ts";
import { snippet } from "../../src/heads/snippets.ts";
import { examples } from "./theory.ts";

const path = join(import.meta.dirname, "..", "..", "docs", "solve.md");
const libraries: readonly (readonly [title: string, library: Framework])[] = [
  ["Keras", "keras"],
  ["PyTorch", "torch"],
  ["JAX, Flax", "optax"],
  ["TensorFlow.js", "tfjs"],
  ["NumPy (scikit-learn)", "sklearn"],
];

/** What the lines of each framework do: the same for all of them, or the test fails. */
function linesOf(head: Head): string {
  const done = frameworks.map((framework) => {
    if (head.none) {
      expect(() => snippet(framework, head.name, examples[head.reads].labels)).toThrow(/instead: /);
      return "no bias";
    }
    const lines = snippet(framework, head.name, examples[head.reads].labels);
    if (/no check of the initial loss/.test(lines)) return "bias";
    return /interp|between/.test(lines) ? "bias, check by table" : "bias, check";
  });
  expect(new Set(done).size, head.name).toBe(1);
  return done[0];
}

const namesOf = (head: Head, library: Framework) =>
  head.names
    .filter(({ framework }) => framework === library)
    .map(({ name }) => `\`${name.replace(/^(keras\.losses|torch\.nn|optax|tf\.losses|sklearn)\./, "")}\``)
    .join(", ");

function made(): string {
  const header = ["loss", "lines", ...libraries.map(([title]) => title)];
  const rows = heads.map((head) => [
    `\`${head.name}\``,
    linesOf(head),
    ...libraries.map(([, library]) => namesOf(head, library)),
  ]);
  return [header, header.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** `UPDATE_DOCS=1 npx vitest run test/heads/snippets.test.ts` writes the table after a change of the catalogue. */
test("docs/solve.md lists which lines each loss has in each framework", () => {
  const page = readFileSync(path, "utf8");
  const [before, , after] = page.split(/(?<=<!-- losses by framework -->\n)([\s\S]*)(?=\n<!-- end -->)/);
  expect(after).toBeDefined();
  const updated = `${before}${made()}${after}`;
  if (process.env.UPDATE_DOCS) writeFileSync(path, updated);
  else expect(page).toBe(updated);
});

test("lines name the framework's own losses, and the options in which they differ", () => {
  const labels = examples.numbers.labels;
  const lines = snippet("keras", "mape", labels);
  expect(lines).toContain("# keras.losses.MeanAbsolutePercentageError: ");
  expect(lines).toContain(
    "by default unit=percent, for which give --loss keras.losses.MeanAbsolutePercentageError",
  );
  expect(snippet("keras", "keras.losses.MeanAbsolutePercentageError", labels)).not.toContain("by default");
});

test("a loss that is a sum over rows is divided by them before it is compared", () => {
  const { labels } = examples.classes;
  const [mean, sum] = [{}, { reduction: "sum" }].map((options) =>
    snippet("pytorch", "softmax", labels, options),
  );
  expect(sum).toContain("loss /= len(x)");
  const band = (lines: string) => /low, high = .*/.exec(lines)![0];
  expect(band(sum)).toBe(band(mean));
});
